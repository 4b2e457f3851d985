// Who leaves is gone: no token, key or grant of theirs outlasts that, in any process; and nobody takes away what they
// could not give.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/catalog/module.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/identity_replica.h"

namespace storeops::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Choice = v1::DeleteUserRequest;

constexpr char kLeaver[] = "leaver@example.com";

class LeaverTest : public IdentityTest {
 protected:
  void SetUp() override {
    owner_token_ = SetUpOwner();
    leaver_ = Must(replica_.CreateUser(owner_token_, kLeaver, {"roles/owner"}, kPassword));
    leaver_token_ = LoginOfLeaver();
    bystander_ = Must(replica_.CreateUser(owner_token_, "by@example.com", {"roles/viewer"}));
    deleted_ = Must(replica_.CreateUser(owner_token_, "deleted@example.com", {"roles/viewer"}));
    Must(replica_.DeleteUser(owner_token_, deleted_.name()));
  }
  std::string LoginOfLeaver(const std::string& password = kPassword) {
    const auto login = replica_.Login(kLeaver, password);
    EXPECT_TRUE(login.ok()) << login.status();
    return login.ok() ? Bearer(*login) : "";
  }
  void Disable() {
    leaver_.set_disabled(true);
    leaver_ = Must(replica_.UpdateUser(owner_token_, leaver_, "disabled"));
  }

  // What a leaver's old token could be used for.
  std::vector<absl::Status> Writes(const std::string& token, Replica& replica) {
    v1::UndeleteUserRequest undelete;
    undelete.set_name(deleted_.name());
    v1::User changed = bystander_;
    changed.add_roles("roles/owner");
    return {replica.CreateApiKey(token, {"roles/owner"}).status(),
            replica.CreateUser(token, "ghost@example.com", {"roles/owner"}, kPassword).status(),
            replica.CreateRole(token, "Ghost", {"*"}).status(),
            replica.SetPassword(token, owner_.name(), kOtherPassword),
            replica.UpdateUser(token, changed, "roles").status(),
            replica.DeleteUser(token, owner_.name()).status(),
            replica.Call<v1::User>("UndeleteUser", undelete, token).status()};
  }
  // At once: in a process that has not heard of it by the feed.
  void ExpectNoWrites(const std::string& reason) {
    for (const absl::Status& refused : Writes(leaver_token_, replica_)) EXPECT_EQ(Reason(refused), reason) << refused;
  }

  std::string owner_token_, leaver_token_;
  v1::User leaver_, bystander_, deleted_;
};

// Identity reads the caller afresh.

TEST_F(LeaverTest, ADisabledOwnersTokenMakesNothing) {
  Disable();
  ExpectNoWrites("USER_DISABLED");
}

TEST_F(LeaverTest, ADeletedOwnersTokenMakesNothing) {
  Must(replica_.DeleteUser(owner_token_, leaver_.name()));
  ExpectNoWrites("USER_GONE");
}

TEST_F(LeaverTest, WhoLostARoleGivesItToNobody) {
  leaver_.clear_roles();
  leaver_.add_roles("roles/merchandiser");
  leaver_ = Must(replica_.UpdateUser(owner_token_, leaver_, "roles"));
  ExpectNoWrites("TOKEN_REVOKED");
}

TEST_F(LeaverTest, ATokenOfBeforeAPasswordChangeMakesNothing) {
  ASSERT_TRUE(replica_.SetPassword(owner_token_, leaver_.name(), kOtherPassword).ok());
  ExpectNoWrites("TOKEN_REVOKED");
  EXPECT_EQ(Reason(replica_.ChangePassword(leaver_token_, kOtherPassword, kPassword)), "TOKEN_REVOKED");
  EXPECT_TRUE(replica_.CreateApiKey(LoginOfLeaver(kOtherPassword), {"roles/owner"}).ok());
}

// Tokens end everywhere.

TEST_F(LeaverTest, ATokenEndsInEveryReplica) {
  Replica other(site_, clock_);
  ASSERT_NO_FATAL_FAILURE(other.process().Start());
  EXPECT_TRUE(other.GetCaller(leaver_token_).ok());
  const auto ended = [&] { return Reason(other.GetCaller(leaver_token_).status()) == "TOKEN_REVOKED"; };

  Disable();
  EXPECT_TRUE(Eventually(ended));
  leaver_.set_disabled(false);
  leaver_ = Must(replica_.UpdateUser(owner_token_, leaver_, "disabled"));
  EXPECT_EQ(Reason(other.GetCaller(leaver_token_).status()), "TOKEN_REVOKED") << "an old token came to life again";

  leaver_token_ = LoginOfLeaver();
  EXPECT_TRUE(other.GetCaller(leaver_token_).ok());
  ASSERT_TRUE(replica_.ChangePassword(leaver_token_, kPassword, kOtherPassword).ok());
  EXPECT_TRUE(Eventually(ended));

  leaver_token_ = LoginOfLeaver(kOtherPassword);
  leaver_.add_roles("roles/viewer");
  leaver_ = Must(replica_.UpdateUser(owner_token_, leaver_, "roles"));
  leaver_.mutable_roles()->erase(leaver_.roles().begin());
  leaver_ = Must(replica_.UpdateUser(owner_token_, leaver_, "roles"));
  EXPECT_TRUE(Eventually(ended));

  leaver_token_ = LoginOfLeaver(kOtherPassword);
  Must(replica_.DeleteUser(owner_token_, leaver_.name()));
  EXPECT_TRUE(Eventually(ended));
  // Others are not touched.
  EXPECT_TRUE(other.GetCaller(owner_token_).ok());
}

TEST_F(LeaverTest, ANarrowedRoleEndsTheTokensOfItsHolders) {
  const std::string clerk = LoginAs(owner_token_, "clerk@example.com", {"identity.roles.read", "identity.users.read"});
  Replica other(site_, clock_);
  ASSERT_NO_FATAL_FAILURE(other.process().Start());
  EXPECT_TRUE(other.ListRoles(clerk, 5, "").ok());
  const auto login = replica_.Login("clerk@example.com");
  ASSERT_TRUE(login.ok());
  const std::string role = login->user().roles(0);
  ASSERT_TRUE(replica_.UpdateRole(owner_token_, role, {"identity.*"}).ok());
  EXPECT_TRUE(other.ListRoles(clerk, 5, "").ok()) << "a role that grew ended a session";
  ASSERT_TRUE(replica_.UpdateRole(owner_token_, role, {"identity.users.read"}).ok());
  EXPECT_TRUE(Eventually([&] { return Reason(other.ListRoles(clerk, 5, "").status()) == "TOKEN_REVOKED"; }));
}

TEST_F(LeaverTest, OtherEditsEndNoSession) {
  leaver_.set_display_name("Lea");
  leaver_.add_roles("roles/viewer");
  leaver_ = Must(replica_.UpdateUser(owner_token_, leaver_, "display_name"));
  leaver_.add_roles("roles/viewer");
  leaver_ = Must(replica_.UpdateUser(owner_token_, leaver_, "roles"));
  EXPECT_EQ(leaver_.session_version(), 1);
  EXPECT_TRUE(replica_.CreateApiKey(leaver_token_, {"roles/viewer"}).ok());
}

// A service that runs elsewhere and knows the gateway by its address.
TEST_F(LeaverTest, ATokenEndsInEveryService) {
  ASSERT_NO_FATAL_FAILURE(replica_.process().Start());
  const std::string address = replica_.process().StartGrpc();
  const rpc::AccessTokens tokens(Site::kSecret, clock_);
  const auto gateway = rpc::MakeRemotePeer(address, {}, &tokens);
  ServiceProcess catalog(site_, {catalog::CatalogModule()}, {.clock = &clock_, .peer = [&](absl::string_view name) {
                                                               return name == "gateway" ? gateway.get() : nullptr;
                                                             }});
  ASSERT_NO_FATAL_FAILURE(catalog.Start());
  const auto list = [&] {
    catalog::v1::ListCategoriesResponse response;
    return catalog.Call("storeops.catalog.v1.CategoryService/ListCategories", leaver_token_,
                        catalog::v1::ListCategoriesRequest(), &response);
  };
  EXPECT_TRUE(list().ok()) << list();
  Must(replica_.DeleteUser(owner_token_, leaver_.name()));
  EXPECT_TRUE(Eventually([&] { return Reason(list()) == "TOKEN_REVOKED"; }));
  catalog.Stop();
}

TEST_F(LeaverTest, AServiceThatCannotCheckTokensRefusesPeople) {
  ServiceProcess catalog(site_, {catalog::CatalogModule()}, {.clock = &clock_});
  const auto list = [&](const std::string& token) {
    catalog::v1::ListCategoriesResponse response;
    return catalog.Call("storeops.catalog.v1.CategoryService/ListCategories", token,
                        catalog::v1::ListCategoriesRequest(), &response);
  };
  EXPECT_EQ(Reason(list(leaver_token_)), "TOKEN_NOT_CHECKED");
  // The gateway, which has checked the caller, is trusted.
  rpc::Principal person{"users/7", "Wei", {"*"}};
  person.session_version = 1;
  const std::string relayed = "Bearer " + catalog.tokens().MintRelayed(person, absl::Minutes(1));
  EXPECT_TRUE(list(relayed).ok()) << list(relayed);
}

// Keys.

TEST_F(LeaverTest, TheKeysOfALeaverAreDecidedAbout) {
  const auto key = replica_.CreateApiKey(leaver_token_, {"roles/merchandiser"});
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->api_key().owner(), leaver_.name());
  const std::string bearer = "Bearer " + key->secret();
  const absl::Status undecided = replica_.DeleteUser(owner_token_, leaver_.name()).status();
  EXPECT_EQ(Reason(undecided), "USER_OWNS_API_KEYS");
  EXPECT_THAT(undecided.message(), AllOf(HasSubstr("1 API key"), HasSubstr("REVOKE"), HasSubstr("HAND_OVER")));
  EXPECT_TRUE(replica_.GetCaller(bearer).ok());

  const auto remove = [&](Choice::ApiKeyChoice choice, const std::string& heir) {
    return replica_.DeleteUser(owner_token_, leaver_.name(), choice, heir).status();
  };
  const v1::User viewer = Must(replica_.CreateUser(owner_token_, "viewer@example.com", {"roles/viewer"}));
  EXPECT_EQ(WrongField(remove(Choice::HAND_OVER, "")), "new_key_owner");
  EXPECT_EQ(WrongField(remove(Choice::REVOKE, owner_.name())), "new_key_owner");
  EXPECT_EQ(WrongField(remove(Choice::HAND_OVER, leaver_.name())), "new_key_owner");
  EXPECT_EQ(WrongField(remove(Choice::HAND_OVER, "users/424242")), "new_key_owner");
  EXPECT_EQ(Reason(remove(Choice::HAND_OVER, viewer.name())), "NEW_OWNER_UNFIT");
  EXPECT_TRUE(remove(Choice::HAND_OVER, owner_.name()).ok());
  const auto caller = replica_.GetCaller(bearer);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_THAT(caller->permissions(), ::testing::Contains("catalog.*"));
}

TEST_F(LeaverTest, KeysOfALeaverAreRevokedWithThoseThatTheyMade) {
  const auto key = replica_.CreateApiKey(leaver_token_, {"roles/owner"});
  ASSERT_TRUE(key.ok()) << key.status();
  const auto child = replica_.CreateApiKey("Bearer " + key->secret(), {"roles/viewer"});
  ASSERT_TRUE(child.ok()) << child.status();
  EXPECT_EQ(child->api_key().owner(), leaver_.name());
  Must(replica_.DeleteUser(owner_token_, leaver_.name(), Choice::REVOKE));
  for (const std::string& secret : {key->secret(), child->secret()}) {
    EXPECT_EQ(Reason(replica_.GetCaller("Bearer " + secret).status()), "KEY_INVALID");
  }
}

TEST_F(LeaverTest, AKeyWorksNoLongerThanTheOneThatMadeIt) {
  const absl::Time end = clock_.Now() + absl::Hours(1);
  const auto key = replica_.CreateApiKey(leaver_token_, {"roles/owner"}, end);
  ASSERT_TRUE(key.ok()) << key.status();
  const std::string bearer = "Bearer " + key->secret();
  EXPECT_EQ(WrongField(replica_.CreateApiKey(bearer, {"roles/viewer"}).status()), "api_key.expire_time");
  EXPECT_EQ(WrongField(replica_.CreateApiKey(bearer, {"roles/viewer"}, end + absl::Seconds(1)).status()),
            "api_key.expire_time");
  const auto child = replica_.CreateApiKey(bearer, {"roles/viewer"}, end);
  ASSERT_TRUE(child.ok()) << child.status();
  ASSERT_TRUE(replica_.RevokeApiKey(owner_token_, key->api_key().name()).ok());
  EXPECT_EQ(Reason(replica_.GetCaller("Bearer " + child->secret()).status()), "KEY_INVALID");
}

TEST_F(LeaverTest, AKeyMakesNoKeyThatMayDoMore) {
  const auto role =
      replica_.CreateRole(owner_token_, "Key maker", {"identity.api_keys.write", "catalog.products.read"});
  ASSERT_TRUE(role.ok()) << role.status();
  const auto key = replica_.CreateApiKey(leaver_token_, {role->name()});
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(replica_.CreateApiKey("Bearer " + key->secret(), {"roles/viewer"}).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(replica_.CreateApiKey("Bearer " + key->secret(), {role->name()}).ok());
}

TEST_F(LeaverTest, AKeyMayDoNoMoreThanItsOwner) {
  const auto key = replica_.CreateApiKey(leaver_token_, {"roles/owner"});
  ASSERT_TRUE(key.ok()) << key.status();
  const std::string bearer = "Bearer " + key->secret();
  leaver_.clear_roles();
  leaver_.add_roles("roles/marketer");
  leaver_ = Must(replica_.UpdateUser(owner_token_, leaver_, "roles"));
  const auto caller = replica_.GetCaller(bearer);
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_THAT(caller->permissions(), ::testing::Not(::testing::Contains("*")));
  EXPECT_THAT(caller->permissions(), ::testing::Contains("catalog.products.read"));
  EXPECT_EQ(replica_.CreateUser(bearer, "ghost@example.com", {}).status().code(), absl::StatusCode::kPermissionDenied);

  Disable();
  EXPECT_EQ(Reason(replica_.GetCaller(bearer).status()), "KEY_INVALID");
  leaver_.set_disabled(false);
  leaver_ = Must(replica_.UpdateUser(owner_token_, leaver_, "disabled"));
  EXPECT_TRUE(replica_.GetCaller(bearer).ok()) << "enabled again, the owner's programs work again";
}

// Taking away.

TEST_F(LeaverTest, WhatCannotBeGivenCannotBeTakenAway) {
  const std::string admin = LoginAs(owner_token_, "admin@example.com", {"identity.*"});
  const auto role = replica_.CreateRole(owner_token_, "Stock", {"identity.users.read", "inventory.*"});
  ASSERT_TRUE(role.ok()) << role.status();
  const auto missing = [](const absl::Status& status) {
    google::rpc::ErrorInfo info;
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    return GetDetail(status, &info) ? info.metadata().at("permission") : "";
  };
  EXPECT_EQ(missing(replica_.UpdateRole(admin, role->name(), {"identity.users.read"}).status()), "inventory.*");
  EXPECT_EQ(missing(replica_.UpdateRole(admin, role->name(), {}).status()), "inventory.*");
  EXPECT_EQ(missing(replica_.DeleteRole(admin, role->name()).status()), "inventory.*");
  const auto key = replica_.CreateApiKey(owner_token_, {"roles/owner"});
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(missing(replica_.RevokeApiKey(admin, key->api_key().name()).status()), "*");
  EXPECT_TRUE(replica_.GetCaller("Bearer " + key->secret()).ok());
  // What the admin has, the admin takes away.
  EXPECT_TRUE(replica_.UpdateRole(admin, role->name(), {"inventory.*"}).ok());
  const auto own = replica_.CreateApiKey(owner_token_, {role->name()});
  ASSERT_TRUE(own.ok()) << own.status();
  EXPECT_EQ(missing(replica_.RevokeApiKey(admin, own->api_key().name()).status()), "inventory.*");
  EXPECT_TRUE(replica_.RevokeApiKey(owner_token_, own->api_key().name()).ok());
}

TEST_F(LeaverTest, ARoleInUseIsNotDeletedAndItsHoldersAreNamed) {
  const auto role = replica_.CreateRole(owner_token_, "Stock", {"inventory.*"});
  ASSERT_TRUE(role.ok()) << role.status();
  v1::User ann = Must(replica_.CreateUser(owner_token_, "ann@example.com", {role->name()}));
  const auto key = replica_.CreateApiKey(owner_token_, {role->name()});
  ASSERT_TRUE(key.ok()) << key.status();
  const absl::Status refused = replica_.DeleteRole(owner_token_, role->name()).status();
  EXPECT_EQ(Reason(refused), "ROLE_IN_USE");
  EXPECT_THAT(refused.message(), AllOf(HasSubstr(ann.name()), HasSubstr(key->api_key().name()), HasSubstr("Stock")));
  ann.clear_roles();
  Must(replica_.UpdateUser(owner_token_, ann, "roles"));
  EXPECT_EQ(Reason(replica_.DeleteRole(owner_token_, role->name()).status()), "ROLE_IN_USE");
  ASSERT_TRUE(replica_.RevokeApiKey(owner_token_, key->api_key().name()).ok());
  EXPECT_TRUE(replica_.DeleteRole(owner_token_, role->name()).ok());
}

}  // namespace
}  // namespace storeops::testing
