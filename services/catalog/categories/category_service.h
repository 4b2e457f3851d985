// CategoryService: the standard methods with the rules of the tree, and the tree as a whole.
#ifndef STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/catalog/categories/category_tree.h"

namespace storeops::catalog {

class CategoryService {
 public:
  absl::Status Bind(Environment& environment);

  // All live categories as they are now. FAILED_PRECONDITION above 20,000.
  absl::StatusOr<CategoryTree> ReadTree(absl::Time deadline);
  // The same in a transaction, until whose end nobody else changes the shape of the tree.
  absl::StatusOr<CategoryTree> LockTree(db::Session& session);
  // For whoever holds the tree and writes many at once, having checked their places all together: it does not check
  // where a category stands.
  resource::Resource& arranged() { return *arranged_; }
  // A new category as a part of `write`; its name. INVALID_ARGUMENT as CreateCategory.
  absl::StatusOr<std::string> Create(resource::Write& write, const std::string& title, const std::string& parent,
                                     const std::string& language);

 private:
  // With `places`: what is written stands where it can.
  resource::Hooks MakeHooks(bool places);
  absl::Duration CostOfTree(const rpc::Call& call) const;
  absl::StatusOr<v1::GetCategoryTreeResponse> GetTree(rpc::Call& call, const v1::GetCategoryTreeRequest& request);

  std::unique_ptr<resource::Resource> categories_;
  std::unique_ptr<resource::Resource> arranged_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_CATEGORIES_CATEGORY_SERVICE_H_
