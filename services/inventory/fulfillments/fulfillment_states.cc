#include "services/inventory/fulfillments/fulfillment_states.h"

#include <string>
#include <vector>

#include "services/inventory/orders/order_names.h"

namespace storeops::inventory {
namespace {

using enum FulfillmentAction;
using v1::OrderFulfillment;

constexpr FulfillmentTransition kTransitions[] = {
    {OrderFulfillment::PICKING, kPack, OrderFulfillment::PACKED},
    {OrderFulfillment::PICKING, kShip, OrderFulfillment::SHIPPED},
    {OrderFulfillment::PICKING, kCancel, OrderFulfillment::CANCELLED},
    {OrderFulfillment::PACKED, kShip, OrderFulfillment::SHIPPED},
    {OrderFulfillment::PACKED, kCancel, OrderFulfillment::CANCELLED},
    {OrderFulfillment::SHIPPED, kTrack, OrderFulfillment::SHIPPED},
    {OrderFulfillment::SHIPPED, kDeliver, OrderFulfillment::DELIVERED},
    {OrderFulfillment::DELIVERED, kTrack, OrderFulfillment::DELIVERED},
};

}  // namespace

absl::Span<const FulfillmentTransition> FulfillmentTransitions() { return kTransitions; }

absl::string_view ActionName(FulfillmentAction action) {
  switch (action) {
    case kPack:
      return "PackFulfillment";
    case kShip:
      return "ShipFulfillment";
    case kTrack:
      return "AddTrackingEvent";
    case kDeliver:
      return "DeliverFulfillment";
    case kCancel:
      return "CancelFulfillment";
  }
  return "";
}

absl::Status Act(FulfillmentAction action, OrderFulfillment& fulfillment) {
  std::vector<std::string> allowed;
  for (const FulfillmentTransition& transition : kTransitions) {
    if (transition.from != fulfillment.status()) continue;
    if (transition.action == action) {
      fulfillment.set_status(transition.to);
      return absl::OkStatus();
    }
    allowed.emplace_back(ActionName(transition.action));
  }
  return ActionNotAllowed(fulfillment.name(), OrderFulfillment::Status_Name(fulfillment.status()), ActionName(action),
                          allowed);
}

}  // namespace storeops::inventory
