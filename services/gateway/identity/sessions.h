// Signing in and staying signed in: passwords, access tokens of 15 minutes, refresh tokens that are good once.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_SESSIONS_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_SESSIONS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/db/database.h"
#include "common/resource/resource.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/rate_limiter.h"
#include "services/gateway/identity/grants.h"
#include "services/gateway/identity/lockout.h"
#include "services/gateway/identity/passwords.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::gateway {

// Thread-safe. What it is made of outlives it.
class Sessions {
 public:
  static constexpr absl::Duration kAccessLifetime = absl::Minutes(15);
  static constexpr absl::Duration kRefreshLifetime = absl::Hours(24 * 14);

  Sessions(const resource::Store& store, resource::Resource& users, const Grants& grants, Passwords& passwords,
           const rpc::AccessTokens& tokens)
      : store_(store),
        database_(store.database),
        clock_(store.clock),
        users_(users),
        grants_(grants),
        passwords_(passwords),
        tokens_(tokens),
        source_failures_({.anonymous_calls_per_second = kSourceFailuresPerSecond,
                          .anonymous_burst = kSourceFailures,
                          .max_buckets = kMaxSources},
                         store.clock) {}

  // `source` is the caller's network address (AddressGroup). UNAUTHENTICATED (WRONG_CREDENTIALS) whatever is wrong;
  // after too many failures RESOURCE_EXHAUSTED with the time to wait, whether or not the password is right and the
  // account exists: ADDRESS_LOCKED (of this account and source), ACCOUNT_LOCKED (of this account) or
  // TOO_MANY_FAILED_LOGINS_OF_ADDRESS (of this source). The last two let a right password in if the person has signed
  // in from this source before.
  absl::StatusOr<v1::LoginResponse> Login(absl::string_view email, absl::string_view password,
                                          const std::string& source, absl::Time deadline);

  // UNAUTHENTICATED with reason TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_REUSED; the latter voids all that descends from
  // the same login.
  absl::StatusOr<v1::LoginResponse> Refresh(absl::string_view refresh_token, absl::Time deadline);

  // Voids all that descends from the same login. A token that is not known any more is fine.
  absl::Status Logout(absl::string_view refresh_token, absl::Time deadline);

  // Both end the user's sessions. A wrong old password is INVALID_ARGUMENT and counts as a failed login.
  absl::Status ChangePassword(const rpc::Call& call, int64_t user_id, absl::string_view old_password,
                              absl::string_view new_password);
  // The caller must be allowed all that the user is. Ends all locks of the user's account. For `storeops recover-owner`
  // the caller's address also counts as one from which the user has signed in.
  absl::Status SetPassword(const rpc::Call& call, int64_t user_id, absl::string_view new_password);

 private:
  // A password that was tried, and against what.
  struct Attempt {
    FailureKey key;
    int64_t user_id = 0;  // 0: nobody has this address
    std::string hash;
    bool matches = false;
  };

  absl::StatusOr<Attempt> Try(FailureKey key, int64_t user_id, absl::string_view password, absl::Time deadline);
  // Decides about an attempt and counts it, in a transaction that is to be committed in any case: `verdict` is what the
  // caller gets. The user's row, if there is one, is locked.
  absl::Status Settle(db::Session& session, const Attempt& attempt, bool user_may_sign_in, absl::Status* verdict);
  // Why a source from which the person has not signed in before may not sign in now. `account`: failures of all
  // sources.
  absl::Status CheckUnknownSource(const LoginFailures& account, const std::string& source, absl::Time now);
  absl::Status CountFailure(db::Session& session, const FailureKey& key, const LoginFailures& of_source,
                            const LoginFailures& of_account, absl::Time now);
  // Once, when what Settle decided is committed.
  void CountForSource(const Attempt& attempt, const absl::Status& verdict);

  // The user with the row locked; nothing if it does not exist, is deleted or disabled.
  absl::StatusOr<std::optional<resource::Page::Item>> LockActiveUser(db::Session& session, int64_t user_id);

  absl::Status Grant(db::Session& session, int64_t user_id, const v1::User& user, absl::string_view family,
                     v1::LoginResponse* response);
  absl::Status RefreshLocked(db::Session& session, absl::string_view hash, v1::LoginResponse* response,
                             absl::Status* verdict);

  // Stores the password and ends all sessions of the user, whose row is locked.
  absl::Status Replace(resource::Write& write, const resource::Page::Item& user, const std::string& hash);

  const resource::Store& store_;
  db::Database& database_;
  const Clock& clock_;
  resource::Resource& users_;
  const Grants& grants_;
  Passwords& passwords_;
  const rpc::AccessTokens& tokens_;
  rpc::RateLimiter source_failures_;  // over all accounts
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_SESSIONS_H_
