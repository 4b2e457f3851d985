// What orders and their parts are called.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_NAMES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace storeops::inventory {

// "orders/12" -> 12; 0 for what is no such name.
int64_t OrderIdOf(absl::string_view name);
std::string OrderName(int64_t id);

// "orders/12/payments/3" -> 12 and 3, for `collection` "payments"; false for anything else.
bool ParsePartName(absl::string_view name, absl::string_view collection, int64_t* order, int32_t* number);
std::string PartName(int64_t order, absl::string_view collection, int32_t number);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_NAMES_H_
