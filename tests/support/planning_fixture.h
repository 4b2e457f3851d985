// A shop whose days are made by hand: sales of the past, stock as it came and went, and plans of it.
#ifndef STOREOPS_TESTS_SUPPORT_PLANNING_FIXTURE_H_
#define STOREOPS_TESTS_SUPPORT_PLANNING_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "google/longrunning/operations.pb.h"
#include "storeops/inventory/v1/order_import.pb.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "storeops/inventory/v1/planning_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/purchase_calls.h"

namespace storeops::testing {

class PlanningFixture : public ::testing::Test {
 protected:
  using Replenishment = inventory::v1::Replenishment;
  using StockAlert = inventory::v1::StockAlert;
  using PlanningRun = inventory::v1::PlanningRun;

  // A line of an order of the past.
  struct Sale {
    std::string sku;
    int day = 0;  // from the first Monday
    int64_t quantity = 0;
    int64_t cancelled = 0;
    int64_t price_minor = 1000;
    std::string currency = "EUR";
    bool service = false;
  };

  void SetUp() override {
    SetDay(0);
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    berlin_ = CreateLocation(process_, "BER", 1);
  }
  void TearDown() override { ExpectSound(process_); }

  // Day 0 is a Monday.
  static absl::CivilDay Day(int day) { return absl::CivilDay(2026, 1, 5) + day; }
  static std::string Date(int day) { return absl::FormatCivilTime(Day(day)); }
  static absl::Time Noon(int day) { return absl::FromCivil(Day(day), absl::UTCTimeZone()) + absl::Hours(12); }
  void SetDay(int day) { clock_.Set(Noon(day)); }

  // One order for each sale.
  void Sell(const std::vector<Sale>& sales, std::vector<inventory::v1::ImportedAdjustment> adjustments = {}) {
    inventory::v1::ImportOrdersRequest request;
    for (const Sale& sale : sales) {
      auto& order = *request.add_orders();
      order.set_external_reference(absl::StrCat("S", ++orders_));
      *order.mutable_place_time() = ToTimestamp(Noon(sale.day));
      order.set_currency(sale.currency);
      auto& line = *order.add_lines();
      line.set_sku(sale.sku);
      line.set_quantity(sale.quantity);
      line.set_service(sale.service);
      *line.mutable_unit_price() = MoneyFromMinor(sale.price_minor, sale.currency);
      if (sale.cancelled > 0) line.add_cancellations()->set_quantity(sale.cancelled);
    }
    request.mutable_adjustments()->Assign(adjustments.begin(), adjustments.end());
    bool sent = false;
    const auto bytes = process_.peer().Upload(process_.MakeCall("OrderService/ImportOrders"),
                                              [&](std::string* out) -> absl::StatusOr<bool> {
                                                if (std::exchange(sent, true)) return false;
                                                *out = request.SerializeAsString();
                                                return true;
                                              });
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    inventory::v1::ImportOrdersResponse response;
    ASSERT_TRUE(response.ParseFromString(*bytes));
    ASSERT_EQ(response.orders_created(), static_cast<int64_t>(sales.size())) << response.DebugString();
  }
  // So many pieces in an order each Wednesday of these weeks.
  void SellWeekly(const std::string& sku, int64_t quantity, int weeks, int64_t price_minor = 1000, int from_week = 0) {
    std::vector<Sale> sales;
    for (int week = 0; week < weeks; ++week) {
      sales.push_back({sku, (from_week + week) * 7 + 2, quantity, 0, price_minor});
    }
    Sell(sales);
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const std::string& method, const Request& request) {
    return process_.Call<Response>("PlanningService/" + method, request);
  }
  // One that must succeed.
  template <class Response, class Request>
  Response Asked(const std::string& method, const Request& request) {
    auto response = Ask<Response>(method, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.value_or(Response());
  }

  inventory::v1::DemandForecast Forecast(inventory::v1::ForecastDemandRequest request, const std::string& sku) {
    request.add_skus(sku);
    request.set_include_series(true);
    const auto response = Asked<inventory::v1::ForecastDemandResponse>("ForecastDemand", request);
    EXPECT_EQ(response.forecasts_size(), 1);
    return response.forecasts_size() == 1 ? response.forecasts(0) : inventory::v1::DemandForecast();
  }
  // -1 for what is not known.
  static std::vector<double> SeriesOf(const inventory::v1::DemandForecast& forecast) {
    std::vector<double> values;
    for (const auto& one : forecast.series()) values.push_back(one.has_demand() ? one.demand() : -1);
    return values;
  }

  google::longrunning::Operation Await(ServiceProcess& process, const std::string& name) {
    google::longrunning::Operation operation;
    EXPECT_TRUE(Eventually([&] {
      const auto found = process.runtime().operations().Get(name, absl::Now() + absl::Seconds(10));
      if (found.ok()) operation = *found;
      return operation.done();
    }));
    return operation;
  }
  PlanningRun RunPlan(const inventory::v1::RunPlanningRequest& request = {}) {
    const auto started = Ask<google::longrunning::Operation>("RunPlanning", request);
    EXPECT_TRUE(started.ok()) << started.status();
    PlanningRun run;
    if (!started.ok()) return run;
    const auto operation = Await(process_, started->name());
    EXPECT_TRUE(operation.response().UnpackTo(&run)) << operation.DebugString();
    return run;
  }

  std::vector<Replenishment> List(inventory::v1::ListReplenishmentsRequest request = {}) {
    std::vector<Replenishment> all;
    do {
      const auto page = Asked<inventory::v1::ListReplenishmentsResponse>("ListReplenishments", request);
      all.insert(all.end(), page.replenishments().begin(), page.replenishments().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
  // Of the SKU; whether or not there is a need.
  Replenishment Planned(const std::string& sku, const std::string& location = "") {
    inventory::v1::ListReplenishmentsRequest request;
    request.set_filter(absl::StrCat("sku = \"", sku, "\"",
                                    location.empty() ? "" : absl::StrCat(" AND location = \"", location, "\"")));
    request.set_include_enough(true);
    const auto all = List(request);
    EXPECT_EQ(all.size(), 1u) << sku;
    return all.size() == 1 ? all[0] : Replenishment();
  }
  std::vector<StockAlert> Alerts(inventory::v1::ListStockAlertsRequest request = {}) {
    std::vector<StockAlert> all;
    do {
      const auto page = Asked<inventory::v1::ListStockAlertsResponse>("ListStockAlerts", request);
      all.insert(all.end(), page.alerts().begin(), page.alerts().end());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
  void Set(const inventory::v1::PlanningSetting& setting) {
    inventory::v1::CreatePlanningSettingRequest request;
    *request.mutable_planning_setting() = setting;
    Asked<inventory::v1::PlanningSetting>("CreatePlanningSetting", request);
  }
  absl::StatusOr<inventory::v1::AcceptReplenishmentResponse> Accept(const std::vector<std::string>& names,
                                                                    const std::string& request_id = "",
                                                                    int64_t quantity = 0) {
    inventory::v1::AcceptReplenishmentRequest request;
    request.set_request_id(request_id);
    for (const std::string& name : names) {
      auto& acceptance = *request.add_acceptances();
      acceptance.set_name(name);
      if (quantity > 0) acceptance.set_quantity(quantity);
    }
    return Ask<inventory::v1::AcceptReplenishmentResponse>("AcceptReplenishment", request);
  }

  Site site_;
  FakeClock clock_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}, {.clock = &clock_}};
  std::string berlin_;
  int orders_ = 0;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_PLANNING_FIXTURE_H_
