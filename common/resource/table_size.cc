#include "common/resource/table_size.h"

#include <algorithm>
#include <utility>

#include "common/base/now.h"
#include "common/base/status_macros.h"

namespace storeops::resource {
namespace {

constexpr absl::Duration kMaxAge = absl::Minutes(1);
constexpr absl::Duration kReadLimit = absl::Seconds(1);
// Where the database does not estimate the number of values, as TiDB does not before it has analyzed the table.
constexpr int64_t kRowsOfUnknownValue = 10'000;

}  // namespace

void TableSize::Refresh(absl::Time deadline) {
  const absl::Time now = SteadyNow();
  {
    absl::MutexLock lock(&mutex_);
    if (now < next_read_) return;
    next_read_ = now + kMaxAge;  // others go on with what is known
  }
  absl::StatusOr<Estimates> read = Read(std::min(deadline, now + kReadLimit));
  if (!read.ok()) return;
  absl::MutexLock lock(&mutex_);
  estimates_ = *std::move(read);
}

absl::StatusOr<TableSize::Estimates> TableSize::Read(absl::Time deadline) const {
  Estimates estimates;
  ASSIGN_OR_RETURN(const db::Rows table,
                   database_.Query(deadline,
                                   "SELECT CAST(COALESCE(table_rows, 0) AS SIGNED) FROM information_schema.tables "
                                   "WHERE table_schema = DATABASE() AND table_name = ?",
                                   {table_}));
  if (!table.empty()) estimates.rows = table.Int(0, 0);
  ASSIGN_OR_RETURN(const db::Rows columns,
                   database_.Query(deadline,
                                   "SELECT column_name, CAST(COALESCE(MAX(cardinality), 0) AS SIGNED) FROM "
                                   "information_schema.statistics WHERE table_schema = DATABASE() AND table_name = ? "
                                   "AND seq_in_index = 1 GROUP BY column_name",
                                   {table_}));
  for (size_t row = 0; row < columns.size(); ++row) estimates.values[columns.Text(row, 0)] = columns.Int(row, 1);
  return estimates;
}

int64_t TableSize::rows() const {
  absl::MutexLock lock(&mutex_);
  return estimates_.rows;
}

int64_t TableSize::RowsOfValue(absl::string_view column) const {
  absl::MutexLock lock(&mutex_);
  const auto values = estimates_.values.find(column);
  if (values == estimates_.values.end()) return estimates_.rows;
  if (values->second <= 0) return std::min(estimates_.rows, kRowsOfUnknownValue);
  return (estimates_.rows + values->second - 1) / values->second;
}

}  // namespace storeops::resource
