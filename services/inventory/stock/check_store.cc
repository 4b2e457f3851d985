#include "services/inventory/stock/check_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace storeops::inventory {
namespace {

// SUM is a DECIMAL, which Rows reads as an integer.
StockCounters CountersAt(const db::Rows& rows, size_t row, size_t column) {
  return {rows.Int(row, column), rows.Int(row, column + 1), rows.Int(row, column + 2), rows.Int(row, column + 3),
          rows.Int(row, column + 4)};
}

}  // namespace

absl::Status InSnapshot(db::Database& database, absl::Time deadline,
                        absl::FunctionRef<absl::Status(db::Session&)> body) {
  return database.WithSession(deadline, [&](db::Session& session) -> absl::Status {
    RETURN_IF_ERROR(session.Execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").status());
    RETURN_IF_ERROR(session.Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT").status());
    absl::Status status = body(session);
    status.Update(session.Execute("COMMIT").status());
    return status;
  });
}

absl::StatusOr<absl::btree_map<StockKey, LevelSums>> SumLevels(db::Session& session, const std::string& after,
                                                               int limit, std::string* last) {
  // The SKU with which this part ends. Movements without a level would be a difference too, so both tables are asked.
  ASSIGN_OR_RETURN(
      const db::Rows end,
      session.Query("SELECT sku FROM stock_levels WHERE sku > ? ORDER BY sku LIMIT ?, 1", {after, limit - 1}));
  *last = end.empty() ? "" : end.Text(0, 0);
  // No SKU has a character above these.
  const std::string through = end.empty() ? "\x7f" : *last;
  absl::btree_map<StockKey, LevelSums> sums;
  ASSIGN_OR_RETURN(const db::Rows levels,
                   session.Query("SELECT sku, location_id, on_hand, reserved, incoming, damaged, quality_hold "
                                 "FROM stock_levels WHERE sku > ? AND sku <= ?",
                                 {after, through}));
  for (size_t i = 0; i < levels.size(); ++i) {
    LevelSums& sum = sums[{levels.Text(i, 0), levels.Int(i, 1)}];
    sum.there = true;
    sum.counters = CountersAt(levels, i, 2);
  }
  ASSIGN_OR_RETURN(const db::Rows movements,
                   session.Query("SELECT sku, location_id, SUM(on_hand), SUM(reserved), SUM(incoming), SUM(damaged), "
                                 "SUM(quality_hold), COUNT(*) FROM stock_movements WHERE sku > ? AND sku <= ? "
                                 "GROUP BY sku, location_id",
                                 {after, through}));
  for (size_t i = 0; i < movements.size(); ++i) {
    LevelSums& sum = sums[{movements.Text(i, 0), movements.Int(i, 1)}];
    sum.ledger = CountersAt(movements, i, 2);
    sum.movements = movements.Int(i, 7);
  }
  ASSIGN_OR_RETURN(const db::Rows lots,
                   session.Query("SELECT sku, location_id, SUM(on_hand), SUM(damaged), SUM(quality_hold) "
                                 "FROM stock_lots WHERE sku > ? AND sku <= ? GROUP BY sku, location_id",
                                 {after, through}));
  for (size_t i = 0; i < lots.size(); ++i) {
    StockCounters& sum = sums[{lots.Text(i, 0), lots.Int(i, 1)}].lots;
    sum.on_hand = lots.Int(i, 2);
    sum.damaged = lots.Int(i, 3);
    sum.quality_hold = lots.Int(i, 4);
  }
  return sums;
}

absl::Status KeepDifferences(db::Database& database, const std::vector<CounterDifference>& differences, absl::Time now,
                             absl::Time deadline) {
  std::vector<db::Value> values;
  for (const CounterDifference& difference : differences) {
    values.insert(values.end(), {difference.key.sku, difference.key.location_id, difference.counter,
                                 difference.expected, difference.found, now, now});
  }
  return database.Transact(deadline, [&](db::Session& session) -> absl::Status {
    RETURN_IF_ERROR(session.InsertRows(
        "stock_differences (sku, location_id, counter, expected, found, first_time, last_time)", 7, values,
        "ON DUPLICATE KEY UPDATE expected = VALUES(expected), found = VALUES(found), last_time = VALUES(last_time)"));
    return session.Execute("DELETE FROM stock_differences WHERE last_time < ?", {now}).status();
  });
}

}  // namespace storeops::inventory
