// How much more than the forecast to hold, so that what varies does not run the shop dry (Silver, Pyke, Thomas 2017,
// chapter 6; Chopra and Meindl 2016, chapter 12, whose examples are the tests).
//
// Two promises are possible. Cycle service level: the share of replenishment cycles without a stock-out; stock covers
// demand with that probability. Fill rate: the share of demand that is served from stock; on average no more than
// (1 - fill rate) * order quantity may be short in a cycle.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_SAFETY_STOCK_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_SAFETY_STOCK_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "services/inventory/planning/distributions.h"

namespace storeops::inventory::planning {

struct MeanAndVariance {
  double mean = 0;
  double variance = 0;
};

// Demand over a lead time that varies too, both in the same periods:
//   mean = L * d,  variance = L * var(d) + d^2 * var(L)
MeanAndVariance DemandOverLeadTime(const MeanAndVariance& demand_of_period, const MeanAndVariance& lead_time);

enum class ServiceMeasure { kCycleService, kFillRate };

struct ServiceTarget {
  ServiceMeasure measure = ServiceMeasure::kCycleService;
  double level = 0.95;  // above 0, below 1
};

struct SafetyStock {
  int64_t reorder_point = 0;  // that keeps the promise: whole pieces
  double expected = 0;        // demand over the time at risk
  double safety = 0;          // the difference, at least 0
  double cycle_service = 0;   // what reorder_point gives in each of the two measures
  double fill_rate = 0;
};

// `order_quantity`: what a cycle brings in, above 0. It decides the fill rate; one smaller than 1 counts as 1.
// INVALID_ARGUMENT for a level that is not between 0 and 1.
absl::StatusOr<SafetyStock> SafetyStockFor(const LeadTimeDemand& demand, const ServiceTarget& target,
                                           double order_quantity);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_SAFETY_STOCK_H_
