// Makes scheduled publications when their time comes: once each, however many processes look for them.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_PUBLISHER_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_PUBLISHER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/jobs/poller.h"
#include "common/resource/resource.h"
#include "services/catalog/listings/listing_workflow.h"

namespace storeops::catalog {

// Processes claim products that are due for some seconds, so that they do not work on the same ones. That a change is
// made once does not rest on it: it is taken out of the product's schedule in the transaction that makes it, with the
// product's row locked. What a process claimed and did not finish is claimed again by another.
class ListingPublisher {
 public:
  // All outlive this object.
  ListingPublisher(const resource::Store& store, resource::Resource& products, const ListingWorkflow& workflow);

  void Start() { poller_.Start(); }
  void Stop() { poller_.Stop(); }

  // One round: how many products were due.
  absl::StatusOr<int> PublishDue();

 private:
  absl::Status PublishTogether(const std::vector<int64_t>& ids);
  // One that cannot be written is put off, so that it does not hold up the others.
  absl::Status PublishAlone(int64_t id);

  const resource::Store& store_;
  resource::Resource& products_;
  const ListingWorkflow& workflow_;
  jobs::Poller poller_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_PUBLISHER_H_
