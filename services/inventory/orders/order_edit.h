// Changes of an order before it is sent: lines, addresses, charges.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_EDIT_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_EDIT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "services/inventory/orders/location_choice.h"
#include "services/inventory/orders/order_transaction.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

// Lines that an order ever has, removed ones too.
inline constexpr int kMaxLines = 400;

// The new lines of a request in an order that has nothing else but currency and channel, so that they can be priced:
// line i is that of request.lines(i), empty where it changes one that is there. INVALID_ARGUMENT.
absl::StatusOr<v1::Order> DraftNewLines(const v1::EditOrderRequest& request, const v1::Order& order);

// `drafted`: from DraftNewLines, with prices. INVALID_ARGUMENT naming what is wrong; FAILED_PRECONDITION
// ACTION_NOT_ALLOWED, IN_FULFILLMENT, OUT_OF_STOCK. An order that costs more than is secured then gets a hold.
absl::Status EditOrder(OrderEdit& edit, const v1::EditOrderRequest& request, const v1::Order& drafted,
                       absl::Span<const ShippingLocation> locations);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_EDIT_H_
