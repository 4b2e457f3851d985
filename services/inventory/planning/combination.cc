#include "services/inventory/planning/combination.h"

#include <algorithm>
#include <cmath>

#include "services/inventory/planning/intermittent.h"
#include "services/inventory/planning/theta.h"

namespace storeops::inventory::planning {

Forecast FitCombination(Series series) { return MeanOf(FitTheta(series), FitTsb(series)); }

Forecast MeanOf(const Forecast& first, const Forecast& second) {
  Forecast mean;
  mean.method = Method::kCombination;
  mean.level = (first.level + second.level) / 2;
  mean.trend = (first.trend + second.trend) / 2;
  mean.carried = (first.carried + second.carried) / 2;
  const double deviation = (std::sqrt(first.error_variance) + std::sqrt(second.error_variance)) / 2;
  mean.error_variance = deviation * deviation;
  mean.errors = std::min(first.errors, second.errors);
  return mean;
}

}  // namespace storeops::inventory::planning
