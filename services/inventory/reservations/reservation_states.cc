#include "services/inventory/reservations/reservation_states.h"

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"

namespace storeops::inventory {
namespace {

using enum ReservationAction;
using v1::Reservation;

constexpr ReservationTransition kTransitions[] = {
    {Reservation::ACTIVE, kCommit, Reservation::COMMITTED},
    {Reservation::ACTIVE, kRelease, Reservation::RELEASED},
    {Reservation::ACTIVE, kExpire, Reservation::EXPIRED},
    {Reservation::COMMITTED, kCommit, Reservation::COMMITTED},
    {Reservation::COMMITTED, kExpire, Reservation::COMMITTED},
    {Reservation::RELEASED, kRelease, Reservation::RELEASED},
    {Reservation::RELEASED, kExpire, Reservation::RELEASED},
    {Reservation::EXPIRED, kRelease, Reservation::EXPIRED},
    {Reservation::EXPIRED, kExpire, Reservation::EXPIRED},
};

}  // namespace

absl::Span<const ReservationTransition> ReservationTransitions() { return kTransitions; }

absl::StatusOr<Reservation::State> NextState(const std::string& name, Reservation::State from,
                                             ReservationAction action) {
  for (const ReservationTransition& transition : kTransitions) {
    if (transition.from == from && transition.action == action) return transition.to;
  }
  const std::string& state = Reservation::State_Name(from);
  return PreconditionFailed("RESERVATION_" + state, name, absl::StrCat(name, " is ", state));
}

}  // namespace storeops::inventory
