// The normal and the negative binomial distribution as stock formulas need them. The only file here that sees
// Boost.Math.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_DISTRIBUTIONS_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_DISTRIBUTIONS_H_

#include <cstdint>
#include <vector>

#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

// Probabilities are held between these.
inline constexpr double kLeastProbability = 1e-9;

double NormalDensity(double z);
double NormalProbability(double z);  // of being at most z
double NormalQuantile(double probability);

// Expected shortfall of a standard normal demand at z standard deviations above its mean: density(z) - z * (1 -
// probability(z)), "unit normal loss" (Silver, Pyke, Thomas 2017, "Inventory and Production Management in Supply
// Chains").
double UnitNormalLoss(double z);
// z of a loss above 0, between -8 and 8.
double UnitNormalLossInverse(double loss);

// What may be asked for until a delivery arrives.
class LeadTimeDemand {
 public:
  // By mean and variance: normal where a demand below 0 is out of sight (mean at least twice the standard deviation),
  // else negative binomial, or Poisson where the variance is not above the mean (Syntetos, Babai, Altay 2012 on
  // which distributions intermittent demand follows).
  static LeadTimeDemand FromMoments(double mean, double variance);
  // By what happened: the sums of all stretches of that many periods in a row, overlapping; a stretch with a missing
  // period is left out. Needs `min_stretches`, else by the moments of the periods.
  static LeadTimeDemand FromHistory(Series series, int periods, int min_stretches = 20);

  double mean() const { return mean_; }
  double variance() const { return variance_; }

  // Of not asking for more than `stock`.
  double Probability(double stock) const;
  // Pieces asked for above `stock`, on average.
  double Shortfall(double stock) const;
  // The least whole stock with Probability(stock) at least `probability`, at least 0.
  int64_t StockForProbability(double probability) const;
  // The least whole stock with Shortfall(stock) at most `pieces`, at least 0. Not below 1e-9 times the mean.
  int64_t StockForShortfall(double pieces) const;

 private:
  enum class Shape { kNone, kNormal, kPoisson, kNegativeBinomial, kObserved };

  Shape shape_ = Shape::kNone;
  double mean_ = 0;
  double variance_ = 0;
  std::vector<double> observed_;  // ascending
};

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_DISTRIBUTIONS_H_
