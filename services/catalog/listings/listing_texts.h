// What CheckListing says about each issue, in English and Chinese.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_TEXTS_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_TEXTS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "storeops/catalog/v1/listing_check.pb.h"

namespace storeops::catalog {

// `subject` is what the issue is about, where its texts name something: an attribute, a language, another product.
v1::ListingIssue MakeIssue(v1::ListingIssue::Code code, v1::ListingIssue::Severity severity, int points_lost,
                           absl::string_view field, absl::string_view subject = "");

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_TEXTS_H_
