// What a product's write means for the tables of channels and schedules, and what its listing fields must be.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_FILING_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_FILING_H_

#include "absl/status/status.h"
#include "common/resource/write.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// The state of a new product, and the keys of its external references.
void FillListingDefaults(v1::Product& product);

// Brings the tables in step, in the transaction that writes the product. A new product is in none of them, and this
// does not use the session for it. One that is undeleted is hidden on channels that have gone meanwhile.
absl::Status FileWrittenListing(resource::Write& write, int64_t id, const v1::Product* before, v1::Product& after);
absl::Status UnfileDeletedListing(resource::Write& write, int64_t id, const v1::Product& product);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_FILING_H_
