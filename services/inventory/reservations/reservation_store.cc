#include "services/inventory/reservations/reservation_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"

namespace storeops::inventory {
namespace {

using v1::Reservation;

constexpr char kColumns[] =
    "SELECT id, state, create_time, expire_time, end_time, reference, creator, taken FROM stock_reservations ";

absl::StatusOr<std::vector<StoredReservation>> ToReservations(const db::Rows& rows) {
  std::vector<StoredReservation> reservations;
  reservations.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    StoredReservation stored;
    stored.id = rows.Int(i, 0);
    Reservation& message = stored.message;
    if (!message.ParseFromString(rows.Text(i, 7))) {
      return STOREOPS_BUG(absl::StrCat("the lines of ", kReservationNames.Format(stored.id), " cannot be read"));
    }
    message.set_name(kReservationNames.Format(stored.id));
    message.set_state(static_cast<Reservation::State>(rows.Int(i, 1)));
    *message.mutable_create_time() = ToTimestamp(rows.Time(i, 2));
    *message.mutable_expire_time() = ToTimestamp(rows.Time(i, 3));
    if (!rows.Null(i, 4)) *message.mutable_end_time() = ToTimestamp(rows.Time(i, 4));
    message.set_reference(rows.Text(i, 5));
    message.set_creator(rows.Text(i, 6));
    reservations.push_back(std::move(stored));
  }
  return reservations;
}

std::string LinesOf(const Reservation& message) {
  Reservation lines;
  *lines.mutable_lines() = message.lines();
  return lines.SerializeAsString();
}

// Statements come in few shapes: ids of one question, the last one repeated to fill it.
size_t ShapeOf(size_t count) {
  for (const size_t shape : {1, 16}) {
    if (count <= shape) return shape;
  }
  return 128;
}

std::string InIds(size_t count) {
  std::string sql = "WHERE id IN (?";
  for (size_t i = 1; i < count; ++i) sql += ", ?";
  return sql + ") ";
}

// Calls `run` with each part of the ids: the condition, and its values appended to `values`.
absl::Status ForParts(absl::Span<const int64_t> ids, const std::vector<db::Value>& values,
                      absl::FunctionRef<absl::Status(const std::string& where, const std::vector<db::Value>&)> run) {
  for (size_t begin = 0; begin < ids.size();) {
    const size_t shape = ShapeOf(ids.size() - begin);
    std::vector<db::Value> all = values;
    for (size_t i = 0; i < shape; ++i) all.emplace_back(ids[std::min(begin + i, ids.size() - 1)]);
    RETURN_IF_ERROR(run(InIds(shape), all));
    begin += shape;
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AddReservations(db::Session& session, absl::Span<const StoredReservation> reservations) {
  std::vector<db::Value> values;
  values.reserve(reservations.size() * 7);
  for (const auto& [id, message] : reservations) {
    values.insert(values.end(),
                  {id, static_cast<int>(message.state()), FromTimestamp(message.create_time()),
                   FromTimestamp(message.expire_time()), message.reference(), message.creator(), LinesOf(message)});
  }
  return session.InsertRows("stock_reservations (id, state, create_time, expire_time, reference, creator, taken)", 7,
                            values);
}

absl::StatusOr<std::vector<StoredReservation>> LockReservations(db::Session& session, std::vector<int64_t> ids) {
  std::sort(ids.begin(), ids.end());
  std::vector<StoredReservation> all;
  RETURN_IF_ERROR(
      ForParts(ids, {}, [&](const std::string& where, const std::vector<db::Value>& values) -> absl::Status {
        ASSIGN_OR_RETURN(const db::Rows rows, session.Query(absl::StrCat(kColumns, where, "ORDER BY id FOR UPDATE"),
                                                            absl::MakeConstSpan(values)));
        ASSIGN_OR_RETURN(auto part, ToReservations(rows));
        std::move(part.begin(), part.end(), std::back_inserter(all));
        return absl::OkStatus();
      }));
  return all;
}

absl::Status EndReservations(db::Session& session, absl::Span<const int64_t> ids, Reservation::State state,
                             absl::Time now) {
  return ForParts(ids, {static_cast<int>(state), now},
                  [&](const std::string& where, const std::vector<db::Value>& values) {
                    return session
                        .Execute(absl::StrCat("UPDATE stock_reservations SET state = ?, end_time = ? ", where),
                                 absl::MakeConstSpan(values))
                        .status();
                  });
}

absl::StatusOr<std::vector<StoredReservation>> ReadReservations(db::Database& database, const std::vector<int64_t>& ids,
                                                                const resource::Condition& condition,
                                                                absl::Time deadline) {
  std::vector<StoredReservation> all;
  RETURN_IF_ERROR(
      ForParts(ids, {}, [&](const std::string& where, const std::vector<db::Value>& values) -> absl::Status {
        std::string sql = absl::StrCat(kColumns, where);
        std::vector<db::Value> bound = values;
        condition.AndTo(sql, bound);
        ASSIGN_OR_RETURN(const db::Rows rows,
                         database.Query(deadline, absl::StrCat(sql, "ORDER BY id DESC"), absl::MakeConstSpan(bound)));
        ASSIGN_OR_RETURN(auto part, ToReservations(rows));
        std::move(part.begin(), part.end(), std::back_inserter(all));
        return absl::OkStatus();
      }));
  return all;
}

absl::StatusOr<std::vector<int64_t>> FindDueReservations(db::Database& database, absl::Time now, int skip, int limit,
                                                         absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT id FROM stock_reservations WHERE state = ? AND expire_time <= ? "
                                  "ORDER BY expire_time, id LIMIT ?, ?",
                                  {static_cast<int>(Reservation::ACTIVE), now, skip, limit}));
  std::vector<int64_t> ids;
  for (size_t i = 0; i < rows.size(); ++i) ids.push_back(rows.Int(i, 0));
  return ids;
}

absl::StatusOr<resource::FilterFields> OpenReservationFilter(db::Database& database) {
  return resource::FilterFields::Open(
      database, *Reservation::descriptor(), "stock_reservations",
      {{.path = "name", .column = "id", .form = resource::FilterForm::kName, .names = kReservationNames},
       // By the ledger: a movement's cause is the reservation that took the units.
       {.path = "lines.sku",
        .column = "sku",
        .table = "stock_movements",
        .within = "CONCAT('reservations/', id) IN (SELECT cause FROM stock_movements WHERE type = ? AND ",
        .within_values = {static_cast<int>(v1::StockMovement::ALLOCATED)}}});
}

absl::StatusOr<std::vector<StoredReservation>> ListReservationRows(db::Database& database,
                                                                   const resource::Condition& condition, int64_t before,
                                                                   int limit, absl::Time deadline) {
  std::string sql = absl::StrCat(kColumns, "WHERE id < ? ");
  std::vector<db::Value> values = {before == 0 ? INT64_MAX : before};
  condition.AndTo(sql, values);
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline, absl::StrCat(sql, "ORDER BY id DESC LIMIT ?"),
                                                       absl::MakeConstSpan(values)));
  return ToReservations(rows);
}

absl::StatusOr<std::vector<StoredReservation>> ScanActiveReservations(db::Session& session, int64_t after, int limit) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query(absl::StrCat(kColumns, "WHERE state = ? AND id > ? ORDER BY id LIMIT ?"),
                                 {static_cast<int>(Reservation::ACTIVE), after, limit}));
  return ToReservations(rows);
}

}  // namespace storeops::inventory
