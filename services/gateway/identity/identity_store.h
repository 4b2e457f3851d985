// SQL of what identity keeps beside its resources: password and secret hashes, refresh tokens, failed logins and known
// sources.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_IDENTITY_STORE_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_IDENTITY_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "services/gateway/identity/lockout.h"

namespace storeops::gateway {

struct RefreshToken {
  std::string hash;    // SHA-256 in hex
  std::string family;  // all that descend from one login
  int64_t user_id = 0;
  absl::Time expire_time;
  bool used = false;
};

// Every function works on the caller's session; a `lock` holds until the end of the caller's transaction.
namespace identity_store {

// To be held by whoever decides whether there is an owner.
absl::Status LockOwners(db::Session& session);
// Deleted ones count.
absl::StatusOr<bool> HasUsers(db::Session& session);
// Is there an owner, neither disabled nor deleted, other than this user?
absl::StatusOr<bool> HasOtherOwner(db::Session& session, int64_t user_id);

// People who are not deleted and have this role, ascending.
absl::StatusOr<std::vector<int64_t>> UsersWithRole(db::Session& session, absl::string_view role, int limit);
// "users/7", "apiKeys/3": people who are not deleted and keys that are neither revoked nor expired.
absl::StatusOr<std::vector<std::string>> HoldersOfRole(db::Session& session, absl::string_view role, absl::Time now,
                                                       int limit);
// Keys of this owner that are neither revoked nor expired.
absl::StatusOr<std::vector<int64_t>> KeysOwnedBy(db::Session& session, absl::string_view owner, absl::Time now);
// Keys that this one made, and that are not revoked.
absl::StatusOr<std::vector<int64_t>> KeysMadeBy(db::Session& session, absl::string_view maker);

// Empty if the user has no password.
absl::StatusOr<std::string> ReadPasswordHash(db::Session& session, int64_t user_id);
absl::Status WritePasswordHash(db::Session& session, int64_t user_id, absl::string_view hash, absl::Time now);

absl::Status InsertRefreshToken(db::Session& session, const RefreshToken& token, absl::Time now);
absl::StatusOr<std::optional<RefreshToken>> ReadRefreshToken(db::Session& session, absl::string_view hash, bool lock);
absl::Status MarkRefreshTokenUsed(db::Session& session, absl::string_view hash);
absl::Status DeleteFamily(db::Session& session, absl::string_view family);
// With the user's row locked, no token of the user escapes.
absl::Status DeleteRefreshTokens(db::Session& session, int64_t user_id);

absl::StatusOr<LoginFailures> ReadLoginFailures(db::Session& session, const FailureKey& key);
// Locks the key's row, which is made if need be. Of one account, lock that of a source before that of all.
absl::StatusOr<LoginFailures> LockLoginFailures(db::Session& session, const FailureKey& key, absl::Time now);
absl::Status WriteLoginFailures(db::Session& session, const FailureKey& key, const LoginFailures& failures,
                                absl::Time now);
// Of this key only.
absl::Status DeleteLoginFailures(db::Session& session, const FailureKey& key);
// Of an account: of each source and of all.
absl::Status DeleteAllLoginFailures(db::Session& session, absl::string_view email);

// Has this user, whose account it is, signed in from this source before? Stored for 90 days, the latest 20 of a user.
absl::StatusOr<bool> IsKnownSource(db::Session& session, int64_t user_id, const FailureKey& key);
// The user's row is locked.
absl::Status RememberSource(db::Session& session, int64_t user_id, const FailureKey& key, absl::Time now);
absl::Status DeleteSources(db::Session& session, int64_t user_id);

absl::Status InsertKeySecret(db::Session& session, absl::string_view secret_hash, int64_t api_key_id);
// The id of the API key; 0 if nobody's secret has this hash.
absl::StatusOr<int64_t> FindKeySecret(db::Session& session, absl::string_view secret_hash);

// Removes expired refresh tokens, failures older than an hour and sources not used for 90 days, at most `limit` of
// each; how many.
absl::StatusOr<int64_t> Prune(db::Database& database, absl::Time now, int limit, absl::Time deadline);

}  // namespace identity_store
}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_IDENTITY_STORE_H_
