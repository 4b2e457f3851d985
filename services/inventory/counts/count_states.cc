#include "services/inventory/counts/count_states.h"

#include <vector>

#include "services/inventory/purchasing/action_refusal.h"

namespace storeops::inventory {
namespace {

using enum CountAction;
using State = v1::Count;

constexpr CountTransition kTransitions[] = {
    {State::PLANNED, kStart, State::COUNTING},          {State::PLANNED, kCancel, State::CANCELLED},
    {State::COUNTING, kEnter, State::COUNTING},         {State::COUNTING, kSubmit, State::REVIEW},
    {State::COUNTING, kDemandRecount, State::COUNTING}, {State::COUNTING, kCancel, State::CANCELLED},
    {State::REVIEW, kRecount, State::COUNTING},         {State::REVIEW, kPost, State::POSTED},
    {State::REVIEW, kCancel, State::CANCELLED},
};

}  // namespace

absl::Span<const CountTransition> CountTransitions() { return kTransitions; }

absl::string_view CountActionName(CountAction action) {
  switch (action) {
    case kStart:
      return "StartCount";
    case kEnter:
      return "EnterCount";
    case kSubmit:
    case kDemandRecount:
      return "SubmitCount";
    case kRecount:
      return "RecountCount";
    case kPost:
      return "PostCount";
    case kCancel:
      return "CancelCount";
  }
  return "";
}

absl::StatusOr<v1::Count::State> NextState(const v1::Count& count, CountAction action) {
  std::vector<absl::string_view> allowed;
  for (const CountTransition& transition : kTransitions) {
    if (transition.from != count.state()) continue;
    if (transition.action == action) return transition.to;
    allowed.push_back(CountActionName(transition.action));
  }
  return ActionNotAllowed(count.name(), v1::Count::State_Name(count.state()), CountActionName(action), allowed);
}

}  // namespace storeops::inventory
