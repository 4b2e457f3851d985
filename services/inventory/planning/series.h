// Demand in equal periods, oldest first. What is not known is missing, which is not the same as none.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_SERIES_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_SERIES_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/types/span.h"

namespace storeops::inventory::planning {

using Series = absl::Span<const double>;

inline constexpr int kDaysOfYear = 365;
inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
inline bool IsMissing(double value) { return value != value; }

// Of the values that are known; all of them 0 if none is.
struct Moments {
  int64_t count = 0;
  double mean = 0;
  double variance = 0;  // of a sample: divided by count - 1
};
Moments MomentsOf(Series series);

// The value below which `share` (0 to 1) of the known values lie, linear between neighbours (Hyndman and Fan 1996,
// definition 7). 0 if none is known.
double QuantileOf(Series series, double share);

// Least squares through the known values: level + slope * t, t = 1 for the first place.
struct Line {
  double level = 0;
  double slope = 0;
};
Line LineThrough(Series series);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_SERIES_H_
