// The shape of the category tree in the database.
#ifndef STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_STORE_H_
#define STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/db/database.h"

namespace storeops::catalog {

// Until the end of the transaction nobody else changes the shape of the tree.
absl::Status LockCategoryTree(db::Session& session);

// A live node; its parent by name, "" for a root.
struct CategoryPlace {
  int64_t id;
  std::string parent;
};
// NOT_FOUND if there is no such live category.
absl::StatusOr<CategoryPlace> ReadCategoryPlace(db::Session& session, int64_t id);

// Ids of the live children of these categories (names).
absl::StatusOr<std::vector<int64_t>> ReadCategoryChildren(db::Session& session,
                                                          const std::vector<std::string>& parents);
// The live child of `parent` with this title; 0 if there is none.
absl::StatusOr<int64_t> FindCategoryChild(db::Session& session, const std::string& parent, const std::string& title);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_STORE_H_
