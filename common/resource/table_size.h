// How many rows a table has, as its database estimates it.
#ifndef STOREOPS_COMMON_RESOURCE_TABLE_SIZE_H_
#define STOREOPS_COMMON_RESOURCE_TABLE_SIZE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace storeops::resource {

// Estimates are read again after a minute, by the thread that asks; the database may have had them for longer
// (MySQL 8: information_schema_stats_expiry). If they cannot be read, the former ones are used. Thread-safe.
class TableSize {
 public:
  TableSize(db::Database& database, std::string table) : database_(database), table_(std::move(table)) {}

  // Brings the estimates up to date if they are old.
  void Refresh(absl::Time deadline);
  int64_t rows() const;
  // Rows of one value of a column with an index; nothing is assumed of columns without: all rows.
  int64_t RowsOfValue(absl::string_view column) const;

 private:
  struct Estimates {
    int64_t rows = 0;
    absl::flat_hash_map<std::string, int64_t> values;  // distinct ones, by column
  };
  absl::StatusOr<Estimates> Read(absl::Time deadline) const;

  db::Database& database_;
  const std::string table_;
  mutable absl::Mutex mutex_;
  Estimates estimates_ ABSL_GUARDED_BY(mutex_);
  absl::Time next_read_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_TABLE_SIZE_H_
