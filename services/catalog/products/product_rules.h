// What makes a product a sensible one, beyond what its annotations say. Pure functions of the message.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_RULES_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_RULES_H_

#include <vector>

#include "common/base/errors.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// Kind GOODS and language "en" where not set; tags without surrounding blanks.
void FillProductDefaults(storeops::catalog::v1::Product& product);

// Every violation, with fields relative to the product ("variants[1].sku"):
// - options have distinct names, and each option distinct values;
// - each variant has exactly one value for each option, one of the option's, and no two variants the same combination;
// - SKUs are distinct within the product (over all products, the unique key sees to it);
// - at most one translation for each language, none for the product's own; languages are compared without case;
// - tags are distinct;
// - all prices and costs are in one currency.
std::vector<FieldViolation> CheckProduct(const storeops::catalog::v1::Product& product);

// Writes of callers who may not see costs leave them as they are: each variant gets the cost that the variant with its
// SKU has in `before`, or none.
void KeepCosts(const storeops::catalog::v1::Product& before, storeops::catalog::v1::Product& after);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_RULES_H_
