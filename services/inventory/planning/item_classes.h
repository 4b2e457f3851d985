// Classes of items: ABC by what they bring in (Dickie 1951, after Pareto), XYZ by how evenly they sell.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_ITEM_CLASSES_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_ITEM_CLASSES_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {

enum class AbcClass { kA, kB, kC };
enum class XyzClass { kX, kY, kZ };

struct AbcCuts {
  double a = 0.80;  // items that together bring in this share of all revenue are A,
  double b = 0.95;  // those up to this share B
};

struct XyzCuts {
  double x = 0.5;  // a coefficient of variation up to this is X,
  double y = 1.0;  // up to this Y
};

// In the order of the items. The item in which a cut falls belongs to the better class, so that A is never empty; items
// without revenue are C. Among equals the first comes first.
std::vector<AbcClass> ClassifyByRevenue(absl::Span<const int64_t> revenue_minor, const AbcCuts& cuts);

// Standard deviation over mean of the known periods. Nothing sold, or fewer than two known periods: Z.
XyzClass ClassifyByVariation(Series demand, const XyzCuts& cuts);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_ITEM_CLASSES_H_
