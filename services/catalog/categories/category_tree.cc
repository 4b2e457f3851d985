#include "services/catalog/categories/category_tree.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace storeops::catalog {

using v1::Category;

CategoryTree::CategoryTree(std::vector<Category> categories) : categories_(std::move(categories)) {
  for (const Category& category : categories_) by_name_.emplace(category.name(), &category);
  for (const Category& category : categories_) {
    children_[by_name_.contains(category.parent()) ? category.parent() : ""].push_back(&category);
  }
  for (auto& [parent, siblings] : children_) {
    std::sort(siblings.begin(), siblings.end(), [](const Category* a, const Category* b) {
      return std::forward_as_tuple(a->position(), a->title(), a->name()) <
             std::forward_as_tuple(b->position(), b->title(), b->name());
    });
  }
}

const Category* CategoryTree::Find(absl::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

const std::vector<const Category*>& CategoryTree::Children(absl::string_view name) const {
  static const auto* none = new std::vector<const Category*>;
  const auto found = children_.find(name);
  return found == children_.end() ? *none : found->second;
}

std::vector<std::string> CategoryTree::Branch(absl::string_view name) const {
  std::vector<std::string> branch;
  if (Find(name) == nullptr) return branch;
  branch.emplace_back(name);
  for (size_t i = 0; i < branch.size(); ++i) {
    const auto& children = Children(branch[i]);
    for (const Category* child : children) branch.push_back(child->name());
  }
  return branch;
}

std::vector<const Category*> CategoryTree::Path(absl::string_view name) const {
  std::vector<const Category*> path;
  for (const Category* node = Find(name); node != nullptr; node = Find(node->parent())) {
    path.push_back(node);
    if (path.size() > kMaxCategoryDepth) break;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

void CategoryTree::Fill(const Category& category, int levels, v1::CategoryNode* node) const {
  *node->mutable_category() = category;
  if (levels == 0) return;
  for (const Category* child : Children(category.name())) Fill(*child, levels - 1, node->add_children());
}

}  // namespace storeops::catalog
