// The life of a count as a table: which action leads from which state to which.
#ifndef STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_STATES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storeops/inventory/v1/count.pb.h"

namespace storeops::inventory {

// Submitting is one of two actions: lines must be counted again, or all are good enough to be looked at.
enum class CountAction { kStart, kEnter, kSubmit, kDemandRecount, kRecount, kPost, kCancel };

struct CountTransition {
  v1::Count::State from;
  CountAction action;
  v1::Count::State to;
};

absl::Span<const CountTransition> CountTransitions();

// The RPC of an action: "StartCount".
absl::string_view CountActionName(CountAction action);

// FAILED_PRECONDITION (ACTION_NOT_ALLOWED) naming the actions that the count's state allows.
absl::StatusOr<v1::Count::State> NextState(const v1::Count& count, CountAction action);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_STATES_H_
