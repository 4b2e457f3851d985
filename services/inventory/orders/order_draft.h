// An order as a caller asks for it, before prices, stock and a number.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_DRAFT_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_DRAFT_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/call.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

// INVALID_ARGUMENT naming each wrong field; PERMISSION_DENIED for stated prices.
absl::StatusOr<v1::Order> DraftOrder(const rpc::Call& call, const v1::PlaceOrderRequest& request);

// Times, status, holds of an order that is placed now: `hints` say what is odd about it.
void Begin(const v1::PlaceOrderRequest& request, const std::vector<std::string>& hints, const std::string& actor,
           absl::Time now, v1::Order& order);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_DRAFT_H_
