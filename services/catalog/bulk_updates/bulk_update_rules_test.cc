#include "services/catalog/bulk_updates/bulk_update_rules.h"

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::BulkUpdateProductsRequest;

template <class Message>
Message Parse(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

struct Case {
  const char* name;
  const char* request;
  std::vector<std::string> fields;
};

class CheckBulkUpdateTest : public ::testing::TestWithParam<Case> {};

TEST_P(CheckBulkUpdateTest, NamesWhatIsWrong) {
  std::vector<std::string> fields;
  for (const auto& violation : CheckBulkUpdate(Parse<BulkUpdateProductsRequest>(GetParam().request))) {
    fields.push_back(violation.field);
  }
  EXPECT_EQ(fields, GetParam().fields);
}

INSTANTIATE_TEST_SUITE_P(
    Requests, CheckBulkUpdateTest,
    ::testing::Values(
        Case{"Filter", R"(filter: "tags:a" add_tags: "b")", {}},
        Case{"FilterInCollection", R"(filter: "tags:a" collection: "collections/1" remove_tags: "b")", {}},
        Case{"Names", R"(names: "products/1" names: "products/2" add_categories: "categories/1")", {}},
        Case{"Skus", R"(skus: "A" set_attributes { key: "size" value { number: 1 } })", {}},
        Case{
            "Fields", R"(skus: "A" product { brand: "Acme" } update_mask { paths: "brand" paths: "description" })", {}},
        Case{"NoTarget", R"(filter: "  " add_tags: "b")", {"filter"}},
        Case{"TwoTargets", R"(filter: "tags:a" names: "products/1" skus: "A" add_tags: "b")", {"names", "skus"}},
        Case{"NoAction", R"(skus: "A" dry_run: true)", {"update_mask"}},
        Case{"NoMask", R"(skus: "A" product { brand: "Acme" })", {"update_mask"}},
        Case{"Star", R"(skus: "A" product { brand: "Acme" } update_mask { paths: "*" })", {"update_mask"}},
        Case{"OwnFields",
             R"(skus: "A" product {} update_mask { paths: "variants" paths: "options" })",
             {"update_mask", "update_mask"}},
        Case{"Unknown", R"(skus: "A" product {} update_mask { paths: "colour" })", {"update_mask"}},
        Case{"OutputOnly", R"(skus: "A" product {} update_mask { paths: "create_time" })", {"update_mask"}},
        Case{"EmptiedTitle", R"(skus: "A" product {} update_mask { paths: "title" })", {"product.title"}},
        Case{"BadValue",
             R"(skus: "A" product { language: "English" description: "" } update_mask { paths: "language" })",
             {"product.language"}},
        Case{"Repeated", R"(skus: "A" skus: "B" skus: "A" add_tags: "b" add_tags: "b")", {"skus[2]", "add_tags[1]"}},
        Case{"Empty", R"(names: "" add_tags: "")", {"names[0]", "add_tags[0]"}}),
    [](const ::testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(ApplyBulkUpdateTest, AppliesInTheOrderOfTheFields) {
  auto product = Parse<v1::Product>(R"(
    title: "Mug" brand: "Old" description: "Old" tags: "a" tags: "b" categories: "categories/1" categories: "categories/2"
    attributes { key: "size" value { number: 1 } } attributes { key: "hue" value { text: "red" } })");
  ApplyBulkUpdate(Parse<BulkUpdateProductsRequest>(R"(
    product { brand: "New" title: "not masked" } update_mask { paths: "brand" paths: "description" }
    remove_tags: "a" remove_tags: "x" add_tags: "c" add_tags: "b" add_tags: "a"
    remove_categories: "categories/1" add_categories: "categories/3"
    remove_attributes: "hue" remove_attributes: "none" set_attributes { key: "size" value { number: 2 } })"),
                  &product);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(product, Parse<v1::Product>(R"(
    title: "Mug" brand: "New" tags: "b" tags: "c" tags: "a" categories: "categories/2" categories: "categories/3"
    attributes { key: "size" value { number: 2 } })")))
      << product.DebugString();
}

TEST(ApplyBulkUpdateTest, TwiceIsOnce) {
  const auto request = Parse<BulkUpdateProductsRequest>(
      R"(remove_tags: "a" add_tags: "b" add_categories: "categories/3" set_attributes { key: "x" value { text: "y" } })");
  auto once = Parse<v1::Product>(R"(title: "Mug" tags: "a")");
  ApplyBulkUpdate(request, &once);
  v1::Product twice = once;
  ApplyBulkUpdate(request, &twice);
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(once, twice));
}

}  // namespace
}  // namespace storeops::catalog
