// Many new prices by one rule: seen before, written once, gone on with after a crash.
#include <string>
#include <vector>

#include "common/jobs/operations.h"
#include "gmock/gmock.h"
#include "google/longrunning/operations.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/repricing.pb.h"
#include "tests/support/price_fixture.h"

namespace storeops::testing {
namespace {

using catalog::v1::PreviewRepricingRequest;
using catalog::v1::PreviewRepricingResponse;
using catalog::v1::RepricedVariant;
using catalog::v1::RepriceProductsRequest;
using catalog::v1::RepriceProductsResponse;
using catalog::v1::Repricing;
using google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class RepricingTest : public PriceFixture {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(PriceFixture::SetUp());
    MakeTea("TEA-3", "", "5");
  }

  static Repricing TenPercentOff() {
    return FromText<Repricing>(R"(currency: "EUR" rule {percent_basis_points: -1000} filter: "title = \"Tea*\"")");
  }
  absl::StatusOr<std::vector<std::string>> Preview(const Repricing& repricing, int page_size = 100) {
    PreviewRepricingRequest request;
    *request.mutable_repricing() = repricing;
    request.set_page_size(page_size);
    std::vector<std::string> rows;
    do {
      const auto page = process_.Call<PreviewRepricingResponse>("PriceService/PreviewRepricing", request);
      if (!page.ok()) return page.status();
      for (const RepricedVariant& row : page->variants()) {
        rows.push_back(absl::StrCat(row.sku(), " ", row.has_old_price() ? FormatMoney(row.old_price()) : "", ">",
                                    row.has_new_price() ? FormatMoney(row.new_price()) : "", " ",
                                    RepricedVariant::Outcome_Name(row.outcome())));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return rows;
  }
  absl::StatusOr<Operation> Start(const Repricing& repricing, const std::string& request_id = "") {
    RepriceProductsRequest request;
    *request.mutable_repricing() = repricing;
    request.set_request_id(request_id);
    return process_.Call<Operation>("PriceService/RepriceProducts", request);
  }
  Operation Await(const std::string& name) {
    Operation operation;
    EXPECT_TRUE(Eventually([&] {
      const auto found = process_.runtime().operations().Get(name, absl::Now() + absl::Seconds(10));
      if (found.ok()) operation = *found;
      return operation.done();
    }));
    return operation;
  }
  RepriceProductsResponse Run(const Repricing& repricing) {
    const auto started = Start(repricing);
    EXPECT_TRUE(started.ok()) << started.status();
    RepriceProductsResponse response;
    EXPECT_TRUE(started.ok() && Await(started->name()).response().UnpackTo(&response));
    return response;
  }
};

TEST_F(RepricingTest, IsSeenBeforeItIsDone) {
  const auto expected =
      ElementsAre("TEA-1 20.00 EUR>18.00 EUR CHANGED", "TEA-2 30.00 EUR>27.00 EUR CHANGED", "TEA-3 > NO_PRICE");
  for (const int page_size : {1, 2, 100}) EXPECT_THAT(*Preview(TenPercentOff(), page_size), expected);
  Repricing margin = TenPercentOff();
  margin.mutable_rule()->set_margin_basis_points(5000);
  EXPECT_THAT(*Preview(margin),
              ElementsAre("TEA-1 20.00 EUR>24.00 EUR CHANGED", "TEA-2 30.00 EUR> NO_COST", "TEA-3 >10.00 EUR CHANGED"));
  EXPECT_EQ(Costs("TEA-1"), "20.00 EUR BASE");
  Repricing some = TenPercentOff();
  some.clear_filter();
  some.add_skus("TEA-2");
  some.add_skus("TEA-1");
  EXPECT_THAT(*Preview(some, 1), ElementsAre("TEA-2 30.00 EUR>27.00 EUR CHANGED", "TEA-1 20.00 EUR>18.00 EUR CHANGED"));
}

TEST_F(RepricingTest, WritesVariantsOwnPrices) {
  Repricing repricing = TenPercentOff();
  repricing.mutable_rule()->set_step_minor(100);
  repricing.mutable_rule()->set_ending_minor(99);
  const RepriceProductsResponse response = Run(repricing);
  EXPECT_EQ(response.changed(), 2);
  EXPECT_EQ(response.skipped(), 1);
  EXPECT_EQ(Costs("TEA-1"), "17.99 EUR BASE");
  EXPECT_EQ(Costs("TEA-2"), "26.99 EUR BASE");
  catalog::v1::ListPriceHistoryRequest history;
  history.set_sku("TEA-1");
  const auto entries = process_.Call<catalog::v1::ListPriceHistoryResponse>("PriceService/ListPriceHistory", history);
  EXPECT_EQ(entries->entries(0).actor(), "users/1");
  EXPECT_EQ(FormatMoney(entries->entries(0).old_price()), "20.00 EUR");
}

TEST_F(RepricingTest, WritesPricesOfAList) {
  const std::string list = MakeList();
  Repricing repricing = TenPercentOff();
  repricing.set_price_list(list);
  repricing.mutable_rule()->set_percent_basis_points(-5000);
  repricing.mutable_rule()->set_not_below_cost(true);
  EXPECT_EQ(Run(repricing).changed(), 1);  // of the others nobody knows the cost, or there is no price
  EXPECT_EQ(Costs("TEA-1"), "12.00 EUR PRICE_LIST");
  EXPECT_EQ(Costs("TEA-2"), "30.00 EUR BASE");
}

TEST_F(RepricingTest, ARepeatedRequestIsOneOperation) {
  const auto first = Start(TenPercentOff(), "once");
  ASSERT_TRUE(first.ok()) << first.status();
  Await(first->name());
  EXPECT_EQ(Start(TenPercentOff(), "once")->name(), first->name());
  EXPECT_EQ(Costs("TEA-1"), "18.00 EUR BASE");
}

// Percents twice would be seen. Processes take the work up from each other.
TEST_F(RepricingTest, EachVariantIsChangedOnceWhoeverWorksOnIt) {
  constexpr int kProducts = 300;
  for (int i = 0; i < kProducts; ++i) MakeTea(absl::StrCat("M", i), "100", "");
  const auto started = Start(TenPercentOff());
  ASSERT_TRUE(started.ok()) << started.status();
  for (int i = 0; i < 5; ++i) {
    ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = absl::StrCat("other", i)});
    ASSERT_NO_FATAL_FAILURE(other.Start());
    // Ends at some point of the work, which goes on elsewhere.
  }
  const Operation operation = Await(started->name());
  RepriceProductsResponse response;
  ASSERT_TRUE(operation.response().UnpackTo(&response)) << operation.ShortDebugString();
  EXPECT_EQ(response.changed(), kProducts + 2);
  // This process hears of the other ones' writes a moment later.
  for (int i = 0; i < kProducts; ++i) {
    ASSERT_TRUE(Eventually([&] { return Costs(absl::StrCat("M", i)) == "90.00 EUR BASE"; })) << i;
  }
}

TEST_F(RepricingTest, WhatIsWrongIsNamed) {
  Repricing bad = FromText<Repricing>(
      R"(currency: "EUR" rule {step_minor: 5 ending_minor: 5} skus: "TEA-1" skus: "TEA-1" skus: "TEA-9" filter: "x"
         start_time {seconds: 5})");
  EXPECT_THAT(WrongFields(Start(bad).status()),
              UnorderedElementsAre("repricing.filter", "repricing.skus[1]", "repricing.rule",
                                   "repricing.rule.ending_minor", "repricing.start_time", "repricing.skus[2]"));
  bad = TenPercentOff();
  bad.set_price_list("priceLists/99");
  EXPECT_THAT(WrongFields(Start(bad).status()), ElementsAre("repricing.price_list"));
  bad.set_price_list(MakeList("currency: \"USD\""));
  EXPECT_THAT(WrongFields(Start(bad).status()), ElementsAre("repricing.currency"));
  bad = TenPercentOff();
  bad.set_filter("titel = \"x\"");
  EXPECT_THAT(WrongFields(Start(bad).status()), ElementsAre("repricing.filter"));
  EXPECT_THAT(WrongFields(Preview(bad).status()), ElementsAre("repricing.filter"));
  bad = TenPercentOff();
  bad.mutable_rule()->set_margin_basis_points(10'000);
  EXPECT_THAT(WrongFields(Preview(bad).status()), ElementsAre("repricing.rule.margin_basis_points"));
}

}  // namespace
}  // namespace storeops::testing
