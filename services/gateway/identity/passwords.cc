#include "services/gateway/identity/passwords.h"

#include <sodium.h>

#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"

namespace storeops::gateway {
namespace {

constexpr unsigned long long kPasses = 2;
constexpr size_t kMemoryBytes = 19 << 20;

// No password hashes to this: verifying against it only takes the time of a real one.
constexpr char kNobodysHash[] =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

}  // namespace

// A right to hash, given back at the end of the scope.
class Passwords::Slot {
 public:
  explicit Slot(Passwords& passwords) : passwords_(passwords) {}
  ~Slot() { passwords_.GiveSlot(); }
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

 private:
  Passwords& passwords_;
};

absl::Status Passwords::TakeSlot(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto free = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return running_ < options_.concurrent; };
  if (!free()) {
    if (waiting_ >= options_.waiting) {
      return UnavailableRetry("too many passwords are being checked", absl::Seconds(1));
    }
    ++waiting_;
    const bool got = AwaitUntil(mutex_, absl::Condition(&free), deadline);
    --waiting_;
    if (!got) return absl::DeadlineExceededError("waiting for a password check took too long");
  }
  ++running_;
  return absl::OkStatus();
}

void Passwords::GiveSlot() {
  absl::MutexLock lock(&mutex_);
  --running_;
}

absl::StatusOr<std::string> Passwords::Hash(absl::string_view password, absl::Time deadline) {
  RETURN_IF_ERROR(TakeSlot(deadline));
  const Slot slot(*this);
  char hash[crypto_pwhash_STRBYTES];
  if (sodium_init() < 0 || crypto_pwhash_str(hash, password.data(), password.size(), kPasses, kMemoryBytes) != 0) {
    return absl::ResourceExhaustedError("not enough memory to hash a password");
  }
  return std::string(hash);
}

absl::StatusOr<bool> Passwords::Verify(absl::string_view password, const std::string& hash, absl::Time deadline) {
  RETURN_IF_ERROR(TakeSlot(deadline));
  const Slot slot(*this);
  if (sodium_init() < 0) return absl::InternalError("libsodium does not start");
  const char* expected = hash.empty() ? kNobodysHash : hash.c_str();
  const bool matches = crypto_pwhash_str_verify(expected, password.data(), password.size()) == 0;
  return matches && !hash.empty();
}

}  // namespace storeops::gateway
