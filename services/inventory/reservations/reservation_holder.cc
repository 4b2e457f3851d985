#include "services/inventory/reservations/reservation_holder.h"

#include "common/base/status_macros.h"
#include "services/inventory/reservations/reservation_store.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

constexpr int kPage = 2000;

}  // namespace

absl::Status AddActiveReservations(db::Session& session, HeldPieces& held) {
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const auto page, ScanActiveReservations(session, after, kPage));
    for (const StoredReservation& stored : page) {
      for (const auto& line : stored.message.lines()) {
        ASSIGN_OR_RETURN(const int64_t location, ParseLocation(line.location(), "location"));
        held[{line.sku(), location}] += line.quantity();
      }
    }
    if (page.size() < kPage) return absl::OkStatus();
    after = page.back().id;
  }
}

}  // namespace storeops::inventory
