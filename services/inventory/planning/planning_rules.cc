#include "services/inventory/planning/planning_rules.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"

namespace storeops::inventory {
namespace {

using v1::PlanningSetting;

constexpr double kDefaultServicePercent = 95;
constexpr int kDefaultReviewDays = 7;

}  // namespace

std::string ScopeOf(const std::string& sku, const std::string& location) {
  // No location has this in its name, so that no two scopes are the same.
  return absl::StrCat(location.empty() ? "*" : location, " ", sku.empty() ? "*" : absl::StrCat("=", sku));
}

absl::Status CheckSetting(const PlanningSetting& setting) {
  if (!setting.has_service_level_percent()) return absl::OkStatus();
  if (setting.service_level_percent() > 50 && setting.service_level_percent() < 100) return absl::OkStatus();
  return InvalidField("service_level_percent", "must be above 50 and below 100");
}

PlanningSetting PlanningSettings::Resolve(const std::string& sku, const std::string& location) const {
  PlanningSetting resolved;
  resolved.set_service_level_percent(kDefaultServicePercent);
  resolved.set_measure(PlanningSetting::CYCLE_SERVICE);
  resolved.set_policy(PlanningSetting::PERIODIC);
  resolved.set_review_days(kDefaultReviewDays);
  const std::string none;
  for (const std::string& scope :
       {ScopeOf(none, none), ScopeOf(none, location), ScopeOf(sku, none), ScopeOf(sku, location)}) {
    // What is not set does not change what is there.
    if (const auto found = by_scope_.find(scope); found != by_scope_.end()) resolved.MergeFrom(found->second);
  }
  return resolved;
}

planning::PlanningRules ToRules(const PlanningSetting& resolved, const std::string& currency) {
  planning::PlanningRules rules;
  rules.continuous = resolved.policy() == PlanningSetting::CONTINUOUS;
  rules.target.measure = resolved.measure() == PlanningSetting::FILL_RATE ? planning::ServiceMeasure::kFillRate
                                                                          : planning::ServiceMeasure::kCycleService;
  rules.target.level = resolved.service_level_percent() / 100;
  rules.review_days = resolved.review_days();
  rules.order_days = resolved.has_order_days() ? resolved.order_days() : resolved.review_days();
  const std::optional<int64_t> ordering_cost = MinorIn(resolved.ordering_cost(), currency);
  if (ordering_cost.has_value() && resolved.has_holding_cost_percent()) {
    rules.order_cost_minor = static_cast<double>(*ordering_cost);
    rules.holding_share = resolved.holding_cost_percent() / 100;
  }
  rules.discontinued = resolved.discontinued();
  if (resolved.has_maximum_quantity()) rules.maximum_quantity = resolved.maximum_quantity();
  if (resolved.has_overstock_days()) rules.alerts.overstock_days = resolved.overstock_days();
  if (resolved.has_dead_stock_days()) rules.alerts.dead_after_days = resolved.dead_stock_days();
  if (resolved.has_expiry_days()) rules.alerts.expiry_horizon_days = resolved.expiry_days();
  return rules;
}

}  // namespace storeops::inventory
