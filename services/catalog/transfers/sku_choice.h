// Which product a product of Shopify's is, and which SKUs its variants get.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_SKU_CHOICE_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_SKU_CHOICE_H_

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

// The live product that has a SKU; null if none has.
using FindSkuOwner = absl::FunctionRef<const v1::Product*(absl::string_view sku)>;

// Sets the SKU of each variant of `imported`, which has `skus`, for an import into `existing` (null: into a new
// product). A variant without a stated SKU keeps that of the variant with its option values. Otherwise its own SKU is
// used if `existing` or nobody has it and no variant further up in the file, else the alternative. What is not as the
// file states it is a warning. A SKU that another product has stays, for the caller to refuse.
void ChooseSkus(const v1::Product* existing, FindSkuOwner owner, ImportedProduct* imported);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_SKU_CHOICE_H_
