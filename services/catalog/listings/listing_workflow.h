// Takes listings from state to state, in the transaction that writes the product.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_WORKFLOW_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_WORKFLOW_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/resource/write.h"
#include "services/catalog/channels/channel_service.h"
#include "services/catalog/listings/listing_schedule.h"
#include "services/catalog/listings/listing_states.h"
#include "services/catalog/product_types/product_type_service.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// Makes the transition to `state`, with what goes along with it.
void EnterState(v1::Product::State state, absl::Time now, v1::Product& product);

class ListingWorkflow {
 public:
  // Both outlive this object.
  ListingWorkflow(const ProductTypeService& types, const ChannelService& channels)
      : types_(types), channels_(channels) {}

  // An action on the product itself. FAILED_PRECONDITION if its state or the action's guard does not allow it,
  // PERMISSION_DENIED if the writer may not.
  absl::Status Act(resource::Write& write, ListingAction action, v1::Product& product) const;

  // Published on a channel, and hidden there. FAILED_PRECONDITION; INVALID_ARGUMENT if there is no such channel.
  absl::Status Show(resource::Write& write, const std::string& channel, const std::string& external_id,
                    const std::string& external_url, v1::Product& product) const;
  absl::Status Hide(resource::Write& write, const std::string& channel, v1::Product& product) const;

  // Replaces the product's schedule. INVALID_ARGUMENT naming `{prefix}changes[i]...`, FAILED_PRECONDITION.
  absl::Status Schedule(resource::Write& write, const ScheduledChanges& changes, absl::string_view prefix,
                        v1::Product& product) const;

  // Makes the changes of the product's schedule that are due, and notes on it what could not be done. Not OK: nothing
  // could be found out about it, e.g. for want of a database.
  absl::Status MakeDueChanges(resource::Write& write, v1::Product& product) const;

 private:
  absl::Status CheckSound(resource::Write& write, const v1::Product& product) const;
  absl::Status MakeChange(resource::Write& write, const v1::ScheduledChange& change, v1::Product& product) const;

  const ProductTypeService& types_;
  const ChannelService& channels_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_WORKFLOW_H_
