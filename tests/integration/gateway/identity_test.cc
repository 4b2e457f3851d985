// Signing in and staying signed in, as callers see it: the real pipeline, the real tables, two replicas where that
// matters.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/gateway/identity/identity_store.h"
#include "tests/support/identity_replica.h"

namespace storeops::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
  request.set_password("short");
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

TEST_F(IdentityTest, WhatHasExpiredIsRemoved) {
  SetUpOwner();
  EXPECT_FALSE(replica_.Login(kEmail, "wrong password").ok());
  clock_.Advance(absl::Hours(24 * 14) + absl::Seconds(1));
  ASSERT_TRUE(replica_.Login("nobody@example.com").status().code() == absl::StatusCode::kUnauthenticated);
  const auto removed = gateway::identity_store::Prune(replica_.database(), clock_.Now(), 100, absl::InfiniteFuture());
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(*removed, 3);  // the owner's refresh token and both counts; not what nobody just did
}

}  // namespace
}  // namespace storeops::testing
