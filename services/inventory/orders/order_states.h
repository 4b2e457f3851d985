// The life of an order. Its payments and its fulfillments have machines of their own.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {
namespace order_states {

enum class Action {
  kConfirm,
  kSecure,
  kComplete,
  kCancel,
  kCancelRest,
  kExpire,
  kHold,
  kReleaseHold,
  kEdit,
  kFulfill,
  kPay,
  kRefund,
};
using enum Action;
using v1::Order;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kConfirm, "ConfirmOrder"},   {kSecure, "confirm"},
    {kComplete, "complete"},      {kCancel, "CancelOrder"},
    {kCancelRest, "CancelOrder"}, {kExpire, "expire"},
    {kHold, "HoldOrder"},         {kReleaseHold, "ReleaseHold"},
    {kEdit, "EditOrder"},         {kFulfill, "CreateFulfillment"},
    {kPay, "AuthorizePayment"},   {kRefund, "RefundPayment"},
};

inline constexpr absl::string_view kWrite = "inventory.orders.write";

inline constexpr workflow::Guard kNothingShipped = {"ORDER_PARTLY_SHIPPED", "nothing of it has shipped"};
inline constexpr workflow::Guard kSomeUnshipped = {"ORDER_SHIPPED",
                                                   "some of it has shipped, some has not, and `rest` is set"};
inline constexpr workflow::Guard kNotOnHold = {"ORDER_ON_HOLD", "it is not on hold"};
inline constexpr workflow::Guard kOnSuchHold = {"NOT_ON_HOLD", "it has such a hold"};

inline constexpr workflow::Transition<Order::Status, Action> kTransitions[] = {
    {Order::PLACED, kConfirm, Order::CONFIRMED, kWrite},
    {Order::PLACED, kSecure, Order::CONFIRMED, "", {"", "it is paid or authorized in full, or paid on invoice"}},
    {Order::PLACED, kCancel, Order::CANCELLED, kWrite},
    {Order::PLACED, kExpire, Order::EXPIRED, "", {"", "it is not paid by its `expire_time` and no payment is open"}},
    {Order::PLACED, kHold, Order::PLACED, kWrite},
    {Order::PLACED, kReleaseHold, Order::PLACED, kWrite, kOnSuchHold},
    {Order::PLACED, kEdit, Order::PLACED, kWrite},
    {Order::PLACED, kPay, Order::PLACED, kWrite},
    {Order::PLACED, kRefund, Order::PLACED, kWrite},
    {Order::CONFIRMED, kComplete, Order::COMPLETED, "", {"", "everything is shipped and paid"}},
    {Order::CONFIRMED, kCancel, Order::CANCELLED, kWrite, kNothingShipped},
    {Order::CONFIRMED, kCancelRest, Order::CONFIRMED, kWrite, kSomeUnshipped},
    {Order::CONFIRMED, kHold, Order::CONFIRMED, kWrite},
    {Order::CONFIRMED, kReleaseHold, Order::CONFIRMED, kWrite, kOnSuchHold},
    {Order::CONFIRMED, kEdit, Order::CONFIRMED, kWrite},
    {Order::CONFIRMED, kFulfill, Order::CONFIRMED, kWrite, kNotOnHold},
    {Order::CONFIRMED, kPay, Order::CONFIRMED, kWrite},
    {Order::CONFIRMED, kRefund, Order::CONFIRMED, kWrite},
    {Order::COMPLETED, kRefund, Order::COMPLETED, kWrite},
    {Order::CANCELLED, kRefund, Order::CANCELLED, kWrite},
    {Order::EXPIRED, kRefund, Order::EXPIRED, kWrite},
};

}  // namespace order_states

using OrderAction = order_states::Action;

inline constexpr workflow::Machine<v1::Order::Status, OrderAction> kOrderStates = {
    .resource = "inventory.storeops/Order",
    .service = "storeops.inventory.v1.OrderService",
    .state_name = v1::Order::Status_Name,
    .actions = order_states::kNames,
    .rows = order_states::kTransitions,
    // Imported orders are completed or canceled from the start.
    .initial = {v1::Order::PLACED, v1::Order::COMPLETED, v1::Order::CANCELLED},
    .terminal = {v1::Order::COMPLETED, v1::Order::CANCELLED, v1::Order::EXPIRED},
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_STATES_H_
