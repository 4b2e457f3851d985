// The life of an order as a table: which action leads from which status to which. Its payments and its fulfilments have
// tables of their own (payments/payment_states.h, fulfillments/fulfillment_states.h).
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_STATES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

enum class OrderAction {
  kConfirm,
  kComplete,  // by itself, once all is sent and paid
  kCancel,
  kCancelRest,  // what was not sent of an order that was in part
  kExpire,      // by itself, when its money does not come
  kHold,
  kReleaseHold,
  kEdit,
  kFulfill,
  kPay,
  kRefund,
};

struct OrderTransition {
  v1::Order::Status from;
  OrderAction action;
  v1::Order::Status to;
};

absl::Span<const OrderTransition> OrderTransitions();

// The RPC of an action, "CancelOrder"; "complete" and "expire" have none.
absl::string_view ActionName(OrderAction action);

// FAILED_PRECONDITION ACTION_NOT_ALLOWED naming the actions that the order's status allows.
absl::Status CheckAllowed(const v1::Order& order, OrderAction action);

// Makes the transition, with what goes along with the new status.
absl::Status Act(OrderAction action, absl::Time now, v1::Order& order);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_STATES_H_
