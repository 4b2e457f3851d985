// Picking, packing and sending the pieces of an order. Each rule changes an order that is locked together with its
// stock.
#ifndef STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_ACTIONS_H_
#define STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_ACTIONS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/inventory/orders/order_transaction.h"
#include "storeops/inventory/v1/order_fulfillment.pb.h"

namespace storeops::inventory {

inline constexpr int kMaxFulfillments = 200;
inline constexpr int kMaxTrackingEvents = 200;

// The fulfilment of this number. NOT_FOUND.
absl::StatusOr<v1::OrderFulfillment*> FindFulfillment(v1::Order& order, int32_t number);

// FAILED_PRECONDITION ORDER_ON_HOLD naming the holds.
absl::Status CheckNotOnHold(const v1::Order& order);

// Pieces of a line that are promised at a location and in no fulfilment that is still to leave.
int64_t FreePieces(const v1::Order& order, const v1::OrderLine& line, const std::string& location);

// INVALID_ARGUMENT naming each line that has fewer free pieces there; FAILED_PRECONDITION ACTION_NOT_ALLOWED,
// ORDER_ON_HOLD, NOTHING_TO_FULFILL.
absl::Status CreateFulfillment(OrderEdit& edit, const v1::CreateFulfillmentRequest& request);
absl::Status PackFulfillment(OrderEdit& edit, int32_t number, int64_t weight_grams);
// The stock's pieces leave: first expired, first out. OUT_OF_STOCK if they are not there (yet).
absl::Status ShipFulfillment(OrderEdit& edit, int32_t number, const v1::ShipFulfillmentRequest& request);
absl::Status AddTrackingEvent(OrderEdit& edit, int32_t number, const v1::OrderTrackingEvent& event);
absl::Status DeliverFulfillment(OrderEdit& edit, int32_t number, absl::Time time);
absl::Status CancelFulfillment(OrderEdit& edit, int32_t number);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_ACTIONS_H_
