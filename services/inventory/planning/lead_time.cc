#include "services/inventory/planning/lead_time.h"

#include <algorithm>
#include <cmath>

#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

LeadTime LearnLeadTime(absl::Span<const double> days_taken, const LeadTimePrior& prior) {
  std::vector<double> days(days_taken.begin(), days_taken.end());
  std::replace_if(days.begin(), days.end(), [](double value) { return value < 0; }, kMissing);
  const Moments seen = MomentsOf(days);
  return LearnFromSeen({seen.count, seen.mean, std::sqrt(seen.variance)}, prior);
}

LeadTime LearnFromSeen(const SeenLeadTimes& seen, const LeadTimePrior& prior) {
  const auto count = static_cast<double>(seen.receipts);
  const double prior_mean = prior.stated_days.value_or(prior.default_days);
  const double weight = prior.stated_days.has_value() ? prior.stated_weight : prior.stated_weight / 2;
  const double prior_deviation = prior.stated_cv * prior_mean;
  LeadTime lead;
  lead.receipts = seen.receipts;
  const double total = weight + count;
  if (total <= 0) return lead;
  lead.share_learned = count / total;
  lead.mean_days = (weight * prior_mean + count * seen.mean_days) / total;
  const double squares = seen.deviation_days * seen.deviation_days * std::max(0.0, count - 1);
  const double apart = seen.mean_days - prior_mean;
  const double variance =
      (weight * prior_deviation * prior_deviation + squares + weight * count / total * apart * apart) / total;
  lead.deviation_days = std::sqrt(variance);
  return lead;
}

}  // namespace storeops::inventory::planning
