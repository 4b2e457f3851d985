// A product's type, attributes and categories, checked and kept in the transaction that writes the product.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_FILING_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_FILING_H_

#include "absl/status/status.h"
#include "common/resource/write.h"
#include "services/catalog/product_types/product_type_service.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// INVALID_ARGUMENT naming the field: a type or category that does not exist, attributes that do not fit the type. What
// this write leaves as it was is not checked again: definitions may have changed since. `before` is null on create;
// `id` is the product's.
absl::Status FileWrittenProduct(const ProductTypeService& types, resource::Write& write, int64_t id,
                                const v1::Product* before, const v1::Product& after);

// A new product that FileWrittenProduct uses the database for.
bool IsFiled(const v1::Product& product);

// Takes a product that is being deleted out of its categories.
absl::Status UnfileDeletedProduct(resource::Write& write, int64_t id, const v1::Product& product);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_FILING_H_
