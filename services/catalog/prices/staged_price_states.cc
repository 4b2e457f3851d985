#include "services/catalog/prices/staged_price_states.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"

namespace storeops::catalog {

using v1::StagedPriceChange;
using Action = StagedPriceAction;

const std::vector<StagedPriceTransition>& StagedPriceTransitions() {
  static const auto* transitions = new std::vector<StagedPriceTransition>{
      {StagedPriceChange::DRAFT, Action::kSubmit, StagedPriceChange::IN_REVIEW},
      {StagedPriceChange::DRAFT, Action::kCancel, StagedPriceChange::CANCELLED},
      {StagedPriceChange::IN_REVIEW, Action::kApprove, StagedPriceChange::APPROVED},
      {StagedPriceChange::IN_REVIEW, Action::kReject, StagedPriceChange::DRAFT},
      {StagedPriceChange::IN_REVIEW, Action::kReopen, StagedPriceChange::DRAFT},
      {StagedPriceChange::IN_REVIEW, Action::kCancel, StagedPriceChange::CANCELLED},
      {StagedPriceChange::APPROVED, Action::kApply, StagedPriceChange::APPLIED},
      {StagedPriceChange::APPROVED, Action::kFail, StagedPriceChange::FAILED},
      {StagedPriceChange::APPROVED, Action::kReopen, StagedPriceChange::DRAFT},
      {StagedPriceChange::APPROVED, Action::kCancel, StagedPriceChange::CANCELLED},
      {StagedPriceChange::FAILED, Action::kReopen, StagedPriceChange::DRAFT},
      {StagedPriceChange::FAILED, Action::kCancel, StagedPriceChange::CANCELLED},
  };
  return *transitions;
}

absl::string_view StagedPriceActionName(Action action) {
  switch (action) {
    case Action::kSubmit:
      return "submit";
    case Action::kApprove:
      return "approve";
    case Action::kReject:
      return "reject";
    case Action::kReopen:
      return "reopen";
    case Action::kApply:
      return "apply";
    case Action::kFail:
      return "fail";
    case Action::kCancel:
      return "cancel";
  }
  return "";
}

absl::StatusOr<StagedPriceChange::State> NextState(const StagedPriceChange& change, Action action) {
  std::vector<std::string> allowed;
  for (const StagedPriceTransition& transition : StagedPriceTransitions()) {
    if (transition.from != change.state()) continue;
    if (transition.action == action) return transition.to;
    if (transition.action != Action::kFail) allowed.emplace_back(StagedPriceActionName(transition.action));
  }
  return PreconditionFailed("STATE_FORBIDS_ACTION", change.name(),
                            absl::StrCat("it is ", StagedPriceChange::State_Name(change.state()), ": allowed is ",
                                         allowed.empty() ? "nothing" : absl::StrJoin(allowed, ", "), ", not ",
                                         StagedPriceActionName(action)));
}

}  // namespace storeops::catalog
