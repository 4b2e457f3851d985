// All that planning says of one SKU at one location: forecast, lead time and policy put together.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNER_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "services/inventory/planning/lead_time.h"
#include "services/inventory/planning/method_choice.h"
#include "services/inventory/planning/replenishment.h"
#include "services/inventory/planning/safety_stock.h"
#include "services/inventory/planning/stock_alerts.h"

namespace storeops::inventory::planning {

// How methods are tried on series of such periods: weeks look for a yearly season, days for a weekly one.
BackTestOptions BackTestFor(int period_days);

// What people decided.
struct PlanningRules {
  bool continuous = false;  // (s, Q); else (R, s, S)
  ServiceTarget target;
  int review_days = 7;
  int order_days = 7;  // an order brings in at least what sells in them
  // Of an order, and of a piece for a year as a share of its price. Both, or the economic quantity does not count.
  std::optional<double> order_cost_minor;
  std::optional<double> holding_share;
  bool discontinued = false;
  std::optional<int64_t> maximum_quantity;
  AlertRules alerts;
};

struct SupplyOffer {
  int64_t price_minor = 0;
  int64_t minimum_quantity = 0;
  int64_t pack_size = 1;
  std::optional<double> stated_lead_days;
  SeenLeadTimes seen;
};

struct PlanInput {
  absl::CivilDay today;
  int period_days = 7;
  PlanningRules rules;
  std::optional<SupplyOffer> offer;
  // For sale, so without damaged and held pieces.
  int64_t on_hand = 0;
  int64_t reserved = 0;
  int64_t incoming = 0;
  int64_t drafted = 0;
  int64_t stated_safety_stock = 0;  // the least that somebody wants
  std::optional<absl::CivilDay> next_arrival;
  std::optional<absl::CivilDay> last_sale;
  std::optional<absl::CivilDay> first_received;
  std::vector<LotOnHand> lots;
};

enum class Urgency { kLater = 1, kDue, kUrgent, kCritical };

struct PlannedItem {
  absl::CivilDay today;
  LeadTime lead_time;
  double demand_per_day = 0;
  Replenishment replenishment;
  int64_t reorder_point = 0;
  Urgency urgency = Urgency::kLater;
  absl::CivilDay expected;  // arrival of what is ordered today
  absl::CivilDay order_by;  // the last day on which an order arrives before the safety stock is touched
  std::optional<double> days_of_cover;
  std::vector<StockAlert> alerts;
  std::string explanation;
};

// `choice`: of the demand at this location.
absl::StatusOr<PlannedItem> PlanItem(const MethodChoice& choice, const PlanInput& input);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNER_H_
