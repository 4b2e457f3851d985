// Which method forecasts a series best, by trying each on the series' own past.
//
// Rolling origin (Tashman 2000): from several moments of the past each method is fitted to what was known then and
// forecasts the next `horizon` periods. What counts is the mean squared error: it is least for the mean, which stock
// has to cover, while the absolute error is least for the median, which is 0 for most intermittent demand.
//
// A dozen moments of one series say little: by the least error alone one chooses mostly by luck, and does worse than
// with one sound method for all series. So the combination of Theta and TSB is taken unless another is clearly better;
// and of what is as good as the one taken, the simplest. The naive methods are tried to compare with; only the seasonal
// one can be taken, where there are two seasons.
//
// Errors are reported in figures that exist for every series:
// - MASE and RMSSE (Hyndman and Koehler 2006; Makridakis et al. 2022) divide by the error one period ahead of the naive
//   method before the first origin; where that is 0, by the mean demand there.
// - WAPE is the sum of absolute errors over the sum of demand; bias the sum of forecast less demand over the same.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_METHOD_CHOICE_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_METHOD_CHOICE_H_

#include <optional>
#include <vector>

#include "services/inventory/planning/forecast.h"
#include "services/inventory/planning/intermittent.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

struct BackTestOptions {
  int season_periods = 0;       // 0: none
  int horizon = 4;              // periods
  int origins = 12;             // at most
  int step = 1;                 // periods between origins
  int min_history = 12;         // periods before the first origin
  double clearly_better = 0.3;  // share of the squared error
  double as_good = 0.01;        // the same
};

// What one method did over all origins. Nothing where the figure would divide by 0.
struct BackTestErrors {
  Method method = Method::kMean;
  int64_t periods = 0;  // compared
  double demand = 0;    // in them
  double absolute = 0;  // sum of absolute errors
  double excess = 0;    // sum of forecast less demand
  double mean_squared = 0;
  double mean_squared_total = 0;  // of the demand over the horizon, of what is known of it
  std::optional<double> mase;
  std::optional<double> rmsse;
  std::optional<double> wape;
  std::optional<double> bias;
  std::vector<std::vector<double>> residuals;  // demand less forecast by step of the horizon, oldest origin first
};

// What a method gets to know, and what it is fitted to.
Forecast Fit(Method method, Series series, int season_periods);

// Those that suit a class of demand, simplest first; with a season those that use it.
std::vector<Method> CandidatesFor(DemandClass demand_class, Series series, int season_periods);

// Empty where the series is too short for one origin.
std::vector<BackTestErrors> BackTest(Series series, absl::Span<const Method> methods, const BackTestOptions& options);

struct Interval {
  double low = 0;
  double high = 0;
};

struct MethodChoice {
  Forecast forecast;  // fitted to the whole series
  DemandPattern pattern;
  std::vector<BackTestErrors> tried;  // simplest method first; empty: the series is too short to try any
  int chosen = -1;                    // in `tried`
  int horizon = 0;

  const BackTestErrors* errors() const { return chosen < 0 ? nullptr : &tried[chosen]; }
  const BackTestErrors* ErrorsOf(Method method) const;

  // Variance of demand around forecast.Over(periods): by the method's model, raised in the proportion in which the
  // back-test found the demand over the horizon further off than that.
  double VarianceOver(double periods) const;

  // In which a period lies with this probability: the quantiles of what the back-test was off at that step if it has
  // enough origins for them (1 / (1 - coverage)), else a normal distribution with the method's variance.
  Interval IntervalAt(int step, double coverage) const;
};

// Without enough history: SBA for intermittent and lumpy demand, else exponential smoothing; below four known periods
// the mean.
MethodChoice ChooseMethod(Series series, const BackTestOptions& options);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_METHOD_CHOICE_H_
