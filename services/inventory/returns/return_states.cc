#include "services/inventory/returns/return_states.h"

#include <vector>

#include "common/base/status_macros.h"
#include "services/inventory/purchasing/action_refusal.h"

namespace storeops::inventory {
namespace {

using enum ReturnAction;

constexpr ReturnTransition kTransitions[] = {
    {v1::Return::REQUESTED, kApprove, v1::Return::APPROVED},
    {v1::Return::REQUESTED, kAccept, v1::Return::ACCEPTED},
    {v1::Return::REQUESTED, kReject, v1::Return::REJECTED},
    {v1::Return::REQUESTED, kCancel, v1::Return::CANCELLED},
    {v1::Return::APPROVED, kReceive, v1::Return::RECEIVED},
    {v1::Return::APPROVED, kCancel, v1::Return::CANCELLED},
    {v1::Return::APPROVED, kClose, v1::Return::CLOSED},
    {v1::Return::ACCEPTED, kRefund, v1::Return::REFUNDING},
    {v1::Return::ACCEPTED, kExchange, v1::Return::EXCHANGED},
    {v1::Return::ACCEPTED, kCancel, v1::Return::CANCELLED},
    {v1::Return::ACCEPTED, kClose, v1::Return::CLOSED},
    {v1::Return::RECEIVED, kReceive, v1::Return::RECEIVED},
    {v1::Return::RECEIVED, kInspectPart, v1::Return::RECEIVED},
    {v1::Return::RECEIVED, kInspectRest, v1::Return::INSPECTED},
    {v1::Return::INSPECTED, kReceive, v1::Return::RECEIVED},
    {v1::Return::INSPECTED, kRefund, v1::Return::REFUNDING},
    {v1::Return::INSPECTED, kExchange, v1::Return::EXCHANGED},
    {v1::Return::INSPECTED, kClose, v1::Return::CLOSED},
    {v1::Return::REFUNDING, kRefundDone, v1::Return::REFUNDED},
    {v1::Return::REFUNDING, kExchangeDone, v1::Return::EXCHANGED},
    {v1::Return::REFUNDING, kRefundRefused, v1::Return::INSPECTED},
    {v1::Return::REFUNDING, kClaimRefundRefused, v1::Return::ACCEPTED},
    {v1::Return::REFUNDED, kClose, v1::Return::CLOSED},
    {v1::Return::EXCHANGED, kClose, v1::Return::CLOSED},
};

const ReturnTransition* Find(v1::Return::State from, ReturnAction action) {
  for (const ReturnTransition& transition : kTransitions) {
    if (transition.from == from && transition.action == action) return &transition;
  }
  return nullptr;
}

bool IsOpen(v1::Return::State state) {
  switch (state) {
    case v1::Return::REJECTED:
    case v1::Return::REFUNDED:
    case v1::Return::EXCHANGED:
    case v1::Return::CLOSED:
    case v1::Return::CANCELLED:
      return false;
    default:
      return true;
  }
}

}  // namespace

absl::Span<const ReturnTransition> ReturnTransitions() { return kTransitions; }

absl::string_view ReturnActionName(ReturnAction action) {
  switch (action) {
    case kApprove:
    case kAccept:
      return "ApproveReturn";
    case kReject:
      return "RejectReturn";
    case kCancel:
      return "CancelReturn";
    case kReceive:
      return "ReceiveReturn";
    case kInspectPart:
    case kInspectRest:
      return "InspectReturn";
    case kRefund:
      return "RefundReturn";
    case kExchange:
      return "ExchangeReturn";
    case kClose:
      return "CloseReturn";
    case kRefundDone:
    case kExchangeDone:
    case kRefundRefused:
    case kClaimRefundRefused:
      return "";
  }
  return "";
}

absl::Status CheckAllowed(const v1::Return& ret, ReturnAction action) {
  if (Find(ret.state(), action) != nullptr) return absl::OkStatus();
  std::vector<absl::string_view> allowed;
  for (const ReturnTransition& transition : kTransitions) {
    const absl::string_view name = ReturnActionName(transition.action);
    if (transition.from == ret.state() && !name.empty()) allowed.push_back(name);
  }
  return ActionNotAllowed(ret.name(), v1::Return::State_Name(ret.state()), ReturnActionName(action), allowed);
}

absl::Status Act(ReturnAction action, v1::Return& ret) {
  RETURN_IF_ERROR(CheckAllowed(ret, action));
  ret.set_state(Find(ret.state(), action)->to);
  ret.set_open(IsOpen(ret.state()));
  return absl::OkStatus();
}

}  // namespace storeops::inventory
