#include "common/changes/follower_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/db/in_parts.h"

namespace storeops::changes {
namespace {

constexpr size_t kMaxError = 1000;
constexpr absl::string_view kDeadLetterColumns =
    "SELECT id, follower, change_bytes, error, attempts, create_time FROM dead_letters ";

// Calls `statement` with each part of `subjects` as the marks of a list for IN and its values, behind `follower`.
absl::Status InParts(
    const std::string& follower, absl::Span<const std::string> subjects,
    absl::FunctionRef<absl::Status(const std::string& marks, const std::vector<db::Value>&)> statement) {
  return db::InParts(subjects, [&](const std::string& marks, std::vector<db::Value> values) {
    values.insert(values.begin(), follower);
    return statement(marks, values);
  });
}

std::string Readable(absl::string_view error) {
  return std::string(IsValidUtf8(error) ? TruncateCodePoints(error, kMaxError) : absl::string_view("unreadable"));
}

absl::StatusOr<std::vector<StoredDeadLetter>> ToDeadLetters(const db::Rows& rows) {
  std::vector<StoredDeadLetter> letters(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    StoredDeadLetter& letter = letters[row];
    letter.id = rows.Int(row, 0);
    letter.follower = rows.Text(row, 1);
    if (!letter.change.ParseFromString(rows.Text(row, 2))) {
      return STOREOPS_BUG(absl::StrCat("dead letter ", letter.id, " contains no change"));
    }
    letter.error = rows.Text(row, 3);
    letter.attempts = static_cast<int>(rows.Int(row, 4));
    letter.create_time = rows.Time(row, 5);
  }
  return letters;
}

// `rows` were deleted from the dead letters of `follower`.
absl::Status Uncount(db::Session& session, const std::string& follower, int64_t rows) {
  return session.Execute("UPDATE followers SET dead_letters = dead_letters - ? WHERE name = ?", {rows, follower})
      .status();
}

}  // namespace

absl::StatusOr<FollowerState> FollowerStore::Lock(db::Session& session, absl::Time now) const {
  constexpr absl::string_view kSelect =
      "SELECT sequence, last_change_id, last_change_sequence, snapshot, copying, rewound, copy_type, copy_after_id, "
      "failing, attempts, dead_letters, source, types FROM followers WHERE name = ? FOR UPDATE";
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(kSelect, {follower_}));
  if (rows.empty()) {
    RETURN_IF_ERROR(session
                        .Execute("INSERT IGNORE INTO followers (name, source, types, sequence, last_change_id, "
                                 "last_change_sequence, snapshot, copying, rewound, copy_type, copy_after_id, failing, "
                                 "attempts, dead_letters, update_time) "
                                 "VALUES (?, ?, ?, 0, '', 0, 0, 0, 0, '', '', '', 0, 0, ?)",
                                 {follower_, source_, types_, now})
                        .status());
    ASSIGN_OR_RETURN(rows, session.Query(kSelect, {follower_}));
    if (rows.empty()) return STOREOPS_BUG(absl::StrCat("follower ", follower_, " has no row"));
  }
  if (rows.Text(0, 11) != source_ || rows.Text(0, 12) != types_) {
    return absl::FailedPreconditionError(absl::StrCat("follower ", follower_, " follows ", rows.Text(0, 12), " of ",
                                                      rows.Text(0, 11), "; to follow ", types_, " of ", source_,
                                                      ", give it another name"));
  }
  FollowerState state;
  state.position = {rows.Int(0, 0), rows.Text(0, 1), rows.Int(0, 2)};
  state.snapshot = rows.Int(0, 3);
  state.copying = rows.Int(0, 4) != 0;
  state.rewound = rows.Int(0, 5) != 0;
  state.copy_type = rows.Text(0, 6);
  state.copy_after_id = rows.Text(0, 7);
  state.failing = rows.Text(0, 8);
  state.attempts = static_cast<int>(rows.Int(0, 9));
  state.dead_letters = static_cast<int>(rows.Int(0, 10));
  return state;
}

absl::Status FollowerStore::Save(db::Session& session, const FollowerState& state, absl::Time now) const {
  return session
      .Execute(
          "UPDATE followers SET sequence = ?, last_change_id = ?, last_change_sequence = ?, snapshot = ?, "
          "copying = ?, rewound = ?, copy_type = ?, copy_after_id = ?, failing = ?, attempts = ?, "
          "dead_letters = ?, update_time = ? WHERE name = ?",
          {state.position.sequence, state.position.last_change_id, state.position.last_change_sequence, state.snapshot,
           state.copying, state.rewound, state.copy_type, state.copy_after_id, state.failing, state.attempts,
           state.dead_letters, now, follower_})
      .status();
}

absl::StatusOr<absl::flat_hash_map<std::string, FollowedResource>> FollowerStore::ReadResources(
    db::Session& session, absl::Span<const std::string> subjects) const {
  absl::flat_hash_map<std::string, FollowedResource> resources;
  RETURN_IF_ERROR(InParts(follower_, subjects, [&](const std::string& marks, const std::vector<db::Value>& values) {
    const absl::StatusOr<db::Rows> rows =
        session.Query(absl::StrCat("SELECT subject, type, version, snapshot FROM followed_resources "
                                   "WHERE follower = ? AND subject IN (",
                                   marks, ")"),
                      values);
    for (size_t row = 0; rows.ok() && row < rows->size(); ++row) {
      resources[rows->Text(row, 0)] = {rows->Text(row, 1), rows->Int(row, 2), rows->Int(row, 3)};
    }
    return rows.status();
  }));
  return resources;
}

absl::Status FollowerStore::WriteResources(db::Session& session,
                                           const absl::flat_hash_map<std::string, FollowedResource>& resources) const {
  constexpr size_t kColumns = 5;
  std::vector<db::Value> values;
  values.reserve(resources.size() * kColumns);
  for (const auto& [subject, resource] : resources) {
    values.insert(values.end(), {db::Value(follower_), db::Value(subject), db::Value(resource.type),
                                 db::Value(resource.version), db::Value(resource.snapshot)});
  }
  return session.InsertRows("followed_resources (follower, subject, type, version, snapshot)", kColumns, values,
                            "ON DUPLICATE KEY UPDATE version = VALUES(version), snapshot = VALUES(snapshot)");
}

absl::Status FollowerStore::RemoveResources(db::Session& session, absl::Span<const std::string> subjects) const {
  return InParts(follower_, subjects, [&](const std::string& marks, const std::vector<db::Value>& values) {
    return session
        .Execute(absl::StrCat("DELETE FROM followed_resources WHERE follower = ? AND subject IN (", marks, ")"), values)
        .status();
  });
}

absl::StatusOr<std::vector<Change>> FollowerStore::MissingFrom(db::Session& session, int64_t snapshot,
                                                               int limit) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT subject, type, version FROM followed_resources "
                                 "WHERE follower = ? AND snapshot < ? ORDER BY snapshot, subject LIMIT ?",
                                 {follower_, snapshot, limit}));
  std::vector<Change> changes(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) {
    changes[row].set_source(source_);
    changes[row].set_subject(rows.Text(row, 0));
    changes[row].set_type(rows.Text(row, 1));
    changes[row].set_version(rows.Int(row, 2));
    changes[row].set_kind(Change::EXPUNGED);
  }
  return changes;
}

absl::Status FollowerStore::MarkContained(db::Session& session, const std::string& subject, int64_t snapshot) const {
  return session
      .Execute("UPDATE followed_resources SET snapshot = ? WHERE follower = ? AND subject = ?",
               {snapshot, follower_, subject})
      .status();
}

absl::Status FollowerStore::InsertDeadLetter(db::Session& session, const Change& change, absl::string_view error,
                                             int attempts, absl::Time now) const {
  return session
      .Execute(
          "INSERT INTO dead_letters (follower, subject, change_bytes, error, attempts, create_time) "
          "VALUES (?, ?, ?, ?, ?, ?)",
          {follower_, change.subject(), change.SerializeAsString(), Readable(error), attempts, now})
      .status();
}

absl::StatusOr<absl::flat_hash_set<std::string>> FollowerStore::WithDeadLetters(
    db::Session& session, absl::Span<const std::string> subjects) const {
  absl::flat_hash_set<std::string> found;
  RETURN_IF_ERROR(InParts(follower_, subjects, [&](const std::string& marks, const std::vector<db::Value>& values) {
    const absl::StatusOr<db::Rows> rows = session.Query(
        absl::StrCat("SELECT DISTINCT subject FROM dead_letters WHERE follower = ? AND subject IN (", marks, ")"),
        values);
    for (size_t row = 0; rows.ok() && row < rows->size(); ++row) found.insert(rows->Text(row, 0));
    return rows.status();
  }));
  return found;
}

absl::StatusOr<std::vector<StoredDeadLetter>> FollowerStore::DeadLettersOf(db::Session& session,
                                                                           const std::string& subject) const {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query(absl::StrCat(kDeadLetterColumns, "WHERE follower = ? AND subject = ? ORDER BY id"),
                                 {follower_, subject}));
  return ToDeadLetters(rows);
}

absl::Status FollowerStore::NoteRetry(db::Session& session, int64_t id, absl::string_view error) const {
  return session
      .Execute("UPDATE dead_letters SET attempts = attempts + 1, error = ? WHERE id = ?", {Readable(error), id})
      .status();
}

absl::StatusOr<int64_t> FollowerStore::DeleteDeadLettersOf(db::Session& session, const std::string& subject) const {
  return session.Execute("DELETE FROM dead_letters WHERE follower = ? AND subject = ?", {follower_, subject});
}

absl::Status FollowerStore::DeleteAllDeadLetters(db::Session& session) const {
  return session.Execute("DELETE FROM dead_letters WHERE follower = ?", {follower_}).status();
}

absl::StatusOr<std::vector<StoredDeadLetter>> ListDeadLetters(db::Database& database, int64_t after_id, int limit,
                                                              absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(kDeadLetterColumns, "WHERE id > ? ORDER BY id LIMIT ?"),
                                  {after_id, limit}));
  return ToDeadLetters(rows);
}

absl::StatusOr<std::optional<StoredDeadLetter>> ReadDeadLetter(db::Database& database, int64_t id,
                                                               absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(kDeadLetterColumns, "WHERE id = ?"), {id}));
  ASSIGN_OR_RETURN(std::vector<StoredDeadLetter> letters, ToDeadLetters(rows));
  if (letters.empty()) return std::nullopt;
  return std::move(letters[0]);
}

absl::StatusOr<bool> DeleteDeadLetter(db::Database& database, int64_t id, absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto letter, ReadDeadLetter(database, id, deadline));
  if (!letter.has_value()) return false;
  int64_t deleted = 0;
  RETURN_IF_ERROR(database.Transact(deadline, [&](db::Session& session) -> absl::Status {
    // In the follower's order of locks: its row first.
    RETURN_IF_ERROR(session.Query("SELECT 1 FROM followers WHERE name = ? FOR UPDATE", {letter->follower}).status());
    ASSIGN_OR_RETURN(deleted, session.Execute("DELETE FROM dead_letters WHERE id = ?", {id}));
    return Uncount(session, letter->follower, deleted);
  }));
  return deleted > 0;
}

}  // namespace storeops::changes
