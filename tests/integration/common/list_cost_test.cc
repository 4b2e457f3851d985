// What lists are estimated to cost, on tables of some size.
#include "common/resource/list_cost.h"

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "tests/support/resource_fixture.h"

namespace storeops {
namespace {

using ::testing::HasSubstr;

class ListCostTest : public testing::ResourceFixture {
 protected:
  // One product, doubled so many times. The estimates are read with the first list.
  void Fill(int doublings) {
    Product product = MakeProduct("A cup", "C");
    product.set_brand("Acme");
    ASSERT_TRUE(Create(product).ok());
    for (int i = 0; i < doublings; ++i) {
      const auto added = database().Execute(
          Soon(), absl::StrCat("INSERT INTO products SELECT id + ", 1 << i,
                               ", version, create_time, update_time, delete_time, title, description, language, "
                               "translations, kind, brand, tags, options, variants, product_type, attributes, "
                               "categories, state, rejection, publish_time, channel_listings, external_references, "
                               "seo, schedule, schedule_failure, media FROM products"));
      ASSERT_TRUE(added.ok()) << added.status();
    }
  }
  absl::StatusOr<absl::Duration> Cost(const std::string& filter, const std::string& order_by = "") {
    storeops::catalog::v1::ListProductsRequest request;
    request.set_filter(filter);
    request.set_order_by(order_by);
    rpc::Call call = MakeCall();
    call.deadline = Soon();
    return resource::ListCost(products_->filter_fields())(call, request);
  }
  absl::Duration CostOf(const std::string& filter, const std::string& order_by = "") {
    const auto cost = Cost(filter, order_by);
    EXPECT_TRUE(cost.ok()) << filter << ": " << cost.status();
    return cost.value_or(absl::ZeroDuration());
  }
  static std::string Repeat(int count, absl::string_view term, absl::string_view joint) {
    std::string filter;
    for (int i = 0; i < count; ++i) absl::StrAppend(&filter, i == 0 ? "" : joint, term);
    return filter;
  }
};

TEST_F(ListCostTest, WhatAnIndexAnswersCostsNothing) {
  Fill(10);
  for (const char* filter : {"", "name = \"products/1\"", "brand = Acme", "brand = \"Ac*\"", "title > A",
                             "create_time > 2026-01-01T00:00:00Z", "variants.sku = C"}) {
    EXPECT_EQ(CostOf(filter), absl::ZeroDuration()) << filter;
  }
  for (const char* order : {"title", "title desc", "create_time"}) {
    EXPECT_EQ(CostOf("", order), absl::ZeroDuration()) << order;
  }
}

TEST_F(ListCostTest, OtherConditionsCostByRowsAndTerms) {
  Fill(10);
  const absl::Duration one = CostOf("kind = GOODS");
  EXPECT_GT(one, absl::ZeroDuration());
  EXPECT_GT(CostOf("title = \"*cup\""), one) << "text is searched";
  EXPECT_GT(CostOf("description = \"*cup\""), CostOf("title = \"*cup\"")) << "long text is searched";
  EXPECT_GT(CostOf("tags:x"), one) << "lists are searched";
  EXPECT_GT(CostOf("NOT variants.sku = C AND kind = GOODS"), one);
  EXPECT_GT(CostOf("brand != Acme"), absl::ZeroDuration()) << "an index does not answer it";
  EXPECT_GT(CostOf("kind = GOODS OR brand = Acme"), one) << "one branch reads all";
  EXPECT_GT(CostOf("", "title, create_time"), absl::ZeroDuration()) << "no index is in this order";
  const absl::Duration few = CostOf(Repeat(2, "title = \"*x*\"", " OR "));
  const absl::Duration many = CostOf(Repeat(100, "title = \"*x*\"", " OR "));
  EXPECT_GT(many, 20 * few);
  EXPECT_LT(many, 50 * few);
}

TEST_F(ListCostTest, ADemandedValueNarrowsTheRows) {
  Fill(10);
  const std::string terms = Repeat(50, "title = \"*x*\"", " AND ");
  EXPECT_LT(CostOf(terms + " AND name = \"products/1\""), CostOf(terms) / 100);
  EXPECT_GE(CostOf(terms + " OR name = \"products/1\""), CostOf(terms)) << "beside OR it narrows nothing";
  // All rows have the same brand, so that it narrows nothing either.
  EXPECT_GE(CostOf(terms + " AND brand = Acme"), CostOf(terms) / 2);
}

TEST_F(ListCostTest, AListThatCostsTooMuchIsRefused) {
  Fill(14);
  const std::string terms = Repeat(100, "description = \"*x*\"", " OR ");
  const absl::Status refused = Cost(terms).status();
  EXPECT_EQ(ReasonOf(refused), "LIST_TOO_EXPENSIVE") << refused;
  EXPECT_EQ(testing::WrongField(refused), "filter");
  EXPECT_THAT(testing::FieldsOf(refused), HasSubstr("100 conditions on "));
  EXPECT_THAT(testing::FieldsOf(refused), HasSubstr("at most 5s are allowed"));
  EXPECT_THAT(testing::FieldsOf(refused), HasSubstr("demand a value of name, "));
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(refused, &info));
  EXPECT_EQ(info.metadata().at("limit_ms"), "5000");
  EXPECT_TRUE(Cost(terms.substr(0, terms.find(" OR "))).ok());
  EXPECT_EQ(CostOf("title = "), absl::ZeroDuration()) << "the list refuses it, with whatever else is wrong";
}

}  // namespace
}  // namespace storeops
