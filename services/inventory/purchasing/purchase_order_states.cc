#include "services/inventory/purchasing/purchase_order_states.h"

#include <string>
#include <vector>

#include "services/inventory/purchasing/action_refusal.h"

namespace storeops::inventory {
namespace {

using enum PurchaseAction;
using Order = v1::PurchaseOrder;

constexpr PurchaseTransition kTransitions[] = {
    {Order::DRAFT, kSend, Order::SENT},
    {Order::DRAFT, kCancel, Order::CANCELLED},
    {Order::SENT, kReceivePart, Order::PARTLY_RECEIVED},
    {Order::SENT, kReceiveRest, Order::RECEIVED},
    {Order::SENT, kCancel, Order::CANCELLED},
    {Order::PARTLY_RECEIVED, kReceivePart, Order::PARTLY_RECEIVED},
    {Order::PARTLY_RECEIVED, kReceiveRest, Order::RECEIVED},
    {Order::PARTLY_RECEIVED, kClose, Order::CLOSED},
    {Order::RECEIVED, kClose, Order::CLOSED},
};

}  // namespace

absl::Span<const PurchaseTransition> PurchaseTransitions() { return kTransitions; }

absl::string_view PurchaseActionName(PurchaseAction action) {
  switch (action) {
    case kSend:
      return "SendPurchaseOrder";
    case kReceivePart:
    case kReceiveRest:
      return "ReceivePurchaseOrder";
    case kClose:
      return "ClosePurchaseOrder";
    case kCancel:
      return "CancelPurchaseOrder";
  }
  return "";
}

absl::StatusOr<Order::State> NextState(const Order& order, PurchaseAction action) {
  std::vector<absl::string_view> allowed;
  for (const PurchaseTransition& transition : kTransitions) {
    if (transition.from != order.state()) continue;
    if (transition.action == action) return transition.to;
    allowed.push_back(PurchaseActionName(transition.action));
  }
  return ActionNotAllowed(order.name(), Order::State_Name(order.state()), PurchaseActionName(action), allowed);
}

}  // namespace storeops::inventory
