#include "common/resource/filter_sql.h"

#include "gtest/gtest.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::resource {
namespace {

Condition Compiled(const google::protobuf::Descriptor& type, absl::string_view text) {
  const auto mapping = TableMapping::Make(type);
  EXPECT_TRUE(mapping.ok()) << mapping.status();
  const UniqueKeys keys(*mapping);
  const auto node = ParseFilter(text);
  EXPECT_TRUE(node.ok()) << node.status();
  auto condition = CompileFilter(*node, *mapping, keys);
  EXPECT_TRUE(condition.ok()) << condition.status();
  return condition.ok() ? *condition : Condition();
}

std::string SqlOf(absl::string_view text) { return Compiled(*catalog::v1::Product::descriptor(), text).sql; }

TEST(FilterSql, OnlyTheStructureIsInTheText) {
  EXPECT_EQ(SqlOf("title = \"x\""), "title = ?");
  EXPECT_EQ(SqlOf("title = \"y; DROP\""), "title = ?");
  EXPECT_EQ(SqlOf("title:\"a*\" OR -brand != b kind = GOODS"),
            "((title LIKE ? ESCAPE '!' OR NOT (brand <> ?)) AND kind = ?)");
  EXPECT_EQ(SqlOf("tags:x"), "JSON_CONTAINS(tags, ?)");
  EXPECT_EQ(SqlOf("variants.sku:x"), "id IN (SELECT resource_id FROM resource_keys WHERE kind = ? AND value = ?)");
  EXPECT_EQ(SqlOf("delete_time:*"), "delete_time IS NOT NULL");
}

TEST(FilterSql, WhatIsNotSetIsNeitherEqualNorUnknown) {
  const auto& type = *gateway::v1::ApiKey::descriptor();
  EXPECT_EQ(Compiled(type, "expire_time > 2026-01-01T00:00:00Z").sql, "(expire_time IS NOT NULL AND expire_time > ?)");
  EXPECT_EQ(Compiled(type, "expire_time != 2026-01-01T00:00:00Z").sql, "(expire_time IS NULL OR expire_time <> ?)");
}

TEST(FilterSql, ValuesAreBoundAsTheirColumnsKeepThem) {
  const auto& type = *catalog::v1::Product::descriptor();
  const auto text = [&](absl::string_view filter, size_t at = 0) {
    return std::get<std::string>(Compiled(type, filter).values.at(at).storage());
  };
  EXPECT_EQ(text("title = \"100%_!*\""), "100!%!_!!%");
  EXPECT_EQ(text("tags:\"<b>\""), "[\"\\u003cb\\u003e\"]");
  EXPECT_EQ(text("create_time > 2026-01-02T03:04:05+01:00"), "2026-01-02 02:04:05.000000");
  EXPECT_EQ(text("variants.sku = A"), "product.sku");
  EXPECT_EQ(text("variants.sku = A", 1), "A");
  EXPECT_EQ(std::get<int64_t>(Compiled(type, "kind = SERVICE").values.at(0).storage()), 2);
}

}  // namespace
}  // namespace storeops::resource
