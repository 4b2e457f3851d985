// Exponential smoothing: simple (Brown 1959), with a trend (Holt 1957; damped: Gardner and McKenzie 1985), with an
// additive season (Winters 1960). The equations are those of Hyndman, Koehler, Ord, Snyder 2008 in the form that
// corrects by the error: with e = y - (level + d * trend + season),
//   level  = level + d * trend + alpha * e
//   trend  = d * trend + alpha * beta * e
//   season = season + gamma * e
// A missing period has no error; the trend and the season go on through it.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_SMOOTHING_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_SMOOTHING_H_

#include <vector>

#include "services/inventory/planning/forecast.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

struct SmoothingConstants {
  double alpha = 0;
  double beta = 0;
  double gamma = 0;
  double damping = 1;
};

// Before the first period.
struct SmoothingStart {
  double level = 0;
  double trend = 0;
  std::vector<double> season;  // of the first periods in turn; empty: none
};

// Goes through the series with these constants. `method` only names what it is.
Forecast Smooth(Series series, const SmoothingConstants& constants, const SmoothingStart& start, Method method);

// Constants with the least squared error one period ahead, within these bounds: alpha 0.02 to 0.98, beta 0.01 to 0.6,
// gamma 0 to 0.6, damping 0.8 to 0.98. They start from a line through the first ten known periods (without a trend:
// from their mean); with a season, from its first two cycles.
Forecast FitExponentialSmoothing(Series series);
Forecast FitHolt(Series series, bool damped);
// Needs two cycles, and a known period for each place of the season in them: see SupportsSeason.
Forecast FitHoltWinters(Series series, int season_periods);
bool SupportsSeason(Series series, int season_periods);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_SMOOTHING_H_
