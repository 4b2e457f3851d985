// Forecasts of demand that comes now and then, and the classes that say when to use them.
//
// Croston 1972 smooths the size of a demand and the interval between two of them, each with alpha at every demand; the
// forecast is size / interval. Syntetos and Boylan 2005 (SBA) take off its bias: times 1 - alpha / 2. Teunter,
// Syntetos, Babai 2011 (TSB) smooth the probability of a demand with beta in every period instead of the interval, so
// that the forecast of an item that no longer sells goes down.
// A missing period does not lengthen an interval and does not lower a probability.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_INTERMITTENT_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_INTERMITTENT_H_

#include "absl/strings/string_view.h"
#include "services/inventory/planning/forecast.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

// Without a demand before the first period.
struct CrostonStart {
  double size = 0;
  double interval = 1;
};
Forecast CrostonWith(Series series, double alpha, const CrostonStart& start, Method method = Method::kCroston);
// `method`: kCroston or kSyntetosBoylan. alpha 0.02 to 0.5 with the least squared error one period ahead; starts from
// the mean size and interval of the first ten demands.
Forecast FitCroston(Series series, Method method);

struct TsbStart {
  double size = 0;
  double probability = 0;
};
Forecast TsbWith(Series series, double alpha, double beta, const TsbStart& start);
// alpha and beta 0.02 to 0.5, as above; starts from the means of the first ten demands and periods.
Forecast FitTsb(Series series);

// Syntetos, Boylan, Croston 2005: cut at a mean interval between demands (ADI) of 1.32 periods and a squared
// coefficient of variation of the sizes (CV^2) of 0.49.
enum class DemandClass { kNone, kSmooth, kErratic, kIntermittent, kLumpy };
absl::string_view NameOf(DemandClass demand_class);

struct DemandPattern {
  DemandClass demand_class = DemandClass::kNone;
  double interval = 0;    // known periods for each period with demand
  double squared_cv = 0;  // of the sizes
};
DemandPattern PatternOf(Series series);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_INTERMITTENT_H_
