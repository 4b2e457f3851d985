// What the shop earns on a price.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_MARGIN_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_MARGIN_H_

#include <cstdint>
#include <optional>

namespace storeops::catalog {

struct Margin {
  int64_t minor = 0;  // price less cost
  // Margin in hundredths of a percent of the price, rounded half away from zero; nothing for a price of 0.
  std::optional<int64_t> basis_points;
  bool below_cost = false;
};

// Amounts in minor units of one currency, neither of them negative.
Margin MarginOf(int64_t price, int64_t cost);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_MARGIN_H_
