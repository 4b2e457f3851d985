// The life of a reservation as a table.
#ifndef STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_STATES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {

enum class ReservationAction { kCommit, kRelease, kExpire };

struct ReservationTransition {
  v1::Reservation::State from;
  ReservationAction action;
  // `from` itself: the action was done before, or has nothing left to do.
  v1::Reservation::State to;
};

absl::Span<const ReservationTransition> ReservationTransitions();

// The state that the action leads to. FAILED_PRECONDITION with the reason RESERVATION_{state} if there is none.
absl::StatusOr<v1::Reservation::State> NextState(const std::string& name, v1::Reservation::State from,
                                                 ReservationAction action);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_STATES_H_
