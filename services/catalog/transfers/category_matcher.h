// Finds out which categories the rows of a file mean.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_MATCHER_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_MATCHER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "services/catalog/transfers/category_rows.h"

namespace storeops::catalog {

// A category by its number in a shape of the tree.
using CategoryNode = int;
inline constexpr CategoryNode kTop = -1;  // above all roots
inline constexpr CategoryNode kNoCategory = -2;

// Who stands below whom.
class CategoryShape {
 public:
  // False if a child of this title is there already.
  bool Add(CategoryNode parent, const std::string& title, CategoryNode node);
  CategoryNode FindChild(CategoryNode parent, const std::string& title) const;

  absl::flat_hash_map<std::string, CategoryNode>& by_name() { return by_name_; }
  CategoryNode FindName(const std::string& name) const;

 private:
  absl::flat_hash_map<std::pair<CategoryNode, std::string>, CategoryNode> children_;
  absl::flat_hash_map<std::string, CategoryNode> by_name_;
};

// Which row of a file is meant where one is named.
class RowNames {
 public:
  explicit RowNames(const CategoryFile& file);

  // Rows that are named as one further up.
  struct Repetition {
    size_t row;
    size_t first;
  };
  const std::vector<Repetition>& repetitions() const { return repetitions_; }
  // -1 if there is none.
  int Find(const CategoryReference& reference) const;
  int FindPath(const CategoryPath& path, size_t length) const;

 private:
  bool Add(const CategoryReference& reference, size_t row, size_t* first);

  absl::flat_hash_map<std::string, size_t> by_text_;  // keys, or names
  absl::flat_hash_map<CategoryPath, size_t> by_path_;
  std::vector<Repetition> repetitions_;
};

// Where a row's parent is.
struct ParentPlace {
  int row = -1;                     // a row of the file,
  CategoryNode node = kNoCategory;  // else kTop, a category, or kNoCategory: there is no such one
};

class CategoryMatcher {
 public:
  // All outlive this object.
  CategoryMatcher(const CategoryFile& file, const RowNames& names, const CategoryShape& shape,
                  const std::vector<CategoryNode>& parents);

  // The category that a row is; kNoCategory: it is new.
  CategoryNode NodeOf(size_t row) const { return nodes_[row]; }
  ParentPlace ParentOf(size_t row) const;

 private:
  // A path as the longest part of it that is a row's, and the number of titles of that part.
  struct Walk {
    int row = -1;
    size_t length = 0;
  };
  Walk Begin(const CategoryPath& path, size_t length) const;
  CategoryNode Follow(const Walk& walk, const CategoryPath& path, size_t length) const;
  CategoryNode FindByPath(size_t row) const;
  CategoryNode FindByPlace(size_t row) const;
  void Match();

  const CategoryFile& file_;
  const RowNames& names_;
  const CategoryShape& shape_;
  const std::vector<CategoryNode>& parents_;
  const bool has_parents_;
  std::vector<Walk> walks_;         // of each row's own path, without its last title
  std::vector<Walk> parent_walks_;  // of its parent's path
  std::vector<CategoryNode> nodes_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_MATCHER_H_
