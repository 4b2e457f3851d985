// The tree built from its nodes, for answers and for "this branch and all below it".
#ifndef STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_TREE_H_
#define STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_TREE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "storeops/catalog/v1/category.pb.h"
#include "storeops/catalog/v1/category_service.pb.h"

namespace storeops::catalog {

inline constexpr int kMaxCategoryDepth = 10;
inline constexpr int kMaxCategoryChildren = 1000;
// Of a tree that is worked with as a whole.
inline constexpr size_t kMaxCategories = 20'000;

// Live categories, arranged. A node whose parent is not among them is a root: nothing is left out.
class CategoryTree {
 public:
  explicit CategoryTree(std::vector<v1::Category> categories);

  // Null if there is none of this name.
  const v1::Category* Find(absl::string_view name) const;
  // The nodes at the top, or those below `name`, in their order: by position, then title, then name.
  const std::vector<const v1::Category*>& Children(absl::string_view name) const;
  // `name` and everything below it, parents before children; empty if there is none of this name.
  std::vector<std::string> Branch(absl::string_view name) const;
  // From the root to `name`.
  std::vector<const v1::Category*> Path(absl::string_view name) const;

  // Fills `node` with `category` and `levels` levels below it.
  void Fill(const v1::Category& category, int levels, v1::CategoryNode* node) const;

 private:
  std::vector<v1::Category> categories_;
  absl::flat_hash_map<std::string, const v1::Category*> by_name_;
  absl::flat_hash_map<std::string, std::vector<const v1::Category*>> children_;  // by parent, "" for roots
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_TREE_H_
