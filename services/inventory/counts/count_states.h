// The life of a count.
#ifndef STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/inventory/v1/count.pb.h"

namespace storeops::inventory {
namespace count_states {

// SubmitCount is one of two actions: all lines are ready for review, or some must be counted again.
enum class Action { kUpdate, kStart, kEnter, kSubmit, kDemandRecount, kRecount, kPost, kCancel };
using enum Action;
using v1::Count;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kUpdate, "UpdateCount"},        {kStart, "StartCount"},     {kEnter, "EnterCount"}, {kSubmit, "SubmitCount"},
    {kDemandRecount, "SubmitCount"}, {kRecount, "RecountCount"}, {kPost, "PostCount"},   {kCancel, "CancelCount"},
};

inline constexpr absl::string_view kWrite = "inventory.counts.write";
inline constexpr absl::string_view kReview = "inventory.counts.review";

inline constexpr workflow::Guard kAllCounted = {"LINES_TO_COUNT", "every line is counted, none must be counted again"};
inline constexpr workflow::Guard kNotCorrected = {"CORRECTED_SINCE_COUNTED",
                                                  "no line that is posted was corrected after it was counted"};
inline constexpr workflow::Guard kOutOfTolerance = {"", "a line is out of tolerance and was counted once"};

inline constexpr workflow::Transition<Count::State, Action> kTransitions[] = {
    {Count::PLANNED, kUpdate, Count::PLANNED, kWrite},
    {Count::PLANNED, kStart, Count::COUNTING, kWrite},
    {Count::PLANNED, kCancel, Count::CANCELLED, kWrite},
    {Count::COUNTING, kEnter, Count::COUNTING, kWrite},
    {Count::COUNTING, kSubmit, Count::REVIEW, kWrite, kAllCounted},
    {Count::COUNTING, kDemandRecount, Count::COUNTING, kWrite, kOutOfTolerance},
    {Count::COUNTING, kCancel, Count::CANCELLED, kWrite},
    {Count::REVIEW, kRecount, Count::COUNTING, kReview},
    {Count::REVIEW, kPost, Count::POSTED, kReview, kNotCorrected},
    {Count::REVIEW, kCancel, Count::CANCELLED, kWrite},
};

}  // namespace count_states

using CountAction = count_states::Action;

inline constexpr workflow::Machine<v1::Count::State, CountAction> kCountStates = {
    .resource = "inventory.storeops/Count",
    .service = "storeops.inventory.v1.CountService",
    .state_name = v1::Count::State_Name,
    .actions = count_states::kNames,
    .rows = count_states::kTransitions,
    .initial = {v1::Count::PLANNED},
    .terminal = {v1::Count::POSTED, v1::Count::CANCELLED},
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_STATES_H_
