// When to order and up to how much.
//
// Continuous review (s, Q): as soon as the stock position is at s, order Q. Periodic review (R, s, S): every R periods,
// if the position is at s or below, order up to S; what is ordered now must last until the order after it arrives, so s
// covers lead time plus R. The position is what is on hand and incoming, less what is promised.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_REORDER_POLICY_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_REORDER_POLICY_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "services/inventory/planning/safety_stock.h"

namespace storeops::inventory::planning {

// Costs in any one currency unit.
struct OrderCosts {
  double order = 0;               // of placing one order
  double holding_per_period = 0;  // of holding one piece for one period
};

// Harris 1913: sqrt(2 * demand * order cost / holding cost), in the demand's periods. Nothing without costs or demand.
std::optional<double> EconomicOrderQuantity(double demand_per_period, const OrderCosts& costs);

struct ReorderPolicy {
  int64_t reorder_point = 0;  // s
  int64_t order_up_to = 0;    // S; for continuous review s + Q
  double order_quantity = 0;  // Q: economic, or the demand between two reviews; at least 1
  SafetyStock safety;
};

struct PolicyInput {
  MeanAndVariance demand_of_period;  // for its variance by method see MethodChoice::VarianceOver
  MeanAndVariance lead_time;         // in the same periods
  double review_periods = 0;         // 0: continuous
  ServiceTarget target;
  std::optional<OrderCosts> costs;
};

absl::StatusOr<ReorderPolicy> MakePolicy(const PolicyInput& input);

// The same with the demand over lead time and review already known. `demand_per_period` and `review_periods` give Q.
absl::StatusOr<ReorderPolicy> MakePolicy(const LeadTimeDemand& at_risk, double demand_per_period, double review_periods,
                                         const ServiceTarget& target, const std::optional<OrderCosts>& costs);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_REORDER_POLICY_H_
