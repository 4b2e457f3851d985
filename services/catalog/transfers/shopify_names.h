// Handles of Shopify's files as slugs, and SKUs for variants that have none of their own.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_SHOPIFY_NAMES_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_SHOPIFY_NAMES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// In NFC and lower case, with a hyphen for each run of what is neither letter, mark nor digit: "Blue  Mug!" ->
// "blue-mug". A handle of Shopify's, in any script, stays as it is. Longer ones than a slug can be are cut off and end
// with a hash.
std::string SlugOf(absl::string_view text);

// Of another product with the same handle: "mug" -> "mug-5f0c3a", the same for the same title; empty without a slug.
std::string MakeAlternativeHandle(absl::string_view handle, absl::string_view title);
// "blue_mug-2" -> "Blue mug 2"
std::string ReadableTitle(absl::string_view handle);

// What an export states of a product without a slug: "Blue Mug" of products/12 -> "blue-mug-12".
std::string HandleWithoutSlug(const v1::Product& product);
// The slug, or else that.
std::string HandleOf(const v1::Product& product);

// 1 to 64 characters of ASCII, none of them a control, no blanks around them.
bool IsSku(absl::string_view text);
// "varsity-top" and {"Small"} -> "varsity-top-Small"; ends with a hash of both if that cannot say it all. `values`:
// those of the options, in their order.
std::string MakeSku(absl::string_view handle, const std::vector<std::string>& values);
// For a variant whose SKU another one has: `sku` with a hash of handle and values behind it.
std::string MakeAlternativeSku(absl::string_view sku, absl::string_view handle, const std::vector<std::string>& values);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_SHOPIFY_NAMES_H_
