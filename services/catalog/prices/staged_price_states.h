// What can be done with a staged change of prices, and what becomes of it.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_STATES_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_STATES_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storeops/catalog/v1/staged_price.pb.h"

namespace storeops::catalog {

enum class StagedPriceAction { kSubmit, kApprove, kReject, kReopen, kApply, kFail, kCancel };

struct StagedPriceTransition {
  storeops::catalog::v1::StagedPriceChange::State from;
  StagedPriceAction action;
  storeops::catalog::v1::StagedPriceChange::State to;
};

const std::vector<StagedPriceTransition>& StagedPriceTransitions();

absl::string_view StagedPriceActionName(StagedPriceAction action);

// The state after the action; FAILED_PRECONDITION (STATE_FORBIDS_ACTION) that lists what `change` allows now.
absl::StatusOr<storeops::catalog::v1::StagedPriceChange::State> NextState(
    const storeops::catalog::v1::StagedPriceChange& change, StagedPriceAction action);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_STATES_H_
