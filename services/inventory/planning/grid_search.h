// The least of a function of up to three parameters within bounds: a coarse grid, then a golden-section search along
// one parameter at a time (Kiefer 1953). The same input always takes the same steps.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_GRID_SEARCH_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_GRID_SEARCH_H_

#include <array>
#include <cstddef>
#include <limits>

#include "absl/types/span.h"

namespace storeops::inventory::planning {

// Values to try, ascending. The search stays between the first and the last; one value is not searched on.
using Axis = absl::Span<const double>;

inline constexpr int kGoldenSteps = 7;

template <size_t N>
struct Least {
  std::array<double, N> at{};
  double value = std::numeric_limits<double>::infinity();
};

namespace internal {

template <size_t N, class F>
void TryGrid(const std::array<Axis, N>& axes, const F& function, size_t axis, std::array<double, N>& at,
             Least<N>& least) {
  if (axis == N) {
    const double value = function(at);
    if (value < least.value) least = {at, value};
    return;
  }
  for (const double value : axes[axis]) {
    at[axis] = value;
    TryGrid(axes, function, axis + 1, at, least);
  }
}

template <size_t N, class F>
void SearchAlong(size_t axis, double low, double high, const F& function, Least<N>& least) {
  constexpr double kGolden = 0.6180339887498949;
  const auto value_at = [&](double place) {
    std::array<double, N> at = least.at;
    at[axis] = place;
    return function(at);
  };
  double left = high - kGolden * (high - low), right = low + kGolden * (high - low);
  double at_left = value_at(left), at_right = value_at(right);
  for (int step = 0; step < kGoldenSteps; ++step) {
    if (at_left <= at_right) {
      high = right;
      right = left;
      at_right = at_left;
      left = high - kGolden * (high - low);
      at_left = value_at(left);
    } else {
      low = left;
      left = right;
      at_left = at_right;
      right = low + kGolden * (high - low);
      at_right = value_at(right);
    }
  }
  const double value = at_left <= at_right ? at_left : at_right;
  if (value < least.value) {
    least.at[axis] = at_left <= at_right ? left : right;
    least.value = value;
  }
}

}  // namespace internal

template <size_t N, class F>
Least<N> FindLeast(const std::array<Axis, N>& axes, const F& function) {
  Least<N> least;
  std::array<double, N> at{};
  internal::TryGrid(axes, function, 0, at, least);
  for (size_t axis = 0; axis < N; ++axis) {
    const Axis& values = axes[axis];
    for (size_t i = 0; values.size() > 1 && i < values.size(); ++i) {
      if (values[i] != least.at[axis]) continue;
      internal::SearchAlong(axis, values[i == 0 ? 0 : i - 1], values[i + 1 == values.size() ? i : i + 1], function,
                            least);
      break;
    }
  }
  return least;
}

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_GRID_SEARCH_H_
