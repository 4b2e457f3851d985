// The life of a staged change of prices.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_STATES_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/catalog/v1/staged_price.pb.h"

namespace storeops::catalog {
namespace staged_price_states {

enum class Action {
  kUpdate,
  kSubmit,
  kApprove,
  kReject,
  kReopen,
  kApply,
  kApplyDue,
  kFail,
  kCancel,
};
using enum Action;
using Change = v1::StagedPriceChange;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kUpdate, "UpdateStagedPriceChange"},
    {kSubmit, "SubmitStagedPriceChange"},
    {kApprove, "ApproveStagedPriceChange"},
    {kReject, "RejectStagedPriceChange"},
    {kReopen, "ReopenStagedPriceChange"},
    {kApply, "ApplyStagedPriceChange"},
    {kApplyDue, "apply"},
    {kFail, "fail"},
    {kCancel, "CancelStagedPriceChange"},
};

inline constexpr absl::string_view kWrite = "catalog.prices.write";
inline constexpr absl::string_view kApproval = "catalog.prices.approve";

inline constexpr workflow::Transition<Change::State, Action> kTransitions[] = {
    {Change::DRAFT, kUpdate, Change::DRAFT, kWrite},
    {Change::DRAFT, kSubmit, Change::IN_REVIEW, kWrite},
    {Change::DRAFT, kCancel, Change::CANCELLED, kWrite},
    {Change::IN_REVIEW, kApprove, Change::APPROVED, kApproval},
    {Change::IN_REVIEW, kReject, Change::DRAFT, kApproval},
    {Change::IN_REVIEW, kReopen, Change::DRAFT, kWrite},
    {Change::IN_REVIEW, kCancel, Change::CANCELLED, kWrite},
    {Change::APPROVED, kApply, Change::APPLIED, kWrite},
    {Change::APPROVED, kApplyDue, Change::APPLIED, "", {"", "its `apply_time` has come"}},
    {Change::APPROVED, kFail, Change::FAILED, "", {"", "its prices cannot be written at its `apply_time`"}},
    {Change::APPROVED, kReopen, Change::DRAFT, kWrite},
    {Change::APPROVED, kCancel, Change::CANCELLED, kWrite},
    {Change::FAILED, kReopen, Change::DRAFT, kWrite},
    {Change::FAILED, kCancel, Change::CANCELLED, kWrite},
};

}  // namespace staged_price_states

using StagedPriceAction = staged_price_states::Action;

inline constexpr workflow::Machine<v1::StagedPriceChange::State, StagedPriceAction> kStagedPriceStates = {
    .resource = "catalog.storeops/StagedPriceChange",
    .service = "storeops.catalog.v1.PriceService",
    .state_name = v1::StagedPriceChange::State_Name,
    .actions = staged_price_states::kNames,
    .rows = staged_price_states::kTransitions,
    .initial = {v1::StagedPriceChange::DRAFT},
    .terminal = {v1::StagedPriceChange::APPLIED, v1::StagedPriceChange::CANCELLED},
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_STATES_H_
