// The category tree as a file that an import takes.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_EXPORT_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_EXPORT_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "services/catalog/categories/category_tree.h"

namespace storeops::catalog {

// Calls `write` with the header and a row for each category, parents before children, siblings in their order, until it
// returns false. `languages` of the translations; none: all that there are. True if all were written.
bool WriteCategories(const CategoryTree& tree, std::vector<std::string> languages,
                     absl::FunctionRef<bool(absl::string_view row)> write);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_EXPORT_H_
