#include "services/gateway/identity/api_keys.h"

#include <map>

#include "absl/strings/match.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif

namespace storeops::gateway {
namespace {

std::string Reason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return GetDetail(status, &info) ? info.reason() : "";
}

class ApiKeysTest : public ::testing::Test {
 protected:
  void OpenKeys() {
    keys_.Open(clock_, [this](const std::string& hash, absl::Time) -> absl::StatusOr<std::optional<ApiKeys::KnownKey>> {
      ++lookups_;
      if (during_lookup_) during_lookup_();
      const auto found = known_.find(hash);
      if (found == known_.end()) return std::nullopt;
      return found->second;
    });
  }
  std::string MakeKey(absl::Time expire_time = absl::InfiniteFuture()) {
    const std::string secret = MakeKeySecret();
    known_[KeySecretHash(secret)] = {{.name = "apiKeys/1", .display_name = "Till", .permissions = {"a.read"}},
                                     expire_time};
    return secret;
  }
  absl::StatusOr<rpc::Principal> Resolve(const std::string& secret) {
    return keys_.Resolve(secret, absl::InfiniteFuture());
  }

  FakeClock clock_;
  std::map<std::string, ApiKeys::KnownKey> known_;
  std::function<void()> during_lookup_;
  int lookups_ = 0;
  ApiKeys keys_;
};

TEST_F(ApiKeysTest, SecretsAreLongAndDifferent) {
  const std::string secret = MakeKeySecret();
  EXPECT_TRUE(absl::StartsWith(secret, "sk_"));
  EXPECT_EQ(secret.size(), 46u);
  EXPECT_NE(secret, MakeKeySecret());
  EXPECT_EQ(KeySecretPrefix(secret), secret.substr(0, 9));
  EXPECT_EQ(KeySecretHash(secret).size(), 64u);
}

TEST_F(ApiKeysTest, ResolvesAndRemembers) {
  OpenKeys();
  const std::string secret = MakeKey();
  EXPECT_FALSE(keys_.TryResolve(secret).has_value());
  EXPECT_EQ(Resolve(secret)->name, "apiKeys/1");
  ASSERT_TRUE(keys_.TryResolve(secret).has_value());
  EXPECT_EQ((*keys_.TryResolve(secret))->display_name, "Till");
  EXPECT_EQ(Resolve(secret)->name, "apiKeys/1");
  EXPECT_EQ(lookups_, 1);
  clock_.Advance(ApiKeys::kCacheTime);
  EXPECT_FALSE(keys_.TryResolve(secret).has_value());
  EXPECT_TRUE(Resolve(secret).ok());
  EXPECT_EQ(lookups_, 2);
}

TEST_F(ApiKeysTest, WhatIsNoKeyCostsNoLookup) {
  OpenKeys();
  for (const std::string& text : {std::string(), std::string("sk_"), std::string("garbage"), std::string(46, 'a'),
                                  MakeKeySecret() + "x", "sk_" + std::string(43, '\''), std::string(100'000, 'x')}) {
    EXPECT_EQ(Reason(Resolve(text).status()), "KEY_INVALID");
  }
  EXPECT_EQ(lookups_, 0);
}

TEST_F(ApiKeysTest, UnknownKeysAreRemembered) {
  OpenKeys();
  const std::string secret = MakeKeySecret();
  EXPECT_EQ(Resolve(secret).status().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Reason(Resolve(secret).status()), "KEY_INVALID");
  EXPECT_EQ(lookups_, 1);
}

TEST_F(ApiKeysTest, ExpiresOnTimeAlsoInTheCache) {
  OpenKeys();
  const std::string secret = MakeKey(clock_.Now() + absl::Seconds(10));
  EXPECT_TRUE(Resolve(secret).ok());
  clock_.Advance(absl::Seconds(10));
  ASSERT_TRUE(keys_.TryResolve(secret).has_value());
  EXPECT_EQ(Reason(keys_.TryResolve(secret)->status()), "KEY_EXPIRED");
}

TEST_F(ApiKeysTest, ForgetTakesEffectAtOnce) {
  OpenKeys();
  const std::string secret = MakeKey();
  EXPECT_TRUE(Resolve(secret).ok());
  known_.clear();
  keys_.Forget();
  EXPECT_FALSE(Resolve(secret).ok());
}

// A key read just before its revocation and remembered just after would live on for 30 s.
TEST_F(ApiKeysTest, WhatWasReadBeforeForgetIsNotRemembered) {
  OpenKeys();
  const std::string secret = MakeKey();
  during_lookup_ = [this] { keys_.Forget(); };
  EXPECT_TRUE(Resolve(secret).ok());
  EXPECT_FALSE(keys_.TryResolve(secret).has_value());
}

TEST_F(ApiKeysTest, TheCacheIsBoundedAndKeepsRealKeys) {
  OpenKeys();
  const std::string secret = MakeKey();
  EXPECT_TRUE(Resolve(secret).ok());
  for (size_t i = 0; i < ApiKeys::kMaxEntries + 100; ++i) (void)Resolve(MakeKeySecret());
  EXPECT_TRUE(keys_.TryResolve(secret).has_value());
}

TEST_F(ApiKeysTest, UnavailableUntilOpened) {
  EXPECT_EQ(Resolve(MakeKeySecret()).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace storeops::gateway
