#include "services/gateway/identity/sessions.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/gateway/identity/identity_store.h"
#include "services/gateway/identity/password_rules.h"

namespace storeops::gateway {
namespace {

constexpr size_t kFamilyBytes = 16;
constexpr size_t kTokenBytes = 32;

std::string TokenHash(absl::string_view token) { return HexEncode(Sha256(token)); }

absl::Status WrongCredentials() { return Unauthenticated("WRONG_CREDENTIALS", "the address or the password is wrong"); }

absl::Status InvalidToken() { return Unauthenticated("TOKEN_INVALID", "the refresh token is not valid"); }

absl::Status Locked(absl::Duration wait) {
  return WithReason(ExhaustedRetry("too many failed logins: this address is locked for a while", wait),
                    "ADDRESS_LOCKED");
}

const v1::User& UserOf(const resource::Page::Item& item) { return static_cast<const v1::User&>(*item.message); }

}  // namespace

absl::StatusOr<std::optional<resource::Page::Item>> Sessions::LockActiveUser(db::Session& session, int64_t user_id) {
  if (user_id == 0) return std::nullopt;
  auto item = users_.Read(session, user_id, /*lock=*/true);
  if (item.status().code() == absl::StatusCode::kNotFound) return std::nullopt;
  RETURN_IF_ERROR(item.status());
  const v1::User& user = UserOf(*item);
  if (user.disabled() || user.has_delete_time()) return std::nullopt;
  return *std::move(item);
}

absl::StatusOr<Sessions::Attempt> Sessions::Try(absl::string_view email, int64_t user_id, absl::string_view password,
                                                absl::Time deadline) {
  Attempt attempt{NormalizeEmail(email), user_id, "", false};
  RETURN_IF_ERROR(database_.WithSession(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const LoginFailures failures, identity_store::ReadLoginFailures(session, attempt.address));
    if (const absl::Duration wait = LockedFor(failures, clock_.Now()); wait > absl::ZeroDuration()) {
      return Locked(wait);
    }
    ASSIGN_OR_RETURN(attempt.hash, identity_store::ReadPasswordHash(session, user_id));
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(attempt.matches, passwords_.Verify(password, attempt.hash, deadline));
  return attempt;
}

absl::Status Sessions::Settle(db::Session& session, const Attempt& attempt, bool user_may_sign_in,
                              absl::Status* verdict) {
  const absl::Time now = clock_.Now();
  // Changed while it was being checked?
  ASSIGN_OR_RETURN(const std::string hash, identity_store::ReadPasswordHash(session, attempt.user_id));
  const bool right = attempt.matches && user_may_sign_in && hash == attempt.hash;
  ASSIGN_OR_RETURN(const LoginFailures failures, identity_store::LockLoginFailures(session, attempt.address, now));
  // Looked at again, under lock: of many guesses sent at once, only as many count as the rule allows.
  if (const absl::Duration wait = LockedFor(failures, now); wait > absl::ZeroDuration()) {
    *verdict = Locked(wait);
    return absl::OkStatus();
  }
  *verdict = right ? absl::OkStatus() : WrongCredentials();
  if (right) return identity_store::DeleteLoginFailures(session, attempt.address);
  return identity_store::WriteLoginFailures(session, attempt.address, AfterFailure(failures, now), now);
}

absl::Status Sessions::Grant(db::Session& session, int64_t user_id, const v1::User& user, absl::string_view family,
                             v1::LoginResponse* response) {
  rpc::Principal principal;
  principal.name = user.name();
  principal.display_name = user.display_name().empty() ? user.email() : user.display_name();
  principal.session_version = user.session_version();
  ASSIGN_OR_RETURN(principal.permissions, grants_.PermissionsOf(session, user.roles(), user.name()));
  const std::string refresh_token = absl::StrCat("rt_", RandomToken(kTokenBytes));
  const absl::Time now = clock_.Now();
  RETURN_IF_ERROR(identity_store::InsertRefreshToken(
      session, {TokenHash(refresh_token), std::string(family), user_id, now + kRefreshLifetime, /*used=*/false}, now));
  response->set_access_token(tokens_.Mint(principal, kAccessLifetime));
  *response->mutable_expires_in() = ToDurationProto(kAccessLifetime);
  response->set_refresh_token(refresh_token);
  *response->mutable_user() = user;
  return absl::OkStatus();
}

absl::StatusOr<v1::LoginResponse> Sessions::Login(absl::string_view email, absl::string_view password,
                                                  absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, users_.FindByKey("email", {NormalizeEmail(email)}, deadline));
  ASSIGN_OR_RETURN(const Attempt attempt, Try(email, ids.front(), password, deadline));
  v1::LoginResponse response;
  absl::Status verdict;
  RETURN_IF_ERROR(database_.Transact(deadline, [&](db::Session& session) -> absl::Status {
    response.Clear();
    ASSIGN_OR_RETURN(const auto user, LockActiveUser(session, attempt.user_id));
    RETURN_IF_ERROR(Settle(session, attempt, user.has_value(), &verdict));
    if (!verdict.ok()) return absl::OkStatus();
    return Grant(session, attempt.user_id, UserOf(*user), RandomToken(kFamilyBytes), &response);
  }));
  RETURN_IF_ERROR(verdict);
  return response;
}

absl::Status Sessions::RefreshLocked(db::Session& session, absl::string_view hash, v1::LoginResponse* response,
                                     absl::Status* verdict) {
  *verdict = InvalidToken();
  // Users are locked before their tokens, here as where tokens are voided.
  ASSIGN_OR_RETURN(const auto seen, identity_store::ReadRefreshToken(session, hash, /*lock=*/false));
  if (!seen.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto user, LockActiveUser(session, seen->user_id));
  ASSIGN_OR_RETURN(const auto token, identity_store::ReadRefreshToken(session, hash, /*lock=*/true));
  if (!token.has_value()) return absl::OkStatus();
  if (token->used) {
    *verdict = Unauthenticated("TOKEN_REUSED", "the refresh token was used before: sign in again");
    return identity_store::DeleteFamily(session, token->family);
  }
  if (token->expire_time <= clock_.Now()) {
    *verdict = Unauthenticated("TOKEN_EXPIRED", "the refresh token has expired: sign in again");
    return absl::OkStatus();
  }
  if (!user.has_value()) return identity_store::DeleteFamily(session, token->family);
  RETURN_IF_ERROR(identity_store::MarkRefreshTokenUsed(session, hash));
  *verdict = absl::OkStatus();
  return Grant(session, token->user_id, UserOf(*user), token->family, response);
}

absl::StatusOr<v1::LoginResponse> Sessions::Refresh(absl::string_view refresh_token, absl::Time deadline) {
  const std::string hash = TokenHash(refresh_token);
  v1::LoginResponse response;
  absl::Status verdict;
  RETURN_IF_ERROR(database_.Transact(deadline, [&](db::Session& session) {
    response.Clear();
    return RefreshLocked(session, hash, &response, &verdict);
  }));
  RETURN_IF_ERROR(verdict);
  return response;
}

absl::Status Sessions::Logout(absl::string_view refresh_token, absl::Time deadline) {
  const std::string hash = TokenHash(refresh_token);
  return database_.Transact(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const auto token, identity_store::ReadRefreshToken(session, hash, /*lock=*/false));
    if (!token.has_value()) return absl::OkStatus();
    return identity_store::DeleteFamily(session, token->family);
  });
}

absl::Status Sessions::Replace(resource::Write& write, const resource::Page::Item& user, const std::string& hash) {
  RETURN_IF_ERROR(identity_store::WritePasswordHash(write.session(), user.id, hash, write.now()));
  RETURN_IF_ERROR(identity_store::DeleteRefreshTokens(write.session(), user.id));
  return users_.Replace(write, user, WithoutSessions(UserOf(user))).status();
}

absl::Status Sessions::ChangePassword(const rpc::Call& call, int64_t user_id, absl::string_view old_password,
                                      absl::string_view new_password) {
  ASSIGN_OR_RETURN(const auto found, users_.ReadMany({user_id}, call.deadline));
  if (found.empty()) return Unauthenticated("USER_GONE", "the user was deleted");
  const v1::User& person = UserOf(found.front());
  RETURN_IF_ERROR(
      CheckNewPassword(new_password, PasswordContext(person.email(), person.display_name()), "new_password"));
  const std::string email = person.email();
  ASSIGN_OR_RETURN(const Attempt attempt, Try(email, user_id, old_password, call.deadline));
  // Only for the right one: a hashing is dear.
  std::string hash;
  if (attempt.matches) {
    ASSIGN_OR_RETURN(hash, passwords_.Hash(new_password, call.deadline));
  }
  absl::Status verdict;
  v1::ChangePasswordResponse response;
  RETURN_IF_ERROR(resource::RunWrite(store_, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto user, LockActiveUser(write.session(), user_id));
    RETURN_IF_ERROR(grants_.ReadCaller(write).status());
    RETURN_IF_ERROR(Settle(write.session(), attempt, user.has_value(), &verdict));
    return verdict.ok() ? Replace(write, *user, hash) : absl::OkStatus();
  }));
  if (absl::IsUnauthenticated(verdict)) return InvalidField("old_password", "is not the present password");
  return verdict;
}

absl::Status Sessions::SetPassword(const rpc::Call& call, int64_t user_id, absl::string_view new_password) {
  ASSIGN_OR_RETURN(const auto found, users_.ReadMany({user_id}, call.deadline));
  if (found.empty()) return ResourceNotFound(users_.type(), users_.FormatName(user_id));
  const v1::User& person = UserOf(found.front());
  RETURN_IF_ERROR(
      CheckNewPassword(new_password, PasswordContext(person.email(), person.display_name()), "new_password"));
  ASSIGN_OR_RETURN(const std::string hash, passwords_.Hash(new_password, call.deadline));
  v1::SetUserPasswordResponse response;
  return resource::RunWrite(store_, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto item, users_.Read(write.session(), user_id, /*lock=*/true));
    const v1::User& user = UserOf(item);
    if (user.has_delete_time()) return ResourceNotFound(users_.type(), user.name());
    ASSIGN_OR_RETURN(const Caller caller, grants_.ReadCaller(write));
    RETURN_IF_ERROR(grants_.CheckCovers(write.session(), caller, user.roles()));
    RETURN_IF_ERROR(Replace(write, item, hash));
    return identity_store::DeleteLoginFailures(write.session(), user.email());
  });
}

}  // namespace storeops::gateway
