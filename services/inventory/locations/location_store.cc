#include "services/inventory/locations/location_store.h"

#include "common/base/status_macros.h"

namespace storeops::inventory {

absl::StatusOr<std::string> FindSkuAtLocation(db::Session& session, int64_t location_id) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT sku FROM stock_levels WHERE location_id = ? "
                                                      "AND (on_hand <> 0 OR reserved <> 0 OR incoming <> 0) LIMIT 1",
                                                      {location_id}));
  return rows.empty() ? std::string() : rows.Text(0, 0);
}

absl::StatusOr<std::vector<int64_t>> ListShippingLocations(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT id FROM locations WHERE ships_orders = 1 AND delete_time IS NULL "
                                 "ORDER BY priority, id"));
  std::vector<int64_t> ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.push_back(rows.Int(i, 0));
  return ids;
}

absl::StatusOr<std::vector<int64_t>> FindLiveLocations(db::Session& session, const std::vector<int64_t>& ids) {
  std::vector<int64_t> live;
  for (const int64_t id : ids) {
    ASSIGN_OR_RETURN(const db::Rows rows,
                     session.Query("SELECT id FROM locations WHERE id = ? AND delete_time IS NULL", {id}));
    if (!rows.empty()) live.push_back(id);
  }
  return live;
}

}  // namespace storeops::inventory
