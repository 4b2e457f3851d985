// What makes the shape of the category tree right, checked in the transaction that changes it.
#ifndef STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_RULES_H_
#define STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_RULES_H_

#include "absl/status/status.h"
#include "common/db/database.h"
#include "storeops/catalog/v1/category.pb.h"

namespace storeops::catalog {

void FillCategoryDefaults(v1::Category& category);

// INVALID_ARGUMENT naming the field: a parent that does not exist or lies below the category itself, a tree that would
// become too deep or too wide, a title that a sibling has. `id` is 0 for a new category. Takes the tree's lock.
absl::Status CheckCategoryPlace(db::Session& session, int64_t id, const v1::Category& category);

// FAILED_PRECONDITION while it has live children or products. Takes the tree's lock; the category's row is locked.
absl::Status CheckCategoryIsEmpty(db::Session& session, const v1::Category& category);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_RULES_H_
