// ListWorstListings: a page of the report, from the scores that are kept.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_REPORT_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_REPORT_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/resource/page_token.h"
#include "common/resource/resource.h"
#include "storeops/catalog/v1/listing_check.pb.h"

namespace storeops::catalog {

absl::StatusOr<v1::ListWorstListingsResponse> ListWorstListings(resource::Resource& products, db::Database& database,
                                                                const resource::PageTokens& tokens,
                                                                const resource::FilterFields& filter_fields,
                                                                const v1::ListWorstListingsRequest& request,
                                                                bool costs_shown, absl::Time deadline);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_REPORT_H_
