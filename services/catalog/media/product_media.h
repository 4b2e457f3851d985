// A product's media, checked and kept in the transaction that writes the product.
#ifndef STOREOPS_SERVICES_CATALOG_MEDIA_PRODUCT_MEDIA_H_
#define STOREOPS_SERVICES_CATALOG_MEDIA_PRODUCT_MEDIA_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "common/base/errors.h"
#include "common/resource/write.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// Each media once; SKUs are those of the product's variants, each once.
std::vector<FieldViolation> CheckProductMedia(const v1::Product& product);

// INVALID_ARGUMENT naming each media that does not exist, of those that this write adds. `before` is null on create; a
// deleted product shows none. Uses the database only if media come or go.
absl::Status KeepProductMedia(resource::Write& write, int64_t id, const v1::Product* before, const v1::Product& after);

// A product that is being deleted.
absl::Status DropProductMedia(resource::Write& write, int64_t id, const v1::Product& product);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_MEDIA_PRODUCT_MEDIA_H_
