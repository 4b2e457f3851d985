#include "services/inventory/planning/item_classes.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace storeops::inventory::planning {

std::vector<AbcClass> ClassifyByRevenue(absl::Span<const int64_t> revenue_minor, const AbcCuts& cuts) {
  std::vector<size_t> order(revenue_minor.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return revenue_minor[a] > revenue_minor[b]; });
  double all = 0;
  for (const int64_t revenue : revenue_minor) all += static_cast<double>(std::max<int64_t>(revenue, 0));
  std::vector<AbcClass> classes(revenue_minor.size(), AbcClass::kC);
  double before = 0;
  for (const size_t item : order) {
    if (revenue_minor[item] <= 0) break;
    const double share = before / all;
    classes[item] = share < cuts.a ? AbcClass::kA : share < cuts.b ? AbcClass::kB : AbcClass::kC;
    before += static_cast<double>(revenue_minor[item]);
  }
  return classes;
}

XyzClass ClassifyByVariation(Series demand, const XyzCuts& cuts) {
  const Moments moments = MomentsOf(demand);
  if (moments.count < 2 || moments.mean <= 0) return XyzClass::kZ;
  const double variation = std::sqrt(moments.variance) / moments.mean;
  return variation <= cuts.x ? XyzClass::kX : variation <= cuts.y ? XyzClass::kY : XyzClass::kZ;
}

}  // namespace storeops::inventory::planning
