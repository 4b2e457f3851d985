// Demand and forecasts from orders and the ledger, in figures that can be worked out by hand.
#include <string>
#include <vector>

#include "services/inventory/planning/demand_store.h"
#include "tests/support/planning_fixture.h"

namespace storeops::testing {
namespace {

using inventory::v1::DemandForecast;
using inventory::v1::ForecastDemandRequest;
using inventory::v1::ForecastDemandResponse;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class PlanningDemandTest : public PlanningFixture {};

TEST_F(PlanningDemandTest, EvenSalesGoOnAsTheyWere) {
  SellWeekly("A", 10, 20);
  SetDay(140);
  ForecastDemandRequest request;
  request.set_horizon(4);
  request.set_include_tried(true);
  const DemandForecast forecast = Forecast(request, "A");
  EXPECT_THAT(SeriesOf(forecast), SizeIs(20));
  EXPECT_THAT(SeriesOf(forecast), ::testing::Each(10));
  EXPECT_EQ(forecast.series(0).date(), Date(0));
  EXPECT_EQ(forecast.pattern(), DemandForecast::SMOOTH);
  EXPECT_THAT(forecast.points(), SizeIs(4));
  EXPECT_EQ(forecast.points(0).date(), Date(140));
  EXPECT_EQ(forecast.points(3).date(), Date(161));
  for (const auto& point : forecast.points()) {
    EXPECT_THAT(point.demand(), DoubleNear(10, 1e-6));
    EXPECT_THAT(point.low(), DoubleNear(10, 1e-3));
    EXPECT_THAT(point.high(), DoubleNear(10, 1e-3));
  }
  EXPECT_THAT(forecast.total(), DoubleNear(40, 1e-6));
  EXPECT_THAT(forecast.errors().wape(), DoubleNear(0, 1e-6));
  EXPECT_THAT(forecast.seasonal_naive().wape(), DoubleNear(0, 1e-6));
  EXPECT_GT(forecast.tried_size(), 5);
  EXPECT_THAT(forecast.reason(), HasSubstr("Theta and TSB"));
}

TEST_F(PlanningDemandTest, TheErrorStandsBesideThatOfRepeating) {
  std::vector<Sale> sales;
  for (int week = 0; week < 40; ++week) sales.push_back({"A", week * 7 + 2, week % 2 == 0 ? 5 : 15});
  Sell(sales);
  SetDay(280);
  const DemandForecast forecast = Forecast({}, "A");
  EXPECT_THAT(forecast.points(), SizeIs(13));
  // Whoever repeats the last week is off by 10 or by 0 in turn; 10 a week is off by 5.
  EXPECT_THAT(forecast.seasonal_naive().mean_squared(), DoubleNear(50, 1e-9));
  EXPECT_THAT(forecast.seasonal_naive().wape(), DoubleNear(0.5, 1e-9));
  EXPECT_THAT(forecast.errors().mean_squared(), DoubleNear(25, 3));
  EXPECT_NE(forecast.method(), DemandForecast::SEASONAL_NAIVE);
  EXPECT_EQ(forecast.errors().periods(), 48);
}

TEST_F(PlanningDemandTest, ServicesArePlannedByNobody) {
  inventory::v1::ImportedAdjustment back;
  back.set_external_reference("R1");
  *back.mutable_time() = ToTimestamp(Noon(12));
  *back.mutable_amount() = MoneyFromMinor(-500, "EUR");
  back.set_reason("postage back");
  back.set_sku("POST");
  back.set_quantity(-1);
  Sell({{"POST", 2, 5, 0, 500, "EUR", true}, {"POST", 9, 5, 0, 500, "EUR", true}, {"A", 2, 1}}, {back});
  SetDay(28);
  EXPECT_THAT(SeriesOf(Forecast({}, "POST")), ::testing::Each(0));
  const PlanningRun run = RunPlan();
  EXPECT_EQ(run.sku_count(), 1);
  EXPECT_EQ(run.item_count(), 1);
  EXPECT_EQ(run.order_line_count(), 1);
}

TEST_F(PlanningDemandTest, WhatWasTakenBackIsNoDemand) {
  SellWeekly("A", 10, 4);
  Sell({{"A", 2, 6, 6}, {"A", 9, 8, 3}});
  inventory::v1::ImportedAdjustment back;
  back.set_external_reference("C1");
  *back.mutable_time() = ToTimestamp(Noon(17));
  *back.mutable_amount() = MoneyFromMinor(-4000, "EUR");
  back.set_reason("cancellation without an order");
  back.set_sku("A");
  back.set_quantity(-4);
  // Stock was written off: nobody gave anything back.
  inventory::v1::ImportedAdjustment lost = back;
  lost.set_external_reference("L1");
  *lost.mutable_amount() = MoneyFromMinor(0, "EUR");
  lost.set_reason("lost");
  Sell({}, {back, lost});
  SetDay(28);
  const DemandForecast forecast = Forecast({}, "A");
  EXPECT_THAT(SeriesOf(forecast), ElementsAre(10, 15, 6, 10));
  EXPECT_EQ(forecast.taken_back(), 6 + 3 + 4);
  EXPECT_EQ(forecast.unmatched_taken_back(), 0);
}

TEST_F(PlanningDemandTest, ABulkOrderIsDampened) {
  SellWeekly("A", 10, 12);
  Sell({{"A", 30, 1000}});
  SetDay(84);
  const DemandForecast forecast = Forecast({}, "A");
  // Quartiles 10 and 10, taken as twice apart: the fence is 10 * 2^3.
  ASSERT_EQ(forecast.dampened_size(), 1);
  EXPECT_EQ(forecast.dampened(0).date(), Date(30));
  EXPECT_EQ(forecast.dampened(0).pieces(), 1000);
  EXPECT_EQ(forecast.dampened(0).counted(), 80);
  EXPECT_EQ(SeriesOf(forecast)[4], 90);
}

TEST_F(PlanningDemandTest, DaysWithoutStockAreNotKnown) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 100).ok());
  std::vector<Sale> sales;
  for (int day = 0; day < 35; ++day) {
    if (day < 14 || day > 20) sales.push_back({"A", day, 1});
  }
  Sell(sales);
  SetDay(14);
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -100, inventory::v1::LOST).ok());
  SetDay(21);
  ASSERT_TRUE(Receive(process_, "A", berlin_, 100).ok());
  SetDay(35);
  // Day 21, on which stock came back, is not known either; six days at 1 are seven at 1.
  EXPECT_THAT(SeriesOf(Forecast({}, "A")), ElementsAre(7, 7, -1, 7, 7));
  // Backorders are sold all the same: then those days are known.
  inventory::v1::SetStockPolicyRequest policy;
  auto& line = *policy.add_lines();
  line.set_sku("A");
  line.set_location(berlin_);
  line.set_backorder_limit(50);
  ASSERT_TRUE(process_.Call<inventory::v1::SetStockPolicyResponse>("SetStockPolicy", policy).ok());
  EXPECT_THAT(SeriesOf(Forecast({}, "A")), ElementsAre(7, 7, 0, 7, 7));
}

TEST_F(PlanningDemandTest, StockElsewhereMakesADayKnown) {
  const std::string paris = CreateLocation(process_, "PAR", 2);
  ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
  ASSERT_TRUE(Receive(process_, "A", paris, 10).ok());
  std::vector<Sale> sales;
  for (int day = 0; day < 28; ++day) sales.push_back({"A", day, 1});
  Sell(sales);
  SetDay(7);
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -10, inventory::v1::LOST).ok());
  SetDay(28);
  EXPECT_THAT(SeriesOf(Forecast({}, "A")), ElementsAre(7, 7, 7, 7));
  // Imported orders count at the location to take from first, where the days after the 7th are not known.
  ForecastDemandRequest request;
  request.set_location(berlin_);
  EXPECT_THAT(SeriesOf(Forecast(request, "A")), ElementsAre(7, -1, -1, -1));
  request.set_location(paris);
  EXPECT_THAT(SeriesOf(Forecast(request, "A")), ElementsAre());
}

TEST_F(PlanningDemandTest, PlacedOrdersCountWhereTheirPiecesWerePromised) {
  const std::string paris = CreateLocation(process_, "PAR", 2);
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4).ok());
  ASSERT_TRUE(Receive(process_, "A", paris, 20).ok());
  const auto place = [&](int64_t quantity) {
    inventory::v1::PlaceOrderRequest request;
    auto& line = *request.add_lines();
    line.set_sku("A");
    line.set_quantity(quantity);
    *line.mutable_unit_price() = MoneyFromMinor(1000, "EUR");
    request.mutable_shipping_address()->set_recipient("Ada");
    request.mutable_shipping_address()->set_country("DE");
    request.set_currency("EUR");
    const auto order = process_.Call<inventory::v1::Order>("OrderService/PlaceOrder", request);
    EXPECT_TRUE(order.ok()) << order.status();
    return order.value_or(inventory::v1::Order()).name();
  };
  SetDay(1);
  place(3);  // from Berlin
  place(9);  // the last one from Berlin, eight from Paris
  ASSERT_TRUE(Receive(process_, "A", berlin_, 100).ok());
  const std::string gone = place(5);
  inventory::v1::CancelOrderRequest cancel;
  cancel.set_name(gone);
  cancel.set_reason("test");
  const auto cancelled = process_.Call<inventory::v1::Order>("OrderService/CancelOrder", cancel);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  SetDay(7);
  EXPECT_THAT(SeriesOf(Forecast({}, "A")), ElementsAre(12));
  ForecastDemandRequest request;
  request.set_location(berlin_);
  EXPECT_THAT(SeriesOf(Forecast(request, "A")), ElementsAre(4));
  request.set_location(paris);
  EXPECT_THAT(SeriesOf(Forecast(request, "A")), ElementsAre(8));
}

TEST_F(PlanningDemandTest, SalesAreReadInPartsOfAnySize) {
  std::vector<Sale> sales;
  // Several on each day, so that a part ends amid orders of one time.
  for (int i = 0; i < 60; ++i) sales.push_back({"A", i / 6, i + 1});
  Sell(sales);
  Sell({{"B", 3, 1000}});
  for (const int at_once : {1, 7, 60, 61}) {
    std::vector<int64_t> read;
    const absl::Status status = inventory::ReadSales(
        process_.database(), "A", Day(0), Day(9), absl::Now() + absl::Seconds(30),
        [&](const inventory::SaleRow& row) {
          EXPECT_EQ(row.day, Day(static_cast<int>(row.quantity - 1) / 6));
          read.push_back(row.quantity);
        },
        at_once);
    ASSERT_TRUE(status.ok()) << status;
    ASSERT_THAT(read, SizeIs(54)) << at_once;
    for (int i = 0; i < 54; ++i) EXPECT_EQ(read[i], i + 1);
  }
}

TEST_F(PlanningDemandTest, ListsPageByPageAndByPrefix) {
  for (const char* sku : {"A-1", "A-2", "A-3", "B-1"}) SellWeekly(sku, 5, 2);
  SetDay(14);
  ForecastDemandRequest request;
  request.set_page_size(2);
  std::vector<std::string> skus;
  do {
    const auto page = Asked<ForecastDemandResponse>("ForecastDemand", request);
    for (const auto& forecast : page.forecasts()) skus.push_back(forecast.sku());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(skus, ElementsAre("A-1", "A-2", "A-3", "B-1"));
  ForecastDemandRequest prefix;
  prefix.set_sku_prefix("A-");
  EXPECT_THAT(Asked<ForecastDemandResponse>("ForecastDemand", prefix).forecasts(), SizeIs(3));
  ForecastDemandRequest named;
  named.add_skus("B-1");
  named.add_skus("none");
  const auto two = Asked<ForecastDemandResponse>("ForecastDemand", named);
  ASSERT_EQ(two.forecasts_size(), 2);
  EXPECT_EQ(two.forecasts(0).sku(), "B-1");
  EXPECT_EQ(two.forecasts(1).pattern(), DemandForecast::NO_DEMAND);
  EXPECT_EQ(two.forecasts(1).total(), 0);
}

TEST_F(PlanningDemandTest, AMomentOfThePastKnowsNothingOfWhatCame) {
  SellWeekly("A", 10, 8);
  SellWeekly("A", 50, 8, 1000, 8);
  SetDay(112);
  ForecastDemandRequest request;
  *request.mutable_moment() = ToTimestamp(Noon(56));
  EXPECT_THAT(SeriesOf(Forecast(request, "A")), ::testing::Each(10));
  request.set_period(inventory::v1::DAY);
  request.set_history_days(14);
  const auto days = Forecast(request, "A");
  EXPECT_THAT(SeriesOf(days), ElementsAre(10, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0));
  EXPECT_THAT(days.points(), SizeIs(28));
}

}  // namespace
}  // namespace storeops::testing
