// What orders and their parts are called.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_NAMES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/resource/resource_name.h"

namespace storeops::inventory {

inline constexpr resource::NamePattern kOrderNames("orders/{order}");
inline constexpr resource::NamePattern kOrderLineNames("orders/{order}/lines/{line}");
inline constexpr resource::NamePattern kPaymentNames("orders/{order}/payments/{payment}");
inline constexpr resource::NamePattern kFulfillmentNames("orders/{order}/fulfillments/{fulfillment}");

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_NAMES_H_
