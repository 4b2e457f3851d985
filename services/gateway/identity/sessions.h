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
        tokens_(tokens) {}

  // UNAUTHENTICATED (WRONG_CREDENTIALS) whatever is wrong; RESOURCE_EXHAUSTED (ADDRESS_LOCKED) with the time to wait
  // after too many failures.
  absl::StatusOr<v1::LoginResponse> Login(absl::string_view email, absl::string_view password, absl::Time deadline);

  // UNAUTHENTICATED with reason TOKEN_INVALID, TOKEN_EXPIRED or TOKEN_REUSED; the latter voids all that descends from
  // the same login.
  absl::StatusOr<v1::LoginResponse> Refresh(absl::string_view refresh_token, absl::Time deadline);

  // Voids all that descends from the same login. A token that is not known any more is fine.
  absl::Status Logout(absl::string_view refresh_token, absl::Time deadline);

  // Both end the user's sessions. A wrong old password is INVALID_ARGUMENT and counts as a failed login.
  absl::Status ChangePassword(const rpc::Call& call, int64_t user_id, absl::string_view old_password,
                              absl::string_view new_password);
  // The caller must be allowed all that the user is. Ends a lock of the user's address.
  absl::Status SetPassword(const rpc::Call& call, int64_t user_id, absl::string_view new_password);

 private:
  // A password that was tried, and against what.
  struct Attempt {
    std::string address;
    int64_t user_id = 0;  // 0: nobody has this address
    std::string hash;
    bool matches = false;
  };

  absl::StatusOr<Attempt> Try(absl::string_view email, int64_t user_id, absl::string_view password,
                              absl::Time deadline);
  // Decides about an attempt and counts it, in a transaction that is to be committed in any case: `verdict` is what the
  // caller gets. The user's row, if there is one, is locked.
  absl::Status Settle(db::Session& session, const Attempt& attempt, bool user_may_sign_in, absl::Status* verdict);

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
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_SESSIONS_H_
