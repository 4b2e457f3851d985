// Identity as callers see it: the real pipeline, the real tables, two replicas where that matters.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/gateway/identity/identity_store.h"
#include "services/gateway/module.h"
#include "tests/support/service_house.h"

namespace storeops::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Messages of the API; a whole-namespace using would clash with the service's own types.
namespace v1 = storeops::gateway::v1;

constexpr char kEmail[] = "owner@example.com";
constexpr char kPassword[] = "correct horse battery";
constexpr char kOtherPassword[] = "another long password";

// A replica of the gateway.
class Replica {
 public:
  Replica(const Site& site, const Clock& clock) : house_(site, {gateway::GatewayModule()}, clock) {}

  template <class Response, class Request>
  absl::StatusOr<Response> Call(const std::string& method, const Request& request,
                                const std::string& authorization = "") {
    Response response;
    const absl::Status status =
        house_.Call("storeops.gateway.v1.IdentityService/" + method, authorization, request, &response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::User> CreateFirstOwner(const std::string& email = kEmail) {
    v1::CreateFirstOwnerRequest request;
    request.set_email(email);
    request.set_password(kPassword);
    request.set_display_name("Olga Owner");
    return Call<v1::User>("CreateFirstOwner", request);
  }
  absl::StatusOr<v1::LoginResponse> Login(const std::string& email = kEmail, const std::string& password = kPassword) {
    v1::LoginRequest request;
    request.set_email(email);
    request.set_password(password);
    return Call<v1::LoginResponse>("Login", request);
  }
  absl::StatusOr<v1::LoginResponse> Refresh(const std::string& token) {
    v1::RefreshTokenRequest request;
    request.set_refresh_token(token);
    return Call<v1::LoginResponse>("RefreshToken", request);
  }
  absl::Status Logout(const std::string& token) {
    v1::LogoutRequest request;
    request.set_refresh_token(token);
    return Call<v1::LogoutResponse>("Logout", request).status();
  }
  absl::StatusOr<v1::GetCallerResponse> GetCaller(const std::string& authorization) {
    return Call<v1::GetCallerResponse>("GetCaller", v1::GetCallerRequest(), authorization);
  }
  absl::Status ChangePassword(const std::string& authorization, const std::string& from, const std::string& to) {
    v1::ChangePasswordRequest request;
    request.set_old_password(from);
    request.set_new_password(to);
    return Call<v1::ChangePasswordResponse>("ChangePassword", request, authorization).status();
  }
  absl::Status SetPassword(const std::string& authorization, const std::string& user, const std::string& password) {
    v1::SetUserPasswordRequest request;
    request.set_name(user);
    request.set_new_password(password);
    return Call<v1::SetUserPasswordResponse>("SetUserPassword", request, authorization).status();
  }
  absl::StatusOr<v1::User> CreateUser(const std::string& authorization, const std::string& email,
                                      const std::vector<std::string>& roles, const std::string& password = "") {
    v1::CreateUserRequest request;
    request.mutable_user()->set_email(email);
    for (const std::string& role : roles) request.mutable_user()->add_roles(role);
    request.set_password(password);
    return Call<v1::User>("CreateUser", request, authorization);
  }
  absl::StatusOr<v1::User> UpdateUser(const std::string& authorization, const v1::User& user, const std::string& path) {
    v1::UpdateUserRequest request;
    *request.mutable_user() = user;
    request.mutable_user()->clear_etag();
    request.mutable_update_mask()->add_paths(path);
    return Call<v1::User>("UpdateUser", request, authorization);
  }
  absl::StatusOr<v1::User> DeleteUser(const std::string& authorization, const std::string& name) {
    v1::DeleteUserRequest request;
    request.set_name(name);
    return Call<v1::User>("DeleteUser", request, authorization);
  }
  absl::StatusOr<v1::Role> CreateRole(const std::string& authorization, const std::string& title,
                                      const std::vector<std::string>& permissions) {
    v1::CreateRoleRequest request;
    request.mutable_role()->set_title(title);
    for (const std::string& permission : permissions) request.mutable_role()->add_permissions(permission);
    return Call<v1::Role>("CreateRole", request, authorization);
  }
  absl::StatusOr<v1::ListRolesResponse> ListRoles(const std::string& authorization, int page_size,
                                                  const std::string& token) {
    v1::ListRolesRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call<v1::ListRolesResponse>("ListRoles", request, authorization);
  }
  absl::StatusOr<v1::CreateApiKeyResponse> CreateApiKey(const std::string& authorization,
                                                        const std::vector<std::string>& roles,
                                                        absl::Time expire_time = absl::InfiniteFuture()) {
    v1::CreateApiKeyRequest request;
    request.mutable_api_key()->set_display_name("Till");
    for (const std::string& role : roles) request.mutable_api_key()->add_roles(role);
    if (expire_time != absl::InfiniteFuture()) {
      *request.mutable_api_key()->mutable_expire_time() = ToTimestamp(expire_time);
    }
    return Call<v1::CreateApiKeyResponse>("CreateApiKey", request, authorization);
  }
  absl::StatusOr<v1::ApiKey> RevokeApiKey(const std::string& authorization, const std::string& name) {
    v1::RevokeApiKeyRequest request;
    request.set_name(name);
    return Call<v1::ApiKey>("RevokeApiKey", request, authorization);
  }

  db::Database& database() { return house_.database(); }

 private:
  ServiceHouse house_;
};

std::string Bearer(const v1::LoginResponse& login) { return "Bearer " + login.access_token(); }

class IdentityTest : public ::testing::Test {
 protected:
  // The owner's authorization header.
  std::string SetUpOwner() {
    const auto owner = replica_.CreateFirstOwner();
    EXPECT_TRUE(owner.ok()) << owner.status();
    if (owner.ok()) owner_ = *owner;
    return OwnerLogin();
  }
  std::string OwnerLogin() {
    const auto login = replica_.Login();
    EXPECT_TRUE(login.ok()) << login.status();
    return login.ok() ? Bearer(*login) : "";
  }
  // Of a user with one custom role of these permissions.
  std::string LoginAs(const std::string& owner, const std::string& email, const std::vector<std::string>& permissions) {
    const auto role = replica_.CreateRole(owner, "role of " + email, permissions);
    EXPECT_TRUE(role.ok()) << role.status();
    const auto user = replica_.CreateUser(owner, email, {role.ok() ? role->name() : ""}, kPassword);
    EXPECT_TRUE(user.ok()) << user.status();
    const auto login = replica_.Login(email);
    EXPECT_TRUE(login.ok()) << login.status();
    return login.ok() ? Bearer(*login) : "";
  }
  v1::User Must(const absl::StatusOr<v1::User>& user) {
    EXPECT_TRUE(user.ok()) << user.status();
    return user.ok() ? *user : v1::User();
  }

  const Site site_;
  FakeClock clock_;
  Replica replica_{site_, clock_};
  v1::User owner_;
};

// The first owner.

TEST_F(IdentityTest, FirstOwnerMayDoEverything) {
  const auto owner = replica_.CreateFirstOwner("Owner@Example.COM");
  ASSERT_TRUE(owner.ok()) << owner.status();
  EXPECT_EQ(owner->email(), kEmail);
  EXPECT_THAT(owner->roles(), ElementsAre("roles/owner"));
  const auto login = replica_.Login();
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->user().name(), owner->name());
  EXPECT_EQ(FromDurationProto(login->expires_in()), absl::Minutes(15));
  const auto caller = replica_.GetCaller(Bearer(*login));
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->principal(), owner->name());
  EXPECT_EQ(caller->display_name(), "Olga Owner");
  EXPECT_THAT(caller->permissions(), ElementsAre("*"));
}

TEST_F(IdentityTest, FirstOwnerIsMadeOnce) {
  SetUpOwner();
  const auto second = replica_.CreateFirstOwner("second@example.com");
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reason(second.status()), "OWNER_EXISTS");
}

TEST_F(IdentityTest, FirstOwnerNeedsAProperAddressAndPassword) {
  v1::CreateFirstOwnerRequest request;
  request.set_email(kEmail);
  request.set_password("too short");
  EXPECT_EQ(WrongField(replica_.Call<v1::User>("CreateFirstOwner", request).status()), "password");
  request.set_password(kPassword);
  request.set_email("not an address");
  EXPECT_EQ(WrongField(replica_.Call<v1::User>("CreateFirstOwner", request).status()), "email");
}

TEST_F(IdentityTest, OfTwoRacingFirstOwnersOneIsMade) {
  Replica other(site_, clock_);
  std::atomic<int> made = 0, refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&, i] {
      const auto owner = (i % 2 == 0 ? replica_ : other).CreateFirstOwner(absl::StrCat("owner", i, "@example.com"));
      if (owner.ok()) ++made;
      if (Reason(owner.status()) == "OWNER_EXISTS") ++refused;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, 5);
  const auto users = replica_.database().Query(absl::InfiniteFuture(), "SELECT COUNT(*) FROM users");
  ASSERT_TRUE(users.ok()) << users.status();
  EXPECT_EQ(users->Int(0, 0), 1);
}

// Signing in.

TEST_F(IdentityTest, LoginDoesNotTellWhatIsWrong) {
  const std::string owner = SetUpOwner();
  v1::User disabled = Must(replica_.CreateUser(owner, "disabled@example.com", {"roles/viewer"}, kPassword));
  disabled.set_disabled(true);
  Must(replica_.UpdateUser(owner, disabled, "disabled"));
  const v1::User deleted = Must(replica_.CreateUser(owner, "deleted@example.com", {"roles/viewer"}, kPassword));
  Must(replica_.DeleteUser(owner, deleted.name()));
  Must(replica_.CreateUser(owner, "fresh@example.com", {"roles/viewer"}));
  const absl::Status wrong = replica_.Login(kEmail, "wrong password").status();
  EXPECT_EQ(wrong.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Reason(wrong), "WRONG_CREDENTIALS");
  for (const char* email : {"nobody@example.com", "disabled@example.com", "deleted@example.com", "fresh@example.com"}) {
    EXPECT_EQ(replica_.Login(email).status(), wrong) << email;
  }
}

TEST_F(IdentityTest, AddressesAreComparedInLowerCase) {
  SetUpOwner();
  EXPECT_TRUE(replica_.Login(" OWNER@example.com ").ok());
}

TEST_F(IdentityTest, AccessTokensExpire) {
  const std::string owner = SetUpOwner();
  clock_.Advance(absl::Minutes(15) - absl::Seconds(1));
  EXPECT_TRUE(replica_.GetCaller(owner).ok());
  clock_.Advance(absl::Seconds(3));
  EXPECT_EQ(Reason(replica_.GetCaller(owner).status()), "TOKEN_EXPIRED");
}

TEST_F(IdentityTest, TenFailuresLockTheAddressForAQuarterOfAnHour) {
  SetUpOwner();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(Reason(replica_.Login(kEmail, "wrong password").status()), "WRONG_CREDENTIALS") << i;
    clock_.Advance(absl::Seconds(1));
  }
  // The right password does not help, on no replica.
  Replica other(site_, clock_);
  for (Replica* replica : {&replica_, &other}) {
    const absl::Status locked = replica->Login().status();
    EXPECT_EQ(locked.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(Reason(locked), "ADDRESS_LOCKED");
    google::rpc::RetryInfo retry;
    ASSERT_TRUE(GetDetail(locked, &retry));
    EXPECT_EQ(FromDurationProto(retry.retry_delay()), absl::Minutes(15) - absl::Seconds(1));
  }
  clock_.Advance(absl::Minutes(15));
  EXPECT_TRUE(replica_.Login().ok());
}

TEST_F(IdentityTest, UnknownAddressesAreLockedAlike) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Reason(replica_.Login("x@example.com").status()), "WRONG_CREDENTIALS");
  EXPECT_EQ(Reason(replica_.Login("x@example.com").status()), "ADDRESS_LOCKED");
  EXPECT_EQ(Reason(replica_.Login("y@example.com").status()), "WRONG_CREDENTIALS");
}

TEST_F(IdentityTest, TheRightPasswordEndsTheCount) {
  SetUpOwner();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 9; ++i) EXPECT_FALSE(replica_.Login(kEmail, "wrong password").ok());
    EXPECT_TRUE(replica_.Login().ok());
  }
}

TEST_F(IdentityTest, GuessesSentAtOnceCountAll) {
  SetUpOwner();
  std::atomic<int> judged = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 24; ++i) {
    threads.emplace_back([&] {
      if (Reason(replica_.Login(kEmail, "wrong password").status()) == "WRONG_CREDENTIALS") ++judged;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_LE(judged, 10);
  for (int i = judged; i < 10; ++i) EXPECT_FALSE(replica_.Login(kEmail, "wrong password").ok());
  EXPECT_EQ(Reason(replica_.Login().status()), "ADDRESS_LOCKED");
}

// Staying signed in.

TEST_F(IdentityTest, RefreshTokensAreGoodOnce) {
  SetUpOwner();
  const auto login = replica_.Login();
  ASSERT_TRUE(login.ok());
  const auto second = replica_.Refresh(login->refresh_token());
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(second->refresh_token(), login->refresh_token());
  EXPECT_TRUE(replica_.GetCaller(Bearer(*second)).ok());
  const auto third = replica_.Refresh(second->refresh_token());
  ASSERT_TRUE(third.ok()) << third.status();
  const auto other_login = replica_.Login();
  // A token that was used before is a stolen one: everything of that login ends, other logins go on.
  EXPECT_EQ(Reason(replica_.Refresh(login->refresh_token()).status()), "TOKEN_REUSED");
  EXPECT_EQ(Reason(replica_.Refresh(third->refresh_token()).status()), "TOKEN_INVALID");
  EXPECT_TRUE(replica_.Refresh(other_login->refresh_token()).ok());
}

TEST_F(IdentityTest, OfTwoRacingRefreshesOneWins) {
  SetUpOwner();
  Replica other(site_, clock_);
  const auto login = replica_.Login();
  ASSERT_TRUE(login.ok());
  std::atomic<int> won = 0, reused = 0;
  std::vector<std::thread> threads;
  for (Replica* replica : {&replica_, &other}) {
    threads.emplace_back([&, replica] {
      const auto refreshed = replica->Refresh(login->refresh_token());
      if (refreshed.ok()) ++won;
      if (Reason(refreshed.status()) == "TOKEN_REUSED") ++reused;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(reused, 1);
}

TEST_F(IdentityTest, RefreshTokensExpire) {
  SetUpOwner();
  const auto login = replica_.Login();
  clock_.Advance(absl::Hours(24 * 14));
  EXPECT_EQ(Reason(replica_.Refresh(login->refresh_token()).status()), "TOKEN_EXPIRED");
}

TEST_F(IdentityTest, RefreshRefusesGarbage) {
  for (const char* token : {"rt_", "garbage", "so1.abc", "' OR 1=1 --"}) {
    EXPECT_EQ(Reason(replica_.Refresh(token).status()), "TOKEN_INVALID") << token;
  }
}

TEST_F(IdentityTest, RefreshReadsTheRolesAnew) {
  const std::string owner = SetUpOwner();
  v1::User user = Must(replica_.CreateUser(owner, "ann@example.com", {"roles/viewer"}, kPassword));
  const auto login = replica_.Login("ann@example.com");
  ASSERT_TRUE(login.ok());
  EXPECT_THAT(replica_.GetCaller(Bearer(*login))->permissions(), ElementsAre("*.read"));
  user.clear_roles();
  Must(replica_.UpdateUser(owner, user, "roles"));
  const auto refreshed = replica_.Refresh(login->refresh_token());
  ASSERT_TRUE(refreshed.ok()) << refreshed.status();
  EXPECT_THAT(replica_.GetCaller(Bearer(*refreshed))->permissions(), IsEmpty());
}

TEST_F(IdentityTest, DisablingAndDeletingEndSessions) {
  const std::string owner = SetUpOwner();
  v1::User disabled = Must(replica_.CreateUser(owner, "ann@example.com", {"roles/viewer"}, kPassword));
  const v1::User deleted = Must(replica_.CreateUser(owner, "bob@example.com", {"roles/viewer"}, kPassword));
  const auto ann = replica_.Login("ann@example.com");
  const auto bob = replica_.Login("bob@example.com");
  ASSERT_TRUE(ann.ok() && bob.ok());
  disabled.set_disabled(true);
  Must(replica_.UpdateUser(owner, disabled, "disabled"));
  Must(replica_.DeleteUser(owner, deleted.name()));
  EXPECT_EQ(Reason(replica_.Refresh(ann->refresh_token()).status()), "TOKEN_INVALID");
  EXPECT_EQ(Reason(replica_.Refresh(bob->refresh_token()).status()), "TOKEN_INVALID");
  // Enabled again, the old tokens stay void.
  disabled.set_disabled(false);
  Must(replica_.UpdateUser(owner, disabled, "disabled"));
  EXPECT_EQ(Reason(replica_.Refresh(ann->refresh_token()).status()), "TOKEN_INVALID");
  EXPECT_TRUE(replica_.Login("ann@example.com").ok());
}

TEST_F(IdentityTest, LogoutEndsThatLoginOnly) {
  SetUpOwner();
  const auto here = replica_.Login();
  const auto there = replica_.Login();
  const auto refreshed = replica_.Refresh(here->refresh_token());
  ASSERT_TRUE(refreshed.ok());
  EXPECT_TRUE(replica_.Logout(here->refresh_token()).ok());
  EXPECT_EQ(Reason(replica_.Refresh(refreshed->refresh_token()).status()), "TOKEN_INVALID");
  EXPECT_TRUE(replica_.Refresh(there->refresh_token()).ok());
  EXPECT_TRUE(replica_.Logout("rt_unknown").ok());
}

// Passwords.

TEST_F(IdentityTest, ChangePasswordNeedsTheOldOneAndEndsSessions) {
  const std::string owner = SetUpOwner();
  const auto login = replica_.Login();
  const absl::Status wrong = replica_.ChangePassword(owner, "wrong password", kOtherPassword);
  EXPECT_EQ(wrong.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(WrongField(wrong), "old_password");
  EXPECT_EQ(WrongField(replica_.ChangePassword(owner, kPassword, "short")), "new_password");
  EXPECT_TRUE(replica_.ChangePassword(owner, kPassword, kOtherPassword).ok());
  EXPECT_EQ(Reason(replica_.Refresh(login->refresh_token()).status()), "TOKEN_INVALID");
  EXPECT_EQ(Reason(replica_.Login().status()), "WRONG_CREDENTIALS");
  EXPECT_TRUE(replica_.Login(kEmail, kOtherPassword).ok());
}

TEST_F(IdentityTest, AStolenAccessTokenCannotTryPasswordsForEver) {
  const std::string owner = SetUpOwner();
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(replica_.ChangePassword(owner, "wrong password", kOtherPassword).ok());
  EXPECT_EQ(Reason(replica_.ChangePassword(owner, kPassword, kOtherPassword)), "ADDRESS_LOCKED");
}

TEST_F(IdentityTest, OnlyPeopleHavePasswords) {
  const std::string owner = SetUpOwner();
  const auto key = replica_.CreateApiKey(owner, {"roles/owner"});
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(Reason(replica_.ChangePassword("Bearer " + key->secret(), kPassword, kOtherPassword)),
            "CALLER_HAS_NO_PASSWORD");
}

TEST_F(IdentityTest, SetUserPasswordEndsSessionsAndLocks) {
  const std::string owner = SetUpOwner();
  const v1::User user = Must(replica_.CreateUser(owner, "ann@example.com", {"roles/viewer"}, kPassword));
  const auto login = replica_.Login("ann@example.com");
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(replica_.Login("ann@example.com", "wrong password").ok());
  EXPECT_EQ(Reason(replica_.Login("ann@example.com").status()), "ADDRESS_LOCKED");
  EXPECT_EQ(WrongField(replica_.SetPassword(owner, user.name(), "short")), "new_password");
  ASSERT_TRUE(replica_.SetPassword(owner, user.name(), kOtherPassword).ok());
  EXPECT_EQ(Reason(replica_.Refresh(login->refresh_token()).status()), "TOKEN_INVALID");
  EXPECT_TRUE(replica_.Login("ann@example.com", kOtherPassword).ok());
  EXPECT_EQ(replica_.SetPassword(owner, "users/999999", kOtherPassword).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(WrongField(replica_.SetPassword(owner, "roles/1", kOtherPassword)), "name");
}

// Users.

TEST_F(IdentityTest, UsersAreCheckedAndUnique) {
  const std::string owner = SetUpOwner();
  Must(replica_.CreateUser(owner, "Ann@Example.com", {"roles/viewer"}));
  EXPECT_EQ(replica_.CreateUser(owner, "ann@example.COM", {}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(WrongField(replica_.CreateUser(owner, "bob", {}).status()), "user.email");
  EXPECT_EQ(WrongField(replica_.CreateUser(owner, "bob@example.com", {}, "short").status()), "password");
  EXPECT_EQ(WrongField(replica_.CreateUser(owner, "bob@example.com", {"roles/viewer", "roles/nonsense"}).status()),
            "user.roles[1]");
  EXPECT_EQ(WrongField(replica_.CreateUser(owner, "bob@example.com", {"roles/999999"}).status()), "user.roles[0]");
}

TEST_F(IdentityTest, ARepeatedCreateUserGetsTheFirstAnswer) {
  const std::string owner = SetUpOwner();
  v1::CreateUserRequest request;
  request.mutable_user()->set_email("ann@example.com");
  request.set_request_id("one");
  const auto first = replica_.Call<v1::User>("CreateUser", request, owner);
  const auto second = replica_.Call<v1::User>("CreateUser", request, owner);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  // With a password, the stored hash of the request would be a quick way to guess it.
  request.set_request_id("two");
  request.set_password(kPassword);
  request.mutable_user()->set_email("bob@example.com");
  EXPECT_EQ(WrongField(replica_.Call<v1::User>("CreateUser", request, owner).status()), "request_id");
}

TEST_F(IdentityTest, NobodyGrantsMoreThanTheyHave) {
  const std::string owner = SetUpOwner();
  const v1::User marketer = Must(replica_.CreateUser(owner, "mary@example.com", {"roles/marketer"}));
  const std::string admin =
      LoginAs(owner, "admin@example.com", {"identity.*", "catalog.products.read", "inventory.*"});
  const auto missing = [](const absl::Status& status) {
    google::rpc::ErrorInfo info;
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    return GetDetail(status, &info) ? info.metadata().at("permission") : "";
  };
  EXPECT_EQ(missing(replica_.CreateUser(admin, "x@example.com", {"roles/owner"}).status()), "*");
  EXPECT_EQ(missing(replica_.CreateUser(admin, "x@example.com", {"roles/viewer"}).status()), "*.read");
  EXPECT_EQ(missing(replica_.CreateRole(admin, "Sly", {"identity.users.read", "*"}).status()), "*");
  EXPECT_EQ(missing(replica_.CreateRole(admin, "Sly", {"catalog.products.write"}).status()),
            "catalog.products.write");
  EXPECT_EQ(missing(replica_.CreateApiKey(admin, {"roles/owner"}).status()), "*");
  // By a role that they may edit.
  const auto own = replica_.CreateRole(admin, "Fair", {"inventory.stock.read", "identity.users.read"});
  ASSERT_TRUE(own.ok()) << own.status();
  v1::UpdateRoleRequest widen;
  *widen.mutable_role() = *own;
  widen.mutable_role()->add_permissions("catalog.*");
  EXPECT_EQ(missing(replica_.Call<v1::Role>("UpdateRole", widen, admin).status()), "catalog.*");
  // By taking over somebody who may do more.
  EXPECT_EQ(missing(replica_.SetPassword(admin, owner_.name(), kOtherPassword)), "*");
  v1::User victim = owner_;
  victim.set_email("admin2@example.com");
  EXPECT_EQ(missing(replica_.UpdateUser(admin, victim, "email").status()), "*");
  EXPECT_EQ(missing(replica_.DeleteUser(admin, owner_.name()).status()), "*");
  EXPECT_NE(missing(replica_.DeleteUser(admin, marketer.name()).status()), "");
  EXPECT_TRUE(replica_.Login().ok());
  // What they have, they may give.
  EXPECT_TRUE(replica_.CreateUser(admin, "y@example.com", {own->name()}).ok());
  EXPECT_TRUE(replica_.CreateApiKey(admin, {own->name()}).ok());
}

TEST_F(IdentityTest, NobodyRaisesThemselves) {
  const std::string owner = SetUpOwner();
  const std::string admin = LoginAs(owner, "admin@example.com", {"identity.*"});
  v1::User self = replica_.Login("admin@example.com")->user();
  self.add_roles("roles/owner");
  EXPECT_EQ(replica_.UpdateUser(admin, self, "roles").status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(IdentityTest, ADeletedUserComesBackUnderTheSameRules) {
  const std::string owner = SetUpOwner();
  const std::string admin = LoginAs(owner, "admin@example.com", {"identity.*"});
  const v1::User user = Must(replica_.CreateUser(owner, "ann@example.com", {"roles/marketer"}, kPassword));
  Must(replica_.DeleteUser(owner, user.name()));
  v1::UndeleteUserRequest request;
  request.set_name(user.name());
  EXPECT_EQ(replica_.Call<v1::User>("UndeleteUser", request, admin).status().code(),
            absl::StatusCode::kPermissionDenied);
  Must(replica_.Call<v1::User>("UndeleteUser", request, owner));
  EXPECT_TRUE(replica_.Login("ann@example.com").ok());
}

TEST_F(IdentityTest, CallersCannotSetWhatIsNotTheirs) {
  const std::string owner = SetUpOwner();
  v1::CreateUserRequest request;
  request.mutable_user()->set_name("users/424242");
  request.mutable_user()->set_email("ann@example.com");
  *request.mutable_user()->mutable_delete_time() = ToTimestamp(clock_.Now());
  const v1::User user = Must(replica_.Call<v1::User>("CreateUser", request, owner));
  EXPECT_NE(user.name(), "users/424242");
  EXPECT_FALSE(user.has_delete_time());
  v1::CreateApiKeyRequest key;
  key.mutable_api_key()->set_display_name("Till");
  key.mutable_api_key()->add_roles("roles/viewer");
  key.mutable_api_key()->set_creator("users/424242");
  *key.mutable_api_key()->mutable_revoke_time() = ToTimestamp(clock_.Now());
  const auto made = replica_.Call<v1::CreateApiKeyResponse>("CreateApiKey", key, owner);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->api_key().creator(), owner_.name());
  EXPECT_FALSE(made->api_key().has_revoke_time());
}

TEST_F(IdentityTest, ReadersDoNotWrite) {
  const std::string owner = SetUpOwner();
  Must(replica_.CreateUser(owner, "eve@example.com", {"roles/viewer"}, kPassword));
  const std::string viewer = Bearer(*replica_.Login("eve@example.com"));
  EXPECT_TRUE(replica_.ListRoles(viewer, 5, "").ok());
  EXPECT_EQ(replica_.CreateUser(viewer, "x@example.com", {}).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(replica_.CreateRole(viewer, "x", {}).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(replica_.CreateApiKey(viewer, {"roles/viewer"}).status().code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(replica_.SetPassword(viewer, owner_.name(), kOtherPassword).code(), absl::StatusCode::kPermissionDenied);
}

// There is always an owner.

TEST_F(IdentityTest, TheLastOwnerStays) {
  const std::string owner = SetUpOwner();
  v1::User changed = owner_;
  changed.set_disabled(true);
  EXPECT_EQ(Reason(replica_.UpdateUser(owner, changed, "disabled").status()), "LAST_OWNER");
  changed = owner_;
  changed.clear_roles();
  changed.add_roles("roles/viewer");
  EXPECT_EQ(Reason(replica_.UpdateUser(owner, changed, "roles").status()), "LAST_OWNER");
  EXPECT_EQ(Reason(replica_.DeleteUser(owner, owner_.name()).status()), "LAST_OWNER");
  // One who is disabled or deleted does not count.
  v1::User second = Must(replica_.CreateUser(owner, "second@example.com", {"roles/owner"}));
  second.set_disabled(true);
  Must(replica_.UpdateUser(owner, second, "disabled"));
  EXPECT_EQ(Reason(replica_.DeleteUser(owner, owner_.name()).status()), "LAST_OWNER");
  second.set_disabled(false);
  Must(replica_.UpdateUser(owner, second, "disabled"));
  EXPECT_TRUE(replica_.DeleteUser(owner, owner_.name()).ok());
}

TEST_F(IdentityTest, TwoOwnersCannotRemoveEachOther) {
  const std::string owner = SetUpOwner();
  const v1::User second = Must(replica_.CreateUser(owner, "second@example.com", {"roles/owner"}));
  Replica other(site_, clock_);
  std::thread first_thread([&] { (void)replica_.DeleteUser(owner, second.name()); });
  std::thread second_thread([&] { (void)other.DeleteUser(owner, owner_.name()); });
  first_thread.join();
  second_thread.join();
  const auto owners = replica_.database().Query(absl::InfiniteFuture(),
                                                 "SELECT COUNT(*) FROM users WHERE delete_time IS NULL");
  ASSERT_TRUE(owners.ok());
  EXPECT_EQ(owners->Int(0, 0), 1);
}

// Roles.

TEST_F(IdentityTest, BuiltInRolesAreShownAndFixed) {
  const std::string owner = SetUpOwner();
  v1::GetRoleRequest get;
  get.set_name("roles/warehouse");
  const auto role = replica_.Call<v1::Role>("GetRole", get, owner);
  ASSERT_TRUE(role.ok()) << role.status();
  EXPECT_TRUE(role->built_in());
  EXPECT_EQ(role->title(), "Warehouse");
  get.set_name("roles/999999");
  EXPECT_EQ(replica_.Call<v1::Role>("GetRole", get, owner).status().code(), absl::StatusCode::kNotFound);
  v1::UpdateRoleRequest update;
  *update.mutable_role() = *role;
  EXPECT_EQ(Reason(replica_.Call<v1::Role>("UpdateRole", update, owner).status()), "ROLE_BUILT_IN");
  v1::DeleteRoleRequest remove;
  remove.set_name("roles/owner");
  EXPECT_EQ(Reason(replica_.Call<v1::Role>("DeleteRole", remove, owner).status()), "ROLE_BUILT_IN");
}

TEST_F(IdentityTest, RolesListInPagesBuiltInOnesFirst) {
  const std::string owner = SetUpOwner();
  std::vector<std::string> expected = {"Owner",        "Merchandiser", "Warehouse", "Support agent",
                                       "Support lead", "Marketer",     "Analyst",   "Viewer"};
  for (int i = 0; i < 5; ++i) {
    expected.push_back(absl::StrCat("Custom ", i));
    ASSERT_TRUE(replica_.CreateRole(owner, expected.back(), {"catalog.*"}).ok());
  }
  for (const int size : {1, 3, 4, 8, 9, 13, 100}) {
    std::vector<std::string> titles;
    std::string token;
    do {
      const auto page = replica_.ListRoles(owner, size, token);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->roles_size(), size);
      for (const auto& role : page->roles()) titles.push_back(role.title());
      token = page->next_page_token();
    } while (!token.empty() && titles.size() <= expected.size());
    EXPECT_EQ(titles, expected) << size;
  }
  EXPECT_EQ(WrongField(replica_.ListRoles(owner, 3, "~garbage").status()), "page_token");
  EXPECT_EQ(WrongField(replica_.ListRoles(owner, 3, "garbage").status()), "page_token");
  v1::ListRolesRequest filtered;
  filtered.set_filter("title = \"Custom 3\"");
  const auto found = replica_.Call<v1::ListRolesResponse>("ListRoles", filtered, owner);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->roles_size(), 1);
  EXPECT_EQ(found->roles(0).title(), "Custom 3");
}

TEST_F(IdentityTest, CustomRolesGiveWhatTheySayUntilDeleted) {
  const std::string owner = SetUpOwner();
  const auto role = replica_.CreateRole(owner, "Stock reader", {"inventory.stock.read", "catalog.products.read"});
  ASSERT_TRUE(role.ok()) << role.status();
  Must(replica_.CreateUser(owner, "ann@example.com", {role->name(), "roles/warehouse"}, kPassword));
  const auto login = replica_.Login("ann@example.com");
  EXPECT_THAT(replica_.GetCaller(Bearer(*login))->permissions(),
              ElementsAre("catalog.media.read", "catalog.products.read", "inventory.*", "operations.read"));
  v1::DeleteRoleRequest remove;
  remove.set_name(role->name());
  ASSERT_TRUE(replica_.Call<v1::Role>("DeleteRole", remove, owner).ok());
  const v1::User lone = Must(replica_.CreateUser(owner, "bob@example.com", {}, kPassword));
  v1::User named = lone;
  named.add_roles(role->name());
  EXPECT_EQ(WrongField(replica_.UpdateUser(owner, named, "roles").status()), "user.roles[0]");
}

TEST_F(IdentityTest, PermissionsMustLookLikePermissionsAndFitAToken) {
  const std::string owner = SetUpOwner();
  for (const char* permission : {"Catalog.read", "catalog..read", "*.catalog.*", "catalog*", "", "a b", "*.*"}) {
    EXPECT_EQ(replica_.CreateRole(owner, "Odd", {permission}).status().code(), absl::StatusCode::kInvalidArgument)
        << permission;
  }
  std::vector<std::string> many;
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'n'; ++b) many.push_back(absl::StrCat("catalog.", std::string(1, a), std::string(1, b)));
  }
  EXPECT_TRUE(replica_.CreateRole(owner, "Big", many).ok());
  for (std::string& permission : many) permission += "_and_a_longer_name";
  EXPECT_EQ(Reason(replica_.CreateRole(owner, "Too big", many).status()), "TOO_MANY_PERMISSIONS");
}

// Roles may grow after they were given; whoever holds too much then must still be mendable.
TEST_F(IdentityTest, WhoHoldsTooManyPermissionsIsToldAndCanBeMended) {
  const std::string owner = SetUpOwner();
  const auto permissions = [](const std::string& domain) {
    std::vector<std::string> many;
    for (char a = 'a'; a <= 'z'; ++a) {
      for (char b = 'a'; b <= 'f'; ++b) many.push_back(absl::StrCat(domain, ".", std::string(1, a), std::string(8, b)));
    }
    return many;
  };
  const auto first = replica_.CreateRole(owner, "First", permissions("catalog"));
  const auto second = replica_.CreateRole(owner, "Second", {"inventory.stock.read"});
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  v1::User user = Must(replica_.CreateUser(owner, "ann@example.com", {first->name(), second->name()}, kPassword));
  EXPECT_TRUE(replica_.Login("ann@example.com").ok());
  v1::UpdateRoleRequest widen;
  widen.mutable_role()->set_name(second->name());
  for (const std::string& permission : permissions("inventory")) widen.mutable_role()->add_permissions(permission);
  ASSERT_TRUE(replica_.Call<v1::Role>("UpdateRole", widen, owner).ok());
  EXPECT_EQ(Reason(replica_.Login("ann@example.com").status()), "TOO_MANY_PERMISSIONS");
  EXPECT_EQ(Reason(replica_.CreateUser(owner, "bob@example.com", {first->name(), second->name()}).status()),
            "TOO_MANY_PERMISSIONS");
  EXPECT_EQ(Reason(replica_.CreateApiKey(owner, {first->name(), second->name()}).status()), "TOO_MANY_PERMISSIONS");
  user.mutable_roles()->RemoveLast();
  Must(replica_.UpdateUser(owner, user, "roles"));
  EXPECT_TRUE(replica_.Login("ann@example.com").ok());
}

// API keys.

TEST_F(IdentityTest, AnApiKeyWorksUntilRevoked) {
  const std::string owner = SetUpOwner();
  const auto key = replica_.CreateApiKey(owner, {"roles/warehouse"});
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_THAT(key->secret(), StartsWith("sk_"));
  EXPECT_TRUE(absl::StartsWith(key->secret(), key->api_key().prefix()));
  EXPECT_EQ(key->api_key().creator(), owner_.name());
  const std::string bearer = "Bearer " + key->secret();
  const auto caller = replica_.GetCaller(bearer);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->principal(), key->api_key().name());
  EXPECT_EQ(caller->display_name(), "Till");
  EXPECT_EQ(replica_.ListRoles(bearer, 5, "").status().code(), absl::StatusCode::kPermissionDenied);
  const auto revoked = replica_.RevokeApiKey(owner, key->api_key().name());
  ASSERT_TRUE(revoked.ok()) << revoked.status();
  EXPECT_TRUE(revoked->has_revoke_time());
  EXPECT_EQ(Reason(replica_.GetCaller(bearer).status()), "KEY_INVALID");
  // Again: the same answer. It stays listed.
  clock_.Advance(absl::Minutes(1));
  const auto again = replica_.RevokeApiKey(OwnerLogin(), key->api_key().name());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), revoked->SerializeAsString());
  const auto list = replica_.Call<v1::ListApiKeysResponse>("ListApiKeys", v1::ListApiKeysRequest(), OwnerLogin());
  ASSERT_TRUE(list.ok()) << list.status();
  ASSERT_EQ(list->api_keys_size(), 1);
  EXPECT_TRUE(list->api_keys(0).has_revoke_time());
}

TEST_F(IdentityTest, AnotherReplicaHearsOfARevocationWithinHalfAMinute) {
  const std::string owner = SetUpOwner();
  Replica other(site_, clock_);
  const auto key = replica_.CreateApiKey(owner, {"roles/viewer"});
  const std::string bearer = "Bearer " + key->secret();
  EXPECT_TRUE(other.GetCaller(bearer).ok());
  ASSERT_TRUE(replica_.RevokeApiKey(owner, key->api_key().name()).ok());
  clock_.Advance(absl::Seconds(30));
  EXPECT_EQ(Reason(other.GetCaller(bearer).status()), "KEY_INVALID");
}

TEST_F(IdentityTest, ApiKeysExpire) {
  const std::string owner = SetUpOwner();
  EXPECT_EQ(WrongField(replica_.CreateApiKey(owner, {"roles/viewer"}, clock_.Now()).status()), "api_key.expire_time");
  const auto key = replica_.CreateApiKey(owner, {"roles/viewer"}, clock_.Now() + absl::Seconds(10));
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_TRUE(replica_.GetCaller("Bearer " + key->secret()).ok());
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(Reason(replica_.GetCaller("Bearer " + key->secret()).status()), "KEY_EXPIRED");
}

TEST_F(IdentityTest, ApiKeysFollowTheirRolesAtOnce) {
  const std::string owner = SetUpOwner();
  const auto role = replica_.CreateRole(owner, "Reader", {"identity.roles.read"});
  ASSERT_TRUE(role.ok()) << role.status();
  const auto key = replica_.CreateApiKey(owner, {role->name()});
  ASSERT_TRUE(key.ok()) << key.status();
  const std::string bearer = "Bearer " + key->secret();
  EXPECT_TRUE(replica_.ListRoles(bearer, 5, "").ok());
  v1::DeleteRoleRequest remove;
  remove.set_name(role->name());
  ASSERT_TRUE(replica_.Call<v1::Role>("DeleteRole", remove, owner).ok());
  EXPECT_EQ(replica_.ListRoles(bearer, 5, "").status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(IdentityTest, ApiKeysNeedANameAndKnownRoles) {
  const std::string owner = SetUpOwner();
  EXPECT_EQ(WrongField(replica_.CreateApiKey(owner, {}).status()), "api_key.roles");
  EXPECT_EQ(WrongField(replica_.CreateApiKey(owner, {"roles/nonsense"}).status()), "api_key.roles[0]");
  v1::CreateApiKeyRequest request;
  request.mutable_api_key()->add_roles("roles/viewer");
  EXPECT_EQ(WrongField(replica_.Call<v1::CreateApiKeyResponse>("CreateApiKey", request, owner).status()),
            "api_key.display_name");
}

TEST_F(IdentityTest, UnknownKeysAreRefused) {
  for (const std::string& key : {gateway::MakeKeySecret(), std::string("sk_garbage"), std::string("garbage")}) {
    EXPECT_EQ(Reason(replica_.GetCaller("Bearer " + key).status()), "KEY_INVALID") << key;
  }
}

// Secrets.

TEST_F(IdentityTest, NoTableHoldsASecret) {
  const std::string owner = SetUpOwner();
  const v1::User user = Must(replica_.CreateUser(owner, "ann@example.com", {"roles/viewer"}, kOtherPassword));
  ASSERT_TRUE(replica_.SetPassword(owner, user.name(), "a third long password").ok());
  ASSERT_TRUE(replica_.ChangePassword(owner, kPassword, "a fourth long password").ok());
  const auto login = replica_.Login(kEmail, "a fourth long password");
  const auto key = replica_.CreateApiKey(owner, {"roles/viewer"});
  ASSERT_TRUE(login.ok() && key.ok());
  db::Database& database = replica_.database();
  const auto columns = database.Query(absl::InfiniteFuture(),
                                      "SELECT table_name, column_name FROM information_schema.columns "
                                      "WHERE table_schema = DATABASE()");
  ASSERT_TRUE(columns.ok()) << columns.status();
  ASSERT_GT(columns->size(), 50u);
  for (size_t row = 0; row < columns->size(); ++row) {
    const std::string from = absl::StrCat("SELECT COUNT(*) FROM ", columns->Text(row, 0), " WHERE INSTR(CAST(`",
                                          columns->Text(row, 1), "` AS BINARY), ?) > 0");
    for (const std::string& secret :
         {std::string(kPassword), std::string(kOtherPassword), std::string("a third long password"),
          std::string("a fourth long password"), key->secret(), login->refresh_token(), login->access_token()}) {
      const auto found = database.Query(absl::InfiniteFuture(), from, {secret});
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(found->Int(0, 0), 0) << from << " " << secret;
    }
  }
}

TEST_F(IdentityTest, WhatHasExpiredIsRemoved) {
  SetUpOwner();
  EXPECT_FALSE(replica_.Login(kEmail, "wrong password").ok());
  clock_.Advance(absl::Hours(24 * 14) + absl::Seconds(1));
  ASSERT_TRUE(replica_.Login("nobody@example.com").status().code() == absl::StatusCode::kUnauthenticated);
  const auto removed = gateway::identity_store::Prune(replica_.database(), clock_.Now(), 100, absl::InfiniteFuture());
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(*removed, 2);  // the owner's refresh token and failure; not what nobody just did
}

}  // namespace
}  // namespace storeops::testing
