// Of which locations the pieces are promised.
#ifndef STOREOPS_SERVICES_INVENTORY_RESERVATIONS_ALLOCATION_H_
#define STOREOPS_SERVICES_INVENTORY_RESERVATIONS_ALLOCATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/inventory/stock/stock_ledger.h"

namespace storeops::inventory {

struct WantedPieces {
  std::string sku;
  int64_t quantity = 0;
  int64_t location_id = 0;  // 0: of any that ships orders
  std::string field;        // of the request: "lines[3]"
};

struct PromisedPieces {
  StockKey key;
  int64_t quantity = 0;
};

// What to promise, one entry for each level. Wanted pieces of one SKU are summed, those that name a location first; the
// others come from `shipping`, in its order: all from the first location that has them, else from several, those that
// are there before those that the limits allow. FAILED_PRECONDITION OUT_OF_STOCK naming every line that lacks some.
absl::StatusOr<std::vector<PromisedPieces>> PlanAllocation(const LockedStock& stock,
                                                           absl::Span<const WantedPieces> wanted,
                                                           absl::Span<const int64_t> shipping);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RESERVATIONS_ALLOCATION_H_
