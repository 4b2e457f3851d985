// The mean of two forecasts that are wrong in different ways: Theta follows a trend, TSB the demand that comes now and
// then. Means of simple methods are hard to beat (Bates and Granger 1969; Makridakis, Spiliotis, Assimakopoulos 2020 on
// the M4 competition), and on a single series safer than the one method that happened to do best.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_COMBINATION_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_COMBINATION_H_

#include "services/inventory/planning/forecast.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

Forecast FitCombination(Series series);

// Of two forecasts without damping and season. Its errors are taken as if both always erred together, which is the most
// that they can be.
Forecast MeanOf(const Forecast& first, const Forecast& second);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_COMBINATION_H_
