// API keys: secrets of which only the SHA-256 is kept, and who stands behind one.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_API_KEYS_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_API_KEYS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/signer.h"
#include "common/rpc/authenticator.h"

namespace storeops::gateway {

// "sk_" and 32 random bytes in base64url.
std::string MakeKeySecret();
// What is kept of a secret: SHA-256 in hex.
std::string KeySecretHash(absl::string_view secret);
// What a key is recognised by in lists: the secret's first characters.
std::string KeySecretPrefix(absl::string_view secret);

// Resolves secrets to principals, with a bounded cache of 30 s. Thread-safe.
class ApiKeys final : public rpc::KeyResolver {
 public:
  struct KnownKey {
    rpc::Principal principal;
    absl::Time expire_time = absl::InfiniteFuture();
  };
  // Reads the database: nothing for a hash that no key has, or whose key is revoked.
  using Lookup =
      std::function<absl::StatusOr<std::optional<KnownKey>>(const std::string& secret_hash, absl::Time deadline)>;

  static constexpr absl::Duration kCacheTime = absl::Seconds(30);
  static constexpr size_t kMaxEntries = 10'000;

  // Until then every key is UNAVAILABLE. `clock` outlives this object or Close.
  void Open(const Clock& clock, Lookup lookup);
  void Close();

  // UNAUTHENTICATED with reason KEY_INVALID (also when revoked) or KEY_EXPIRED.
  std::optional<absl::StatusOr<rpc::Principal>> TryResolve(absl::string_view secret) override;
  absl::StatusOr<rpc::Principal> Resolve(absl::string_view secret, absl::Time deadline) override;

  // Nothing read before is used any more: to be called when a key was revoked or a role has changed.
  void Forget();

 private:
  struct Entry {
    std::optional<KnownKey> key;
    absl::Time cached_until;
  };
  static absl::StatusOr<rpc::Principal> Judge(const std::optional<KnownKey>& key, absl::Time now);
  void Remember(const std::string& place, const std::optional<KnownKey>& key, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Where a secret stands in the cache; found faster than its SHA-256.
  const KeyedHash place_;

  absl::Mutex mutex_;
  const Clock* clock_ ABSL_GUARDED_BY(mutex_) = nullptr;
  Lookup lookup_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  // Grows with each Forget, so that what was read before one is not remembered after it.
  int64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_API_KEYS_H_
