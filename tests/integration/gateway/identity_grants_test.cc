// Users, roles and API keys, as callers see them: who may give what to whom, and that no secret is kept.
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/gateway/identity/api_keys.h"
#include "tests/support/eventually.h"
#include "tests/support/identity_replica.h"

namespace storeops::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

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
  request.set_request_id("two");
  request.set_password(kPassword);
  request.mutable_user()->set_email("bob@example.com");
  const v1::User bob = Must(replica_.Call<v1::User>("CreateUser", request, owner));
  EXPECT_EQ(Must(replica_.Call<v1::User>("CreateUser", request, owner)).name(), bob.name());
  request.set_password(kOtherPassword);
  google::rpc::ErrorInfo info;
  EXPECT_TRUE(GetDetail(replica_.Call<v1::User>("CreateUser", request, owner).status(), &info));
  EXPECT_EQ(info.reason(), "REQUEST_ID_REUSED");
  EXPECT_TRUE(replica_.Login("bob@example.com", kPassword).ok());
}

TEST_F(IdentityTest, NobodyGrantsMoreThanTheyHave) {
  const std::string owner = SetUpOwner();
  const v1::User marketer = Must(replica_.CreateUser(owner, "mary@example.com", {"roles/marketer"}));
  const std::string admin = LoginAs(owner, "admin@example.com", {"identity.*", "catalog.products.read", "inventory.*"});
  const auto missing = [](const absl::Status& status) {
    google::rpc::ErrorInfo info;
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    return GetDetail(status, &info) ? info.metadata().at("permission") : "";
  };
  EXPECT_EQ(missing(replica_.CreateUser(admin, "x@example.com", {"roles/owner"}).status()), "*");
  EXPECT_EQ(missing(replica_.CreateUser(admin, "x@example.com", {"roles/viewer"}).status()), "*.read");
  EXPECT_EQ(missing(replica_.CreateRole(admin, "Sly", {"identity.users.read", "*"}).status()), "*");
  EXPECT_EQ(missing(replica_.CreateRole(admin, "Sly", {"catalog.products.write"}).status()), "catalog.products.write");
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
  const auto owners =
      replica_.database().Query(absl::InfiniteFuture(), "SELECT COUNT(*) FROM users WHERE delete_time IS NULL");
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
  std::vector<std::string> expected = {"Analyst",       "Marketer",     "Merchandiser", "Owner",
                                       "Support agent", "Support lead", "Viewer",       "Warehouse"};
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
  v1::User ann = login->user();
  ann.clear_roles();
  Must(replica_.UpdateUser(owner, ann, "roles"));
  ASSERT_TRUE(replica_.DeleteRole(owner, role->name()).ok());
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
  EXPECT_TRUE(replica_.CreateRole(owner, "Big", MadeUpNames("catalog", 364)).ok());
  EXPECT_EQ(Reason(replica_.CreateRole(owner, "Too big", MadeUpNames("catalog", 364, kLongSuffix)).status()),
            "TOO_MANY_PERMISSIONS");
}

// Whichever services run here: no catalog does.
TEST_F(IdentityTest, RolesHoldOnlyPermissionsThatSomeServiceDeclares) {
  const std::string owner = SetUpOwner();
  for (const char* permission : {"catalog.products.read", "catalog.*", "*.publish", "*", "changes.read"}) {
    EXPECT_TRUE(replica_.CreateRole(owner, permission, {permission}).ok()) << permission;
  }
  for (const char* permission : {"catalog.products.raed", "catalogs.*", "*.reed"}) {
    const absl::Status refused = replica_.CreateRole(owner, "Odd", {"catalog.*", permission}).status();
    EXPECT_EQ(WrongField(refused), "role.permissions[1]") << refused;
    EXPECT_THAT(refused.message(), ::testing::HasSubstr(absl::StrCat("no service has the permission ", permission)));
  }
  // Those that a role had before, of an older version, do not stop its being changed.
  auto role = replica_.CreateRole(owner, "Old", {"catalog.*"});
  ASSERT_TRUE(role.ok()) << role.status();
  ASSERT_TRUE(replica_.database()
                  .Execute(absl::Now() + absl::Seconds(30),
                           "UPDATE roles SET permissions = '[\"catalog.gone.read\"]' WHERE title = 'Old'")
                  .ok());
  v1::UpdateRoleRequest widen;
  widen.mutable_role()->set_name(role->name());
  widen.mutable_role()->add_permissions("catalog.gone.read");
  widen.mutable_role()->add_permissions("changes.read");
  const auto widened = replica_.Call<v1::Role>("UpdateRole", widen, owner);
  EXPECT_TRUE(widened.ok()) << widened.status();
}

// Roles may grow after they were given; whoever holds too much then must still be mendable.
TEST_F(IdentityTest, WhoHoldsTooManyPermissionsIsToldAndCanBeMended) {
  const std::string owner = SetUpOwner();
  const auto permissions = [](const std::string& domain) { return MadeUpNames(domain, 120, kLongSuffix); };
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

TEST_F(IdentityTest, AnotherReplicaHearsOfARevocationByTheFeed) {
  const std::string owner = SetUpOwner();
  Replica other(site_, clock_);
  ASSERT_NO_FATAL_FAILURE(other.process().Start());
  const auto key = replica_.CreateApiKey(owner, {"roles/viewer"});
  const std::string bearer = "Bearer " + key->secret();
  EXPECT_TRUE(other.GetCaller(bearer).ok());
  ASSERT_TRUE(replica_.RevokeApiKey(owner, key->api_key().name()).ok());
  EXPECT_TRUE(Eventually([&] { return Reason(other.GetCaller(bearer).status()) == "KEY_INVALID"; }));
}

// Without the feed, too.
TEST_F(IdentityTest, ARevocationIsKnownEverywhereWithinHalfAMinute) {
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
  ASSERT_TRUE(replica_.UpdateRole(owner, role->name(), {"identity.users.read"}).ok());
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
  ASSERT_TRUE(login.ok()) << login.status();
  const auto key = replica_.CreateApiKey(Bearer(*login), {"roles/viewer"});
  ASSERT_TRUE(key.ok()) << key.status();
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

}  // namespace
}  // namespace storeops::testing
