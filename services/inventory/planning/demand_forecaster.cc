#include "services/inventory/planning/demand_forecaster.h"

#include <algorithm>
#include <utility>

#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/planning/planning_messages.h"
#include "services/inventory/planning/planning_store.h"
#include "services/inventory/planning/policy_comparison.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using planning::MethodChoice;

constexpr resource::PageSizes kForecastSizes{20, 200};
constexpr int kDefaultWeeks = 13;
constexpr int kDefaultDays = 28;
constexpr int kDefaultCoverage = 80;
constexpr int kDefaultTop = 20;
constexpr int kYearWeeks = 52;
constexpr int kDaysOfWeek = 7;

ForecastView ViewOf(const v1::ForecastDemandRequest& request) {
  ForecastView view;
  view.horizon = request.horizon();
  if (view.horizon == 0) view.horizon = request.period() == v1::DAY ? kDefaultDays : kDefaultWeeks;
  view.coverage = (request.coverage_percent() == 0 ? kDefaultCoverage : request.coverage_percent()) / 100.0;
  view.series = request.include_series();
  view.tried = request.include_tried();
  return view;
}

// Sums of a policy's results; shares of all, not means of shares.
class ResultSum {
 public:
  void Add(const planning::SimulationResult& result) {
    ++items_;
    sum_.demand += result.demand;
    sum_.served += result.served;
    sum_.average_stock += result.average_stock;
    sum_.periods_short += result.periods_short;
    sum_.orders += result.orders;
    sum_.ordered_pieces += result.ordered_pieces;
    cycles_ += result.cycle_service;
  }
  v1::PolicyResult Finish() const {
    planning::SimulationResult sum = sum_;
    sum.fill_rate = sum.demand > 0 ? sum.served / sum.demand : 1;
    sum.cycle_service = items_ > 0 ? cycles_ / items_ : 1;
    return ToMessage(sum);
  }

 private:
  planning::SimulationResult sum_;
  double cycles_ = 0;
  double items_ = 0;
};

// Measured, rounded up; of one core: to choose a method by a period of history, and to try policies on a week.
constexpr absl::Duration kForecastPeriod = absl::Microseconds(30);
constexpr absl::Duration kSimulatedWeek = absl::Microseconds(300);

absl::StatusOr<absl::Duration> Cost(const v1::ForecastDemandRequest& request) {
  const int skus =
      request.skus().empty() ? resource::PageSize(request.page_size(), kForecastSizes) : request.skus_size();
  const int days = request.history_days() == 0 ? kDefaultHistoryDays : request.history_days();
  return kForecastPeriod * (skus * (request.period() == v1::DAY ? days : days / kDaysOfWeek));
}

absl::StatusOr<absl::Duration> Cost(const v1::SimulatePolicyRequest& request) {
  const int top = request.top() == 0 ? kDefaultTop : request.top();
  const int skus = request.skus().empty() ? top : request.skus_size();
  return kSimulatedWeek * (skus * (request.weeks() == 0 ? kYearWeeks : request.weeks()));
}

// The same for the same SKU on every machine.
uint64_t SeedFor(const std::string& sku, int64_t seed) {
  uint64_t hash = 1469598103934665603ULL ^ static_cast<uint64_t>(seed);
  for (const unsigned char byte : sku) hash = (hash ^ byte) * 1099511628211ULL;
  return hash;
}

}  // namespace

void DemandForecaster::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  service.Unary("ForecastDemand", this, &DemandForecaster::Forecast)
      .Cost<v1::ForecastDemandRequest>("ForecastDemand", [](const auto&, const auto& request) { return Cost(request); })
      .Unary("SimulatePolicy", this, &DemandForecaster::Simulate)
      .Cost<v1::SimulatePolicyRequest>("SimulatePolicy",
                                       [](const auto&, const auto& request) { return Cost(request); });
}

absl::StatusOr<v1::ForecastDemandResponse> DemandForecaster::Forecast(rpc::Call& call,
                                                                      const v1::ForecastDemandRequest& request) {
  db::Database& database = environment_->store.database;
  ASSIGN_OR_RETURN(const int64_t location, ParseLocation(request.location(), "location"));
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "t", kForecastSizes));
  std::vector<std::string> skus(request.skus().begin(), request.skus().end());
  v1::ForecastDemandResponse response;
  if (skus.empty()) {
    ASSIGN_OR_RETURN(skus, ListSoldSkus(database, request.sku_prefix(), page.Text(0), page.limit(), call.deadline));
    page.Close(skus, [](const std::string& last) -> resource::PageKeys { return {last}; }, &response);
  }
  const absl::Time moment = request.has_moment() ? FromTimestamp(request.moment()) : environment_->store.clock.Now();
  DemandReader reader(database, WindowBefore(moment, request.period(), request.history_days()));
  RETURN_IF_ERROR(reader.Prepare(call.deadline));
  const planning::BackTestOptions options = planning::BackTestFor(reader.window().period_days);
  for (const std::string& sku : skus) {
    RETURN_IF_ERROR(call.CheckWanted(SteadyNow()));
    RETURN_IF_ERROR(reader.Load({sku, sku}, call.deadline));
    ASSIGN_OR_RETURN(const SkuDemand demand, reader.Read(sku, call.deadline));
    auto series = location == 0 ? reader.SeriesOfAll(sku, demand) : reader.SeriesAt(sku, location, demand);
    RETURN_IF_ERROR(series.status());
    const MethodChoice choice = planning::ChooseMethod(series->values, options);
    v1::DemandForecast& forecast = *response.add_forecasts();
    series->period_days = reader.window().period_days;
    forecast = ToMessage(*series, choice, options, reader.window().end, ViewOf(request));
    forecast.set_sku(sku);
    forecast.set_location(request.location());
  }
  return response;
}

absl::StatusOr<DemandForecaster::Simulated> DemandForecaster::ChooseSimulated(const v1::SimulatePolicyRequest& request,
                                                                              absl::Time deadline) const {
  Simulated chosen;
  chosen.moment = environment_->store.clock.Now();
  chosen.skus.assign(request.skus().begin(), request.skus().end());
  const auto run = runner_.Find(0, deadline);
  if (run.ok()) chosen.moment = FromTimestamp(run->moment());
  if (request.has_moment()) chosen.moment = FromTimestamp(request.moment());
  if (!chosen.skus.empty()) return chosen;
  RETURN_IF_ERROR(run.status());
  ASSIGN_OR_RETURN(const auto items, ListClasses(environment_->store.database, kRunNames.IdIn(run->name()), {}, 0,
                                                 request.top() == 0 ? kDefaultTop : request.top(), deadline));
  for (const v1::ItemClass& item : items) chosen.skus.push_back(item.sku());
  return chosen;
}

absl::StatusOr<v1::SimulatePolicyResponse> DemandForecaster::Simulate(rpc::Call& call,
                                                                      const v1::SimulatePolicyRequest& request) {
  v1::PlanningSetting wanted;
  if (request.has_service_level_percent()) wanted.set_service_level_percent(request.service_level_percent());
  RETURN_IF_ERROR(CheckSetting(wanted));
  ASSIGN_OR_RETURN(const Simulated chosen, ChooseSimulated(request, call.deadline));
  ASSIGN_OR_RETURN(const PlanningSettings settings, load_settings_(call.deadline));
  ASSIGN_OR_RETURN(const OffersBySku offers, BestOffers(suppliers_, chosen.skus, call.deadline));
  DemandReader reader(environment_->store.database, WindowBefore(chosen.moment, v1::WEEK, 0));
  RETURN_IF_ERROR(reader.Prepare(call.deadline));
  const int weeks = request.weeks() == 0 ? kYearWeeks : request.weeks();
  v1::SimulatePolicyResponse response;
  ResultSum suggested, min_max, as_good;
  double served = 0;
  std::vector<planning::DrawnYear> years;
  const auto check = [&call] { return call.CheckWanted(SteadyNow()); };
  for (const std::string& sku : chosen.skus) {
    RETURN_IF_ERROR(check());
    RETURN_IF_ERROR(reader.Load({sku, sku}, call.deadline));
    ASSIGN_OR_RETURN(const SkuDemand demand, reader.Read(sku, call.deadline));
    ASSIGN_OR_RETURN(const planning::DemandSeries series, reader.SeriesOfAll(sku, demand));
    if (planning::MomentsOf(series.values).count == 0) {
      response.add_skus_without_sales(sku);
      continue;
    }
    std::optional<planning::SupplyOffer> offer;
    if (const auto found = offers.find(sku); found != offers.end()) offer = ToSupply(found->second);
    v1::PlanningSetting setting = settings.Resolve(sku, "");
    setting.MergeFrom(wanted);
    ASSIGN_OR_RETURN(planning::DrawnYear year, planning::DrawYear(series.values, weeks, SeedFor(sku, request.seed()),
                                                                  ToRules(setting, ""), offer));
    ASSIGN_OR_RETURN(const planning::PolicyComparison comparison, planning::CompareOn(year, check));
    years.push_back(std::move(year));
    auto& item = *response.add_items();
    item.set_sku(sku);
    *item.mutable_suggested() = ToMessage(comparison.suggested);
    *item.mutable_min_max() = ToMessage(comparison.min_max);
    *item.mutable_min_max_as_good() = ToMessage(comparison.min_max_as_good);
    item.set_cover_as_good(comparison.cover_as_good);
    suggested.Add(comparison.suggested);
    min_max.Add(comparison.min_max);
    served += comparison.suggested.served;
  }
  ASSIGN_OR_RETURN(const planning::CoverForAll all, planning::FindCoverForAll(years, served, check));
  for (const planning::SimulationResult& result : all.results) as_good.Add(result);
  response.set_cover_as_good(all.cover);
  *response.mutable_suggested() = suggested.Finish();
  *response.mutable_min_max() = min_max.Finish();
  *response.mutable_min_max_as_good() = as_good.Finish();
  return response;
}

}  // namespace storeops::inventory
