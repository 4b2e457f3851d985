// Signed texts that callers carry for us: page tokens, access tokens. HMAC-SHA-256, base64url without padding.
#ifndef STOREOPS_COMMON_BASE_SIGNER_H_
#define STOREOPS_COMMON_BASE_SIGNER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops {

class Signer {
 public:
  // `secret` is at least 32 bytes; each `purpose` gets a key of its own, so that one kind of token never passes as
  // another.
  Signer(absl::string_view secret, absl::string_view purpose);

  // The payload can be read by whoever holds the token; it cannot be changed.
  std::string Sign(absl::string_view payload) const;
  // INVALID_ARGUMENT for what this signer did not sign.
  absl::StatusOr<std::string> Verify(absl::string_view token) const;
  // The signature alone, raw 32 bytes: a hash that only the holder of the secret can make.
  std::string Mac(absl::string_view data) const;
  // A short and fast one (SipHash-2-4), the same for the same secret and purpose: for telling things apart.
  uint64_t ShortMac(absl::string_view data) const;

 private:
  struct Keys;
  std::shared_ptr<const Keys> keys_;
};

// `bytes` random bytes from the system, base64url without padding.
std::string RandomToken(size_t bytes);
// `count` of them by one call of the system.
std::vector<std::string> RandomTokens(size_t count, size_t bytes);
// 16 bytes that tell texts apart within this process: SipHash-2-4 with a key that nobody knows (Aumasson and Bernstein,
// 2012), so that texts that collide cannot be made. Thread-safe.
class KeyedHash {
 public:
  KeyedHash();
  std::string operator()(absl::string_view text) const;

 private:
  std::string key_;
};
// SHA-256, raw 32 bytes.
std::string Sha256(absl::string_view data);
std::string HexEncode(absl::string_view data);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_SIGNER_H_
