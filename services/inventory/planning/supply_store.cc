#include "services/inventory/planning/supply_store.h"

#include <utility>

#include "common/base/status_macros.h"

namespace storeops::inventory {
namespace {

using Supply = absl::btree_map<StockKey, LevelSupply>;

absl::CivilDay DayOf(absl::Time time) { return absl::ToCivilDay(time, absl::UTCTimeZone()); }

// The level of the row's first two columns; null if there is none.
LevelSupply* Find(const db::Rows& rows, size_t row, Supply& supply) {
  const auto found = supply.find({rows.Text(row, 0), rows.Int(row, 1)});
  return found == supply.end() ? nullptr : &found->second;
}

absl::Status ReadLotsOf(db::Database& database, const SkuRange& range, absl::Time deadline, Supply& supply) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT sku, location_id, lot, SUM(on_hand - damaged - quality_hold), "
                                  "MIN(expire_date) FROM stock_lots WHERE sku >= ? AND sku <= ? AND expire_date IS NOT "
                                  "NULL AND on_hand > damaged + quality_hold GROUP BY sku, location_id, lot "
                                  "ORDER BY sku, location_id, lot",
                                  {range.first, range.last}));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (LevelSupply* level = Find(rows, i, supply)) {
      level->lots.push_back({rows.Text(i, 2), rows.Int(i, 3), DayOf(rows.Time(i, 4))});
    }
  }
  return absl::OkStatus();
}

absl::Status ReadFirstReceived(db::Database& database, const SkuRange& range, absl::Time deadline, Supply& supply) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT sku, location_id, MIN(time) FROM stock_movements WHERE sku >= ? AND sku <= ? "
                                  "AND on_hand > 0 GROUP BY sku, location_id",
                                  {range.first, range.last}));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (LevelSupply* level = Find(rows, i, supply)) level->first_received = DayOf(rows.Time(i, 2));
  }
  return absl::OkStatus();
}

absl::Status ReadNextArrivals(db::Database& database, const SkuRange& range, absl::Time deadline, Supply& supply) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT sku, location_id, MIN(expected_date) FROM purchase_order_lines WHERE "
                                  "sku >= ? AND sku <= ? AND end_time IS NULL AND received < ordered "
                                  "GROUP BY sku, location_id",
                                  {range.first, range.last}));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (LevelSupply* level = Find(rows, i, supply)) level->next_arrival = DayOf(rows.Time(i, 2));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Supply> ReadSupply(db::Database& database, const SkuRange& range, absl::CivilDay today,
                                  absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT sku, location_id, on_hand, reserved, incoming, damaged, quality_hold, "
                                  "safety_stock, backorder_limit, preorder_limit, expire_time, expiring "
                                  "FROM stock_levels WHERE sku >= ? AND sku <= ?",
                                  {range.first, range.last}));
  const absl::Time now = absl::FromCivil(today, absl::UTCTimeZone());
  Supply supply;
  for (size_t i = 0; i < rows.size(); ++i) {
    StockLevel stored;
    stored.counters = {rows.Int(i, 2), rows.Int(i, 3), rows.Int(i, 4), rows.Int(i, 5), rows.Int(i, 6)};
    stored.policy = {rows.Int(i, 7), rows.Int(i, 8), rows.Int(i, 9)};
    if (!rows.Null(i, 10)) stored.expire_time = rows.Time(i, 10);
    stored.expiring = rows.Int(i, 11);
    LevelSupply& level = supply[{rows.Text(i, 0), rows.Int(i, 1)}];
    level.counters = AsOf(stored, now).counters;
    level.stated_safety_stock = stored.policy.safety_stock;
  }
  RETURN_IF_ERROR(ReadLotsOf(database, range, deadline, supply));
  RETURN_IF_ERROR(ReadFirstReceived(database, range, deadline, supply));
  RETURN_IF_ERROR(ReadNextArrivals(database, range, deadline, supply));
  return supply;
}

}  // namespace storeops::inventory
