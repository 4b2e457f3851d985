// The Theta method (Assimakopoulos and Nikolopoulos 2000): the mean of two lines that bend the series' curvature, theta
// 0 (the straight line through it) and theta 2 (twice as curved), the second carried on by simple exponential
// smoothing. Equal to simple smoothing with a drift of half the line's slope (Hyndman and Billah 2003), which the test
// shows. No season is taken out before: for seasonal series there is Holt-Winters.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_THETA_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_THETA_H_

#include "services/inventory/planning/forecast.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

// alpha and, with it, the start of the second line as FitExponentialSmoothing chooses them.
Forecast FitTheta(Series series);
// With this alpha; the second line starts at its own first known value.
Forecast ThetaWith(Series series, double alpha);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_THETA_H_
