#include "services/catalog/availability/availability_store.h"

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/in_parts.h"

namespace storeops::catalog {
namespace {

using Query = absl::FunctionRef<absl::StatusOr<db::Rows>(absl::string_view sql, absl::Span<const db::Value> values)>;

constexpr char kAvailabilityColumns[] = "SELECT sku, version, in_stock, update_time FROM sku_availability ";
constexpr char kReadKnown[] = "SELECT value FROM availability_marks WHERE name = 'known'";

SkuAvailability ToAvailability(const db::Rows& rows, size_t row) {
  return {rows.Text(row, 0), rows.Int(row, 1), rows.Int(row, 2) != 0, rows.Time(row, 3)};
}

absl::StatusOr<SkuAvailabilities> ReadBySku(const std::vector<std::string>& skus, Query query) {
  SkuAvailabilities found;
  RETURN_IF_ERROR(db::InParts(skus, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows, query(absl::StrCat(kAvailabilityColumns, "WHERE sku IN (", marks, ")"),
                                                absl::MakeConstSpan(values)));
    for (size_t row = 0; row < rows.size(); ++row) found[rows.Text(row, 0)] = ToAvailability(rows, row);
    return absl::OkStatus();
  }));
  return found;
}

bool IsSet(const db::Rows& rows) { return !rows.empty() && rows.Int(0, 0) != 0; }

}  // namespace

absl::Status StoreStockUnits(db::Session& session, absl::Span<const StockUnits> units) {
  std::vector<db::Value> values;
  values.reserve(units.size() * 3);
  for (const StockUnits& one : units) values.insert(values.end(), {one.sku, one.location, one.available});
  return session.InsertRows("stock_units (sku, location_id, available)", 3, values,
                            "ON DUPLICATE KEY UPDATE available = VALUES(available)");
}

absl::StatusOr<std::vector<int64_t>> StoreStockLocations(db::Session& session,
                                                         absl::Span<const StockLocation> locations) {
  std::vector<int64_t> ids;
  for (const StockLocation& location : locations) ids.push_back(location.id);
  absl::flat_hash_map<int64_t, bool> before;
  RETURN_IF_ERROR(db::InParts(ids, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    ASSIGN_OR_RETURN(
        const db::Rows rows,
        session.Query(absl::StrCat("SELECT location_id, sells FROM stock_locations WHERE location_id IN (", marks, ")"),
                      absl::MakeConstSpan(values)));
    for (size_t row = 0; row < rows.size(); ++row) before[rows.Int(row, 0)] = rows.Int(row, 1) != 0;
    return absl::OkStatus();
  }));
  std::vector<int64_t> changed;
  std::vector<db::Value> values;
  for (const StockLocation& location : locations) {
    if (before[location.id] != location.sells) changed.push_back(location.id);
    values.insert(values.end(), {location.id, location.sells});
  }
  RETURN_IF_ERROR(session.InsertRows("stock_locations (location_id, sells)", 2, values,
                                     "ON DUPLICATE KEY UPDATE sells = VALUES(sells)"));
  return changed;
}

absl::StatusOr<std::vector<std::string>> ReadSkusAt(db::Session& session, int64_t location, const std::string& after,
                                                    int limit) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT sku FROM stock_units WHERE location_id = ? AND sku > ? AND available > 0 "
                                 "ORDER BY sku LIMIT ?",
                                 {location, after, limit}));
  std::vector<std::string> skus;
  for (size_t row = 0; row < rows.size(); ++row) skus.push_back(rows.Text(row, 0));
  return skus;
}

absl::StatusOr<absl::flat_hash_set<std::string>> FindSellable(db::Session& session,
                                                              const std::vector<std::string>& skus) {
  absl::flat_hash_set<std::string> sellable;
  RETURN_IF_ERROR(db::InParts(skus, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows,
                     session.Query(absl::StrCat("SELECT DISTINCT u.sku FROM stock_units u JOIN stock_locations l "
                                                "ON l.location_id = u.location_id AND l.sells = 1 "
                                                "WHERE u.available > 0 AND u.sku IN (",
                                                marks, ")"),
                                   absl::MakeConstSpan(values)));
    for (size_t row = 0; row < rows.size(); ++row) sellable.insert(rows.Text(row, 0));
    return absl::OkStatus();
  }));
  return sellable;
}

absl::StatusOr<SkuAvailabilities> ReadAvailability(db::Session& session, const std::vector<std::string>& skus) {
  return ReadBySku(
      skus, [&](absl::string_view sql, absl::Span<const db::Value> values) { return session.Query(sql, values); });
}

absl::StatusOr<SkuAvailabilities> ReadAvailability(db::Database& database, const std::vector<std::string>& skus,
                                                   absl::Time deadline) {
  return ReadBySku(skus, [&](absl::string_view sql, absl::Span<const db::Value> values) {
    return database.Query(deadline, sql, values);
  });
}

absl::StatusOr<std::vector<SkuAvailability>> ScanAvailability(db::Database& database, const std::string& after,
                                                              int limit, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(kAvailabilityColumns, "WHERE sku > ? ORDER BY sku LIMIT ?"),
                                  {after, limit}));
  std::vector<SkuAvailability> skus;
  for (size_t row = 0; row < rows.size(); ++row) skus.push_back(ToAvailability(rows, row));
  return skus;
}

absl::Status StoreAvailability(db::Session& session, absl::Span<const SkuAvailability> skus) {
  std::vector<db::Value> values;
  values.reserve(skus.size() * 4);
  for (const SkuAvailability& one : skus) {
    values.insert(values.end(), {one.sku, one.version, one.in_stock, one.update_time});
  }
  return session.InsertRows("sku_availability (sku, version, in_stock, update_time)", 4, values,
                            "ON DUPLICATE KEY UPDATE version = VALUES(version), in_stock = VALUES(in_stock), "
                            "update_time = VALUES(update_time)");
}

absl::StatusOr<bool> ReadStockKnown(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(kReadKnown));
  return IsSet(rows);
}

absl::StatusOr<bool> ReadStockKnown(db::Database& database, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline, kReadKnown));
  return IsSet(rows);
}

absl::StatusOr<bool> SetStockKnown(db::Session& session) {
  ASSIGN_OR_RETURN(const int64_t changed,
                   session.Execute("UPDATE availability_marks SET value = 1 WHERE name = 'known' AND value = 0"));
  return changed > 0;
}

}  // namespace storeops::catalog
