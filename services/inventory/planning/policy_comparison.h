// The suggested policy against a plain min/max on a drawn year, with the terms of a supplier.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_POLICY_COMPARISON_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_POLICY_COMPARISON_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "services/inventory/planning/planner.h"
#include "services/inventory/planning/policy_simulation.h"

namespace storeops::inventory::planning {

// Whole periods, at least 0, whose mean and spread are near those of the lead time: its quantiles on a normal curve,
// short and long ones in turn.
std::vector<int> LeadTimePeriods(const MeanAndVariance& lead_time);

// INVALID_ARGUMENT if nothing is known of the history.
absl::StatusOr<PolicyComparison> CompareOnDrawnYear(Series history, int weeks, uint64_t seed,
                                                    const PlanningRules& rules,
                                                    const std::optional<SupplyOffer>& offer);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_POLICY_COMPARISON_H_
