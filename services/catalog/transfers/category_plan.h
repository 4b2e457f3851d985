// What the rows of a file mean for the category tree: which are there, which are new, where each goes, and whether all
// of it together can be.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_PLAN_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_PLAN_H_

#include <string>
#include <vector>

#include "services/catalog/categories/category_tree.h"
#include "services/catalog/transfers/category_rows.h"

namespace storeops::catalog {

// What becomes of a row.
struct PlannedCategory {
  size_t row = 0;
  // The category that it is, "categories/12"; empty: a new one.
  std::string existing;
  // The parent, if it is a row: which; else -1, and its name, "" for none.
  int parent_row = -1;
  std::string parent;
  // From the root, as it is to be.
  CategoryPath path;
};

struct CategoryPlan {
  // One for each row, parents before children; meaningless if there are errors.
  std::vector<PlannedCategory> categories;
  // In the order of the file.
  std::vector<v1::ImportError> errors;
};

// A row is the category that its path leads to, or else the one that is already where the row says. Paths are those of
// before the import. A file whose second run would not find the same categories again is refused.
CategoryPlan PlanCategories(const CategoryFile& file, const CategoryTree& tree);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_PLAN_H_
