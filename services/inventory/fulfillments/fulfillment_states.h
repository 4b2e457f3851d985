// The life of a fulfillment.
#ifndef STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "services/inventory/orders/order_states.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {
namespace fulfillment_states {

enum class Action { kPack, kShip, kTrack, kDeliver, kCancel };
using enum Action;
using Fulfillment = v1::OrderFulfillment;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kPack, "PackFulfillment"},       {kShip, "ShipFulfillment"},     {kTrack, "AddTrackingEvent"},
    {kDeliver, "DeliverFulfillment"}, {kCancel, "CancelFulfillment"},
};

inline constexpr absl::string_view kWrite = "inventory.orders.write";
inline constexpr workflow::Guard kNotOnHold = {order_states::kNotOnHold.reason, "its order is not on hold"};

inline constexpr workflow::Transition<Fulfillment::Status, Action> kTransitions[] = {
    {Fulfillment::PICKING, kPack, Fulfillment::PACKED, kWrite, kNotOnHold},
    {Fulfillment::PICKING, kShip, Fulfillment::SHIPPED, kWrite, kNotOnHold},
    {Fulfillment::PICKING, kCancel, Fulfillment::CANCELLED, kWrite},
    {Fulfillment::PACKED, kShip, Fulfillment::SHIPPED, kWrite, kNotOnHold},
    {Fulfillment::PACKED, kCancel, Fulfillment::CANCELLED, kWrite},
    {Fulfillment::SHIPPED, kTrack, Fulfillment::SHIPPED, kWrite},
    {Fulfillment::SHIPPED, kDeliver, Fulfillment::DELIVERED, kWrite},
    {Fulfillment::DELIVERED, kTrack, Fulfillment::DELIVERED, kWrite},
};

}  // namespace fulfillment_states

using FulfillmentAction = fulfillment_states::Action;

inline constexpr workflow::Machine<v1::OrderFulfillment::Status, FulfillmentAction> kFulfillmentStates = {
    .resource = "inventory.storeops/OrderFulfillment",
    .service = "storeops.inventory.v1.OrderService",
    .state_name = v1::OrderFulfillment::Status_Name,
    .actions = fulfillment_states::kNames,
    .rows = fulfillment_states::kTransitions,
    .initial = {v1::OrderFulfillment::PICKING},
    .terminal = {v1::OrderFulfillment::DELIVERED, v1::OrderFulfillment::CANCELLED},
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_STATES_H_
