// Many resources in one write, each judged by itself.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "gmock/gmock.h"
#include "tests/support/resource_fixture.h"

namespace storeops {
namespace {

using resource::Upsert;
using resource::UpsertResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ResourceBulkTest : public testing::ResourceFixture {
 protected:
  int64_t Count(const std::string& table) {
    return database().Query(Soon(), "SELECT COUNT(*) FROM " + table)->Int(0, 0);
  }

  // New products, and changes of those that are there.
  absl::StatusOr<std::vector<UpsertResult>> Write(const std::vector<Product>& created,
                                                  const std::vector<std::pair<int64_t, Product>>& changed,
                                                  bool check_only = false) {
    std::vector<int64_t> ids;
    for (const auto& [id, product] : changed) ids.push_back(id);
    const auto new_ids = products_->TakeIds(static_cast<int>(created.size()) + 1, Soon());
    if (!new_ids.ok()) return new_ids.status();
    std::vector<UpsertResult> results;
    Product response;
    const absl::Status status =
        resource::RunWrite(store_, MakeCall(), &response, [&](resource::Write& write) -> absl::Status {
          ASSIGN_OR_RETURN(const auto locked, products_->Lock(write.session(), ids));
          std::vector<Upsert> upserts;
          for (size_t i = 0; i < created.size(); ++i) {
            upserts.push_back({std::make_unique<Product>(created[i]), nullptr, (*new_ids)[i]});
          }
          for (const auto& [id, product] : changed) {
            for (const auto& item : locked) {
              if (item.id != id) continue;
              auto after = std::make_unique<Product>(static_cast<const Product&>(*item.message));
              after->MergeFrom(product);
              upserts.push_back({std::move(after), &item, 0});
            }
          }
          ASSIGN_OR_RETURN(results, products_->WriteMany(write, std::move(upserts), check_only));
          return absl::OkStatus();
        });
    if (!status.ok()) return status;
    return results;
  }
};

TEST_F(ResourceBulkTest, WhatIsWrongIsSetAsideAndTheRestIsWritten) {
  resource::Hooks hooks;
  hooks.before_write = [](resource::Write&, const google::protobuf::Message*, google::protobuf::Message* after) {
    return static_cast<const Product&>(*after).brand() == "bad" ? InvalidField("brand", "is bad") : absl::OkStatus();
  };
  std::vector<std::string> committed;
  hooks.after_commit = [&](absl::Span<const resource::Hooks::Committed> products) {
    std::string names;
    for (const auto& [after, id, version] : products) absl::StrAppend(&names, id, "v", version, " ");
    committed.push_back(names);
  };
  Open(hooks);
  Product bad = MakeProduct("Bad", "C-1");
  bad.set_brand("bad");
  const auto first = Write({MakeProduct("One", "A-1"), MakeProduct("", "B-1"), bad, MakeProduct("Two", "D-1")}, {});
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->size(), 4);
  EXPECT_EQ((*first)[0].kind, UpsertResult::kCreated);
  EXPECT_EQ(testing::FieldsOf((*first)[1].refusal), "title: is required");
  EXPECT_EQ(testing::FieldsOf((*first)[2].refusal), "brand: is bad");
  EXPECT_EQ((*first)[3].kind, UpsertResult::kCreated);
  EXPECT_THAT(committed, ElementsAre("1v1 4v1 ")) << "once for all";
  EXPECT_EQ(Count("products"), 2);
  EXPECT_EQ(Count("history"), 2);
  EXPECT_EQ(Count("change_log"), 2);

  Product change;
  change.set_brand("Acme");
  const auto second = Write({}, {{1, change}, {4, Product()}});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)[0].kind, UpsertResult::kUpdated);
  EXPECT_EQ((*second)[1].kind, UpsertResult::kUnchanged);
  EXPECT_EQ(Get("products/1")->etag(), "2");
  EXPECT_EQ(Get("products/4")->etag(), "1");
  EXPECT_EQ(Count("history"), 3) << "what does not change leaves no trace";
}

TEST_F(ResourceBulkTest, CheckingWritesNothing) {
  const auto results = Write({MakeProduct("One", "A-1"), MakeProduct("", "B-1")}, {}, /*check_only=*/true);
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_EQ((*results)[0].kind, UpsertResult::kCreated);
  EXPECT_EQ((*results)[1].kind, UpsertResult::kRefused);
  EXPECT_EQ(Count("products") + Count("resource_keys") + Count("history") + Count("change_log"), 0);
}

TEST_F(ResourceBulkTest, AKeyThatIsTakenRefusesAll) {
  ASSERT_TRUE(Create(MakeProduct("Mine", "A-1")).ok());
  const auto results = Write({MakeProduct("One", "B-1"), MakeProduct("Two", "A-1")}, {});
  EXPECT_EQ(results.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(results.status().message()), HasSubstr("\"A-1\" is taken by products/1"));
  EXPECT_EQ(Count("products"), 1);
}

}  // namespace
}  // namespace storeops
