#include "services/gateway/identity/passwords.h"

#include <sodium.h>

#include "common/base/status_macros.h"

namespace storeops::gateway {
namespace {

constexpr unsigned long long kPasses = 2;
constexpr size_t kMemoryBytes = 19 << 20;

// No password hashes to this: verifying against it only takes the time of a real one.
constexpr char kNobodysHash[] =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

}  // namespace

absl::StatusOr<std::string> Passwords::Hash(absl::string_view password, const std::string& source,
                                            absl::Time deadline) {
  ASSIGN_OR_RETURN(const HashSlots::Slot slot, slots_.Take(source, deadline));
  char hash[crypto_pwhash_STRBYTES];
  if (sodium_init() < 0 || crypto_pwhash_str(hash, password.data(), password.size(), kPasses, kMemoryBytes) != 0) {
    return absl::ResourceExhaustedError("not enough memory to hash a password");
  }
  return std::string(hash);
}

absl::StatusOr<bool> Passwords::Verify(absl::string_view password, const std::string& hash, const std::string& source,
                                       absl::Time deadline) {
  ASSIGN_OR_RETURN(const HashSlots::Slot slot, slots_.Take(source, deadline));
  if (sodium_init() < 0) return absl::InternalError("libsodium does not start");
  const char* expected = hash.empty() ? kNobodysHash : hash.c_str();
  const bool matches = crypto_pwhash_str_verify(expected, password.data(), password.size()) == 0;
  return matches && !hash.empty();
}

}  // namespace storeops::gateway
