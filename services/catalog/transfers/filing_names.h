// Categories and product types by what files call them.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_FILING_NAMES_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_FILING_NAMES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "services/catalog/categories/category_tree.h"
#include "services/catalog/transfers/cell_text.h"
#include "storeops/catalog/v1/product_type.pb.h"

namespace storeops::catalog {

class FilingNames {
 public:
  FilingNames() = default;
  FilingNames(const CategoryTree& categories, std::vector<v1::ProductType> types);

  // A live category of this path, or of the only part's name ("categories/12"); empty if there is none.
  std::string FindCategory(const CategoryPath& path) const;
  // The child of `parent` ("" for a root) with this title; empty if there is none.
  std::string FindChild(const std::string& parent, const std::string& title) const;
  void AddCategory(const std::string& name, const std::string& parent, const std::string& title);
  // From the root; only the name for one that is not known.
  CategoryPath PathOf(const std::string& category) const;

  // By title or name; null if there is none.
  const v1::ProductType* FindType(absl::string_view text) const;
  const std::vector<v1::ProductType>& types() const { return types_; }

 private:
  void AddBelow(const std::string& parent, const CategoryTree& categories);

  struct Node {
    std::string parent;
    std::string title;
  };
  absl::flat_hash_map<std::pair<std::string, std::string>, std::string> by_place_;  // by parent and title
  absl::flat_hash_map<std::string, Node> by_name_;
  std::vector<v1::ProductType> types_;
  absl::flat_hash_map<std::string, size_t> types_by_text_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_FILING_NAMES_H_
