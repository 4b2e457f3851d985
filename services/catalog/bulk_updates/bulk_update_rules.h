// What a bulk update may ask for, and what it does to one product. Pure functions of the messages.
#ifndef STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_RULES_H_
#define STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_RULES_H_

#include <vector>

#include "common/base/errors.h"
#include "storeops/catalog/v1/bulk_update.pb.h"

namespace storeops::catalog {

inline constexpr int kMaxBulkProducts = 100'000;
// As many violations are reported.
inline constexpr size_t kMaxBulkViolations = 100;

// Every violation: which products are meant must be said in one way, at least one action, and values that some product
// could have.
std::vector<FieldViolation> CheckBulkUpdate(const v1::BulkUpdateProductsRequest& request);

// Whether what came of it is a sensible product, is for the rules of products to say.
void ApplyBulkUpdate(const v1::BulkUpdateProductsRequest& request, v1::Product* product);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_RULES_H_
