#include "services/catalog/transfers/category_matcher.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/base/input_text.h"

namespace storeops::catalog {

using Kind = CategoryColumnKind;

bool CategoryShape::Add(CategoryNode parent, const std::string& title, CategoryNode node) {
  // Titles in files are in their normal form; those that were stored before there was one need not be.
  std::string normal = title;
  NormalizeText(TextForm::kLine, &normal);
  return children_.emplace(std::make_pair(parent, std::move(normal)), node).second;
}

CategoryNode CategoryShape::FindChild(CategoryNode parent, const std::string& title) const {
  const auto found = children_.find(std::make_pair(parent, title));
  return found == children_.end() ? kNoCategory : found->second;
}

CategoryNode CategoryShape::FindName(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? kNoCategory : found->second;
}

RowNames::RowNames(const CategoryFile& file) {
  for (size_t row = 0; row < file.rows.size(); ++row) {
    size_t first = row;
    if (!Add(file.rows[row].self, row, &first)) repetitions_.push_back({row, first});
  }
}

bool RowNames::Add(const CategoryReference& reference, size_t row, size_t* first) {
  if (reference.empty()) return true;
  if (!reference.path.empty()) {
    const auto [known, fresh] = by_path_.emplace(reference.path, row);
    *first = known->second;
    return fresh;
  }
  const auto [known, fresh] = by_text_.emplace(reference.key.empty() ? reference.name : reference.key, row);
  *first = known->second;
  return fresh;
}

int RowNames::Find(const CategoryReference& reference) const {
  const std::string& text = reference.key.empty() ? reference.name : reference.key;
  if (text.empty()) return FindPath(reference.path, reference.path.size());
  const auto found = by_text_.find(text);
  return found == by_text_.end() ? -1 : static_cast<int>(found->second);
}

int RowNames::FindPath(const CategoryPath& path, size_t length) const {
  if (by_path_.empty() || length == 0) return -1;
  const auto found = by_path_.find(CategoryPath(path.begin(), path.begin() + static_cast<int64_t>(length)));
  return found == by_path_.end() ? -1 : static_cast<int>(found->second);
}

CategoryMatcher::CategoryMatcher(const CategoryFile& file, const RowNames& names, const CategoryShape& shape,
                                 const std::vector<CategoryNode>& parents)
    : file_(file),
      names_(names),
      shape_(shape),
      parents_(parents),
      has_parents_(file.Has(Kind::kParent)),
      nodes_(file.rows.size(), kNoCategory) {
  for (const CategoryRow& row : file_.rows) {
    walks_.push_back(Begin(row.self.path, row.self.path.empty() ? 0 : row.self.path.size() - 1));
    parent_walks_.push_back(Begin(row.parent.path, row.parent.path.size()));
  }
  Match();
}

CategoryMatcher::Walk CategoryMatcher::Begin(const CategoryPath& path, size_t length) const {
  for (; length > 0; --length) {
    const int row = names_.FindPath(path, length);
    if (row >= 0) return {row, length};
  }
  return {};
}

CategoryNode CategoryMatcher::Follow(const Walk& walk, const CategoryPath& path, size_t length) const {
  CategoryNode node = walk.row >= 0 ? nodes_[walk.row] : kTop;
  for (size_t i = walk.length; i < length && node != kNoCategory; ++i) node = shape_.FindChild(node, path[i]);
  return node;
}

ParentPlace CategoryMatcher::ParentOf(size_t row) const {
  const CategoryReference& self = file_.rows[row].self;
  const CategoryReference& parent = file_.rows[row].parent;
  if (has_parents_) {
    if (parent.empty()) return {-1, kTop};
    const int named = names_.Find(parent);
    if (named >= 0) return {named, nodes_[named]};
    if (!parent.name.empty()) return {-1, shape_.FindName(parent.name)};
    if (parent.path.empty()) return {};  // a key that no row has
    return {-1, Follow(parent_walks_[row], parent.path, parent.path.size())};
  }
  if (!self.key.empty()) return {-1, kTop};
  if (!self.name.empty()) {
    const CategoryNode node = shape_.FindName(self.name);
    return {-1, node == kNoCategory ? kNoCategory : parents_[node]};
  }
  if (self.path.empty()) return {};
  const size_t length = self.path.size() - 1;
  const Walk& walk = walks_[row];
  if (walk.row >= 0 && walk.length == length) return {walk.row, nodes_[walk.row]};
  return {-1, Follow(walk, self.path, length)};
}

CategoryNode CategoryMatcher::FindByPath(size_t row) const {
  const CategoryReference& self = file_.rows[row].self;
  if (!self.name.empty()) return shape_.FindName(self.name);
  if (self.path.empty()) return kNoCategory;
  const CategoryNode parent = Follow(walks_[row], self.path, self.path.size() - 1);
  return parent == kNoCategory ? kNoCategory : shape_.FindChild(parent, self.path.back());
}

CategoryNode CategoryMatcher::FindByPlace(size_t row) const {
  const CategoryRow& stated = file_.rows[row];
  if (!stated.self.name.empty() || stated.self.empty() || stated.category.title().empty()) return kNoCategory;
  const CategoryNode parent = ParentOf(row).node;
  return parent == kNoCategory ? kNoCategory : shape_.FindChild(parent, stated.category.title());
}

// Each found row may be what leads to others: by paths as far as they go, then by places, then by paths again.
void CategoryMatcher::Match() {
  std::vector<size_t> rest(file_.rows.size());
  std::iota(rest.begin(), rest.end(), 0);
  std::stable_sort(rest.begin(), rest.end(),
                   [&](size_t a, size_t b) { return file_.rows[a].self.path.size() < file_.rows[b].self.path.size(); });
  const auto find = [&](CategoryNode (CategoryMatcher::*how)(size_t) const) {
    const size_t before = rest.size();
    std::erase_if(rest, [&](size_t row) {
      nodes_[row] = (this->*how)(row);
      return nodes_[row] != kNoCategory;
    });
    return rest.size() < before;
  };
  while (find(&CategoryMatcher::FindByPath) || find(&CategoryMatcher::FindByPlace)) {
  }
}

}  // namespace storeops::catalog
