// A product's schedule: what it may hold, and what of it is due.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SCHEDULE_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SCHEDULE_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "google/protobuf/repeated_field.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

using ScheduledChanges = google::protobuf::RepeatedPtrField<v1::ScheduledChange>;

// Two changes for one time and channel, as "changes[i]".
std::vector<FieldViolation> CheckSchedule(const ScheduledChanges& changes);

// Replaces the product's schedule, by time, the product itself before its channels.
void SetSchedule(ScheduledChanges changes, v1::Product& product);

// When the next change of a live product is due; InfiniteFuture if nothing is.
absl::Time NextChange(const v1::Product& product);

// Takes what is due by now out of the schedule, in order.
std::vector<v1::ScheduledChange> TakeDue(absl::Time now, v1::Product& product);

// Notes on the product how a change that was due went.
void NoteOutcome(const v1::ScheduledChange& change, const absl::Status& outcome, v1::Product& product);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SCHEDULE_H_
