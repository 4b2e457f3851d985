// Reservations as holders of pieces.
#ifndef STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_HOLDER_H_
#define STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_HOLDER_H_

#include "absl/status/status.h"
#include "common/db/database.h"
#include "services/inventory/stock/stock_check.h"

namespace storeops::inventory {

// What active reservations hold; a StockHolder.
absl::Status AddActiveReservations(db::Session& session, HeldPieces& held);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_HOLDER_H_
