#include "services/catalog/prices/margin.h"

#include <algorithm>
#include <limits>

namespace storeops::catalog {

Margin MarginOf(int64_t price, int64_t cost) {
  Margin margin;
  margin.minor = price - cost;  // both are positive: no overflow
  margin.below_cost = price < cost;
  if (price == 0) return margin;
  const __int128 twice = static_cast<__int128>(margin.minor) * 20'000;
  const __int128 divisor = static_cast<__int128>(price) * 2;
  const __int128 rounded = (twice + (twice < 0 ? -price : price)) / divisor;
  // A cost that is a great many times the price.
  constexpr __int128 kLowest = std::numeric_limits<int64_t>::min();
  margin.basis_points = static_cast<int64_t>(std::max(rounded, kLowest));
  return margin;
}

}  // namespace storeops::catalog
