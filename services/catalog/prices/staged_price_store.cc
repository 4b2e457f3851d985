#include "services/catalog/prices/staged_price_store.h"

#include "common/base/status_macros.h"
#include "storeops/catalog/v1/staged_price.pb.h"

namespace storeops::catalog {

absl::StatusOr<std::vector<int64_t>> FindDueStagedPrices(db::Database& database, absl::Time now, int limit,
                                                         absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT id FROM staged_price_changes WHERE state = ? AND apply_time <= ? "
                                  "ORDER BY apply_time, id LIMIT ?",
                                  {static_cast<int>(v1::StagedPriceChange::APPROVED), now, limit}));
  std::vector<int64_t> ids;
  for (size_t row = 0; row < rows.size(); ++row) ids.push_back(rows.Int(row, 0));
  return ids;
}

}  // namespace storeops::catalog
