// The rule for text from outside (common/base/input_text.h), applied to what a file states.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORTED_TEXT_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORTED_TEXT_H_

#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

// Brings all text of the product into its normal form; what is cleaned out of it becomes a warning, and what is wrong
// an error, at its place in the file.
void NormalizeImported(const ProductReader& reader, ImportedProduct* imported);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORTED_TEXT_H_
