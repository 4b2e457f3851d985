#include "services/inventory/planning/theta.h"

#include <algorithm>

#include "services/inventory/planning/smoothing.h"

namespace storeops::inventory::planning {
namespace {

std::vector<double> SecondLine(Series series, const Line& line) {
  std::vector<double> second(series.size());
  for (size_t i = 0; i < series.size(); ++i) {
    second[i] = 2 * series[i] - line.level - line.slope * static_cast<double>(i + 1);
  }
  return second;
}

Forecast MeanOfLines(Series series, const Line& line, const Forecast& second) {
  Forecast forecast;
  forecast.method = Method::kTheta;
  forecast.alpha = forecast.carried = second.alpha;
  forecast.trend = line.slope / 2;
  forecast.level = (line.level + line.slope * static_cast<double>(series.size()) + second.level) / 2;
  // The first line is always right about itself, so that the mean's error is half of the second line's.
  forecast.error_variance = second.error_variance / 4;
  forecast.errors = second.errors;
  return forecast;
}

}  // namespace

Forecast FitTheta(Series series) {
  const Line line = LineThrough(series);
  const std::vector<double> second = SecondLine(series, line);
  return MeanOfLines(series, line, FitExponentialSmoothing(second));
}

Forecast ThetaWith(Series series, double alpha) {
  const Line line = LineThrough(series);
  const std::vector<double> second = SecondLine(series, line);
  const auto first = std::find_if(second.begin(), second.end(), [](double value) { return !IsMissing(value); });
  const SmoothingStart start{first == second.end() ? 0 : *first, 0, {}};
  return MeanOfLines(series, line, Smooth(second, {.alpha = alpha}, start, Method::kTheta));
}

}  // namespace storeops::inventory::planning
