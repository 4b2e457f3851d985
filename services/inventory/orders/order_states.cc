#include "services/inventory/orders/order_states.h"

#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/orders/order_names.h"

namespace storeops::inventory {
namespace {

using enum OrderAction;
using v1::Order;

constexpr OrderTransition kTransitions[] = {
    {Order::PLACED, kConfirm, Order::CONFIRMED},
    {Order::PLACED, kCancel, Order::CANCELLED},
    {Order::PLACED, kExpire, Order::EXPIRED},
    {Order::PLACED, kHold, Order::PLACED},
    {Order::PLACED, kReleaseHold, Order::PLACED},
    {Order::PLACED, kEdit, Order::PLACED},
    {Order::PLACED, kPay, Order::PLACED},
    {Order::PLACED, kRefund, Order::PLACED},
    {Order::CONFIRMED, kComplete, Order::COMPLETED},
    {Order::CONFIRMED, kCancel, Order::CANCELLED},
    {Order::CONFIRMED, kCancelRest, Order::CONFIRMED},
    {Order::CONFIRMED, kHold, Order::CONFIRMED},
    {Order::CONFIRMED, kReleaseHold, Order::CONFIRMED},
    {Order::CONFIRMED, kEdit, Order::CONFIRMED},
    {Order::CONFIRMED, kFulfill, Order::CONFIRMED},
    {Order::CONFIRMED, kPay, Order::CONFIRMED},
    {Order::CONFIRMED, kRefund, Order::CONFIRMED},
    {Order::COMPLETED, kRefund, Order::COMPLETED},
    {Order::CANCELLED, kRefund, Order::CANCELLED},
    {Order::EXPIRED, kRefund, Order::EXPIRED},
};

const OrderTransition* Find(Order::Status from, OrderAction action) {
  for (const OrderTransition& transition : kTransitions) {
    if (transition.from == from && transition.action == action) return &transition;
  }
  return nullptr;
}

std::vector<std::string> AllowedActions(Order::Status status) {
  std::vector<std::string> allowed;
  for (const OrderTransition& transition : kTransitions) {
    const bool by_itself = transition.action == kComplete || transition.action == kExpire;
    // Two actions of one method are told once.
    const bool told = !allowed.empty() && allowed.back() == ActionName(transition.action);
    if (transition.from == status && !by_itself && !told) allowed.emplace_back(ActionName(transition.action));
  }
  return allowed;
}

}  // namespace

absl::Span<const OrderTransition> OrderTransitions() { return kTransitions; }

absl::string_view ActionName(OrderAction action) {
  switch (action) {
    case kConfirm:
      return "ConfirmOrder";
    case kComplete:
      return "complete";
    case kCancel:
    case kCancelRest:
      return "CancelOrder";
    case kExpire:
      return "expire";
    case kHold:
      return "HoldOrder";
    case kReleaseHold:
      return "ReleaseHold";
    case kEdit:
      return "EditOrder";
    case kFulfill:
      return "CreateFulfillment";
    case kPay:
      return "AuthorizePayment";
    case kRefund:
      return "RefundPayment";
  }
  return "";
}

absl::Status CheckAllowed(const Order& order, OrderAction action) {
  if (Find(order.status(), action) != nullptr) return absl::OkStatus();
  return ActionNotAllowed(order.name(), Order::Status_Name(order.status()), ActionName(action),
                          AllowedActions(order.status()));
}

absl::Status Act(OrderAction action, absl::Time now, Order& order) {
  RETURN_IF_ERROR(CheckAllowed(order, action));
  const Order::Status to = Find(order.status(), action)->to;
  if (to == order.status()) return absl::OkStatus();
  order.set_status(to);
  order.clear_expire_time();
  if (to == Order::CONFIRMED) *order.mutable_confirm_time() = ToTimestamp(now);
  if (to == Order::COMPLETED) *order.mutable_complete_time() = ToTimestamp(now);
  if (to == Order::CANCELLED || to == Order::EXPIRED) *order.mutable_cancel_time() = ToTimestamp(now);
  return absl::OkStatus();
}

}  // namespace storeops::inventory
