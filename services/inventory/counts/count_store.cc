#include "services/inventory/counts/count_store.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/inventory/stock/stock_store.h"
#include "storeops/inventory/v1/count.pb.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {
namespace {

constexpr char kLineColumns[] =
    "SELECT line, sku, lot, bin, expected, counted, book, first_counted, entries, recount, counter, count_time, note, "
    "posted, book_movement FROM count_lines ";

std::optional<int64_t> OptionalInt(const db::Rows& rows, size_t row, size_t column) {
  if (rows.Null(row, column)) return std::nullopt;
  return rows.Int(row, column);
}

db::Value ToValue(const std::optional<int64_t>& value) { return value.has_value() ? db::Value(*value) : db::Value(); }

std::vector<CountedLine> ToLines(const db::Rows& rows) {
  std::vector<CountedLine> lines(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    CountedLine& line = lines[i];
    line.line = static_cast<int>(rows.Int(i, 0));
    line.place = {rows.Text(i, 1), rows.Text(i, 2), rows.Text(i, 3)};
    line.expected = rows.Int(i, 4);
    line.counted = OptionalInt(rows, i, 5);
    line.book = OptionalInt(rows, i, 6);
    line.first_counted = OptionalInt(rows, i, 7);
    line.entries = static_cast<int>(rows.Int(i, 8));
    line.recount = rows.Int(i, 9) != 0;
    line.counter = rows.Text(i, 10);
    line.count_time = rows.Time(i, 11);
    line.note = rows.Text(i, 12);
    line.posted = OptionalInt(rows, i, 13);
    line.book_movement = rows.Int(i, 14);
  }
  return lines;
}

// " AND column IN (?, ...)" for some of `texts` from `at` on; the last one is repeated, so that statements are few.
std::string InTexts(absl::string_view column, const std::vector<std::string>& texts, size_t at, size_t shape,
                    std::vector<db::Value>& values) {
  if (texts.empty()) return "";
  std::string sql = absl::StrCat(" AND ", column, " IN (");
  for (size_t i = 0; i < shape; ++i) {
    absl::StrAppend(&sql, i == 0 ? "?" : ", ?");
    values.push_back(texts[std::min(at + i, texts.size() - 1)]);
  }
  return sql + ")";
}

size_t ShapeOf(size_t count) { return count <= 8 ? 8 : count <= 64 ? 64 : 500; }

absl::StatusOr<db::Rows> QueryPlaces(db::Session& session, int64_t location_id, const std::vector<std::string>& skus,
                                     size_t at, size_t shape, const std::vector<std::string>& bins, int limit) {
  std::vector<db::Value> values = {location_id};
  std::string sql =
      "SELECT l.sku, t.lot, t.bin, t.on_hand FROM stock_levels l JOIN stock_lots t ON t.sku = l.sku "
      "AND t.location_id = l.location_id WHERE l.location_id = ? AND t.on_hand > 0";
  sql += InTexts("l.sku", skus, at, shape, values);
  sql += InTexts("t.bin", bins, 0, ShapeOf(bins.size()), values);
  // What is kept by neither lot nor bin lies in no bin that could be named.
  if (bins.empty()) {
    values.push_back(location_id);
    sql +=
        " UNION ALL SELECT l.sku, '', '', l.on_hand - COALESCE(SUM(t.on_hand), 0) FROM stock_levels l "
        "LEFT JOIN stock_lots t ON t.sku = l.sku AND t.location_id = l.location_id WHERE l.location_id = ?";
    sql += InTexts("l.sku", skus, at, shape, values);
    sql += " GROUP BY l.sku, l.on_hand HAVING l.on_hand > COALESCE(SUM(t.on_hand), 0)";
  }
  values.push_back(limit);
  return session.Query(sql + " LIMIT ?", values);
}

}  // namespace

absl::StatusOr<std::vector<PlacePieces>> ReadPlaces(db::Session& session, int64_t location_id,
                                                    const std::vector<std::string>& skus,
                                                    const std::vector<std::string>& bins, int limit) {
  std::vector<PlacePieces> places;
  size_t at = 0;
  do {
    const size_t shape = ShapeOf(skus.size() - at);
    ASSIGN_OR_RETURN(const db::Rows rows, QueryPlaces(session, location_id, skus, at, shape, bins, limit));
    for (size_t i = 0; i < rows.size(); ++i) {
      places.push_back({{rows.Text(i, 0), rows.Text(i, 1), rows.Text(i, 2)}, rows.Int(i, 3)});
    }
    at += shape;
  } while (at < skus.size());
  std::sort(places.begin(), places.end(), [](const PlacePieces& a, const PlacePieces& b) {
    return std::tie(a.place.bin, a.place.sku, a.place.lot) < std::tie(b.place.bin, b.place.sku, b.place.lot);
  });
  if (places.size() > static_cast<size_t>(limit)) places.resize(limit);
  return places;
}

absl::StatusOr<int64_t> ReadOnHand(db::Session& session, int64_t location_id, const CountPlace& place) {
  if (!place.lot.empty() || !place.bin.empty()) {
    ASSIGN_OR_RETURN(const db::Rows rows,
                     session.Query("SELECT on_hand FROM stock_lots WHERE sku = ? AND location_id = ? AND lot = ? "
                                   "AND bin = ?",
                                   {place.sku, location_id, place.lot, place.bin}));
    return rows.empty() ? 0 : rows.Int(0, 0);
  }
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query("SELECT l.on_hand - COALESCE((SELECT SUM(t.on_hand) FROM stock_lots t WHERE t.sku = l.sku "
                    "AND t.location_id = l.location_id), 0) FROM stock_levels l WHERE l.sku = ? AND l.location_id = ?",
                    {place.sku, location_id}));
  return rows.empty() ? 0 : rows.Int(0, 0);
}

absl::StatusOr<int64_t> SumMovedSince(db::Session& session, int64_t location_id, const CountPlace& place,
                                      int64_t after_movement, absl::Time time) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT COALESCE(SUM(on_hand), 0) FROM stock_movements WHERE sku = ? "
                                 "AND location_id = ? AND id > ? AND lot = ? AND bin = ? AND time > ?",
                                 {place.sku, location_id, after_movement, place.lot, place.bin, time}));
  return rows.Int(0, 0);
}

absl::StatusOr<int64_t> ReadLastMovement(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT COALESCE(MAX(id), 0) FROM stock_movements"));
  return rows.Int(0, 0);
}

absl::StatusOr<std::vector<CorrectedLine>> FindCorrected(db::Session& session, int64_t count_id, int64_t location_id,
                                                         int64_t after_movement) {
  const std::string sql = absl::StrCat(
      "SELECT l.line, SUM(m.on_hand), MAX(m.cause) FROM count_lines l JOIN stock_movements m ON m.sku = l.sku "
      "AND m.location_id = ? AND m.lot = l.lot AND m.bin = l.bin WHERE l.count_id = ? AND l.counted <> l.book "
      "AND m.id > ? AND ((l.book_movement > 0 AND m.id > l.book_movement) OR (l.book_movement = 0 "
      "AND m.time > l.count_time)) AND ",
      IsCorrection(), " GROUP BY l.line HAVING SUM(m.on_hand) <> 0 ORDER BY l.line");
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(sql, {location_id, count_id, after_movement}));
  std::vector<CorrectedLine> corrected;
  for (size_t i = 0; i < rows.size(); ++i) {
    corrected.push_back({static_cast<int>(rows.Int(i, 0)), rows.Int(i, 1), rows.Text(i, 2)});
  }
  return corrected;
}

absl::Status MarkStart(db::Session& session, int64_t count_id) {
  return session
      .Execute("UPDATE counts SET start_movement = (SELECT COALESCE(MAX(id), 0) FROM stock_movements) WHERE id = ?",
               {count_id})
      .status();
}

absl::StatusOr<int64_t> ReadStart(db::Session& session, int64_t count_id) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT start_movement FROM counts WHERE id = ?", {count_id}));
  return rows.empty() ? 0 : rows.Int(0, 0);
}

absl::Status WriteLines(db::Session& session, int64_t count_id, const std::vector<CountedLine>& lines) {
  std::vector<db::Value> values;
  values.reserve(lines.size() * 16);
  for (const CountedLine& line : lines) {
    values.insert(values.end(), {count_id, line.line, line.place.sku, line.place.lot, line.place.bin, line.expected});
    values.push_back(ToValue(line.counted));
    values.push_back(ToValue(line.book));
    values.push_back(ToValue(line.first_counted));
    values.insert(values.end(), {line.entries, line.recount, line.counter});
    values.push_back(line.count_time == absl::InfinitePast() ? db::Value() : db::Value(line.count_time));
    values.push_back(line.note);
    values.push_back(ToValue(line.posted));
    values.push_back(line.book_movement);
  }
  return session.InsertRows(
      "count_lines (count_id, line, sku, lot, bin, expected, counted, book, first_counted, entries, recount, counter, "
      "count_time, note, posted, book_movement)",
      16, values,
      "ON DUPLICATE KEY UPDATE counted = VALUES(counted), book = VALUES(book), first_counted = VALUES(first_counted), "
      "entries = VALUES(entries), recount = VALUES(recount), counter = VALUES(counter), "
      "count_time = VALUES(count_time), note = VALUES(note), posted = VALUES(posted), "
      "book_movement = VALUES(book_movement)");
}

absl::StatusOr<std::vector<CountedLine>> ReadLines(db::Session& session, int64_t count_id) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query(absl::StrCat(kLineColumns, "WHERE count_id = ? ORDER BY line"), {count_id}));
  return ToLines(rows);
}

absl::StatusOr<resource::FilterFields> OpenLineFilter(db::Database& database) {
  return resource::FilterFields::Open(database, *v1::CountLine::descriptor(), "count_lines",
                                      {{.path = "counted", .column = "counted", .nullable = true},
                                       {.path = "difference", .column = "(counted - book)", .nullable = true}});
}

absl::StatusOr<std::vector<CountedLine>> ListLines(db::Database& database, int64_t count_id,
                                                   const resource::Condition& condition, int64_t after, int limit,
                                                   absl::Time deadline) {
  std::string sql = absl::StrCat(kLineColumns, "WHERE count_id = ? AND line > ? ");
  std::vector<db::Value> values = {count_id, after};
  condition.AndTo(sql, values);
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(sql, "ORDER BY line LIMIT ?"), absl::MakeConstSpan(values)));
  return ToLines(rows);
}

}  // namespace storeops::inventory
