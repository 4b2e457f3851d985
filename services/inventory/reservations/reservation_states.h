// The life of a reservation.
#ifndef STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {
namespace reservation_states {

enum class Action { kCommit, kRelease, kExpire };
using enum Action;
using v1::Reservation;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kCommit, "CommitReservation"}, {kRelease, "ReleaseReservation"}, {kExpire, "expire"}};

inline constexpr absl::string_view kWrite = "inventory.stock.write";

// A state that leads to itself: the action was taken before, or has nothing left to do.
inline constexpr workflow::Transition<Reservation::State, Action> kTransitions[] = {
    {Reservation::ACTIVE, kCommit, Reservation::COMMITTED, kWrite, {"ACTION_NOT_ALLOWED", "its time is not over"}},
    {Reservation::ACTIVE, kRelease, Reservation::RELEASED, kWrite},
    {Reservation::ACTIVE, kExpire, Reservation::EXPIRED, "", {"", "its time is over"}},
    {Reservation::COMMITTED, kCommit, Reservation::COMMITTED, kWrite},
    {Reservation::COMMITTED, kExpire, Reservation::COMMITTED},
    {Reservation::RELEASED, kRelease, Reservation::RELEASED, kWrite},
    {Reservation::RELEASED, kExpire, Reservation::RELEASED},
    {Reservation::EXPIRED, kRelease, Reservation::EXPIRED, kWrite},
    {Reservation::EXPIRED, kExpire, Reservation::EXPIRED},
};

}  // namespace reservation_states

using ReservationAction = reservation_states::Action;

inline constexpr workflow::Machine<v1::Reservation::State, ReservationAction> kReservationStates = {
    .resource = "inventory.storeops/Reservation",
    .service = "storeops.inventory.v1.StockService",
    .state_name = v1::Reservation::State_Name,
    .actions = reservation_states::kNames,
    .rows = reservation_states::kTransitions,
    .initial = {v1::Reservation::ACTIVE},
    .terminal = {v1::Reservation::COMMITTED, v1::Reservation::RELEASED, v1::Reservation::EXPIRED},
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_STATES_H_
