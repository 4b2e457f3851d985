// Promises pieces to lines of an order, as locked stock allows.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_LINE_ALLOCATION_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_LINE_ALLOCATION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "services/inventory/orders/allocation.h"
#include "services/inventory/orders/location_choice.h"
#include "services/inventory/stock/stock_ledger.h"
#include "storeops/inventory/v1/order.pb.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

// Pieces that a line is to get.
struct WantedForLine {
  int line = 0;  // its place in the order
  int64_t quantity = 0;
  std::string field;  // of the request, for refusals: "lines[3]"
};

// What a level can promise now.
Promisable PromisableOf(const StockLevel& level);

// Adds to the lines' allocations, and to `movements` what the stock is to do. FAILED_PRECONDITION OUT_OF_STOCK naming
// each line that lacks some; then nothing is changed. Lines of services want nothing.
absl::Status AllocateLines(const LockedStock& stock, absl::Span<const ShippingLocation> locations,
                           v1::PlaceOrderRequest::Strategy strategy, std::vector<WantedForLine> wanted,
                           v1::Order& order, std::vector<Movement>& movements);

// Takes `quantity` pieces off a line's allocations: those of the last locations first, and of each those first that are
// not there. To `movements` goes what the stock is to do.
void ReleaseLine(int64_t quantity, const std::string& field, v1::OrderLine& line, std::vector<Movement>& movements);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_LINE_ALLOCATION_H_
