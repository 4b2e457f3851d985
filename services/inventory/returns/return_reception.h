// Goods that come back: onto quality hold as they arrive, from there to where they belong once they were looked at.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_RECEPTION_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_RECEPTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/inventory/returns/return_edit.h"
#include "services/inventory/returns/return_store.h"
#include "services/inventory/stock/movement.h"
#include "storeops/inventory/v1/return_service.pb.h"

namespace storeops::inventory {

// Notes what came at a location, in the return and in its order; what the stock is to do. `shipped`: what left for the
// order. INVALID_ARGUMENT naming each wrong item; FAILED_PRECONDITION MORE_THAN_SHIPPED, TOO_MANY_ITEMS.
absl::StatusOr<std::vector<Movement>> ReceiveGoods(const v1::ReceiveReturnRequest& request, int64_t location_id,
                                                   const std::vector<ShippedLot>& shipped, ReturnEdit edit);

// Notes what was found; what the stock is to do. INVALID_ARGUMENT naming each wrong item; FAILED_PRECONDITION
// MORE_THAN_RECEIVED.
absl::StatusOr<std::vector<Movement>> InspectGoods(const v1::InspectReturnRequest& request, v1::Return& ret);

// Pieces that came and were not looked at.
int64_t Uninspected(const v1::Return& ret);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_RECEPTION_H_
