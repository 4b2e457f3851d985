#include "common/base/signer.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace storeops {
namespace {

constexpr size_t kMacBytes = crypto_auth_hmacsha256_BYTES;

void InitSodium() {
  static const int result = sodium_init();
  if (result < 0) std::abort();
}

const unsigned char* Bytes(absl::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

using Hmac = std::array<unsigned char, kMacBytes>;

// `state` has taken in the key.
Hmac Finish(crypto_auth_hmacsha256_state state, absl::string_view data) {
  Hmac mac;
  crypto_auth_hmacsha256_update(&state, Bytes(data), data.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  return mac;
}

crypto_auth_hmacsha256_state Begin(const unsigned char* key, size_t key_size) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key, key_size);
  return state;
}

}  // namespace

struct Signer::Keys {
  crypto_auth_hmacsha256_state begun;  // taking in the key costs as much as a short text
  std::array<unsigned char, crypto_shorthash_KEYBYTES> short_key;
};

Signer::Signer(absl::string_view secret, absl::string_view purpose) {
  InitSodium();
  const Hmac key = Finish(Begin(Bytes(secret), secret.size()), purpose);
  auto keys = std::make_shared<Keys>();
  keys->begun = Begin(key.data(), key.size());
  const Hmac short_key = Finish(keys->begun, "short");
  std::copy_n(short_key.begin(), keys->short_key.size(), keys->short_key.begin());
  keys_ = std::move(keys);
}

std::string Signer::Sign(absl::string_view payload) const {
  const Hmac mac = Finish(keys_->begun, payload);
  std::string signed_payload(reinterpret_cast<const char*>(mac.data()), mac.size());
  signed_payload.append(payload.data(), payload.size());
  return absl::WebSafeBase64Escape(signed_payload);
}

absl::StatusOr<std::string> Signer::Verify(absl::string_view token) const {
  std::string decoded;
  if (!absl::WebSafeBase64Unescape(token, &decoded) || decoded.size() < kMacBytes ||
      absl::WebSafeBase64Escape(decoded) != token) {  // the decoder lets spaces, padding and spare bits pass
    return absl::InvalidArgumentError("the token is malformed");
  }
  const absl::string_view payload = absl::string_view(decoded).substr(kMacBytes);
  const Hmac mac = Finish(keys_->begun, payload);
  if (sodium_memcmp(mac.data(), decoded.data(), kMacBytes) != 0) {
    return absl::InvalidArgumentError("the token's signature does not match");
  }
  return std::string(payload);
}

std::string Signer::Mac(absl::string_view data) const {
  const Hmac mac = Finish(keys_->begun, data);
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

uint64_t Signer::ShortMac(absl::string_view data) const {
  std::array<unsigned char, crypto_shorthash_BYTES> bytes;
  crypto_shorthash(bytes.data(), Bytes(data), data.size(), keys_->short_key.data());
  uint64_t mac = 0;
  for (const unsigned char byte : bytes) mac = mac << 8 | byte;  // the same on every machine
  return mac;
}

std::vector<std::string> RandomTokens(size_t count, size_t bytes) {
  InitSodium();
  std::string random(count * bytes, '\0');
  randombytes_buf(random.data(), random.size());
  std::vector<std::string> tokens(count);
  for (size_t i = 0; i < count; ++i) {
    absl::WebSafeBase64Escape(absl::string_view(random).substr(i * bytes, bytes), &tokens[i]);
  }
  return tokens;
}

std::string RandomToken(size_t bytes) { return std::move(RandomTokens(1, bytes)[0]); }

KeyedHash::KeyedHash() : key_(crypto_shorthash_siphashx24_KEYBYTES, '\0') {
  InitSodium();
  randombytes_buf(key_.data(), key_.size());
}

std::string KeyedHash::operator()(absl::string_view text) const {
  static_assert(crypto_shorthash_siphashx24_BYTES == 16);
  std::string hash(crypto_shorthash_siphashx24_BYTES, '\0');
  crypto_shorthash_siphashx24(reinterpret_cast<unsigned char*>(hash.data()), Bytes(text), text.size(), Bytes(key_));
  return hash;
}

std::string Sha256(absl::string_view data) {
  std::string hash(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()), Bytes(data), data.size());
  return hash;
}

std::string HexEncode(absl::string_view data) { return absl::BytesToHexString(data); }

}  // namespace storeops
