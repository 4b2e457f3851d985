// What orders and their parts are called, and how their state machines refuse.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_NAMES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/resource/resource_name.h"

namespace storeops::inventory {

// FAILED_PRECONDITION ACTION_NOT_ALLOWED; `allowed` are the actions that the subject's status allows.
absl::Status ActionNotAllowed(absl::string_view subject, absl::string_view status, absl::string_view action,
                              const std::vector<std::string>& allowed);

inline constexpr resource::NamePattern kOrderNames("orders/{order}");
inline constexpr resource::NamePattern kOrderLineNames("orders/{order}/lines/{line}");
inline constexpr resource::NamePattern kPaymentNames("orders/{order}/payments/{payment}");
inline constexpr resource::NamePattern kFulfillmentNames("orders/{order}/fulfillments/{fulfillment}");

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_NAMES_H_
