#include "services/inventory/stock/stock_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/resource/filter_sql.h"

namespace storeops::inventory {
namespace {

constexpr char kLevelColumns[] =
    "SELECT sku, location_id, version, on_hand, reserved, incoming, damaged, quality_hold, safety_stock, "
    "backorder_limit, preorder_limit, update_time, expire_time, expiring FROM stock_levels ";
// Also where the optimizer thinks of reading a small table from end to end: that would wait for rows of others.
constexpr char kByKey[] = "FORCE INDEX (PRIMARY) ";
constexpr char kLotColumns[] =
    "SELECT sku, location_id, lot, bin, on_hand, damaged, quality_hold, expire_date FROM stock_lots ";

// Of adjustments, those that report something that happened; the others correct what is on record.
constexpr int kEvents[] = {v1::BROKEN, v1::EXPIRED_GOODS, v1::INTERNAL_USE, v1::SAMPLE, v1::DONATED, v1::DISCARDED};

// Statements come in few shapes: SKUs of one question, the last one repeated to fill it.
size_t ShapeOf(size_t count) {
  for (const size_t shape : {1, 4, 16, 64}) {
    if (count <= shape) return shape;
  }
  return 256;
}

std::string InSkus(size_t count) {
  std::string sql = "WHERE sku IN (?";
  for (size_t i = 1; i < count; ++i) sql += ", ?";
  return sql + ") ";
}

db::Value OptionalTime(absl::Time time) { return time == absl::InfiniteFuture() ? db::Value() : db::Value(time); }

std::vector<StockLevel> ToLevels(const db::Rows& rows) {
  std::vector<StockLevel> levels;
  levels.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    StockLevel level;
    level.key = {rows.Text(i, 0), rows.Int(i, 1)};
    level.version = rows.Int(i, 2);
    level.counters = {rows.Int(i, 3), rows.Int(i, 4), rows.Int(i, 5), rows.Int(i, 6), rows.Int(i, 7)};
    level.policy = {rows.Int(i, 8), rows.Int(i, 9), rows.Int(i, 10)};
    level.update_time = rows.Time(i, 11);
    if (!rows.Null(i, 12)) level.expire_time = rows.Time(i, 12);
    level.expiring = rows.Int(i, 13);
    levels.push_back(std::move(level));
  }
  return levels;
}

std::vector<StockLot> ToLots(const db::Rows& rows) {
  std::vector<StockLot> lots;
  lots.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    StockLot lot;
    lot.key = {rows.Text(i, 0), rows.Int(i, 1)};
    lot.lot = rows.Text(i, 2);
    lot.bin = rows.Text(i, 3);
    lot.on_hand = rows.Int(i, 4);
    lot.damaged = rows.Int(i, 5);
    lot.quality_hold = rows.Int(i, 6);
    if (!rows.Null(i, 7)) lot.expire_date = rows.Time(i, 7);
    lots.push_back(std::move(lot));
  }
  return lots;
}

absl::StatusOr<std::vector<StockLevel>> LevelsOfSkus(
    absl::Span<const std::string> skus, absl::string_view ending,
    absl::FunctionRef<absl::StatusOr<db::Rows>(const std::string& sql, const std::vector<db::Value>& values)> query) {
  std::vector<StockLevel> levels;
  for (size_t begin = 0; begin < skus.size();) {
    const size_t shape = ShapeOf(skus.size() - begin);
    std::vector<db::Value> values;
    for (size_t i = 0; i < shape; ++i) values.emplace_back(skus[std::min(begin + i, skus.size() - 1)]);
    ASSIGN_OR_RETURN(const db::Rows rows, query(absl::StrCat(kLevelColumns, kByKey, InSkus(shape), ending), values));
    std::vector<StockLevel> part = ToLevels(rows);
    std::move(part.begin(), part.end(), std::back_inserter(levels));
    begin += shape;
  }
  return levels;
}

}  // namespace

absl::StatusOr<std::vector<StockLevel>> LockLevels(db::Session& session, absl::Span<const std::string> skus) {
  // Ranges of the primary key are walked, and so locked, in its order.
  return LevelsOfSkus(skus, "ORDER BY sku, location_id FOR UPDATE",
                      [&](const std::string& sql, const std::vector<db::Value>& values) {
                        return session.Query(sql, absl::MakeConstSpan(values));
                      });
}

absl::StatusOr<std::vector<StockLevel>> ReadLevels(db::Database& database, absl::Span<const std::string> skus,
                                                   absl::Time deadline) {
  return LevelsOfSkus(skus, "ORDER BY sku, location_id",
                      [&](const std::string& sql, const std::vector<db::Value>& values) {
                        return database.Query(deadline, sql, absl::MakeConstSpan(values));
                      });
}

absl::Status AddMissingLevels(db::Session& session, absl::Span<const StockKey> keys, absl::Time now) {
  std::vector<db::Value> rows;
  for (const StockKey& key : keys) {
    rows.insert(rows.end(), {key.sku, key.location_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, now});
  }
  return session.InsertRows(
      "stock_levels (sku, location_id, version, on_hand, reserved, incoming, damaged, quality_hold, safety_stock, "
      "backorder_limit, preorder_limit, update_time)",
      12, rows, "ON DUPLICATE KEY UPDATE version = version");
}

absl::StatusOr<std::vector<StockLot>> ReadLots(db::Session& session, const StockKey& key) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(absl::StrCat(kLotColumns, "WHERE sku = ? AND location_id = ?"),
                                                      {key.sku, key.location_id}));
  return ToLots(rows);
}

absl::StatusOr<std::optional<absl::Time>> ReadLotDate(db::Session& session, const std::string& sku,
                                                      const std::string& lot) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT expire_date FROM stock_lots WHERE sku = ? AND lot = ? LIMIT 1", {sku, lot}));
  if (rows.empty()) return std::nullopt;
  return rows.Null(0, 0) ? absl::InfiniteFuture() : rows.Time(0, 0);
}

absl::Status WriteLevels(db::Session& session, absl::Span<const StockLevel> levels) {
  std::vector<db::Value> values;
  values.reserve(levels.size() * 14);
  for (const StockLevel& level : levels) {
    const StockCounters& counters = level.counters;
    values.insert(values.end(), {level.key.sku, level.key.location_id, level.version, counters.on_hand,
                                 counters.reserved, counters.incoming, counters.damaged, counters.quality_hold,
                                 level.policy.safety_stock, level.policy.backorder_limit, level.policy.preorder_limit,
                                 level.update_time, OptionalTime(level.expire_time), level.expiring});
  }
  return session.InsertRows(
      "stock_levels (sku, location_id, version, on_hand, reserved, incoming, damaged, quality_hold, safety_stock, "
      "backorder_limit, preorder_limit, update_time, expire_time, expiring)",
      14, values,
      "ON DUPLICATE KEY UPDATE version = VALUES(version), on_hand = VALUES(on_hand), reserved = VALUES(reserved), "
      "incoming = VALUES(incoming), damaged = VALUES(damaged), quality_hold = VALUES(quality_hold), "
      "safety_stock = VALUES(safety_stock), backorder_limit = VALUES(backorder_limit), "
      "preorder_limit = VALUES(preorder_limit), update_time = VALUES(update_time), "
      "expire_time = VALUES(expire_time), expiring = VALUES(expiring)");
}

absl::Status WriteLots(db::Session& session, absl::Span<const StockLot> lots) {
  std::vector<db::Value> values;
  for (const StockLot& lot : lots) {
    values.insert(values.end(), {lot.key.sku, lot.key.location_id, lot.lot, lot.bin, lot.on_hand, lot.damaged,
                                 lot.quality_hold, OptionalTime(lot.expire_date)});
  }
  return session.InsertRows("stock_lots (sku, location_id, lot, bin, on_hand, damaged, quality_hold, expire_date)", 8,
                            values,
                            "ON DUPLICATE KEY UPDATE on_hand = VALUES(on_hand), damaged = VALUES(damaged), "
                            "quality_hold = VALUES(quality_hold), expire_date = VALUES(expire_date)");
}

absl::Status AddMovements(db::Session& session, absl::Span<const LedgerRow> rows) {
  std::vector<db::Value> values;
  values.reserve(rows.size() * 15);
  for (const LedgerRow& row : rows) {
    const StockCounters& change = row.change;
    values.insert(values.end(), {row.key.sku, row.key.location_id, static_cast<int>(row.type), change.on_hand,
                                 change.reserved, change.incoming, change.damaged, change.quality_hold, row.lot,
                                 row.bin, row.cause, static_cast<int>(row.reason), row.note, row.actor, row.time});
  }
  return session.InsertRows(
      "stock_movements (sku, location_id, type, on_hand, reserved, incoming, damaged, quality_hold, lot, bin, cause, "
      "reason, note, actor, time)",
      15, values);
}

absl::StatusOr<std::vector<StockLevel>> ScanLevels(db::Database& database, const StockKey& after, int limit,
                                                   absl::Time deadline) {
  return ListLevels(database, {}, after, limit, deadline);
}

absl::StatusOr<std::vector<StockLevel>> ListLevels(db::Database& database, const resource::Condition& condition,
                                                   const StockKey& after, int limit, absl::Time deadline) {
  std::string sql = absl::StrCat(kLevelColumns, "WHERE sku >= ? AND (sku > ? OR location_id > ?) ");
  std::vector<db::Value> values = {after.sku, after.sku, after.location_id};
  condition.AndTo(sql, values);
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline, absl::StrCat(sql, "ORDER BY sku, location_id LIMIT ?"),
                                                       absl::MakeConstSpan(values)));
  return ToLevels(rows);
}

absl::StatusOr<std::vector<LedgerRow>> ListMovements(db::Database& database, const resource::Condition& condition,
                                                     int64_t before, int limit, absl::Time deadline) {
  std::string sql =
      "SELECT id, sku, location_id, type, on_hand, reserved, incoming, damaged, quality_hold, lot, bin, cause, reason, "
      "note, actor, time FROM stock_movements WHERE id < ? ";
  std::vector<db::Value> values = {before == 0 ? INT64_MAX : before};
  condition.AndTo(sql, values);
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline, absl::StrCat(sql, "ORDER BY id DESC LIMIT ?"),
                                                       absl::MakeConstSpan(values)));
  std::vector<LedgerRow> movements;
  for (size_t i = 0; i < rows.size(); ++i) {
    LedgerRow row;
    row.id = rows.Int(i, 0);
    row.key = {rows.Text(i, 1), rows.Int(i, 2)};
    row.type = static_cast<v1::StockMovement::Type>(rows.Int(i, 3));
    row.change = {rows.Int(i, 4), rows.Int(i, 5), rows.Int(i, 6), rows.Int(i, 7), rows.Int(i, 8)};
    row.lot = rows.Text(i, 9);
    row.bin = rows.Text(i, 10);
    row.cause = rows.Text(i, 11);
    row.reason = static_cast<v1::StockReason>(rows.Int(i, 12));
    row.note = rows.Text(i, 13);
    row.actor = rows.Text(i, 14);
    row.time = rows.Time(i, 15);
    movements.push_back(std::move(row));
  }
  return movements;
}

absl::StatusOr<std::vector<StockLot>> ListStockLots(db::Database& database, const resource::Condition& condition,
                                                    const std::optional<StockLot>& after, int limit,
                                                    absl::Time deadline) {
  std::string sql = absl::StrCat(kLotColumns, "WHERE on_hand > 0 ");
  std::vector<db::Value> values;
  if (after.has_value()) {
    sql += "AND sku >= ? AND (sku > ? OR location_id > ? OR (location_id = ? AND (lot > ? OR (lot = ? AND bin > ?)))) ";
    values = {after->key.sku, after->key.sku, after->key.location_id, after->key.location_id, after->lot,
              after->lot,     after->bin};
  }
  condition.AndTo(sql, values);
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(sql, "ORDER BY sku, location_id, lot, bin LIMIT ?"),
                                  absl::MakeConstSpan(values)));
  return ToLots(rows);
}

std::string IsCorrection() {
  return absl::StrCat("(m.type = ", static_cast<int>(v1::StockMovement::COUNTED),
                      " OR (m.type = ", static_cast<int>(v1::StockMovement::ADJUSTED), " AND m.reason NOT IN (",
                      absl::StrJoin(kEvents, ", "), ")))");
}

absl::StatusOr<MovedSince> ReadMovedSince(db::Session& session, const StockKey& key,
                                          const std::optional<LotPlace>& place, absl::Time time) {
  std::string sql = absl::StrCat("SELECT ", IsCorrection(),
                                 " AS correction, SUM(m.on_hand), MAX(m.cause) FROM stock_movements m "
                                 "WHERE m.sku = ? AND m.location_id = ? AND m.time > ?");
  std::vector<db::Value> values = {key.sku, key.location_id, time};
  if (place.has_value()) {
    sql += " AND m.lot = ? AND m.bin = ?";
    values.insert(values.end(), {place->lot, place->bin});
  }
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(sql + " GROUP BY correction", values));
  MovedSince since;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows.Int(i, 0) == 0) {
      since.moved = rows.Int(i, 1);
    } else {
      since.corrected = rows.Int(i, 1);
      since.cause = rows.Text(i, 2);
    }
  }
  return since;
}

}  // namespace storeops::inventory
