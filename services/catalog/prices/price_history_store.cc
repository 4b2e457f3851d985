#include "services/catalog/prices/price_history_store.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/status_macros.h"
#include "services/catalog/catalog_names.h"
#include "services/catalog/prices/price_times.h"
#include "storeops/catalog/v1/price_history.pb.h"

namespace storeops::catalog {
namespace {

db::Value ToValue(const std::optional<int64_t>& minor) { return minor.has_value() ? db::Value(*minor) : db::Value(); }

constexpr char kHistoryColumns[] =
    "SELECT sku, time, source, price_list, min_quantity, start_time, currency, end_time, old_minor, new_minor, actor, "
    "cause FROM price_history ";
constexpr char kNewestFirst[] =
    "ORDER BY time DESC, source DESC, price_list DESC, min_quantity DESC, start_time DESC, currency DESC LIMIT ?";
// SKUs of one question.
constexpr size_t kHistorySkusAtOnce = 100;

std::optional<int64_t> Minor(const db::Rows& rows, size_t row, size_t column) {
  return rows.Null(row, column) ? std::nullopt : std::optional<int64_t>(rows.Int(row, column));
}

std::vector<PriceHistoryRow> ToHistoryRows(const db::Rows& rows) {
  std::vector<PriceHistoryRow> history;
  history.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    PriceHistoryRow row;
    row.sku = rows.Text(i, 0);
    row.place = {rows.Time(i, 1),          static_cast<PriceSource>(rows.Int(i, 2)),
                 rows.Int(i, 3),           rows.Int(i, 4),
                 ToStart(rows.Time(i, 5)), rows.Text(i, 6)};
    row.end = ToEnd(rows.Time(i, 7));
    row.old_minor = Minor(rows, i, 8);
    row.new_minor = Minor(rows, i, 9);
    row.actor = rows.Text(i, 10);
    row.cause = rows.Text(i, 11);
    history.push_back(std::move(row));
  }
  return history;
}

}  // namespace

absl::Status WritePriceHistory(db::Session& session, const std::vector<PriceHistoryRow>& rows) {
  std::vector<db::Value> values;
  values.reserve(rows.size() * 12);
  for (const PriceHistoryRow& row : rows) {
    const PriceHistoryPlace& place = row.place;
    values.insert(values.end(), {row.sku, place.time, static_cast<int>(place.source), place.list_id, place.min_quantity,
                                 StartValue(place.start), place.currency, EndValue(row.end), ToValue(row.old_minor),
                                 ToValue(row.new_minor), row.actor, row.cause});
  }
  return session.InsertRows(
      "price_history (sku, time, source, price_list, min_quantity, start_time, currency, end_time, old_minor, "
      "new_minor, "
      "actor, cause)",
      12, values,
      "ON DUPLICATE KEY UPDATE end_time = VALUES(end_time), new_minor = VALUES(new_minor), actor = VALUES(actor), "
      "cause = VALUES(cause)");
}

absl::StatusOr<std::vector<PriceHistoryRow>> ReadObserved(db::Session& session, const std::vector<std::string>& skus) {
  std::string sql = absl::StrCat(kHistoryColumns, "WHERE source = 3 AND sku IN (?");
  for (size_t i = 1; i < kHistorySkusAtOnce; ++i) sql += ", ?";
  sql += ")";
  std::vector<PriceHistoryRow> all;
  for (size_t begin = 0; begin < skus.size(); begin += kHistorySkusAtOnce) {
    std::vector<db::Value> values;
    for (size_t i = 0; i < kHistorySkusAtOnce; ++i) values.emplace_back(skus[std::min(begin + i, skus.size() - 1)]);
    ASSIGN_OR_RETURN(const db::Rows rows, session.Query(sql, absl::MakeConstSpan(values)));
    std::vector<PriceHistoryRow> part = ToHistoryRows(rows);
    std::move(part.begin(), part.end(), std::back_inserter(all));
  }
  return all;
}

absl::StatusOr<resource::FilterFields> OpenPriceHistoryFilter(db::Database& database) {
  return resource::FilterFields::Open(
      database, *storeops::catalog::v1::PriceHistoryEntry::descriptor(), "price_history",
      {{.path = "price_list", .column = "price_list", .form = resource::FilterForm::kName, .names = kPriceListNames}});
}

absl::StatusOr<std::vector<PriceHistoryRow>> ListPriceHistoryRows(db::Database& database, const std::string& sku,
                                                                  const resource::Condition& condition,
                                                                  const std::optional<PriceHistoryPlace>& after,
                                                                  int limit, absl::Time deadline) {
  std::string sql = absl::StrCat(kHistoryColumns, "WHERE sku = ? ");
  std::vector<db::Value> values = {sku};
  condition.AndTo(sql, values);
  if (after.has_value()) {
    sql +=
        "AND time <= ? AND (time < ? OR (source, price_list, min_quantity, start_time, currency) < (?, ?, ?, ?, ?)) ";
    values.emplace_back(after->time);
    values.emplace_back(after->time);
    values.emplace_back(static_cast<int>(after->source));
    values.emplace_back(after->list_id);
    values.emplace_back(after->min_quantity);
    values.push_back(StartValue(after->start));
    values.emplace_back(after->currency);
  }
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(sql, kNewestFirst), absl::MakeConstSpan(values)));
  return ToHistoryRows(rows);
}

absl::StatusOr<std::optional<PriceHistoryRow>> ReadFirstBaseChange(db::Database& database, const std::string& sku,
                                                                   absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline,
                     absl::StrCat(kHistoryColumns, "WHERE sku = ? AND source = 1 ORDER BY time, currency LIMIT 1"),
                     {sku}));
  if (rows.empty()) return std::nullopt;
  return ToHistoryRows(rows).front();
}

absl::StatusOr<std::string> ReadCreator(db::Database& database, const std::string& type, int64_t id,
                                        absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline, "SELECT actor FROM history WHERE type = ? AND resource_id = ? AND version = 1",
                     {type, id}));
  return rows.empty() ? std::string() : rows.Text(0, 0);
}

}  // namespace storeops::catalog
