#include "services/gateway/identity/sessions.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/address_shares.h"
#include "common/base/errors.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "google/rpc/error_details.pb.h"
#include "services/gateway/identity/identity_store.h"
#include "services/gateway/identity/password_rules.h"

namespace storeops::gateway {
namespace {

constexpr size_t kFamilyBytes = 16;
constexpr size_t kTokenBytes = 32;

std::string TokenHash(absl::string_view token) { return HexEncode(Sha256(token)); }

absl::Status WrongCredentials() { return Unauthenticated("WRONG_CREDENTIALS", "the address or the password is wrong"); }

absl::Status InvalidToken() { return Unauthenticated("TOKEN_INVALID", "the refresh token is not valid"); }

absl::Status SourceLocked(absl::Duration wait) {
  return WithReason(
      ExhaustedRetry(absl::StrCat(kSourceRule.failures,
                                  " failed logins to this account from this network address within 15 minutes: it is "
                                  "locked for 15 minutes from here"),
                     wait),
      "ADDRESS_LOCKED");
}

absl::Status AccountLocked(absl::Duration wait) {
  return WithReason(
      ExhaustedRetry(
          absl::StrCat(kAccountRule.failures,
                       " failed logins to this account within 15 minutes: for 15 minutes it can sign in only "
                       "from network addresses from which it has signed in before"),
          wait),
      "ACCOUNT_LOCKED");
}

absl::Status SourceExhausted(const absl::Status& limit) {
  google::rpc::RetryInfo retry;
  GetDetail(limit, &retry);
  return WithReason(
      ExhaustedRetry(
          absl::StrCat(kSourceFailures,
                       " failed logins from this network address: only accounts that have signed in from here "
                       "before can sign in"),
          FromDurationProto(retry.retry_delay())),
      "TOO_MANY_FAILED_LOGINS_OF_ADDRESS");
}

// `storeops recover-owner`, on the suite's own machine.
bool IsRecovery(const rpc::Principal& caller) { return caller.name == "services/gateway"; }

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

absl::StatusOr<Sessions::Attempt> Sessions::Try(FailureKey key, int64_t user_id, absl::string_view password,
                                                absl::Time deadline) {
  Attempt attempt{std::move(key), user_id, "", false};
  RETURN_IF_ERROR(database_.WithSession(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const LoginFailures failures, identity_store::ReadLoginFailures(session, attempt.key));
    if (const absl::Duration wait = LockedFor(failures, clock_.Now()); wait > absl::ZeroDuration()) {
      return SourceLocked(wait);
    }
    ASSIGN_OR_RETURN(attempt.hash, identity_store::ReadPasswordHash(session, user_id));
    return absl::OkStatus();
  }));
  ASSIGN_OR_RETURN(attempt.matches, passwords_.Verify(password, attempt.hash, attempt.key.source, deadline));
  return attempt;
}

absl::Status Sessions::CheckUnknownSource(const LoginFailures& account, const std::string& source, absl::Time now) {
  if (const absl::Duration wait = LockedFor(account, now); wait > absl::ZeroDuration()) return AccountLocked(wait);
  const absl::Status limit = source_failures_.Look(source, /*anonymous=*/true);
  return limit.ok() ? limit : SourceExhausted(limit);
}

absl::Status Sessions::Settle(db::Session& session, const Attempt& attempt, bool user_may_sign_in,
                              absl::Status* verdict) {
  const absl::Time now = clock_.Now();
  const FailureKey& key = attempt.key;
  // Changed while it was being checked?
  ASSIGN_OR_RETURN(const std::string hash, identity_store::ReadPasswordHash(session, attempt.user_id));
  const bool right = attempt.matches && user_may_sign_in && hash == attempt.hash;
  ASSIGN_OR_RETURN(const LoginFailures of_source, identity_store::LockLoginFailures(session, key, now));
  // Looked at again, under lock: of many guesses sent at once, only as many count as the rule allows.
  if (const absl::Duration wait = LockedFor(of_source, now); wait > absl::ZeroDuration()) {
    *verdict = SourceLocked(wait);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const LoginFailures of_account, identity_store::LockLoginFailures(session, {key.email, ""}, now));
  ASSIGN_OR_RETURN(const bool known, identity_store::IsKnownSource(session, attempt.user_id, key));
  const absl::Status unknown = CheckUnknownSource(of_account, key.source, now);
  if (right && (known || unknown.ok())) {
    *verdict = absl::OkStatus();
    RETURN_IF_ERROR(identity_store::DeleteLoginFailures(session, key));
    return identity_store::RememberSource(session, attempt.user_id, key, now);
  }
  // The same for known sources, whose guesses must not learn more than those of others.
  *verdict = unknown.ok() ? WrongCredentials() : unknown;
  return CountFailure(session, key, of_source, of_account, now);
}

absl::Status Sessions::CountFailure(db::Session& session, const FailureKey& key, const LoginFailures& of_source,
                                    const LoginFailures& of_account, absl::Time now) {
  RETURN_IF_ERROR(identity_store::WriteLoginFailures(session, key, AfterFailure(of_source, now, kSourceRule), now));
  if (LockedFor(of_account, now) > absl::ZeroDuration()) return absl::OkStatus();
  return identity_store::WriteLoginFailures(session, {key.email, ""}, AfterFailure(of_account, now, kAccountRule), now);
}

void Sessions::CountForSource(const Attempt& attempt, const absl::Status& verdict) {
  if (absl::IsUnauthenticated(verdict)) (void)source_failures_.Admit(attempt.key.source, /*anonymous=*/true);
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
                                                  const std::string& source, absl::Time deadline) {
  const FailureKey key = {NormalizeEmail(email), source};
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, users_.FindByKey("email", {key.email}, deadline));
  ASSIGN_OR_RETURN(const Attempt attempt, Try(key, ids.front(), password, deadline));
  v1::LoginResponse response;
  absl::Status verdict;
  RETURN_IF_ERROR(database_.Transact(deadline, [&](db::Session& session) -> absl::Status {
    response.Clear();
    ASSIGN_OR_RETURN(const auto user, LockActiveUser(session, attempt.user_id));
    RETURN_IF_ERROR(Settle(session, attempt, user.has_value(), &verdict));
    if (!verdict.ok()) return absl::OkStatus();
    return Grant(session, attempt.user_id, UserOf(*user), RandomToken(kFamilyBytes), &response);
  }));
  CountForSource(attempt, verdict);
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
  const FailureKey key = {NormalizeEmail(person.email()), AddressGroup(call.peer_address)};
  ASSIGN_OR_RETURN(const Attempt attempt, Try(key, user_id, old_password, call.deadline));
  // Only for the right one: a hashing is dear.
  std::string hash;
  if (attempt.matches) {
    ASSIGN_OR_RETURN(hash, passwords_.Hash(new_password, key.source, call.deadline));
  }
  absl::Status verdict;
  v1::ChangePasswordResponse response;
  RETURN_IF_ERROR(resource::RunWrite(store_, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto user, LockActiveUser(write.session(), user_id));
    RETURN_IF_ERROR(grants_.ReadCaller(write).status());
    RETURN_IF_ERROR(Settle(write.session(), attempt, user.has_value(), &verdict));
    return verdict.ok() ? Replace(write, *user, hash) : absl::OkStatus();
  }));
  CountForSource(attempt, verdict);
  if (absl::IsUnauthenticated(verdict)) return InvalidField("old_password", "is not the present password");
  return verdict;
}

absl::Status Sessions::SetPassword(const rpc::Call& call, int64_t user_id, absl::string_view new_password) {
  ASSIGN_OR_RETURN(const auto found, users_.ReadMany({user_id}, call.deadline));
  if (found.empty()) return ResourceNotFound(users_.type(), users_.FormatName(user_id));
  const v1::User& person = UserOf(found.front());
  RETURN_IF_ERROR(
      CheckNewPassword(new_password, PasswordContext(person.email(), person.display_name()), "new_password"));
  const FailureKey key = {NormalizeEmail(person.email()), AddressGroup(call.peer_address)};
  ASSIGN_OR_RETURN(const std::string hash, passwords_.Hash(new_password, key.source, call.deadline));
  v1::SetUserPasswordResponse response;
  return resource::RunWrite(store_, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto item, users_.Read(write.session(), user_id, /*lock=*/true));
    const v1::User& user = UserOf(item);
    if (user.has_delete_time()) return ResourceNotFound(users_.type(), user.name());
    ASSIGN_OR_RETURN(const Caller caller, grants_.ReadCaller(write));
    RETURN_IF_ERROR(grants_.CheckCovers(write.session(), caller, user.roles()));
    RETURN_IF_ERROR(Replace(write, item, hash));
    if (IsRecovery(call.principal)) {
      RETURN_IF_ERROR(identity_store::RememberSource(write.session(), user_id, key, write.now()));
    }
    return identity_store::DeleteAllLoginFailures(write.session(), key.email);
  });
}

}  // namespace storeops::gateway
