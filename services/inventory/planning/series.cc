#include "services/inventory/planning/series.h"

#include <algorithm>
#include <cmath>

namespace storeops::inventory::planning {

Moments MomentsOf(Series series) {
  Moments moments;
  double squares = 0;  // Welford: no difference of large sums
  for (const double value : series) {
    if (IsMissing(value)) continue;
    ++moments.count;
    const double off = value - moments.mean;
    moments.mean += off / static_cast<double>(moments.count);
    squares += off * (value - moments.mean);
  }
  if (moments.count > 1) moments.variance = squares / static_cast<double>(moments.count - 1);
  return moments;
}

double QuantileOf(Series series, double share) {
  std::vector<double> known;
  known.reserve(series.size());
  std::copy_if(series.begin(), series.end(), std::back_inserter(known), [](double value) { return !IsMissing(value); });
  if (known.empty()) return 0;
  std::sort(known.begin(), known.end());
  const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(known.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = std::min(below + 1, known.size() - 1);
  return known[below] + (place - static_cast<double>(below)) * (known[above] - known[below]);
}

Line LineThrough(Series series) {
  double count = 0, mean_time = 0, mean_value = 0;
  for (size_t i = 0; i < series.size(); ++i) {
    if (IsMissing(series[i])) continue;
    count += 1;
    mean_time += static_cast<double>(i + 1);
    mean_value += series[i];
  }
  if (count == 0) return {};
  mean_time /= count;
  mean_value /= count;
  double products = 0, squares = 0;
  for (size_t i = 0; i < series.size(); ++i) {
    if (IsMissing(series[i])) continue;
    const double time = static_cast<double>(i + 1) - mean_time;
    products += time * (series[i] - mean_value);
    squares += time * time;
  }
  const double slope = squares > 0 ? products / squares : 0;
  return {mean_value - slope * mean_time, slope};
}

}  // namespace storeops::inventory::planning
