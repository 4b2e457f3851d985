#include "common/resource/filter_sql.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "storeops/inventory/v1/planning.pb.h"
#include "storeops/inventory/v1/return.pb.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::resource {
namespace {

Condition Compiled(const google::protobuf::Descriptor& type, absl::string_view text) {
  const auto mapping = TableMapping::Make(type);
  EXPECT_TRUE(mapping.ok()) << mapping.status();
  const auto fields = FilterFields::Make(*mapping, UniqueKeys(*mapping));
  EXPECT_TRUE(fields.ok()) << fields.status();
  auto condition = fields->Compile(text);
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

absl::StatusOr<FilterFields> ReturnFields() {
  constexpr char kWithin[] = "id IN (SELECT return_id FROM items WHERE ";
  return FilterFields::Make(*inventory::v1::Return::descriptor(), "returns",
                            {{.path = "items.sku", .column = "sku", .table = "items", .within = kWithin},
                             {.path = "items.reason", .column = "reason", .table = "items", .within = kWithin}},
                            "r.");
}

TEST(FilterSql, ConditionsOnAListThatAndJoinsAreOfOneItem) {
  const auto fields = ReturnFields();
  ASSERT_TRUE(fields.ok()) << fields.status();
  const auto sql = [&](absl::string_view filter) {
    const auto condition = fields->Compile(filter);
    return condition.ok() ? condition->sql : std::string(condition.status().message());
  };
  EXPECT_EQ(sql("items.sku = A AND open = true AND items.reason = DEFECTIVE"),
            "(id IN (SELECT return_id FROM items WHERE sku = ? AND reason = ?) AND r.open = ?)");
  EXPECT_EQ(
      sql("items.sku = A AND items.sku = B"),
      "(id IN (SELECT return_id FROM items WHERE sku = ?) AND id IN (SELECT return_id FROM items WHERE sku = ?))");
  EXPECT_EQ(
      sql("items.sku = A OR items.reason = DEFECTIVE"),
      "(id IN (SELECT return_id FROM items WHERE sku = ?) OR id IN (SELECT return_id FROM items WHERE reason = ?))");
  EXPECT_THAT(sql("items.sku != A"), ::testing::HasSubstr("items.sku is compared by = or :, not by !="));
  EXPECT_THAT(sql("notes:*"), ::testing::HasSubstr("\"notes\" cannot be filtered by; fields are items.sku,"));
}

TEST(FilterSql, NamesDaysAndBitsAreBoundAsTheyAreStored) {
  const FilterField location = {.path = "location",
                                .column = "location_id",
                                .form = FilterForm::kName,
                                .names = NamePattern("locations/{location}")};
  const auto lots = FilterFields::Make(
      *inventory::v1::StockLot::descriptor(), "lots",
      {location, {.path = "expire_date", .column = "expire_date", .form = FilterForm::kDay, .nullable = true}});
  ASSERT_TRUE(lots.ok()) << lots.status();
  const auto lot = lots->Compile("location = \"locations/7\" expire_date <= \"2026-02-28\"");
  ASSERT_TRUE(lot.ok()) << lot.status();
  EXPECT_EQ(lot->sql, "(location_id = ? AND (expire_date IS NOT NULL AND expire_date <= ?))");
  EXPECT_EQ(std::get<int64_t>(lot->values[0].storage()), 7);
  EXPECT_EQ(std::get<std::string>(lot->values[1].storage()), "2026-02-28 00:00:00.000000");
  EXPECT_FALSE(lots->Compile("location = \"locations/07\"").ok());
  EXPECT_FALSE(lots->Compile("expire_date = \"2026-02-30\"").ok());
  const auto items = FilterFields::Make(*inventory::v1::Replenishment::descriptor(), "items",
                                        {{.path = "reasons", .column = "reasons", .form = FilterForm::kBits}});
  ASSERT_TRUE(items.ok()) << items.status();
  const auto bits = items->Compile("reasons:NO_SUPPLIER");
  ASSERT_TRUE(bits.ok()) << bits.status();
  EXPECT_EQ(bits->sql, "reasons & ? <> 0");
  EXPECT_EQ(std::get<int64_t>(bits->values[0].storage()), 16);
}

TEST(FilterSql, AFieldWithoutAnIndexStandsBesideOneThatHasOne) {
  const auto ledger = FilterFields::Make(*inventory::v1::StockMovement::descriptor(), "stock_movements", {});
  ASSERT_TRUE(ledger.ok()) << ledger.status();
  EXPECT_TRUE(ledger->Compile("sku = A type = RECEIVED").ok());
  EXPECT_TRUE(ledger->Compile("cause = \"orders/*\" (type = RECEIVED OR type = SHIPPED)").ok());
  for (const char* slow : {"type = RECEIVED", "sku = A OR type = RECEIVED", "sku != A type = RECEIVED",
                           "sku = \"*\" type = RECEIVED", "(sku = A OR sku = B) type = RECEIVED"}) {
    EXPECT_FALSE(ledger->Compile(slow).ok()) << slow;
  }
}

TEST(FilterSql, AFieldThatIsNotAnnotatedCannotBeListed) {
  const auto fields =
      FilterFields::Make(*inventory::v1::Return::descriptor(), "returns", {{.path = "notes.text", .column = "text"}});
  EXPECT_EQ(fields.status().message(), "storeops.inventory.v1.Return: notes.text is not annotated filterable");
}

}  // namespace
}  // namespace storeops::resource
