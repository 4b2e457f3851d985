#include "services/gateway/identity/identity_store.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/db/lists.h"
#include "services/gateway/identity/roles.h"

namespace storeops::gateway::identity_store {
namespace {

// Longer than the window and the lock together.
constexpr absl::Duration kFailureRetention = absl::Hours(1);
constexpr absl::Duration kSourceRetention = absl::Hours(24 * 90);
constexpr int kSourcesOfUser = 20;

std::string AccountHash(absl::string_view email) { return HexEncode(Sha256(email)); }

std::string KeyHash(const FailureKey& key) {
  if (key.source.empty()) return AccountHash(key.email);
  return HexEncode(Sha256(absl::StrCat(key.email, "\n", key.source)));
}

std::string FormatTimes(const std::vector<absl::Time>& times) {
  return absl::StrJoin(times, ",",
                       [](std::string* out, absl::Time time) { absl::StrAppend(out, absl::ToUnixMicros(time)); });
}

std::vector<absl::Time> ParseTimes(absl::string_view text) {
  std::vector<absl::Time> times;
  for (const absl::string_view part : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    int64_t micros;
    if (absl::SimpleAtoi(part, &micros)) times.push_back(absl::FromUnixMicros(micros));
  }
  return times;
}

// Roles are stored as a JSON list.
std::string HasRole(absl::string_view role) { return absl::StrCat("%\"", role, "\"%"); }

db::Value NullableTime(absl::Time time) { return time == absl::InfinitePast() ? db::Value() : db::Value(time); }

LoginFailures FromRows(const db::Rows& rows) {
  LoginFailures failures;
  if (rows.empty()) return failures;
  failures.times = ParseTimes(rows.Text(0, 0));
  failures.locked_until = rows.Time(0, 1);
  return failures;
}

}  // namespace

absl::Status LockOwners(db::Session& session) {
  return session.Query("SELECT id FROM owner_lock WHERE id = 1 FOR UPDATE").status();
}

absl::StatusOr<bool> HasUsers(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT 1 FROM users LIMIT 1"));
  return !rows.empty();
}

absl::StatusOr<bool> HasOtherOwner(db::Session& session, int64_t user_id) {
  // People are few: a scan will do.
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT 1 FROM users WHERE id <> ? AND delete_time IS NULL AND disabled = 0 "
                                 "AND roles LIKE ? LIMIT 1",
                                 {user_id, HasRole(kOwnerRole)}));
  return !rows.empty();
}

absl::StatusOr<std::vector<int64_t>> UsersWithRole(db::Session& session, absl::string_view role, int limit) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT id FROM users WHERE delete_time IS NULL AND roles LIKE ? ORDER BY id LIMIT ?",
                                 {HasRole(role), limit}));
  return db::Ids(rows);
}

absl::StatusOr<std::vector<std::string>> HoldersOfRole(db::Session& session, absl::string_view role, absl::Time now,
                                                       int limit) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> users, UsersWithRole(session, role, limit));
  ASSIGN_OR_RETURN(const db::Rows keys,
                   session.Query("SELECT id FROM api_keys WHERE revoke_time IS NULL "
                                 "AND (expire_time IS NULL OR expire_time > ?) AND roles LIKE ? ORDER BY id LIMIT ?",
                                 {now, HasRole(role), limit}));
  std::vector<std::string> holders;
  for (const int64_t id : users) holders.push_back(absl::StrCat("users/", id));
  for (const int64_t id : db::Ids(keys)) holders.push_back(absl::StrCat("apiKeys/", id));
  return holders;
}

absl::StatusOr<std::vector<int64_t>> KeysOwnedBy(db::Session& session, absl::string_view owner, absl::Time now) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT id FROM api_keys WHERE owner = ? AND revoke_time IS NULL "
                                                      "AND (expire_time IS NULL OR expire_time > ?) ORDER BY id",
                                                      {owner, now}));
  return db::Ids(rows);
}

absl::StatusOr<std::vector<int64_t>> KeysMadeBy(db::Session& session, absl::string_view maker) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query("SELECT id FROM api_keys WHERE creator = ? AND revoke_time IS NULL ORDER BY id", {maker}));
  return db::Ids(rows);
}

absl::StatusOr<std::string> ReadPasswordHash(db::Session& session, int64_t user_id) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT hash FROM user_passwords WHERE user_id = ?", {user_id}));
  return rows.empty() ? std::string() : rows.Text(0, 0);
}

absl::Status WritePasswordHash(db::Session& session, int64_t user_id, absl::string_view hash, absl::Time now) {
  return session
      .Execute(
          "INSERT INTO user_passwords (user_id, hash, change_time) VALUES (?, ?, ?) "
          "ON DUPLICATE KEY UPDATE hash = VALUES(hash), change_time = VALUES(change_time)",
          {user_id, hash, now})
      .status();
}

absl::Status InsertRefreshToken(db::Session& session, const RefreshToken& token, absl::Time now) {
  return session
      .Execute(
          "INSERT INTO refresh_tokens (token_hash, family, user_id, create_time, expire_time, used) "
          "VALUES (?, ?, ?, ?, ?, ?)",
          {token.hash, token.family, token.user_id, now, token.expire_time, token.used})
      .status();
}

absl::StatusOr<std::optional<RefreshToken>> ReadRefreshToken(db::Session& session, absl::string_view hash, bool lock) {
  constexpr absl::string_view kSelect =
      "SELECT family, user_id, expire_time, used FROM refresh_tokens WHERE token_hash = ?";
  constexpr absl::string_view kSelectLocked =
      "SELECT family, user_id, expire_time, used FROM refresh_tokens WHERE token_hash = ? FOR UPDATE";
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(lock ? kSelectLocked : kSelect, {hash}));
  if (rows.empty()) return std::nullopt;
  return RefreshToken{std::string(hash), rows.Text(0, 0), rows.Int(0, 1), rows.Time(0, 2), rows.Int(0, 3) != 0};
}

absl::Status MarkRefreshTokenUsed(db::Session& session, absl::string_view hash) {
  return session.Execute("UPDATE refresh_tokens SET used = 1 WHERE token_hash = ?", {hash}).status();
}

absl::Status DeleteFamily(db::Session& session, absl::string_view family) {
  return session.Execute("DELETE FROM refresh_tokens WHERE family = ?", {family}).status();
}

absl::Status DeleteRefreshTokens(db::Session& session, int64_t user_id) {
  return session.Execute("DELETE FROM refresh_tokens WHERE user_id = ?", {user_id}).status();
}

absl::StatusOr<LoginFailures> ReadLoginFailures(db::Session& session, const FailureKey& key) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query("SELECT failures, locked_until FROM login_failures WHERE address_hash = ?", {KeyHash(key)}));
  return FromRows(rows);
}

absl::StatusOr<LoginFailures> LockLoginFailures(db::Session& session, const FailureKey& key, absl::Time now) {
  const std::string hash = KeyHash(key);
  // A row that is not there cannot be locked, and two first failures at once would count as one.
  RETURN_IF_ERROR(
      session
          .Execute("INSERT INTO login_failures (address_hash, account_hash, failures, locked_until, update_time) "
                   "VALUES (?, ?, '', NULL, ?) ON DUPLICATE KEY UPDATE update_time = VALUES(update_time)",
                   {hash, AccountHash(key.email), now})
          .status());
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query("SELECT failures, locked_until FROM login_failures WHERE address_hash = ? FOR UPDATE", {hash}));
  return FromRows(rows);
}

absl::Status WriteLoginFailures(db::Session& session, const FailureKey& key, const LoginFailures& failures,
                                absl::Time now) {
  return session
      .Execute("UPDATE login_failures SET failures = ?, locked_until = ?, update_time = ? WHERE address_hash = ?",
               {FormatTimes(failures.times), NullableTime(failures.locked_until), now, KeyHash(key)})
      .status();
}

absl::Status DeleteLoginFailures(db::Session& session, const FailureKey& key) {
  return session.Execute("DELETE FROM login_failures WHERE address_hash = ?", {KeyHash(key)}).status();
}

absl::Status DeleteAllLoginFailures(db::Session& session, absl::string_view email) {
  const std::string account = AccountHash(email);
  RETURN_IF_ERROR(session.Execute("DELETE FROM login_failures WHERE account_hash = ?", {account}).status());
  // Rows of before account_hash.
  return session.Execute("DELETE FROM login_failures WHERE address_hash = ?", {account}).status();
}

absl::StatusOr<bool> IsKnownSource(db::Session& session, int64_t user_id, const FailureKey& key) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query("SELECT 1 FROM login_sources WHERE user_id = ? AND source_hash = ?", {user_id, KeyHash(key)}));
  return !rows.empty();
}

absl::Status RememberSource(db::Session& session, int64_t user_id, const FailureKey& key, absl::Time now) {
  RETURN_IF_ERROR(session
                      .Execute("INSERT INTO login_sources (user_id, source_hash, use_time) VALUES (?, ?, ?) "
                               "ON DUPLICATE KEY UPDATE use_time = VALUES(use_time)",
                               {user_id, KeyHash(key), now})
                      .status());
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT COUNT(*) FROM login_sources WHERE user_id = ?", {user_id}));
  const int64_t surplus = rows.Int(0, 0) - kSourcesOfUser;
  if (surplus <= 0) return absl::OkStatus();
  return session.Execute("DELETE FROM login_sources WHERE user_id = ? ORDER BY use_time LIMIT ?", {user_id, surplus})
      .status();
}

absl::Status DeleteSources(db::Session& session, int64_t user_id) {
  return session.Execute("DELETE FROM login_sources WHERE user_id = ?", {user_id}).status();
}

absl::Status InsertKeySecret(db::Session& session, absl::string_view secret_hash, int64_t api_key_id) {
  return session
      .Execute("INSERT INTO api_key_secrets (secret_hash, api_key_id) VALUES (?, ?)", {secret_hash, api_key_id})
      .status();
}

absl::StatusOr<int64_t> FindKeySecret(db::Session& session, absl::string_view secret_hash) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT api_key_id FROM api_key_secrets WHERE secret_hash = ?", {secret_hash}));
  return rows.empty() ? 0 : rows.Int(0, 0);
}

absl::StatusOr<int64_t> Prune(db::Database& database, absl::Time now, int limit, absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const int64_t tokens,
      database.Execute(deadline, "DELETE FROM refresh_tokens WHERE expire_time < ? LIMIT ?", {now, limit}));
  ASSIGN_OR_RETURN(const int64_t failures,
                   database.Execute(deadline, "DELETE FROM login_failures WHERE update_time < ? LIMIT ?",
                                    {now - kFailureRetention, limit}));
  ASSIGN_OR_RETURN(const int64_t sources,
                   database.Execute(deadline, "DELETE FROM login_sources WHERE use_time < ? LIMIT ?",
                                    {now - kSourceRetention, limit}));
  return tokens + failures + sources;
}

}  // namespace storeops::gateway::identity_store
