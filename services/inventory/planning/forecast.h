// What every forecast method leaves behind: a level, a trend that may fade, a season; and how far it was off.
//
// All methods here are of the form  y(n + h) = level + trend * (d + d^2 + ... + d^h) + season(h),  with d the damping
// (Hyndman, Koehler, Ord, Snyder 2008, "Forecasting with Exponential Smoothing", chapter 2).
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_FORECAST_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_FORECAST_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace storeops::inventory::planning {

// In order of how simple they are: of methods that are as good as each other, the first is taken.
enum class Method {
  kMean,
  kNaive,
  kSeasonalNaive,
  kExponentialSmoothing,
  kCroston,
  kSyntetosBoylan,
  kTeunterSyntetosBabai,
  kTheta,
  kCombination,
  kHolt,
  kDampedHolt,
  kHoltWinters,
};

absl::string_view NameOf(Method method);

struct Forecast {
  Method method = Method::kMean;
  double level = 0;
  double trend = 0;
  double damping = 1;
  std::vector<double> season;  // for the next periods in turn; empty: none
  // Smoothing constants, where the method has them: level (Croston: sizes and intervals; TSB: sizes), trend (TSB:
  // probability), season.
  double alpha = 0;
  double beta = 0;
  double gamma = 0;
  // Theta, TSB and their combination: the share of an error that stays in the level.
  double carried = 0;
  // Of the errors one period ahead, each forecast from what came before it with the constants fitted to the whole.
  double error_variance = 0;
  int64_t errors = 0;

  // Of the period `step` from now (1: the next). Demand is never below 0.
  double At(int step) const;
  // Of the next `periods` periods; a part of a period counts as that part of it.
  double Over(double periods) const;

  // Variance of what really happens around At(step) and Over(periods), from error_variance and how an error of one
  // period lives on in the level, the trend and the season (Hyndman et al. 2008, chapter 6; for exponential smoothing
  // Over() is the formula of Johnston and Harrison 1986). Croston and SBA have no such model: their periods count as
  // independent of each other.
  double VarianceAt(int step) const;
  double VarianceOver(double periods) const;

 private:
  double Raw(int step) const;
  // What an error of 1 adds to the forecast `lag` periods later.
  double Response(int lag) const;
};

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_FORECAST_H_
