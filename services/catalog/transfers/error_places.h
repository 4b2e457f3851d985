// Where in a file what is wrong with a product stands.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_ERROR_PLACES_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_ERROR_PLACES_H_

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/base/errors.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

// "variants[12].sku" -> 12; -1 for a field of the product.
int VariantIndexOf(absl::string_view field);

// A violation of a field of `product`, which was made of `imported`, with its place and the variant's SKU. `origins`:
// of each variant of `product` the variant of `imported` that it came from, or -1.
v1::ImportError PlaceViolation(const ImportedProduct& imported, const v1::Product& product,
                               absl::Span<const int> origins, const ProductReader& reader,
                               const FieldViolation& violation);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_ERROR_PLACES_H_
