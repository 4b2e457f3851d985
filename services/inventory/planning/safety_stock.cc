#include "services/inventory/planning/safety_stock.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace storeops::inventory::planning {

MeanAndVariance DemandOverLeadTime(const MeanAndVariance& demand_of_period, const MeanAndVariance& lead_time) {
  return {
      lead_time.mean * demand_of_period.mean,
      lead_time.mean * demand_of_period.variance + demand_of_period.mean * demand_of_period.mean * lead_time.variance};
}

absl::StatusOr<SafetyStock> SafetyStockFor(const LeadTimeDemand& demand, const ServiceTarget& target,
                                           double order_quantity) {
  if (!(target.level > 0 && target.level < 1)) {
    return absl::InvalidArgumentError(absl::StrCat("a service level lies between 0 and 1, not ", target.level));
  }
  const double quantity = std::max(order_quantity, 1.0);
  SafetyStock stock;
  stock.expected = demand.mean();
  stock.reorder_point = target.measure == ServiceMeasure::kCycleService
                            ? demand.StockForProbability(target.level)
                            : demand.StockForShortfall((1 - target.level) * quantity);
  const auto point = static_cast<double>(stock.reorder_point);
  stock.safety = std::max(0.0, point - demand.mean());
  stock.cycle_service = demand.Probability(point);
  stock.fill_rate = std::clamp(1 - demand.Shortfall(point) / quantity, 0.0, 1.0);
  return stock;
}

}  // namespace storeops::inventory::planning
