// Who may state prices of orders. Every path that takes an amount of an order from a caller asks here: placing, edits,
// imports, exchanges.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_PRICE_RIGHTS_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_PRICE_RIGHTS_H_

#include "absl/status/status.h"
#include "common/rpc/call.h"
#include "storeops/inventory/v1/order.pb.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

inline constexpr char kSetPrices[] = "inventory.orders.set_prices";

// `price_source` of a line whose price the caller stated,
inline constexpr char kStatedPrice[] = "stated";
// and of one whose goods replace others at the price that was paid for these.
inline constexpr char kReturnedPrice[] = "returned goods";

// PERMISSION_DENIED.
absl::Status CheckMayStatePrices(const rpc::Principal& caller);

// The same of an edit that states prices: of lines, another shipping charge, or a larger quantity of a line whose price
// is not the catalog's.
absl::Status CheckMayEdit(const rpc::Principal& caller, const v1::EditOrderRequest& request, const v1::Order& order);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_PRICE_RIGHTS_H_
