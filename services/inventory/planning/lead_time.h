// How long a supplier takes, learned from receipts.
//
// What the supplier states is a prior: it counts as `stated_weight` deliveries of that length whose standard deviation
// is `stated_cv` of it. Receipts pull the mean and the variance towards what is seen (normal distribution with a
// normal-inverse-gamma prior: Gelman et al. 2013, "Bayesian Data Analysis", section 3.3). With n receipts of mean m and
// sum of squares SS around m, prior mean m0, weight k, deviation s0:
//   mean     = (k * m0 + n * m) / (k + n)
//   variance = (k * s0^2 + SS + k * n / (k + n) * (m - m0)^2) / (k + n)
// Few receipts therefore move it little, and one late delivery does not look like certainty.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_LEAD_TIME_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_LEAD_TIME_H_

#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "services/inventory/planning/safety_stock.h"

namespace storeops::inventory::planning {

struct LeadTimePrior {
  std::optional<double> stated_days;  // by the supplier
  double default_days = 14;           // where nothing is stated; then the prior has half its weight
  double stated_weight = 4;           // receipts
  double stated_cv = 0.25;
};

struct LeadTime {
  double mean_days = 0;
  double deviation_days = 0;
  int64_t receipts = 0;
  double share_learned = 0;  // how much of the mean comes from receipts, 0 to 1

  // In periods of that many days.
  MeanAndVariance InPeriods(double period_days) const {
    return {mean_days / period_days, deviation_days * deviation_days / (period_days * period_days)};
  }
};

// `days_taken`: from order to receipt, the newest receipts that should count; below 0 is passed over.
LeadTime LearnLeadTime(absl::Span<const double> days_taken, const LeadTimePrior& prior);

// The same of receipts that are summed up already.
struct SeenLeadTimes {
  int64_t receipts = 0;
  double mean_days = 0;
  double deviation_days = 0;  // of a sample
};
LeadTime LearnFromSeen(const SeenLeadTimes& seen, const LeadTimePrior& prior);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_LEAD_TIME_H_
