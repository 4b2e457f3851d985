// Rows of a product of Shopify's files that do not stand together: shops sort their files, append to them and put them
// together from others. They are found by reading the file before it is imported.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_SCATTERED_ROWS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_SCATTERED_ROWS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/hash_file.h"
#include "services/catalog/transfers/csv_products.h"

namespace storeops::catalog {

// Rows that follow each other with the same handle are a run. A later run of a handle belongs to the product of the
// first one if it has no title or the same one, or if the first run has none; with another title it is another product.
// Holds the rows of later runs in memory, up to kMaxBytes and kMaxHandles; what is beyond stays where it is.
class ScatteredRows {
 public:
  static constexpr size_t kMaxBytes = 32 << 20;
  static constexpr size_t kMaxHandles = 100'000;

  // `seen` is empty.
  explicit ScatteredRows(std::unique_ptr<HashFile> seen) : seen_(std::move(seen)) {}

  // First reading: which handles come again. Called for the handle of each run.
  absl::Status NoteRun(const std::string& handle);
  // True if any do: then the file is read a second time.
  bool EndFirstReading();
  // Second reading: called for each row, and EndRun at the end of the file. `title`: the row's; `copy` gives the row.
  template <class Copy>
  void NoteRow(const std::string& handle, absl::string_view title, const Copy& copy) {
    if (handle != run_.handle || !in_run_) BeginRun(handle);
    if (run_.title.empty()) run_.title = std::string(title);
    if (run_.again && run_.bytes <= kMaxBytes) AddRow(copy());
  }
  void EndRun();

  // Import: true for a row that is given with its product,
  bool IsElsewhere(int64_t line) const { return elsewhere_.contains(line); }
  // and for the first row of another product with the handle of one further up.
  bool BeginsAnother(int64_t line) const { return begins_.contains(line); }
  // The rows of later runs of the product, in their order; they are not given again. `title`: of another product with
  // this handle, empty for the first one.
  std::vector<FileRow> Take(const std::string& handle, absl::string_view title);

 private:
  struct Product {
    bool seen = false;
    std::string title;
    absl::flat_hash_set<std::string> other_titles;
  };
  struct Run {
    std::string handle;
    std::string title;
    bool again = false;  // the handle stands further up
    std::vector<FileRow> rows;
    size_t bytes = 0;
  };

  void AddRow(FileRow row);
  void BeginRun(const std::string& handle);
  static std::string KeyOf(absl::string_view handle, absl::string_view title);

  std::unique_ptr<HashFile> seen_;                      // all handles, in the first reading
  absl::flat_hash_map<std::string, Product> products_;  // whose handles come again
  Run run_;
  bool in_run_ = false;
  size_t bytes_ = 0;
  absl::flat_hash_map<std::string, std::vector<FileRow>> rows_;
  absl::flat_hash_set<int64_t> elsewhere_;
  absl::flat_hash_set<int64_t> begins_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_SCATTERED_ROWS_H_
