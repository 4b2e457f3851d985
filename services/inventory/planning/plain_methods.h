// The methods that others have to beat.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_PLAIN_METHODS_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_PLAIN_METHODS_H_

#include "services/inventory/planning/forecast.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

// The mean of all known periods.
Forecast MeanForecast(Series series);
// The last known period.
Forecast NaiveForecast(Series series);
// The period one season before, or whole seasons earlier where that is missing; where none of them is known, and with
// fewer than one season of history, as the naive method.
Forecast SeasonalNaiveForecast(Series series, int season_periods);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_PLAIN_METHODS_H_
