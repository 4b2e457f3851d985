#include "services/inventory/planning/planning_messages.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "services/inventory/planning/method_reason.h"

namespace storeops::inventory {
namespace {

using planning::AlertKind;
using planning::BackTestErrors;
using v1::DemandForecast;
using v1::Replenishment;
using v1::StockAlert;

constexpr int64_t kExpiresVerySoonDays = 7;

std::string Date(absl::CivilDay day) { return absl::FormatCivilTime(day); }

DemandForecast::Pattern PatternOf(planning::DemandClass demand_class) {
  switch (demand_class) {
    case planning::DemandClass::kNone:
      return DemandForecast::NO_DEMAND;
    case planning::DemandClass::kSmooth:
      return DemandForecast::SMOOTH;
    case planning::DemandClass::kErratic:
      return DemandForecast::ERRATIC;
    case planning::DemandClass::kIntermittent:
      return DemandForecast::INTERMITTENT;
    case planning::DemandClass::kLumpy:
      return DemandForecast::LUMPY;
  }
  return DemandForecast::PATTERN_UNSPECIFIED;
}

DemandForecast::Errors ErrorsOf(const BackTestErrors& errors) {
  DemandForecast::Errors message;
  message.set_method(ToMessage(errors.method));
  message.set_periods(errors.periods);
  if (errors.mase.has_value()) message.set_mase(*errors.mase);
  if (errors.rmsse.has_value()) message.set_rmsse(*errors.rmsse);
  if (errors.wape.has_value()) message.set_wape(*errors.wape);
  if (errors.bias.has_value()) message.set_bias(*errors.bias);
  message.set_mean_squared(errors.mean_squared);
  return message;
}

void AddSeries(const planning::DemandSeries& series, bool tell, DemandForecast& forecast) {
  int missing = 0;
  for (size_t i = 0; i < series.values.size(); ++i) {
    const bool known = !planning::IsMissing(series.values[i]);
    missing += known ? 0 : 1;
    if (!tell) continue;
    auto& observation = *forecast.add_series();
    observation.set_date(Date(series.begin + static_cast<int64_t>(i) * series.period_days));
    if (known) observation.set_demand(series.values[i]);
  }
  forecast.set_missing_periods(missing);
  forecast.set_known_periods(static_cast<int>(series.values.size()) - missing);
  forecast.set_taken_back(series.taken_back);
  forecast.set_unmatched_taken_back(series.unmatched_taken_back);
  for (const planning::DampenedSale& sale : series.dampened) {
    auto& dampened = *forecast.add_dampened();
    dampened.set_date(Date(sale.day));
    dampened.set_pieces(sale.pieces);
    dampened.set_counted(sale.counted);
  }
}

StockAlert::Severity SeverityOf(const planning::StockAlert& alert, absl::CivilDay today, bool arrives) {
  switch (alert.kind) {
    case AlertKind::kOutOfStock:
      return StockAlert::CRITICAL;
    case AlertKind::kStockOutSoon:
      return arrives ? StockAlert::WARNING : StockAlert::CRITICAL;
    case AlertKind::kBelowSafety:
      return StockAlert::WARNING;
    case AlertKind::kExpiringLot:
      return alert.day.has_value() && *alert.day - today <= kExpiresVerySoonDays ? StockAlert::CRITICAL
                                                                                 : StockAlert::WARNING;
    case AlertKind::kOverstock:
    case AlertKind::kDeadStock:
      return StockAlert::NOTICE;
  }
  return StockAlert::SEVERITY_UNSPECIFIED;
}

std::string BuyAdvice(const planning::Replenishment& replenishment, const std::optional<SupplierOffer>& offer,
                      bool arrives) {
  if (replenishment.quantity > 0 && offer.has_value()) {
    return absl::StrCat("Order ", replenishment.quantity, " from ", offer->supplier,
                        arrives ? ", and press for what is on its way." : ".");
  }
  if (arrives) return "Enough is on its way: press for it.";
  const auto has = [&replenishment](planning::ReplenishmentReason reason) {
    return std::find(replenishment.reasons.begin(), replenishment.reasons.end(), reason) != replenishment.reasons.end();
  };
  if (has(planning::ReplenishmentReason::kNoSupplier)) return "Find a supplier: none sells it.";
  if (has(planning::ReplenishmentReason::kDiscontinued)) return "It is discontinued: take it off sale.";
  return replenishment.incoming > 0 ? "Send the draft, or ask when what is on its way arrives."
                                    : "Nothing to order by the settings: look at them.";
}

std::string AdviceFor(const planning::StockAlert& alert, const planning::PlannedItem& item,
                      const std::optional<SupplierOffer>& offer, bool arrives) {
  switch (alert.kind) {
    case AlertKind::kOutOfStock:
    case AlertKind::kStockOutSoon:
    case AlertKind::kBelowSafety:
      return BuyAdvice(item.replenishment, offer, arrives);
    case AlertKind::kOverstock:
      return absl::StrCat(item.replenishment.incoming > 0 ? "Cancel what is on its way, or s" : "S", "ell ",
                          alert.pieces, " pieces by a promotion, or move them to where they sell.");
    case AlertKind::kDeadStock:
      return "Clear it: mark it down, bundle it or write it off.";
    case AlertKind::kExpiringLot:
      return absl::StrCat("Sell ", alert.pieces, " pieces of lot ", alert.lot, " first, at a lower price, before ",
                          alert.day.has_value() ? Date(*alert.day) : "it expires", ".");
  }
  return "";
}

}  // namespace

int64_t MinorOf(const google::type::Money& money) {
  return money.currency_code().empty() ? 0 : MoneyToMinor(money).value_or(0);
}

DemandForecast::Method ToMessage(planning::Method method) {
  switch (method) {
    case planning::Method::kMean:
      return DemandForecast::MEAN;
    case planning::Method::kNaive:
      return DemandForecast::NAIVE;
    case planning::Method::kSeasonalNaive:
      return DemandForecast::SEASONAL_NAIVE;
    case planning::Method::kExponentialSmoothing:
      return DemandForecast::EXPONENTIAL_SMOOTHING;
    case planning::Method::kCroston:
      return DemandForecast::CROSTON;
    case planning::Method::kSyntetosBoylan:
      return DemandForecast::SBA;
    case planning::Method::kTeunterSyntetosBabai:
      return DemandForecast::TSB;
    case planning::Method::kTheta:
      return DemandForecast::THETA;
    case planning::Method::kCombination:
      return DemandForecast::THETA_AND_TSB;
    case planning::Method::kHolt:
      return DemandForecast::HOLT;
    case planning::Method::kDampedHolt:
      return DemandForecast::DAMPED_HOLT;
    case planning::Method::kHoltWinters:
      return DemandForecast::HOLT_WINTERS;
  }
  return DemandForecast::METHOD_UNSPECIFIED;
}

Replenishment::Reason ToMessage(planning::ReplenishmentReason reason) {
  Replenishment::Reason message = Replenishment::REASON_UNSPECIFIED;
  Replenishment::Reason_Parse(std::string(planning::NameOf(reason)), &message);
  return message;
}

StockAlert::Kind ToMessage(AlertKind kind) {
  StockAlert::Kind message = StockAlert::KIND_UNSPECIFIED;
  StockAlert::Kind_Parse(std::string(planning::NameOf(kind)), &message);
  return message;
}

v1::PolicyResult ToMessage(const planning::SimulationResult& result) {
  v1::PolicyResult message;
  message.set_demand(result.demand);
  message.set_fill_rate(result.fill_rate);
  message.set_cycle_service(result.cycle_service);
  message.set_average_stock(result.average_stock);
  message.set_weeks_short(result.periods_short);
  message.set_orders(result.orders);
  message.set_ordered_pieces(result.ordered_pieces);
  return message;
}

DemandForecast ToMessage(const planning::DemandSeries& series, const planning::MethodChoice& choice,
                         const planning::BackTestOptions& options, absl::CivilDay end, const ForecastView& view) {
  DemandForecast forecast;
  forecast.set_pattern(PatternOf(choice.pattern.demand_class));
  forecast.set_method(ToMessage(choice.forecast.method));
  forecast.set_reason(planning::WhyChosen(choice, options));
  if (choice.errors() != nullptr) *forecast.mutable_errors() = ErrorsOf(*choice.errors());
  if (const BackTestErrors* naive = choice.ErrorsOf(planning::Method::kSeasonalNaive)) {
    *forecast.mutable_seasonal_naive() = ErrorsOf(*naive);
  }
  for (const BackTestErrors& errors : choice.tried) {
    if (view.tried) *forecast.add_tried() = ErrorsOf(errors);
  }
  for (int step = 1; step <= view.horizon; ++step) {
    auto& point = *forecast.add_points();
    const planning::Interval interval = choice.IntervalAt(step, view.coverage);
    point.set_date(Date(end + static_cast<int64_t>(step - 1) * series.period_days));
    point.set_demand(choice.forecast.At(step));
    point.set_low(interval.low);
    point.set_high(interval.high);
    forecast.set_total(forecast.total() + point.demand());
  }
  AddSeries(series, view.series, forecast);
  return forecast;
}

Replenishment ToMessage(const planning::PlannedItem& item, const v1::PlanningSetting& setting,
                        const std::optional<SupplierOffer>& offer, int64_t drafted, planning::Method method) {
  const planning::Replenishment& plan = item.replenishment;
  Replenishment message;
  for (const planning::ReplenishmentReason reason : plan.reasons) message.add_reasons(ToMessage(reason));
  message.set_explanation(item.explanation);
  message.set_urgency(static_cast<Replenishment::Urgency>(item.urgency));
  if (offer.has_value()) {
    message.set_supplier(offer->supplier);
    message.set_supplier_sku(offer->terms.supplier_sku);
    message.set_pack_size(std::max<int64_t>(1, offer->terms.pack_size));
    message.set_minimum_quantity(offer->terms.min_quantity);
    *message.mutable_unit_price() = MoneyFromMinor(offer->terms.price_minor, offer->currency);
    *message.mutable_amount() = MoneyFromMinor(plan.amount_minor, offer->currency);
  }
  message.set_quantity(plan.quantity);
  message.set_packs(plan.packs);
  message.set_expected_date(Date(item.expected));
  message.set_order_by_date(Date(item.order_by));
  message.set_forecast_over_lead_time(plan.forecast_over_lead_time);
  message.set_forecast_over_review(plan.forecast_over_review);
  message.set_safety_stock(plan.safety_stock);
  message.set_on_hand(plan.on_hand);
  message.set_reserved(plan.reserved);
  message.set_incoming(plan.incoming - drafted);
  message.set_drafted(drafted);
  message.set_position(plan.position);
  message.set_target(plan.target);
  message.set_need(plan.need);
  message.set_after_economic(plan.after_economic);
  message.set_after_packs(plan.after_packs);
  message.set_after_minimum(plan.after_minimum);
  message.set_reorder_point(item.reorder_point);
  message.set_policy(setting.policy());
  message.set_measure(setting.measure());
  message.set_service_level_percent(setting.service_level_percent());
  message.set_review_days(setting.review_days());
  message.set_lead_time_days(item.lead_time.mean_days);
  message.set_lead_time_deviation_days(item.lead_time.deviation_days);
  message.set_lead_time_receipts(item.lead_time.receipts);
  message.set_demand_per_day(item.demand_per_day);
  if (item.days_of_cover.has_value()) message.set_days_of_cover(*item.days_of_cover);
  message.set_method(ToMessage(method));
  return message;
}

StockAlert ToMessage(const planning::StockAlert& alert, const planning::PlannedItem& item,
                     const std::optional<SupplierOffer>& offer, bool arrives) {
  StockAlert message;
  message.set_kind(ToMessage(alert.kind));
  message.set_severity(SeverityOf(alert, item.today, arrives));
  message.set_lot(alert.lot);
  message.set_pieces(alert.pieces);
  int64_t amount = 0;
  if (offer.has_value() && !__builtin_mul_overflow(alert.pieces, offer->terms.price_minor, &amount)) {
    *message.mutable_amount() = MoneyFromMinor(amount, offer->currency);
  }
  if (alert.day.has_value()) message.set_date(Date(*alert.day));
  message.set_reason(alert.reason);
  message.set_advice(AdviceFor(alert, item, offer, arrives));
  if (item.days_of_cover.has_value()) message.set_days_of_cover(*item.days_of_cover);
  return message;
}

}  // namespace storeops::inventory
