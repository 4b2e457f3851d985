#include "services/inventory/planning/reorder_policy.h"

#include <algorithm>
#include <cmath>

#include "common/base/status_macros.h"

namespace storeops::inventory::planning {

std::optional<double> EconomicOrderQuantity(double demand_per_period, const OrderCosts& costs) {
  if (demand_per_period <= 0 || costs.order <= 0 || costs.holding_per_period <= 0) return std::nullopt;
  return std::sqrt(2 * demand_per_period * costs.order / costs.holding_per_period);
}

absl::StatusOr<ReorderPolicy> MakePolicy(const PolicyInput& input) {
  const MeanAndVariance at_risk = DemandOverLeadTime(
      input.demand_of_period, {input.lead_time.mean + input.review_periods, input.lead_time.variance});
  return MakePolicy(LeadTimeDemand::FromMoments(at_risk.mean, at_risk.variance), input.demand_of_period.mean,
                    input.review_periods, input.target, input.costs);
}

absl::StatusOr<ReorderPolicy> MakePolicy(const LeadTimeDemand& at_risk, double demand_per_period, double review_periods,
                                         const ServiceTarget& target, const std::optional<OrderCosts>& costs) {
  ReorderPolicy policy;
  policy.order_quantity = std::max(1.0, demand_per_period * review_periods);
  if (costs.has_value()) {
    const double economic = EconomicOrderQuantity(demand_per_period, *costs).value_or(0);
    policy.order_quantity = std::max(policy.order_quantity, economic);
  }
  ASSIGN_OR_RETURN(policy.safety, SafetyStockFor(at_risk, target, policy.order_quantity));
  policy.reorder_point = policy.safety.reorder_point;
  // What sells between two reviews is in s already; a larger economic quantity comes on top.
  const double on_top = policy.order_quantity - demand_per_period * review_periods;
  policy.order_up_to = policy.reorder_point + static_cast<int64_t>(std::ceil(std::max(0.0, on_top) - 1e-9));
  return policy;
}

}  // namespace storeops::inventory::planning
