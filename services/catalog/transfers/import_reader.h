// A file's products in batches, read ahead by a thread of its own while the last ones are written.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_READER_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_READER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/base/background_thread.h"
#include "common/base/hash_file.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

struct ImportBatch {
  std::vector<ImportedProduct> products;
  int64_t bytes = 0;  // of the file, up to its end
  // Not OK: nothing comes behind it, because the file (INVALID_ARGUMENT) or its source is broken.
  absl::Status end;
  bool last = false;
};

// Finds SKUs, slugs and groups that stand in a file more than once.
class RepetitionFinder {
 public:
  explicit RepetitionFinder(std::unique_ptr<HashFile> seen) : seen_(std::move(seen)) {}

  // Adds an error to a product that repeats one of before. Of Shopify's files SKUs are marked as repeated, and a
  // repeated slug is left out with a warning.
  absl::Status Check(ImportedProduct* product);

 private:
  absl::Status CheckSlugs(ImportedProduct* product);
  absl::Status CheckSkus(ImportedProduct* product);
  absl::StatusOr<bool> IsNew(char kind, absl::string_view text);

  const std::unique_ptr<HashFile> seen_;
};

class ImportReader {
 public:
  // Passes over the first `skip` products, but remembers their SKUs. `seen` is empty.
  ImportReader(std::unique_ptr<ProductReader> reader, std::unique_ptr<HashFile> seen, int64_t skip);

  // The next batch, the last of which has `last`. Not to be called after that one.
  ImportBatch Next();
  const ProductReader& products() const { return *reader_; }

 private:
  void Run();
  void WakeReader();
  ImportBatch Read();

  const std::unique_ptr<ProductReader> reader_;
  int64_t skip_;
  int64_t next_rows_;  // of the next batch
  RepetitionFinder repetitions_;
  absl::Mutex mutex_;
  std::deque<ImportBatch> ready_ ABSL_GUARDED_BY(mutex_);
  BackgroundThread thread_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_READER_H_
