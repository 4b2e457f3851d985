// Works products of a file into the catalogue, in transactions of many.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_BATCH_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_BATCH_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/resource/resource.h"
#include "services/catalog/categories/category_service.h"
#include "services/catalog/transfers/filing_names.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

// How one product fared.
struct ImportedResult {
  resource::UpsertResult::Kind kind = resource::UpsertResult::kRefused;
  std::vector<v1::ImportError> errors;
};
// How those of a batch fared that were worked on: the first ones.
struct BatchResult {
  std::vector<ImportedResult> products;
  int64_t categories_created = 0;

  // The first product that was refused; nothing if none was.
  std::optional<size_t> FirstRefused() const;
};

class BatchImporter {
 public:
  struct Options {
    std::string principal;  // on whose behalf
    std::string language;
    bool create_categories = false;
    // Products behind one that is refused are left alone.
    bool stop_at_error = false;
  };
  // All outlive this object.
  BatchImporter(const resource::Store& store, resource::Resource& products, CategoryService& categories,
                FilingNames names, Options options)
      : store_(store), products_(products), categories_(categories), names_(std::move(names)), options_(options) {}

  // Runs in the transaction, last of all.
  using Conclude = absl::FunctionRef<absl::Status(resource::Write& write, const BatchResult& result)>;

  // Works on as many of `batch` as can be written together: all, save when two rows' products turn out to be one and
  // the same. Everything and what `conclude` does is committed or nothing.
  absl::StatusOr<BatchResult> Write(absl::Span<const ImportedProduct> batch, const ProductReader& reader,
                                    Conclude conclude);
  // What Write would do; nothing is changed.
  absl::StatusOr<BatchResult> Check(absl::Span<const ImportedProduct> batch, const ProductReader& reader);

 private:
  struct Attempt;
  absl::StatusOr<BatchResult> Try(absl::Span<const ImportedProduct> batch, const ProductReader& reader,
                                  const std::vector<CategoryPath>& wanted_categories, bool check_only,
                                  Conclude conclude);
  absl::StatusOr<BatchResult> Repeatedly(absl::FunctionRef<absl::StatusOr<BatchResult>()> attempt);
  absl::Status Run(resource::Write& write, Attempt& attempt);
  absl::Status Match(resource::Write& write, Attempt& attempt);
  absl::Status MergeAll(Attempt& attempt);
  absl::Status CreateCategories(resource::Write& write, Attempt& attempt);
  std::vector<CategoryPath> MissingPaths(absl::Span<const ImportedProduct> batch) const;
  rpc::Call MakeCall() const;

  const resource::Store& store_;
  resource::Resource& products_;
  CategoryService& categories_;
  FilingNames names_;
  const Options options_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_BATCH_H_
