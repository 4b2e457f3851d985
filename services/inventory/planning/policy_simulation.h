// A simulated year: what a policy would have done on a path of demand, next to another policy on the same path.
//
// In each period: what was ordered arrives; if the period is one of review and the stock position is at the reorder
// point or below, an order goes out; demand is served. What is not there is lost, or owed with `backorders`.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_POLICY_SIMULATION_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_POLICY_SIMULATION_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/inventory/planning/method_choice.h"
#include "services/inventory/planning/safety_stock.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

inline constexpr int64_t kMaxSimulatedPeriods = 3660;

struct StockLevels {
  int64_t reorder_point = 0;  // s, min
  int64_t order_up_to = 0;    // S, max
};
// The levels for one review. It sees demand as the shop sees it, by the rule of demand_series.h: a period in which
// something was missing is missing, unless more was sold in it than in the mean period.
using PolicyRule = std::function<StockLevels(Series history)>;

struct SimulationOptions {
  int review_periods = 1;
  std::vector<int> lead_time_periods = {2};  // of one order after the other, from the beginning again at the end
  int64_t initial_stock = 0;
  int64_t pack_size = 1;
  int64_t minimum_quantity = 0;
  bool backorders = false;
};

struct SimulationResult {
  double demand = 0;
  double served = 0;         // from stock, when it was asked for
  double fill_rate = 1;      // served / demand
  double cycle_service = 1;  // cycles (from one arrival to the next) without anything missing
  double average_stock = 0;  // mean of a period's begin, after arrivals, and end
  int64_t periods_short = 0;
  int64_t orders = 0;
  int64_t ordered_pieces = 0;
};

// `history`: before the first period. INVALID_ARGUMENT for an empty path or one longer than kMaxSimulatedPeriods,
// missing or negative demand in it, or options below what makes sense.
absl::StatusOr<SimulationResult> Simulate(Series history, Series path, const PolicyRule& rule,
                                          const SimulationOptions& options);

// A path of that many periods made of stretches of the known history in random places (moving blocks: Künsch 1989), so
// that what follows each other stays together. The same seed gives the same path on every machine.
std::vector<double> BootstrapDemand(Series history, int periods, int block_periods, uint64_t seed);

// The same levels always.
PolicyRule MinMaxRule(const StockLevels& levels);
// A rule of thumb, as shops set it once by hand: min covers `cover` times the mean demand of lead time and review, max
// is min and `order_periods` of demand.
StockLevels PlainMinMax(Series history, double lead_time_periods, double review_periods, double cover,
                        double order_periods);

struct SuggestedRuleOptions {
  BackTestOptions back_test;
  MeanAndVariance lead_time;  // periods
  double review_periods = 1;
  double order_periods = 0;  // an order brings in at least the demand of so many periods
  ServiceTarget target;
  int choose_every = 13;  // reviews; in between the method is only fitted again
};
// The policy of this folder: chosen method, its variance, safety stock, (s, S).
PolicyRule SuggestedRule(const SuggestedRuleOptions& options);

struct PolicyComparison {
  SimulationResult suggested;
  SimulationResult min_max;
  // The same rule of thumb with the least cover (in steps of 2.5%, up to 10 times) that serves as much as the suggested
  // policy does: the stock that it takes.
  SimulationResult min_max_as_good;
  double cover_as_good = 0;  // 0: not even 10 times does
};
// Plain min/max with one and a half times the demand of lead time and review; an order brings in at least the demand of
// `suggested.order_periods` under both. `check` is asked after each simulation; an error of it ends the comparison.
absl::StatusOr<PolicyComparison> ComparePolicies(Series history, Series path, const SuggestedRuleOptions& suggested,
                                                 const SimulationOptions& options,
                                                 absl::FunctionRef<absl::Status()> check);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_POLICY_SIMULATION_H_
