#include "services/inventory/planning/demand_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {
namespace {

constexpr int kOrdersAtOnce = 20'000;
// What the server's TO_DAYS says of 1970-01-01.
constexpr int64_t kEpochDay = 719'528;

absl::Time StartOf(absl::CivilDay day) { return absl::FromCivil(day, absl::UTCTimeZone()); }
absl::CivilDay DayAt(const db::Rows& rows, size_t row, size_t column) {
  return absl::CivilDay(1970, 1, 1) + (rows.Int(row, column) - kEpochDay);
}

std::vector<std::string> Texts(const db::Rows& rows) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < rows.size(); ++i) texts.push_back(rows.Text(i, 0));
  return texts;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ListSoldSkus(db::Database& database, const std::string& prefix,
                                                      const std::string& after, int limit, absl::Time deadline) {
  // No SKU has a character above these.
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT DISTINCT sku FROM order_lines WHERE sku > ? AND sku >= ? AND sku <= ? "
                                  "ORDER BY sku LIMIT ?",
                                  {after, prefix, prefix + "\x7f", limit}));
  return Texts(rows);
}

absl::StatusOr<std::vector<std::string>> ListPlannedSkus(db::Database& database, const std::string& after, int limit,
                                                         absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT sku FROM ((SELECT DISTINCT sku FROM order_lines WHERE sku > ? ORDER BY sku "
                                  "LIMIT ?) UNION (SELECT DISTINCT sku FROM stock_levels WHERE sku > ? ORDER BY sku "
                                  "LIMIT ?)) planned ORDER BY sku LIMIT ?",
                                  {after, limit, after, limit, limit}));
  return Texts(rows);
}

absl::Status ReadSales(db::Database& database, const std::string& sku, absl::CivilDay begin, absl::CivilDay end,
                       absl::Time deadline, absl::FunctionRef<void(const SaleRow&)> take, int at_once) {
  constexpr char kColumns[] =
      "SELECT TO_DAYS(place_time), order_id, number, quantity, cancelled_quantity + returned_quantity, total_minor "
      "FROM order_lines WHERE sku = ? AND service = 0 AND place_time < ? AND ";
  constexpr char kOrder[] = " ORDER BY sku, place_time, order_id, number LIMIT ?";
  int64_t order_id = 0, number = 0;
  while (true) {
    absl::StatusOr<db::Rows> rows = absl::UnknownError("");
    if (order_id == 0) {
      rows = database.Query(deadline, absl::StrCat(kColumns, "place_time >= ?", kOrder),
                            {sku, StartOf(end), StartOf(begin), at_once});
    } else {
      rows = database.Query(deadline,
                            absl::StrCat(kColumns,
                                         "place_time >= (SELECT place_time FROM orders WHERE id = ?) AND (place_time > "
                                         "(SELECT place_time FROM orders WHERE id = ?) OR order_id > ? OR "
                                         "(order_id = ? AND number > ?))",
                                         kOrder),
                            {sku, StartOf(end), order_id, order_id, order_id, order_id, number, at_once});
    }
    RETURN_IF_ERROR(rows.status());
    for (size_t i = 0; i < rows->size(); ++i) {
      if (rows->Int(i, 3) == 0) continue;  // a line that was removed
      take({DayAt(*rows, i, 0), rows->Int(i, 1), rows->Int(i, 3), rows->Int(i, 4), rows->Int(i, 5)});
    }
    if (rows->size() < static_cast<size_t>(at_once)) return absl::OkStatus();
    order_id = rows->Int(rows->size() - 1, 1);
    number = rows->Int(rows->size() - 1, 2);
  }
}

absl::StatusOr<absl::flat_hash_map<std::string, std::vector<UnknownReturn>>> ReadUnknownReturns(
    db::Database& database, const SkuRange& range, absl::CivilDay begin, absl::CivilDay end, absl::Time deadline) {
  // Without money it is a correction of stock: nobody gave anything back.
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT sku, TO_DAYS(time), -quantity FROM order_adjustments WHERE sku >= ? AND "
                                  "sku <= ? AND time >= ? AND time < ? AND quantity < 0 AND amount_minor < 0 "
                                  "ORDER BY sku, time, external_reference",
                                  {range.first, range.last, StartOf(begin), StartOf(end)}));
  absl::flat_hash_map<std::string, std::vector<UnknownReturn>> returns;
  for (size_t i = 0; i < rows.size(); ++i) returns[rows.Text(i, 0)].push_back({DayAt(rows, i, 1), rows.Int(i, 2)});
  return returns;
}

absl::StatusOr<OrderPieces> ReadOrderPieces(db::Database& database, const std::string& sku, absl::Time deadline) {
  // Shipped pieces that were promised are counted where they were promised.
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline,
                     "SELECT cause, location_id, SUM(CASE WHEN type = ? THEN reserved - on_hand ELSE reserved END) "
                     "FROM stock_movements WHERE sku = ? AND type IN (?, ?, ?) AND cause LIKE 'orders/%' "
                     "GROUP BY cause, location_id ORDER BY cause, location_id",
                     {v1::StockMovement::SHIPPED, sku, v1::StockMovement::ALLOCATED, v1::StockMovement::RELEASED,
                      v1::StockMovement::SHIPPED}));
  OrderPieces pieces;
  for (size_t i = 0; i < rows.size(); ++i) {
    int64_t order = 0;
    if (rows.Int(i, 2) <= 0 || !absl::SimpleAtoi(absl::StripPrefix(rows.Text(i, 0), "orders/"), &order)) continue;
    pieces[order].emplace_back(rows.Int(i, 1), rows.Int(i, 2));
  }
  return pieces;
}

absl::StatusOr<absl::btree_map<StockKey, std::vector<planning::StockTurn>>> ReadStockTurns(db::Database& database,
                                                                                           const SkuRange& range,
                                                                                           absl::CivilDay end,
                                                                                           absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(
          deadline,
          "SELECT sku, location_id, TO_DAYS(time), headroom <= 0 FROM (SELECT sku, location_id, id, time, headroom, "
          "LAG(headroom) OVER (PARTITION BY sku, location_id ORDER BY id) AS headroom_before FROM (SELECT m.sku, "
          "m.location_id, m.id, m.time, l.backorder_limit + SUM(m.on_hand - m.damaged - m.quality_hold - m.reserved) "
          "OVER w + LEAST(l.preorder_limit, SUM(m.incoming) OVER w) AS headroom FROM stock_movements m "
          "JOIN stock_levels l ON l.sku = m.sku AND l.location_id = m.location_id "
          "WHERE m.sku >= ? AND m.sku <= ? AND m.time < ? "
          "WINDOW w AS (PARTITION BY m.sku, m.location_id ORDER BY m.id)) running) turns "
          "WHERE headroom_before IS NULL OR (headroom <= 0) <> (headroom_before <= 0) ORDER BY sku, location_id, id",
          {range.first, range.last, StartOf(end)}));
  absl::btree_map<StockKey, std::vector<planning::StockTurn>> turns;
  for (size_t i = 0; i < rows.size(); ++i) {
    turns[{rows.Text(i, 0), rows.Int(i, 1)}].push_back({DayAt(rows, i, 2), rows.Int(i, 3) != 0});
  }
  return turns;
}

absl::StatusOr<OrderCurrencies> ReadOrderCurrencies(db::Database& database, absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows counts,
      database.Query(deadline, "SELECT currency, COUNT(*) FROM orders GROUP BY currency ORDER BY 2 DESC, 1"));
  OrderCurrencies currencies;
  if (counts.empty()) return currencies;
  currencies.main = counts.Text(0, 0);
  int64_t after = 0;
  while (counts.size() > 1) {
    ASSIGN_OR_RETURN(
        const db::Rows rows,
        database.Query(deadline, "SELECT id FROM orders WHERE id > ? AND currency <> ? ORDER BY id LIMIT ?",
                       {after, currencies.main, kOrdersAtOnce}));
    for (size_t i = 0; i < rows.size(); ++i) currencies.other_orders.insert(rows.Int(i, 0));
    if (rows.size() < kOrdersAtOnce) break;
    after = rows.Int(rows.size() - 1, 0);
  }
  return currencies;
}

absl::StatusOr<std::vector<int64_t>> RankLocations(db::Database& database, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline,
                                                       "SELECT id FROM locations WHERE delete_time IS NULL "
                                                       "ORDER BY ships_orders DESC, priority, id"));
  std::vector<int64_t> ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.push_back(rows.Int(i, 0));
  return ids;
}

}  // namespace storeops::inventory
