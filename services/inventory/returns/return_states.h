// The life of returns, exchanges and claims as a table: which action leads from which state to which.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_STATES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storeops/inventory/v1/return.pb.h"

namespace storeops::inventory {

enum class ReturnAction {
  kApprove,  // its goods come back
  kAccept,   // a claim whose goods need not
  kReject,
  kCancel,
  kReceive,
  kInspectPart,  // more of what came is still to be looked at
  kInspectRest,
  kRefund,
  kExchange,
  kClose,
  // By themselves, when the provider has answered: money was all that was to be given, or beside other goods.
  kRefundDone,
  kExchangeDone,
  // The provider refused: of goods that came back, of a claim.
  kRefundRefused,
  kClaimRefundRefused,
};

struct ReturnTransition {
  v1::Return::State from;
  ReturnAction action;
  v1::Return::State to;
};

absl::Span<const ReturnTransition> ReturnTransitions();

// The RPC of an action, "ApproveReturn"; what happens by itself has none.
absl::string_view ReturnActionName(ReturnAction action);

// FAILED_PRECONDITION (ACTION_NOT_ALLOWED) naming the actions that the return's state allows.
absl::Status CheckAllowed(const v1::Return& ret, ReturnAction action);

// Makes the transition.
absl::Status Act(ReturnAction action, v1::Return& ret);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_STATES_H_
