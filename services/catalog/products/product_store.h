// What ties products to types and categories in the database.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_STORE_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/db/database.h"

namespace storeops::catalog {

inline constexpr size_t kMaxProductCategories = 20;

// Those of `ids` (at most kMaxProductCategories) that are live categories, ascending. They stay so until the end of the
// transaction.
absl::StatusOr<std::vector<int64_t>> LockCategories(db::Session& session, std::vector<int64_t> ids);

absl::Status FileProduct(db::Session& session, int64_t product_id, const std::vector<int64_t>& categories);
absl::Status UnfileProduct(db::Session& session, int64_t product_id, const std::vector<int64_t>& categories);

// A live product that is filed there, or is of this type; 0 if there is none.
absl::StatusOr<int64_t> FindProductInCategory(db::Session& session, int64_t category_id);
absl::StatusOr<int64_t> FindProductOfType(db::Session& session, const std::string& product_type);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_STORE_H_
