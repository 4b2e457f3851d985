#include "services/catalog/categories/category_rules.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "services/catalog/catalog_names.h"
#include "services/catalog/categories/category_store.h"
#include "services/catalog/categories/category_tree.h"
#include "services/catalog/products/product_store.h"

namespace storeops::catalog {
namespace {

using v1::Category;

// Levels from the root down to the new parent. The category itself must not be among them.
absl::StatusOr<int> DepthOfParent(db::Session& session, int64_t id, const std::string& parent) {
  int depth = 0;
  for (std::string above = parent; !above.empty(); ++depth) {
    if (kCategoryNames.IdIn(above) == id) return InvalidField("parent", "lies in the branch of the category itself");
    if (depth > kMaxCategoryDepth) return STOREOPS_BUG("the category tree has a circle");
    const auto place = ReadCategoryPlace(session, kCategoryNames.IdIn(above));
    if (absl::IsNotFound(place.status())) return InvalidField("parent", absl::StrCat("there is no ", above));
    RETURN_IF_ERROR(place.status());
    above = place->parent;
  }
  return depth;
}

// Levels of the branch, the category included.
absl::StatusOr<int> HeightOfBranch(db::Session& session, int64_t id) {
  if (id == 0) return 1;
  int height = 0;
  for (std::vector<std::string> level = {kCategoryNames.Format(id)}; !level.empty(); ++height) {
    if (height > kMaxCategoryDepth) return STOREOPS_BUG("the category tree has a circle");
    ASSIGN_OR_RETURN(const auto children, ReadCategoryChildren(session, level));
    level.clear();
    for (int64_t child : children) level.push_back(kCategoryNames.Format(child));
  }
  return height;
}

absl::Status CheckSiblings(db::Session& session, int64_t id, const Category& category) {
  ASSIGN_OR_RETURN(const int64_t same, FindCategoryChild(session, category.parent(), category.title()));
  if (same != 0 && same != id) {
    return InvalidField("title", absl::StrCat(kCategoryNames.Format(same), " below the same parent has this title"));
  }
  ASSIGN_OR_RETURN(const auto siblings, ReadCategoryChildren(session, {category.parent()}));
  if (siblings.size() >= kMaxCategoryChildren) {
    return InvalidField("parent", absl::StrCat("has ", kMaxCategoryChildren, " categories below it already"));
  }
  return absl::OkStatus();
}

}  // namespace

void FillCategoryDefaults(Category& category) {
  if (category.language().empty()) category.set_language("en");
}

absl::Status CheckCategoryPlace(db::Session& session, int64_t id, const Category& category) {
  RETURN_IF_ERROR(LockCategoryTree(session));
  ASSIGN_OR_RETURN(const int above, DepthOfParent(session, id, category.parent()));
  ASSIGN_OR_RETURN(const int height, HeightOfBranch(session, id));
  if (above + height > kMaxCategoryDepth) {
    return InvalidField("parent", absl::StrCat("the tree would have ", above + height, " levels; at most ",
                                               kMaxCategoryDepth, " are allowed"));
  }
  return CheckSiblings(session, id, category);
}

absl::Status CheckCategoryIsEmpty(db::Session& session, const Category& category) {
  RETURN_IF_ERROR(LockCategoryTree(session));
  ASSIGN_OR_RETURN(const auto children, ReadCategoryChildren(session, {category.name()}));
  if (!children.empty()) {
    return PreconditionFailed("CATEGORY_HAS_CHILDREN", category.name(),
                              absl::StrCat("move or delete its ", children.size(), " children first, e.g. ",
                                           kCategoryNames.Format(children.front())));
  }
  ASSIGN_OR_RETURN(const int64_t product, FindProductInCategory(session, kCategoryNames.IdIn(category.name())));
  if (product == 0) return absl::OkStatus();
  return PreconditionFailed("CATEGORY_HAS_PRODUCTS", category.name(),
                            absl::StrCat("take its products out first, e.g. products/", product));
}

}  // namespace storeops::catalog
