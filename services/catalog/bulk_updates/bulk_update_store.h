// Results of bulk updates in the database.
#ifndef STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_STORE_H_
#define STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_STORE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"
#include "storeops/catalog/v1/bulk_update.pb.h"

namespace storeops::catalog {

// The first of them gets `position`, the others those behind it.
absl::Status InsertResults(db::Session& session, int64_t operation, int64_t position,
                           const std::vector<v1::BulkUpdateResult>& results, absl::Time now);

struct ResultRow {
  int64_t position;
  v1::BulkUpdateResult result;
};
// What lists of results can be filtered by.
absl::StatusOr<resource::FilterFields> OpenResultFilter(db::Database& database);
// Behind `after`, in order.
absl::StatusOr<std::vector<ResultRow>> ReadResults(db::Database& database, int64_t operation,
                                                   const resource::Condition& condition, int64_t after, int limit,
                                                   absl::Time deadline);

// Removes results older than `before`, at most `limit`; how many.
absl::StatusOr<int64_t> PruneResults(db::Database& database, absl::Time before, int limit, absl::Time deadline);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_STORE_H_
