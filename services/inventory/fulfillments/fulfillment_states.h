// The life of a fulfilment as a table.
#ifndef STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_STATES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

enum class FulfillmentAction { kPack, kShip, kTrack, kDeliver, kCancel };

struct FulfillmentTransition {
  v1::OrderFulfillment::Status from;
  FulfillmentAction action;
  v1::OrderFulfillment::Status to;
};

absl::Span<const FulfillmentTransition> FulfillmentTransitions();

// The RPC of an action: "PackFulfillment".
absl::string_view ActionName(FulfillmentAction action);

// Makes the transition. FAILED_PRECONDITION ACTION_NOT_ALLOWED naming the actions that the status allows.
absl::Status Act(FulfillmentAction action, v1::OrderFulfillment& fulfillment);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_STATES_H_
