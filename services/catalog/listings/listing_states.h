// The life of a listing as a table: which action leads from which state to which, and who may take it.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_STATES_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_STATES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

enum class ListingAction { kSubmit, kApprove, kReject, kPublish, kUnpublish, kArchive, kRestore };

enum class ListingGuard {
  kNone,
  // CheckListing names no blocking issue.
  kSound,
};

struct ListingTransition {
  v1::Product::State from;
  ListingAction action;
  v1::Product::State to;
  absl::string_view permission;
  ListingGuard guard;
};

absl::Span<const ListingTransition> ListingTransitions();

// The RPC of an action: "SubmitProduct".
absl::string_view ActionName(ListingAction action);

// The transition that the action makes of the product. FAILED_PRECONDITION (ACTION_NOT_ALLOWED) naming the actions that
// the product's state allows.
absl::StatusOr<ListingTransition> FindTransition(const v1::Product& product, ListingAction action);

// Makes the transition, with what goes along with its new state.
void EnterState(const ListingTransition& transition, absl::Time now, v1::Product& product);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_STATES_H_
