#include "services/inventory/orders/order_quote_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/db/in_parts.h"
#include "services/inventory/orders/order_names.h"

namespace storeops::inventory {
namespace {

constexpr char kSelectQuotes[] = "SELECT order_id, state, attempts FROM order_quotes ";

std::vector<QuoteRow> ToQuotes(const db::Rows& rows) {
  std::vector<QuoteRow> quotes;
  for (size_t i = 0; i < rows.size(); ++i) {
    quotes.push_back({rows.Int(i, 0), static_cast<QuoteState>(rows.Int(i, 1)), static_cast<int>(rows.Int(i, 2))});
  }
  return quotes;
}

}  // namespace

absl::Status InsertQuote(db::Database& database, const ReservedOrder& reserved, const std::string& replay_key,
                         absl::Time now, absl::Time next_time, absl::Time deadline) {
  return database
      .Execute(deadline,
               "INSERT INTO order_quotes (order_id, quote, state, replay_key, content, attempts, create_time, "
               "next_time) VALUES (?, ?, 1, ?, ?, 0, ?, ?)",
               {reserved.id, reserved.order.quote(), replay_key.empty() ? db::Value() : db::Value(replay_key),
                reserved.order.SerializeAsString(), now, next_time})
      .status();
}

absl::StatusOr<std::optional<ReservedOrder>> FindReserved(db::Database& database, const std::string& replay_key,
                                                          absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline, "SELECT order_id, state, content FROM order_quotes WHERE replay_key = ?", {replay_key}));
  if (rows.empty()) return std::nullopt;
  ReservedOrder reserved{rows.Int(0, 0), {}};
  if (static_cast<QuoteState>(rows.Int(0, 1)) != QuoteState::kReserved) {
    return absl::AbortedError(absl::StrCat(kOrderNames.Format(reserved.id), " was placed by this request meanwhile"));
  }
  if (!reserved.order.ParseFromString(rows.Text(0, 2))) return absl::DataLossError("a reserved order cannot be read");
  return reserved;
}

absl::StatusOr<std::optional<QuoteRow>> ReadQuote(db::Database& database, int64_t order_id, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(kSelectQuotes, "WHERE order_id = ?"), {order_id}));
  if (rows.empty()) return std::nullopt;
  return ToQuotes(rows)[0];
}

absl::StatusOr<std::vector<QuoteRow>> FindDueQuotes(db::Database& database, absl::Time now, int limit,
                                                    absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline, absl::StrCat(kSelectQuotes, "WHERE next_time <= ? ORDER BY next_time, order_id LIMIT ?"),
                     {now, limit}));
  return ToQuotes(rows);
}

absl::Status PlaceQuotes(db::Session& session, const std::vector<int64_t>& order_ids, absl::Time next_time) {
  int64_t placed = 0;
  RETURN_IF_ERROR(db::InParts(order_ids, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    values.insert(values.begin(), next_time);
    ASSIGN_OR_RETURN(const int64_t changed,
                     session.Execute(absl::StrCat("UPDATE order_quotes SET state = 2, content = '', next_time = ? "
                                                  "WHERE state = 1 AND order_id IN (",
                                                  marks, ")"),
                                     absl::MakeConstSpan(values)));
    placed += changed;
    return absl::OkStatus();
  }));
  if (placed == static_cast<int64_t>(order_ids.size())) return absl::OkStatus();
  return WithReason(absl::AbortedError("the quote of the order is not reserved any more: place the order again"),
                    "QUOTE_ABANDONED");
}

absl::Status AbandonQuote(db::Database& database, int64_t order_id, absl::Time next_time, absl::Time deadline) {
  return database
      .Execute(deadline,
               "UPDATE order_quotes SET state = 3, replay_key = NULL, content = '', next_time = ? "
               "WHERE order_id = ? AND state = 1",
               {next_time, order_id})
      .status();
}

absl::Status PostponeQuote(db::Database& database, int64_t order_id, int attempts, absl::Time next_time,
                           absl::Time deadline) {
  return database
      .Execute(deadline, "UPDATE order_quotes SET attempts = ?, next_time = ? WHERE order_id = ?",
               {attempts, next_time, order_id})
      .status();
}

absl::Status DeleteQuote(db::Database& database, int64_t order_id, absl::Time deadline) {
  return database.Execute(deadline, "DELETE FROM order_quotes WHERE order_id = ? AND state <> 1", {order_id}).status();
}

}  // namespace storeops::inventory
