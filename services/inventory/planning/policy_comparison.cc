#include "services/inventory/planning/policy_comparison.h"

#include <algorithm>
#include <cmath>

#include "common/base/status_macros.h"
#include "services/inventory/planning/distributions.h"

namespace storeops::inventory::planning {
namespace {

constexpr int kBlockWeeks = 4;
constexpr int kWeekDays = 7;
constexpr double kCoverStep = 0.05;
constexpr double kMaxCover = 10;
// In this order neighbours differ, as deliveries do.
constexpr int kEighths[] = {3, 4, 1, 6, 2, 5, 0, 7};

double MeanOf(const std::vector<int>& periods) {
  double sum = 0;
  for (const int one : periods) sum += one;
  return sum / static_cast<double>(periods.size());
}

}  // namespace

std::vector<int> LeadTimePeriods(const MeanAndVariance& lead_time) {
  std::vector<int> periods;
  for (const int eighth : kEighths) {
    const double z = NormalQuantile((eighth + 0.5) / 8);
    periods.push_back(std::max(0, static_cast<int>(std::lround(lead_time.mean + z * std::sqrt(lead_time.variance)))));
  }
  return periods;
}

absl::StatusOr<DrawnYear> DrawYear(Series history, int weeks, uint64_t seed, const PlanningRules& rules,
                                   const std::optional<SupplyOffer>& offer) {
  DrawnYear year;
  year.history.assign(history.begin(), history.end());
  year.demand = BootstrapDemand(history, weeks, kBlockWeeks, seed);
  if (year.demand.empty()) return absl::InvalidArgumentError("nothing is known of the item's sales");
  LeadTimePrior prior;
  SeenLeadTimes seen;
  if (offer.has_value()) {
    prior.stated_days = offer->stated_lead_days;
    seen = offer->seen;
    year.simulation.pack_size = std::max<int64_t>(1, offer->pack_size);
    year.simulation.minimum_quantity = offer->minimum_quantity;
  }
  const MeanAndVariance lead_time = LearnFromSeen(seen, prior).InPeriods(kWeekDays);
  // The shop looks once a week at most.
  const int review = rules.continuous ? 1 : std::max(1, (rules.review_days + kWeekDays / 2) / kWeekDays);
  year.simulation.review_periods = review;
  year.simulation.lead_time_periods = LeadTimePeriods(lead_time);
  year.suggested.back_test = BackTestFor(kWeekDays);
  year.suggested.lead_time = lead_time;
  year.suggested.review_periods = review;
  year.suggested.order_periods = std::max<double>(review, rules.order_days / static_cast<double>(kWeekDays));
  year.suggested.target = rules.target;
  // Every policy begins with what lasts until a first order can be there, and a review more.
  const double begin = MomentsOf(history).mean * (lead_time.mean + 2 * review);
  year.simulation.initial_stock = static_cast<int64_t>(std::ceil(std::min(begin, static_cast<double>(kMaxPieces))));
  return year;
}

absl::StatusOr<PolicyComparison> CompareOn(const DrawnYear& year, absl::FunctionRef<absl::Status()> check) {
  return ComparePolicies(year.history, year.demand, year.suggested, year.simulation, check);
}

absl::StatusOr<CoverForAll> FindCoverForAll(absl::Span<const DrawnYear> years, double served,
                                            absl::FunctionRef<absl::Status()> check) {
  CoverForAll all;
  for (int step = 1; step * kCoverStep <= kMaxCover + kCoverStep / 2; ++step) {
    const double cover = step * kCoverStep;
    all.results.clear();
    double sum = 0;
    for (const DrawnYear& year : years) {
      RETURN_IF_ERROR(check());
      const StockLevels levels = PlainMinMax(year.history, MeanOf(year.simulation.lead_time_periods),
                                             year.simulation.review_periods, cover, year.suggested.order_periods);
      ASSIGN_OR_RETURN(const SimulationResult result,
                       Simulate(year.history, year.demand, MinMaxRule(levels), year.simulation));
      sum += result.served;
      all.results.push_back(result);
    }
    if (sum < served) continue;
    all.cover = cover;
    break;
  }
  return all;
}

}  // namespace storeops::inventory::planning
