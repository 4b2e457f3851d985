#include "services/inventory/planning/policy_comparison.h"

#include <algorithm>
#include <cmath>

#include "services/inventory/planning/distributions.h"

namespace storeops::inventory::planning {
namespace {

constexpr int kBlockWeeks = 4;
constexpr int kWeekDays = 7;
// In this order neighbours differ, as deliveries do.
constexpr int kEighths[] = {3, 4, 1, 6, 2, 5, 0, 7};

}  // namespace

std::vector<int> LeadTimePeriods(const MeanAndVariance& lead_time) {
  std::vector<int> periods;
  for (const int eighth : kEighths) {
    const double z = NormalQuantile((eighth + 0.5) / 8);
    periods.push_back(std::max(0, static_cast<int>(std::lround(lead_time.mean + z * std::sqrt(lead_time.variance)))));
  }
  return periods;
}

absl::StatusOr<PolicyComparison> CompareOnDrawnYear(Series history, int weeks, uint64_t seed,
                                                    const PlanningRules& rules,
                                                    const std::optional<SupplyOffer>& offer) {
  LeadTimePrior prior;
  SeenLeadTimes seen;
  SimulationOptions simulation;
  if (offer.has_value()) {
    prior.stated_days = offer->stated_lead_days;
    seen = offer->seen;
    simulation.pack_size = std::max<int64_t>(1, offer->pack_size);
    simulation.minimum_quantity = offer->minimum_quantity;
  }
  const MeanAndVariance lead_time = LearnFromSeen(seen, prior).InPeriods(kWeekDays);
  // The shop looks once a week at most.
  simulation.review_periods = rules.continuous ? 1 : std::max(1, (rules.review_days + kWeekDays / 2) / kWeekDays);
  simulation.lead_time_periods = LeadTimePeriods(lead_time);
  SuggestedRuleOptions suggested;
  suggested.back_test = BackTestFor(kWeekDays);
  suggested.lead_time = lead_time;
  suggested.review_periods = simulation.review_periods;
  suggested.order_periods = std::max<double>(simulation.review_periods, rules.order_days / static_cast<double>(kWeekDays));
  suggested.target = rules.target;
  // Both begin with what lasts until a first order can be there, and a review more.
  const double begin = MomentsOf(history).mean * (lead_time.mean + 2 * simulation.review_periods);
  simulation.initial_stock = static_cast<int64_t>(std::ceil(std::min(begin, static_cast<double>(kMaxPieces))));
  return ComparePolicies(history, BootstrapDemand(history, weeks, kBlockWeeks, seed), suggested, simulation);
}

}  // namespace storeops::inventory::planning
