#include "common/base/signer.h"

#include <gtest/gtest.h>

#include <set>

namespace storeops {
namespace {

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

TEST(Signer, VerifiesWhatItSigned) {
  const Signer signer(kSecret, "page-token");
  const std::string payloads[] = {"", "a", std::string("\0\xff\n", 3), std::string(5000, 'x')};
  for (const std::string& payload : payloads) {
    const auto verified = signer.Verify(signer.Sign(payload));
    ASSERT_TRUE(verified.ok());
    EXPECT_EQ(*verified, payload);
  }
  EXPECT_EQ(signer.Sign("a").find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
            std::string::npos);
}

TEST(Signer, RefusesEveryChange) {
  const Signer signer(kSecret, "page-token");
  const std::string token = signer.Sign("payload");
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'Q' : 'A';
    EXPECT_EQ(signer.Verify(changed).status().code(), absl::StatusCode::kInvalidArgument) << i;
    EXPECT_FALSE(signer.Verify(token.substr(0, i)).ok()) << i;
  }
  EXPECT_FALSE(signer.Verify(token + "AAAA").ok());
  EXPECT_FALSE(signer.Verify("not base64 !").ok());
}

// Otherwise one token has many spellings, and a list of revoked ones can be dodged.
TEST(Signer, ATokenHasOneSpelling) {
  const Signer signer(kSecret, "page-token");
  const std::string token = signer.Sign("payload");   // 39 bytes: no spare bits
  const std::string spare = signer.Sign("payload!");  // 40 bytes: spare bits in the last digit
  EXPECT_FALSE(signer.Verify(token.substr(0, 10) + " " + token.substr(10)).ok());
  EXPECT_FALSE(signer.Verify(token + "\n").ok());
  EXPECT_FALSE(signer.Verify(spare + "=").ok());
  std::string other = spare;
  ++other.back();
  EXPECT_FALSE(signer.Verify(other).ok());
}

TEST(Signer, PurposesAndSecretsDoNotMix) {
  const std::string token = Signer(kSecret, "page-token").Sign("payload");
  EXPECT_FALSE(Signer(kSecret, "access-token").Verify(token).ok());
  EXPECT_FALSE(Signer("another secret of thirty-two byte", "page-token").Verify(token).ok());
  EXPECT_TRUE(Signer(kSecret, "page-token").Verify(token).ok());
}

TEST(Signer, HashesAsPublished) {
  EXPECT_EQ(HexEncode(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(HexEncode(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Signer, RandomTokensDiffer) {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(RandomToken(16)).second);
  for (const std::string& token : RandomTokens(1000, 16)) EXPECT_TRUE(seen.insert(token).second);
  EXPECT_EQ(RandomToken(32).size(), 43u);
}

TEST(Signer, MacsTellSecretsPurposesAndTextsApart) {
  const std::string mac = Signer(kSecret, "a").Mac("text");
  EXPECT_EQ(mac.size(), 32u);
  EXPECT_EQ(mac, Signer(kSecret, "a").Mac("text"));
  EXPECT_NE(mac, Signer(kSecret, "b").Mac("text"));
  EXPECT_NE(mac, Signer("another secret of thirty-two bytes", "a").Mac("text"));
  EXPECT_NE(mac, Signer(kSecret, "a").Mac("texT"));
}

TEST(KeyedHashTest, TellsTextsApartByAKeyOfItsOwn) {
  const KeyedHash hash, other;
  EXPECT_EQ(hash("abc").size(), 16u);
  EXPECT_EQ(hash("abc"), hash("abc"));
  EXPECT_NE(hash("abc"), hash("abd"));
  EXPECT_NE(hash(""), hash(std::string(1, '\0')));
  EXPECT_NE(hash("abc"), other("abc"));
}

}  // namespace
}  // namespace storeops
