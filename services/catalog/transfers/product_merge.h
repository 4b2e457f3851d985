// What a product becomes by what a file states of it.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_MERGE_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_MERGE_H_

#include <string>
#include <vector>

#include "common/base/errors.h"
#include "services/catalog/transfers/filing_names.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

struct MergedProduct {
  v1::Product product;
  // Of each variant of `product`: the variant of the file that it came from, or -1.
  std::vector<int> origins;
  // Wrong fields of `product`.
  std::vector<FieldViolation> violations;
  // What it was left without, if the file is read leniently.
  std::vector<FieldViolation> left_out;
  // What it has though the file does not state it.
  std::vector<FieldViolation> completed;
};

// `existing` is null for a new product; `language` is for one that names none. Categories that do not exist are wrong
// unless `missing_allowed`; then they are left out. What the file does not state stays as it is; nothing that exists is
// removed but values of what it does state.
MergedProduct MergeProduct(const ImportedProduct& imported, const v1::Product* existing, const FilingNames& names,
                           const std::string& language, bool missing_allowed);

// Levels of a path that have no category: a path of each, parents first. Fields are named "categories[i]" of the path's
// place in `paths`: too deep, or a title that no category can have.
struct MissingCategories {
  std::vector<CategoryPath> paths;
  std::vector<FieldViolation> violations;
};
MissingCategories FindMissing(const std::vector<CategoryPath>& paths, const FilingNames& names);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_MERGE_H_
