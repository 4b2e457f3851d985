// The life of a purchase order.
#ifndef STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/inventory/v1/purchase_order.pb.h"

namespace storeops::inventory {
namespace purchase_order_states {

// ReceivePurchaseOrder is one of two actions: more is expected afterwards, or nothing is.
enum class Action { kUpdate, kSend, kReceivePart, kReceiveRest, kClose, kCancel };
using enum Action;
using Order = v1::PurchaseOrder;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kUpdate, "UpdatePurchaseOrder"},       {kSend, "SendPurchaseOrder"},   {kReceivePart, "ReceivePurchaseOrder"},
    {kReceiveRest, "ReceivePurchaseOrder"}, {kClose, "ClosePurchaseOrder"}, {kCancel, "CancelPurchaseOrder"},
};

inline constexpr absl::string_view kWrite = "inventory.purchasing.write";

inline constexpr workflow::Guard kTermsMet = {"TERMS_NOT_MET", "the supplier's terms are met, or `waive_terms` is set"};
inline constexpr workflow::Guard kPart = {"", "more is expected"};
inline constexpr workflow::Guard kRest = {"", "nothing more is expected"};
// However a delivery was split: the total decides.
inline constexpr workflow::Guard kTolerated = {"OVER_DELIVERY", "all that came is within the order's tolerance"};

inline constexpr workflow::Transition<Order::State, Action> kTransitions[] = {
    {Order::DRAFT, kUpdate, Order::DRAFT, kWrite},
    {Order::DRAFT, kSend, Order::SENT, kWrite, kTermsMet},
    {Order::DRAFT, kCancel, Order::CANCELLED, kWrite},
    {Order::SENT, kReceivePart, Order::PARTLY_RECEIVED, kWrite, kPart},
    {Order::SENT, kReceiveRest, Order::RECEIVED, kWrite, kRest},
    {Order::SENT, kCancel, Order::CANCELLED, kWrite},
    {Order::PARTLY_RECEIVED, kReceivePart, Order::PARTLY_RECEIVED, kWrite, kPart},
    {Order::PARTLY_RECEIVED, kReceiveRest, Order::RECEIVED, kWrite, kRest},
    {Order::PARTLY_RECEIVED, kClose, Order::CLOSED, kWrite},
    {Order::RECEIVED, kReceiveRest, Order::RECEIVED, kWrite, kTolerated},
    {Order::RECEIVED, kClose, Order::CLOSED, kWrite},
};

}  // namespace purchase_order_states

using PurchaseAction = purchase_order_states::Action;

inline constexpr workflow::Machine<v1::PurchaseOrder::State, PurchaseAction> kPurchaseOrderStates = {
    .resource = "inventory.storeops/PurchaseOrder",
    .service = "storeops.inventory.v1.PurchaseOrderService",
    .state_name = v1::PurchaseOrder::State_Name,
    .actions = purchase_order_states::kNames,
    .rows = purchase_order_states::kTransitions,
    .initial = {v1::PurchaseOrder::DRAFT},
    .terminal = {v1::PurchaseOrder::CLOSED, v1::PurchaseOrder::CANCELLED},
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_STATES_H_
