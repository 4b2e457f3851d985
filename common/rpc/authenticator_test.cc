#include "common/rpc/authenticator.h"

#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif

namespace storeops::rpc {
namespace {

constexpr char kTokenSecret[] = "0123456789abcdef0123456789abcdef";

std::string Refusal(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return absl::IsUnauthenticated(status) && GetDetail(status, &info) ? info.reason() : "";
}

class OneKey final : public KeyResolver {
 public:
  std::optional<absl::StatusOr<Principal>> TryResolve(absl::string_view key) override {
    if (key == "cached") return Principal{"apiKeys/1", "", {}};
    return std::nullopt;
  }
  absl::StatusOr<Principal> Resolve(absl::string_view key, absl::Time) override {
    if (key == "stored") return Principal{"apiKeys/2", "", {}};
    return Unauthenticated("API_KEY_INVALID", "no such key");
  }
};

class AuthenticatorTest : public ::testing::Test {
 protected:
  FakeClock clock_;
  AccessTokens tokens_{kTokenSecret, clock_};
  const Principal owner_{"users/7", "Ada", {"catalog.*", "*.read"}};
};

TEST_F(AuthenticatorTest, AMintedTokenIsWhoItWasMintedFor) {
  const std::string token = tokens_.Mint(owner_, absl::Minutes(15));
  EXPECT_TRUE(AccessTokens::IsAccessToken(token));
  const auto principal = tokens_.Verify(token);
  ASSERT_TRUE(principal.ok());
  EXPECT_EQ(principal->name, owner_.name);
  EXPECT_EQ(principal->display_name, owner_.display_name);
  EXPECT_EQ(principal->permissions, owner_.permissions);
}

TEST_F(AuthenticatorTest, ATokenExpires) {
  const std::string token = tokens_.Mint(owner_, absl::Minutes(15));
  clock_.Advance(absl::Minutes(15) - absl::Milliseconds(1));
  EXPECT_TRUE(tokens_.Verify(token).ok());
  clock_.Advance(absl::Milliseconds(1001));
  EXPECT_EQ(Refusal(tokens_.Verify(token).status()), "TOKEN_EXPIRED");
}

TEST_F(AuthenticatorTest, RefusesWhatItDidNotMint) {
  const std::string token = tokens_.Mint(owner_, absl::Minutes(15));
  std::string changed = token;
  changed[token.size() / 2] = changed[token.size() / 2] == 'A' ? 'B' : 'A';
  const AccessTokens others("another secret of thirty-two byte", clock_);
  const std::string cases[] = {"",
                               "so1.",
                               "so1.x",
                               token.substr(4),
                               token.substr(0, token.size() - 4),
                               changed,
                               others.Mint(owner_, absl::Minutes(15)),
                               "so1." + Signer(kTokenSecret, "page-token").Sign("payload"),
                               tokens_.Mint(Principal(), absl::Minutes(15)),
                               "so1." + std::string(9000, 'a')};
  for (const auto& c : cases) EXPECT_EQ(Refusal(tokens_.Verify(c).status()), "TOKEN_INVALID") << c;
}

TEST_F(AuthenticatorTest, NoCredentialIsAnonymousABadOneIsRefused) {
  StandardAuthenticator authenticator(tokens_, nullptr, nullptr);
  const auto nobody = authenticator.TryAuthenticate({});
  ASSERT_TRUE(nobody.has_value() && nobody->ok());
  EXPECT_FALSE((*nobody)->authenticated());
  const std::string token = tokens_.Mint(owner_, absl::Minutes(1));
  for (const std::string scheme : {"Bearer ", "bearer ", "BEARER  "}) {
    const auto known = authenticator.TryAuthenticate({scheme + token, ""});
    ASSERT_TRUE(known.has_value() && known->ok()) << scheme;
    EXPECT_EQ((*known)->name, "users/7");
  }
  const std::map<std::string, std::string> refused = {
      {"Basic dTpw", "CREDENTIALS_MALFORMED"}, {"Bearer", "CREDENTIALS_MALFORMED"},
      {"Bearer ", "CREDENTIALS_MALFORMED"},    {"Bearer   ", "CREDENTIALS_MALFORMED"},
      {token, "CREDENTIALS_MALFORMED"},        {"Bearer " + std::string(9000, 'a'), "CREDENTIALS_MALFORMED"},
      {"Bearer so1.abc", "TOKEN_INVALID"},     {"Bearer some-api-key", "TOKEN_INVALID"}};
  for (const auto& [authorization, reason] : refused) {
    const auto result = authenticator.TryAuthenticate({authorization, "services/catalog"});
    ASSERT_TRUE(result.has_value()) << authorization;
    EXPECT_EQ(Refusal(result->status()), reason) << authorization;
  }
}

TEST_F(AuthenticatorTest, KeysAreResolvedWithoutBlockingWhereTheyAreCached) {
  OneKey keys;
  StandardAuthenticator authenticator(tokens_, &keys, nullptr);
  const auto cached = authenticator.TryAuthenticate({"Bearer cached", ""});
  ASSERT_TRUE(cached.has_value() && cached->ok());
  EXPECT_EQ((*cached)->name, "apiKeys/1");
  EXPECT_FALSE(authenticator.TryAuthenticate({"Bearer stored", ""}).has_value());
  const auto stored = authenticator.Authenticate({"Bearer stored", ""}, absl::InfiniteFuture());
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->name, "apiKeys/2");
  EXPECT_EQ(Refusal(authenticator.Authenticate({"Bearer other", ""}, absl::InfiniteFuture()).status()),
            "API_KEY_INVALID");
  EXPECT_EQ(authenticator.Authenticate({"Bearer cached", ""}, absl::InfiniteFuture())->name, "apiKeys/1");
}

TEST_F(AuthenticatorTest, ACertificateOfTheSuiteIsThatService) {
  StandardAuthenticator authenticator(tokens_, nullptr, nullptr);
  const std::map<std::string, std::string> names = {{"services/catalog", "services/catalog"},
                                                    {"catalog.storeops", "services/catalog"},
                                                    {"price-watch.storeops", "services/price-watch"},
                                                    {"catalog", ""},
                                                    {"services/", ""},
                                                    {".storeops", ""},
                                                    {"services/Catalog", ""},
                                                    {"evil.example.storeops", ""},
                                                    {"users/7", ""}};
  for (const auto& [certificate, principal] : names) {
    const auto result = authenticator.TryAuthenticate({"", certificate});
    ASSERT_TRUE(result.has_value() && result->ok()) << certificate;
    EXPECT_EQ((*result)->name, principal) << certificate;
    EXPECT_EQ((*result)->Has("catalog.products.write"), !principal.empty()) << certificate;
  }
  // Who the call is made for counts, not who passes it on.
  const auto person = authenticator.TryAuthenticate(
      {absl::StrCat("Bearer ", tokens_.Mint(owner_, absl::Minutes(1))), "services/gateway"});
  EXPECT_EQ((*person)->name, "users/7");
}

// Sessions of a version below 5 have ended.
class FromFive final : public SessionCheck {
 public:
  absl::Status Check(const Principal& principal) const override {
    return principal.session_version >= 5 ? absl::OkStatus() : Unauthenticated("TOKEN_REVOKED", "ended");
  }
};

TEST_F(AuthenticatorTest, TheTokensOfAPersonAreChecked) {
  const FromFive sessions;
  const StandardAuthenticator checks(tokens_, nullptr, &sessions);
  StandardAuthenticator authenticator(tokens_, nullptr, &sessions);
  const auto authenticate = [&](const std::string& token) {
    return authenticator.TryAuthenticate({absl::StrCat("Bearer ", token), ""})->status();
  };
  Principal person = owner_;
  person.session_version = 4;
  EXPECT_EQ(Refusal(authenticate(tokens_.Mint(person, absl::Minutes(1)))), "TOKEN_REVOKED");
  EXPECT_EQ(Refusal(authenticate(tokens_.MintRelayed(person, absl::Minutes(1)))), "TOKEN_REVOKED");
  // A stream that is still open.
  EXPECT_EQ(Refusal(checks.CheckStillValid(person)), "TOKEN_REVOKED");
  person.session_version = 5;
  EXPECT_TRUE(authenticate(tokens_.Mint(person, absl::Minutes(1))).ok());
  EXPECT_TRUE(checks.CheckStillValid(person).ok());
  // Of a service, or of a program before there were versions.
  EXPECT_TRUE(authenticate(tokens_.Mint(owner_, absl::Minutes(1))).ok());
}

TEST_F(AuthenticatorTest, WhereNobodyChecksOnlyRelayedTokensOfPeopleAreAccepted) {
  StandardAuthenticator authenticator(tokens_, nullptr, nullptr);
  Principal person = owner_;
  person.session_version = 4;
  const auto authenticate = [&](const std::string& token) {
    return authenticator.TryAuthenticate({absl::StrCat("Bearer ", token), ""})->status();
  };
  EXPECT_EQ(Refusal(authenticate(tokens_.Mint(person, absl::Minutes(1)))), "TOKEN_NOT_CHECKED");
  EXPECT_TRUE(authenticate(tokens_.MintRelayed(person, absl::Minutes(1))).ok());
}

}  // namespace
}  // namespace storeops::rpc
