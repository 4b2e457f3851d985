// Works products of a file into the catalogue, in transactions of many.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_BATCH_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_BATCH_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "common/base/errors.h"
#include "common/resource/resource.h"
#include "services/catalog/categories/category_service.h"
#include "services/catalog/transfers/filing_names.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

// How one product fared.
struct ImportedResult {
  resource::UpsertResult::Kind kind = resource::UpsertResult::kRefused;
  std::vector<v1::ImportError> errors;
  // Of a product that was not refused.
  std::vector<v1::ImportError> warnings;
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
    // Prices of products on sale stay as they are: others are refused (price_rights.h).
    bool keeps_prices = false;
    // Costs of the file are ignored, and those of products stay.
    bool without_costs = false;
  };
  // All outlive this object.
  BatchImporter(const resource::Store& store, resource::Resource& products, CategoryService& categories,
                FilingNames names, Options options)
      : store_(store),
        products_(products),
        categories_(categories),
        options_(options),
        names_(std::make_shared<const FilingNames>(std::move(names))) {}

  // Runs in the transaction, last of all.
  using Conclude = absl::FunctionRef<absl::Status(resource::Write& write, const BatchResult& result)>;
  // True once all batches before this one are committed; false: not by `until`; an error: that will never be.
  using AwaitTurn = absl::FunctionRef<absl::StatusOr<bool>(absl::Time until)>;

  // Works on as many of `batch` as can be written together: all, save when two rows' products turn out to be one and
  // the same. Everything and what `conclude` does is committed or nothing. Several batches may be written at the same
  // time: what is new in every way is written before its turn and committed in its turn, all else waits for it.
  // Thread-safe.
  absl::StatusOr<BatchResult> Write(absl::Span<const ImportedProduct> batch, const ProductReader& reader,
                                    AwaitTurn await_turn, Conclude conclude);
  // What Write would do; nothing is changed.
  absl::StatusOr<BatchResult> Check(absl::Span<const ImportedProduct> batch, const ProductReader& reader);

 private:
  struct Attempt;
  // What is asked for, and under which circumstances.
  struct Task {
    absl::Span<const ImportedProduct> batch;
    const ProductReader& reader;
    std::vector<CategoryPath> wanted_categories;
    bool check_only;
    bool our_turn;
  };
  // Nothing: it is to be tried again in its turn.
  absl::StatusOr<std::optional<BatchResult>> Try(const Task& task, AwaitTurn await_turn, Conclude conclude);
  absl::StatusOr<std::optional<BatchResult>> Repeatedly(const Task& task, AwaitTurn await_turn, Conclude conclude);
  absl::StatusOr<BatchResult> WriteInTurn(absl::Span<const ImportedProduct> batch, const ProductReader& reader,
                                          Conclude conclude);
  absl::Status Run(resource::Write& write, Attempt& attempt);
  absl::Status Match(resource::Write& write, Attempt& attempt);
  struct Owners;
  void MatchOne(size_t i, const Owners& owners, Attempt& attempt) const;
  void MatchBySkus(size_t i, const Owners& owners, Attempt& attempt) const;
  void MatchByHandle(size_t i, const Owners& owners, Attempt& attempt) const;
  void CheckSlugs(size_t i, const Owners& owners, Attempt& attempt) const;
  // Notes which products may be those of the batch; how many of the batch may be new.
  absl::StatusOr<int> FindExisting(const Task& task, absl::Time deadline, Attempt& attempt);
  absl::Status MergeAll(Attempt& attempt);
  absl::Status CreateCategories(resource::Write& write, Attempt& attempt);
  std::vector<CategoryPath> MissingPaths(absl::Span<const ImportedProduct> batch) const;
  std::shared_ptr<const FilingNames> Names() const;
  void SetNames(FilingNames names);
  rpc::Call MakeCall() const;

  const resource::Store& store_;
  resource::Resource& products_;
  CategoryService& categories_;
  const Options options_;
  mutable absl::Mutex mutex_;
  std::shared_ptr<const FilingNames> names_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_BATCH_H_
