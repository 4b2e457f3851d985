#include "services/catalog/transfers/filing_names.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "common/base/input_text.h"

namespace storeops::catalog {

FilingNames::FilingNames(const CategoryTree& categories, std::vector<v1::ProductType> types)
    : types_(std::move(types)) {
  AddBelow("", categories);
  for (size_t i = 0; i < types_.size(); ++i) {
    std::string title = types_[i].title();
    NormalizeText(TextForm::kLine, &title);
    types_by_text_.emplace(std::move(title), i);
    types_by_text_.emplace(types_[i].name(), i);
  }
}

void FilingNames::AddBelow(const std::string& parent, const CategoryTree& categories) {
  for (const v1::Category* category : categories.Children(parent)) {
    AddCategory(category->name(), parent, category->title());
    AddBelow(category->name(), categories);
  }
}

void FilingNames::AddCategory(const std::string& name, const std::string& parent, const std::string& title) {
  // Titles in files are in their normal form; those that were stored before there was one need not be.
  std::string normal = title;
  NormalizeText(TextForm::kLine, &normal);
  by_place_.insert_or_assign({parent, std::move(normal)}, name);
  by_name_.insert_or_assign(name, Node{parent, title});
}

std::string FilingNames::FindChild(const std::string& parent, const std::string& title) const {
  const auto found = by_place_.find(std::make_pair(parent, title));
  return found == by_place_.end() ? "" : found->second;
}

std::string FilingNames::FindCategory(const CategoryPath& path) const {
  if (path.size() == 1 && by_name_.contains(path[0])) return path[0];
  std::string name;
  for (const std::string& title : path) {
    name = FindChild(name, title);
    if (name.empty()) break;
  }
  return name;
}

CategoryPath FilingNames::PathOf(const std::string& category) const {
  CategoryPath path;
  std::string name = category;
  while (!name.empty() && path.size() < kMaxCategoryDepth) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return {category};
    path.push_back(found->second.title);
    name = found->second.parent;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

const v1::ProductType* FilingNames::FindType(absl::string_view text) const {
  const auto found = types_by_text_.find(text);
  return found == types_by_text_.end() ? nullptr : &types_[found->second];
}

}  // namespace storeops::catalog
