// The suggested policy against a plain min/max on a drawn year, with the terms of a supplier.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_POLICY_COMPARISON_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_POLICY_COMPARISON_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/inventory/planning/planner.h"
#include "services/inventory/planning/policy_simulation.h"

namespace storeops::inventory::planning {

// Whole periods, at least 0, whose mean and spread are near those of the lead time: its quantiles on a normal curve,
// short and long ones in turn.
std::vector<int> LeadTimePeriods(const MeanAndVariance& lead_time);

// A year of one item on which policies are tried.
struct DrawnYear {
  std::vector<double> history;  // weeks
  std::vector<double> demand;   // drawn from it
  SimulationOptions simulation;
  SuggestedRuleOptions suggested;
};
// INVALID_ARGUMENT if nothing is known of the history.
absl::StatusOr<DrawnYear> DrawYear(Series history, int weeks, uint64_t seed, const PlanningRules& rules,
                                   const std::optional<SupplyOffer>& offer);

// `check` is asked after each simulation; an error of it ends the comparison.
absl::StatusOr<PolicyComparison> CompareOn(const DrawnYear& year, absl::FunctionRef<absl::Status()> check);

// The plain min/max with one cover for all items, the least (in steps of 5%) with which they serve `served` pieces
// together; `cover` 0 and the results of ten times if not even that does. What a shop can do that sets one rule for
// all, and knew which.
struct CoverForAll {
  double cover = 0;
  std::vector<SimulationResult> results;
};
// `check` is asked before each item of each step; an error of it ends the search.
absl::StatusOr<CoverForAll> FindCoverForAll(absl::Span<const DrawnYear> years, double served,
                                            absl::FunctionRef<absl::Status()> check);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_POLICY_COMPARISON_H_
