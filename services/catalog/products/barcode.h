// Barcodes of variants: GTINs, and others.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_BARCODE_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_BARCODE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace storeops::catalog {

// 8, 12, 13 or 14 digits of which the last is the check digit (GS1 General Specifications, section 7.9).
bool IsGtin(absl::string_view barcode);

// A GTIN that means one article wherever it is read. Those that begin with 02, 04 or 2 (as 13 digits; 0 or 2 as 8) are
// for use within a shop, and those of coupons (98, 99) are no articles: marketplaces refuse both.
bool IsGlobalGtin(absl::string_view barcode);

// A number as spreadsheets show long ones, with fewer digits than were typed: "9.78E+12". Its last digits are lost.
bool IsRoundedNumber(absl::string_view text);

// As a file states it: without blanks and an apostrophe around it, and where the rest is digits (an ISBN-10 may end
// with X), without the hyphens and blanks between them. "978-1-86197-876-9" -> "9781861978769". A number with an
// exponent that has all of its digits is written out: "4.006381333931E+12" -> "4006381333931".
std::string NormalizeBarcode(absl::string_view text);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_BARCODE_H_
