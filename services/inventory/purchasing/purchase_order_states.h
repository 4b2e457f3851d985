// The life of a purchase order as a table: which action leads from which state to which.
#ifndef STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_STATES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storeops/inventory/v1/purchase_order.pb.h"

namespace storeops::inventory {

// A receipt is one of two actions: more is still to come afterwards, or nothing is.
enum class PurchaseAction { kSend, kReceivePart, kReceiveRest, kClose, kCancel };

struct PurchaseTransition {
  v1::PurchaseOrder::State from;
  PurchaseAction action;
  v1::PurchaseOrder::State to;
};

absl::Span<const PurchaseTransition> PurchaseTransitions();

// The RPC of an action: "SendPurchaseOrder".
absl::string_view PurchaseActionName(PurchaseAction action);

// FAILED_PRECONDITION (ACTION_NOT_ALLOWED) naming the actions that the order's state allows.
absl::StatusOr<v1::PurchaseOrder::State> NextState(const v1::PurchaseOrder& order, PurchaseAction action);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_STATES_H_
