// The life of a listing.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_STATES_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {
namespace listing_states {

enum class Action { kSubmit, kApprove, kReject, kPublish, kUnpublish, kArchive, kRestore };
using enum Action;
using v1::Product;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kSubmit, "SubmitProduct"},   {kApprove, "ApproveProduct"},     {kReject, "RejectProduct"},
    {kPublish, "PublishProduct"}, {kUnpublish, "UnpublishProduct"}, {kArchive, "ArchiveProduct"},
    {kRestore, "RestoreProduct"},
};

inline constexpr absl::string_view kWrite = "catalog.products.write";
inline constexpr absl::string_view kReview = "catalog.products.review";
inline constexpr absl::string_view kPublishing = "catalog.products.publish";

inline constexpr workflow::Guard kSound = {"LISTING_NOT_SOUND", "`CheckListing` names no blocking issue"};

inline constexpr workflow::Transition<Product::State, Action> kTransitions[] = {
    {Product::DRAFT, kSubmit, Product::IN_REVIEW, kWrite},
    {Product::DRAFT, kArchive, Product::ARCHIVED, kWrite},
    {Product::IN_REVIEW, kApprove, Product::APPROVED, kReview},
    {Product::IN_REVIEW, kReject, Product::DRAFT, kReview},
    {Product::IN_REVIEW, kArchive, Product::ARCHIVED, kWrite},
    {Product::APPROVED, kReject, Product::DRAFT, kReview},
    {Product::APPROVED, kPublish, Product::PUBLISHED, kPublishing, kSound},
    {Product::APPROVED, kArchive, Product::ARCHIVED, kWrite},
    {Product::PUBLISHED, kUnpublish, Product::APPROVED, kPublishing},
    {Product::PUBLISHED, kArchive, Product::ARCHIVED, kPublishing},
    {Product::ARCHIVED, kRestore, Product::DRAFT, kWrite},
};

}  // namespace listing_states

using ListingAction = listing_states::Action;

inline constexpr workflow::Machine<v1::Product::State, ListingAction> kListingStates = {
    .resource = "catalog.storeops/Product",
    .service = "storeops.catalog.v1.ProductService",
    .state_name = v1::Product::State_Name,
    .actions = listing_states::kNames,
    .rows = listing_states::kTransitions,
    .initial = {v1::Product::DRAFT},
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_STATES_H_
