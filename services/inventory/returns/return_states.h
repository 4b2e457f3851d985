// The life of returns, exchanges and claims.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/inventory/v1/return.pb.h"

namespace storeops::inventory {
namespace return_states {

// An RPC with several results is several actions.
enum class Action {
  kApprove,
  kAccept,
  kReject,
  kCancel,
  kReceive,
  kInspectPart,
  kInspectRest,
  kRefund,
  kExchange,
  kClose,
  // When the provider has answered.
  kRefundDone,
  kExchangeDone,
  kRefundRefused,
  kClaimRefundRefused,
};
using enum Action;
using v1::Return;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kApprove, "ApproveReturn"},        {kAccept, "ApproveReturn"},
    {kReject, "RejectReturn"},          {kCancel, "CancelReturn"},
    {kReceive, "ReceiveReturn"},        {kInspectPart, "InspectReturn"},
    {kInspectRest, "InspectReturn"},    {kRefund, "RefundReturn"},
    {kExchange, "ExchangeReturn"},      {kClose, "CloseReturn"},
    {kRefundDone, "refunded"},          {kExchangeDone, "difference refunded"},
    {kRefundRefused, "refund refused"}, {kClaimRefundRefused, "refund of claim refused"},
};

inline constexpr absl::string_view kWrite = "inventory.returns.write";

inline constexpr workflow::Transition<Return::State, Action> kTransitions[] = {
    {Return::REQUESTED, kApprove, Return::APPROVED, kWrite, {"", "the goods are to be returned"}},
    {Return::REQUESTED, kAccept, Return::ACCEPTED, kWrite, {"", "the customer keeps the goods of a claim"}},
    {Return::REQUESTED, kReject, Return::REJECTED, kWrite},
    {Return::REQUESTED, kCancel, Return::CANCELLED, kWrite},
    {Return::APPROVED, kReceive, Return::RECEIVED, kWrite},
    {Return::APPROVED, kCancel, Return::CANCELLED, kWrite},
    {Return::APPROVED, kClose, Return::CLOSED, kWrite},
    {Return::ACCEPTED, kRefund, Return::REFUNDING, kWrite},
    {Return::ACCEPTED, kExchange, Return::EXCHANGED, kWrite},
    {Return::ACCEPTED, kCancel, Return::CANCELLED, kWrite},
    {Return::ACCEPTED, kClose, Return::CLOSED, kWrite},
    {Return::RECEIVED, kReceive, Return::RECEIVED, kWrite},
    {Return::RECEIVED, kInspectPart, Return::RECEIVED, kWrite, {"", "some received units are not inspected"}},
    {Return::RECEIVED, kInspectRest, Return::INSPECTED, kWrite, {"", "all received units are inspected"}},
    {Return::INSPECTED, kReceive, Return::RECEIVED, kWrite},
    {Return::INSPECTED, kRefund, Return::REFUNDING, kWrite},
    {Return::INSPECTED, kExchange, Return::EXCHANGED, kWrite},
    {Return::INSPECTED, kClose, Return::CLOSED, kWrite},
    {Return::REFUNDING, kRefundDone, Return::REFUNDED},
    {Return::REFUNDING, kExchangeDone, Return::EXCHANGED, "", {"", "other goods were sent in exchange"}},
    {Return::REFUNDING, kRefundRefused, Return::INSPECTED},
    {Return::REFUNDING, kClaimRefundRefused, Return::ACCEPTED, "", {"", "the customer keeps the goods of a claim"}},
    {Return::REFUNDED, kClose, Return::CLOSED, kWrite},
    {Return::EXCHANGED, kClose, Return::CLOSED, kWrite},
};

}  // namespace return_states

using ReturnAction = return_states::Action;

inline constexpr workflow::Machine<v1::Return::State, ReturnAction> kReturnStates = {
    .resource = "inventory.storeops/Return",
    .service = "storeops.inventory.v1.ReturnService",
    .state_name = v1::Return::State_Name,
    .actions = return_states::kNames,
    .rows = return_states::kTransitions,
    .initial = {v1::Return::REQUESTED},
    .terminal = {v1::Return::REJECTED, v1::Return::CLOSED, v1::Return::CANCELLED},
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_STATES_H_
