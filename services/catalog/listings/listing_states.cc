#include "services/catalog/listings/listing_states.h"

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/time.h"
#include "services/catalog/listings/channel_listings.h"

namespace storeops::catalog {
namespace {

using enum ListingAction;
using v1::Product;

constexpr char kWrite[] = "catalog.products.write";
constexpr char kReview[] = "catalog.products.review";
constexpr char kPublishing[] = "catalog.products.publish";

constexpr ListingTransition kTransitions[] = {
    {Product::DRAFT, kSubmit, Product::IN_REVIEW, kWrite, ListingGuard::kNone},
    {Product::DRAFT, kArchive, Product::ARCHIVED, kWrite, ListingGuard::kNone},
    {Product::IN_REVIEW, kApprove, Product::APPROVED, kReview, ListingGuard::kNone},
    {Product::IN_REVIEW, kReject, Product::DRAFT, kReview, ListingGuard::kNone},
    {Product::IN_REVIEW, kArchive, Product::ARCHIVED, kWrite, ListingGuard::kNone},
    {Product::APPROVED, kReject, Product::DRAFT, kReview, ListingGuard::kNone},
    {Product::APPROVED, kPublish, Product::PUBLISHED, kPublishing, ListingGuard::kSound},
    {Product::APPROVED, kArchive, Product::ARCHIVED, kWrite, ListingGuard::kNone},
    {Product::PUBLISHED, kUnpublish, Product::APPROVED, kPublishing, ListingGuard::kNone},
    {Product::PUBLISHED, kArchive, Product::ARCHIVED, kPublishing, ListingGuard::kNone},
    {Product::ARCHIVED, kRestore, Product::DRAFT, kWrite, ListingGuard::kNone},
};

std::string AllowedActions(Product::State state) {
  std::string allowed;
  for (const ListingTransition& transition : kTransitions) {
    if (transition.from == state) absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", ActionName(transition.action));
  }
  return allowed;
}

}  // namespace

absl::Span<const ListingTransition> ListingTransitions() { return kTransitions; }

absl::string_view ActionName(ListingAction action) {
  switch (action) {
    case kSubmit:
      return "SubmitProduct";
    case kApprove:
      return "ApproveProduct";
    case kReject:
      return "RejectProduct";
    case kPublish:
      return "PublishProduct";
    case kUnpublish:
      return "UnpublishProduct";
    case kArchive:
      return "ArchiveProduct";
    case kRestore:
      return "RestoreProduct";
  }
  return "";
}

absl::StatusOr<ListingTransition> FindTransition(const Product& product, ListingAction action) {
  for (const ListingTransition& transition : kTransitions) {
    if (transition.from == product.state() && transition.action == action) return transition;
  }
  const std::string& state = Product::State_Name(product.state());
  const std::string allowed = AllowedActions(product.state());
  return WithReason(PreconditionFailed("ACTION_NOT_ALLOWED", product.name(),
                                       absl::StrCat(product.name(), " is ", state, ": ", ActionName(action),
                                                    " is not allowed; allowed are ", allowed)),
                    "ACTION_NOT_ALLOWED", {{"state", state}, {"allowed_actions", allowed}});
}

void EnterState(const ListingTransition& transition, absl::Time now, Product& product) {
  product.set_state(transition.to);
  product.clear_publish_time();
  if (transition.to == Product::PUBLISHED) *product.mutable_publish_time() = ToTimestamp(now);
  if (transition.to == Product::IN_REVIEW) product.clear_rejection();
  if (transition.to == Product::ARCHIVED) {
    product.clear_schedule();
    product.clear_schedule_failure();
    HideEverywhere(now, product);
  }
}

}  // namespace storeops::catalog
