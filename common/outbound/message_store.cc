#include "common/outbound/message_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"

namespace storeops::outbound {
namespace {

constexpr size_t kMaxError = 1000;
constexpr int kWaiting = v1::OutboundMessage::WAITING;
constexpr absl::string_view kSelect =
    "SELECT id, queue, target, message_key, state, attempts, due_time, lease_owner, last_error, create_time "
    "FROM outbound_messages ";
// The fence: a process that lost the lease writes nothing.
constexpr absl::string_view kWhereLeased = " WHERE id = ? AND lease_owner = ? AND attempts = ?";

std::string Readable(absl::string_view error) {
  return std::string(IsValidUtf8(error) ? TruncateCodePoints(error, kMaxError) : absl::string_view("unreadable"));
}

std::vector<StoredMessage> ToMessages(const db::Rows& rows) {
  std::vector<StoredMessage> messages(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    StoredMessage& message = messages[row];
    message.id = rows.Int(row, 0);
    message.queue = rows.Text(row, 1);
    message.target = rows.Text(row, 2);
    message.key = rows.Text(row, 3);
    message.state = static_cast<State>(rows.Int(row, 4));
    message.attempts = static_cast<int>(rows.Int(row, 5));
    message.due = rows.Time(row, 6);
    message.lease_owner = rows.Text(row, 7);
    message.last_error = rows.Text(row, 8);
    message.create_time = rows.Time(row, 9);
  }
  return messages;
}

std::optional<StoredMessage> ToMessage(const db::Rows& rows) {
  std::vector<StoredMessage> messages = ToMessages(rows);
  if (messages.empty()) return std::nullopt;
  return std::move(messages[0]);
}

// NULL failures: there is no row.
Breaker ToBreaker(const db::Rows& rows, size_t row, size_t column) {
  Breaker breaker;
  breaker.failures = static_cast<int>(rows.Int(row, column));
  if (!rows.Null(row, column + 1)) breaker.open_until = rows.Time(row, column + 1);
  return breaker;
}

bool Changed(int64_t rows) { return rows > 0; }

}  // namespace

absl::Status MessageStore::Insert(db::Session& session, const Message& message, absl::Time due, absl::Time now) const {
  return session
      .Execute(
          "INSERT INTO outbound_messages (queue, target, message_key, payload, state, attempts, due_time, lease_owner, "
          "last_error, create_time) VALUES (?, ?, ?, ?, ?, 0, ?, '', '', ?)",
          {message.queue, message.target, message.key, message.payload, kWaiting, due, now})
      .status();
}

absl::StatusOr<int64_t> MessageStore::CountMessages(db::Session& session, absl::string_view queue) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT COUNT(*) FROM outbound_messages WHERE queue = ?", {queue}));
  return rows.Int(0, 0);
}

absl::StatusOr<std::vector<DueTarget>> MessageStore::DueTargets(absl::string_view queue, absl::Time now, int limit,
                                                                absl::Time deadline) const {
  // The inner statement reads one entry of the index for each target, however many messages wait for it: GROUP BY names
  // the index's columns from the first on, constant ones included.
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline,
                                   "SELECT due.target, due.due_time, b.failures, b.open_until FROM ("
                                   "SELECT target, MIN(due_time) AS due_time FROM outbound_messages "
                                   "WHERE queue = ? AND state = ? GROUP BY queue, state, target) AS due "
                                   "LEFT JOIN outbound_breakers b ON b.queue = ? AND b.target = due.target "
                                   "WHERE due.due_time <= ? AND (b.open_until IS NULL OR b.open_until <= ?) "
                                   "ORDER BY due.due_time, due.target LIMIT ?",
                                   {queue, kWaiting, queue, now, now, limit}));
  std::vector<DueTarget> targets(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    targets[row] = {rows.Text(row, 0), rows.Time(row, 1), ToBreaker(rows, row, 2)};
  }
  return targets;
}

absl::StatusOr<std::vector<StoredMessage>> MessageStore::DueMessages(absl::string_view queue, absl::string_view target,
                                                                     absl::Time now, int limit,
                                                                     absl::Time deadline) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline,
                                   absl::StrCat(kSelect,
                                                "WHERE queue = ? AND state = ? AND target = ? AND due_time <= ? "
                                                "ORDER BY due_time, id LIMIT ?"),
                                   {queue, kWaiting, target, now, limit}));
  return ToMessages(rows);
}

absl::StatusOr<std::optional<StoredMessage>> MessageStore::FindByKey(absl::string_view queue, absl::string_view key,
                                                                     absl::Time deadline) const {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database_.Query(deadline, absl::StrCat(kSelect, "WHERE queue = ? AND message_key = ?"), {queue, key}));
  return ToMessage(rows);
}

absl::StatusOr<std::optional<Lease>> MessageStore::TryLease(const StoredMessage& message, absl::Time until,
                                                            absl::Time deadline) const {
  const Lease lease{message.id, message.attempts + 1};
  ASSIGN_OR_RETURN(const int64_t leased,
                   database_.Execute(deadline,
                                     "UPDATE outbound_messages SET lease_owner = ?, attempts = ?, due_time = ? "
                                     "WHERE id = ? AND state = ? AND attempts = ?",
                                     {owner_, lease.attempt, until, message.id, message.state, message.attempts}));
  if (leased == 0) return std::nullopt;
  return lease;
}

absl::StatusOr<std::string> MessageStore::ReadPayload(const Lease& lease, absl::Time deadline) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline, "SELECT payload FROM outbound_messages WHERE id = ?", {lease.id}));
  if (rows.empty()) return absl::AbortedError("the message was deleted");
  return rows.Text(0, 0);
}

absl::Status MessageStore::Return(const Lease& lease, absl::Time due, absl::Time deadline) const {
  return database_
      .Execute(deadline,
               absl::StrCat("UPDATE outbound_messages SET lease_owner = '', due_time = ?, attempts = attempts - 1",
                            kWhereLeased),
               {due, lease.id, owner_, lease.attempt})
      .status();
}

absl::StatusOr<bool> MessageStore::Remove(db::Session& session, const Lease& lease) const {
  ASSIGN_OR_RETURN(const int64_t removed, session.Execute(absl::StrCat("DELETE FROM outbound_messages", kWhereLeased),
                                                          {lease.id, owner_, lease.attempt}));
  return Changed(removed);
}

absl::StatusOr<bool> MessageStore::Postpone(db::Session& session, const Lease& lease, absl::Time due,
                                            absl::string_view error) const {
  ASSIGN_OR_RETURN(const int64_t postponed,
                   session.Execute(absl::StrCat("UPDATE outbound_messages SET lease_owner = '', due_time = ?, "
                                                "last_error = ?",
                                                kWhereLeased),
                                   {due, Readable(error), lease.id, owner_, lease.attempt}));
  return Changed(postponed);
}

absl::StatusOr<bool> MessageStore::Bury(db::Session& session, const Lease& lease, absl::Time now,
                                        absl::string_view error) const {
  ASSIGN_OR_RETURN(
      const int64_t buried,
      session.Execute(absl::StrCat("UPDATE outbound_messages SET lease_owner = '', due_time = ?, last_error = ?, "
                                   "state = ?",
                                   kWhereLeased),
                      {now, Readable(error), v1::OutboundMessage::DEAD, lease.id, owner_, lease.attempt}));
  return Changed(buried);
}

absl::StatusOr<Breaker> MessageStore::ReadBreaker(absl::string_view queue, absl::string_view target,
                                                  absl::Time deadline) const {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database_.Query(deadline, "SELECT failures, open_until FROM outbound_breakers WHERE queue = ? AND target = ?",
                      {queue, target}));
  return rows.empty() ? Breaker() : ToBreaker(rows, 0, 0);
}

absl::StatusOr<bool> MessageStore::TakeProbe(absl::string_view queue, absl::string_view target, absl::Time open_until,
                                             absl::Time until, absl::Time deadline) const {
  ASSIGN_OR_RETURN(
      const int64_t taken,
      database_.Execute(deadline,
                        "UPDATE outbound_breakers SET open_until = ? WHERE queue = ? AND target = ? AND open_until = ?",
                        {until, queue, target, open_until}));
  return Changed(taken);
}

absl::Status MessageStore::CountFailure(db::Session& session, absl::string_view queue, absl::string_view target,
                                        int threshold, absl::Time open_until) const {
  const db::Value opened = threshold <= 1 ? db::Value(open_until) : db::Value();
  // open_until is computed before failures: servers differ in whether a later expression sees an earlier assignment.
  return session
      .Execute(
          "INSERT INTO outbound_breakers (queue, target, failures, open_until) VALUES (?, ?, 1, ?) "
          "ON DUPLICATE KEY UPDATE open_until = CASE WHEN failures + 1 >= ? THEN ? ELSE open_until END, "
          "failures = failures + 1",
          {queue, target, opened, threshold, open_until})
      .status();
}

absl::Status MessageStore::CloseBreaker(db::Session& session, absl::string_view queue, absl::string_view target) const {
  return session.Execute("DELETE FROM outbound_breakers WHERE queue = ? AND target = ?", {queue, target}).status();
}

absl::StatusOr<std::vector<StoredMessage>> MessageStore::List(State state, int64_t after_id, int limit,
                                                              absl::Time deadline) const {
  if (state == v1::OutboundMessage::STATE_UNSPECIFIED) {
    ASSIGN_OR_RETURN(
        const db::Rows rows,
        database_.Query(deadline, absl::StrCat(kSelect, "WHERE id > ? ORDER BY id LIMIT ?"), {after_id, limit}));
    return ToMessages(rows);
  }
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline, absl::StrCat(kSelect, "WHERE state = ? AND id > ? ORDER BY id LIMIT ?"),
                                   {state, after_id, limit}));
  return ToMessages(rows);
}

absl::StatusOr<std::optional<StoredMessage>> MessageStore::Lock(db::Session& session, int64_t id) const {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(absl::StrCat(kSelect, "WHERE id = ? FOR UPDATE"), {id}));
  return ToMessage(rows);
}

absl::Status MessageStore::Restart(db::Session& session, int64_t id, absl::Time now) const {
  return session
      .Execute("UPDATE outbound_messages SET state = ?, attempts = 0, due_time = ?, lease_owner = '' WHERE id = ?",
               {kWaiting, now, id})
      .status();
}

absl::Status MessageStore::Delete(db::Session& session, int64_t id) const {
  return session.Execute("DELETE FROM outbound_messages WHERE id = ?", {id}).status();
}

absl::StatusOr<std::vector<MessageCount>> MessageStore::CountAll(absl::Time deadline) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline,
                                   "SELECT queue, target, state, COUNT(*), MIN(create_time) FROM outbound_messages "
                                   "GROUP BY queue, state, target"));
  std::vector<MessageCount> counts(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    counts[row] = {rows.Text(row, 0), rows.Text(row, 1), static_cast<State>(rows.Int(row, 2)), rows.Int(row, 3),
                   rows.Time(row, 4)};
  }
  return counts;
}

absl::StatusOr<std::vector<MessageStore::OpenTarget>> MessageStore::OpenTargets(int limit, absl::Time deadline) const {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database_.Query(deadline, "SELECT queue, target FROM outbound_breakers WHERE open_until IS NOT NULL LIMIT ?",
                      {limit}));
  std::vector<OpenTarget> targets(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) targets[row] = {rows.Text(row, 0), rows.Text(row, 1)};
  return targets;
}

}  // namespace storeops::outbound
