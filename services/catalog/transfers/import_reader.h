// A file's products in batches, read ahead by a thread of its own while the last ones are written.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_READER_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_READER_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {

struct ImportBatch {
  std::vector<ImportedProduct> products;
  int64_t bytes = 0;  // of the file, up to its end
  // Not OK: nothing comes behind it, because the file (INVALID_ARGUMENT) or its source is broken.
  absl::Status end;
  bool last = false;
};

// Finds SKUs and groups that stand in a file more than once. Keeps eight bytes of each: a file may have a million.
class RepetitionFinder {
 public:
  // Adds an error to a product that repeats one of before.
  void Check(ImportedProduct* product);

 private:
  absl::flat_hash_set<uint64_t> seen_;
};

class ImportReader {
 public:
  // Passes over the first `skip` products, but remembers their SKUs.
  ImportReader(std::unique_ptr<ProductReader> reader, int64_t skip);
  ~ImportReader();

  // The next batch, the last of which has `last`. Not to be called after that one.
  ImportBatch Next();
  const ProductReader& products() const { return *reader_; }

 private:
  void Run();
  ImportBatch Read();

  const std::unique_ptr<ProductReader> reader_;
  int64_t skip_;
  RepetitionFinder repetitions_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<ImportBatch> ready_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_READER_H_
