// Who sees what goods cost.
#ifndef STOREOPS_SERVICES_CATALOG_COSTS_H_
#define STOREOPS_SERVICES_CATALOG_COSTS_H_

#include <string>

namespace storeops::catalog {

// The permission of the fields annotated with (storeops.options.v1.cost), for what the pipeline's masks do not reach:
// files, codes of issues, and what a write leaves as it is.
inline constexpr char kReadCosts[] = "catalog.costs.read";

// Why an import leaves out the costs that a file states.
inline std::string CostsNeed() { return std::string("costs need ") + kReadCosts + ": those of the products stay"; }

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COSTS_H_
