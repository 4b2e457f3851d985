// Works a file of categories into the tree, in one transaction.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_IMPORT_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_IMPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/resource/resource.h"
#include "services/catalog/categories/category_service.h"
#include "services/catalog/transfers/category_plan.h"
#include "services/catalog/transfers/category_rows.h"
#include "storeops/catalog/v1/transfer_service.pb.h"

namespace storeops::catalog {

class CategoryImport {
 public:
  struct Options {
    std::string language;  // of new categories that name none
    bool validate_only = false;
  };
  // All outlive this object.
  CategoryImport(CategoryService& categories, const CategoryFile& file, Options options)
      : categories_(categories), file_(file), options_(std::move(options)) {}

  // INVALID_ARGUMENT naming places of the file. When only validating nothing is written, save that the tree is held.
  absl::Status Run(resource::Write& write, v1::ImportCategoriesResponse* response) const;

 private:
  struct Batch {
    std::vector<resource::Page::Item> before;  // those of the rows that are there
    std::vector<std::string> names;            // by row; of all
    std::vector<v1::Category> merged;          // in the plan's order
    std::vector<resource::UpsertResult> results;
  };
  absl::StatusOr<Batch> Write(resource::Write& write, const CategoryPlan& plan) const;
  absl::StatusOr<std::vector<int64_t>> TakeIds(resource::Write& write, int count) const;
  v1::Category Merge(const PlannedCategory& planned, const v1::Category* before,
                     const std::vector<std::string>& names) const;
  std::vector<v1::ImportError> Refusals(const CategoryPlan& plan, const Batch& batch) const;
  void Report(const CategoryPlan& plan, const CategoryTree& tree, const Batch& batch,
              v1::ImportCategoriesResponse* response) const;

  CategoryService& categories_;
  const CategoryFile& file_;
  const Options options_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_CATEGORY_IMPORT_H_
