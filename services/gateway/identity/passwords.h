// Passwords are kept as argon2id hashes (2 passes over 19 MiB), made a few at a time.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_PASSWORDS_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_PASSWORDS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/gateway/identity/hash_slots.h"

namespace storeops::gateway {

// Thread-safe. A hashing costs about 30 ms of one core and 19 MiB, so few run at once; further callers wait for a slot,
// with the errors of HashSlots::Take. `source` is the caller's network address.
class Passwords {
 public:
  using Options = HashSlots::Options;

  Passwords() : Passwords(Options{}) {}
  explicit Passwords(Options options) : slots_(options) {}

  // The hash with its salt and parameters, printable, below 128 bytes.
  absl::StatusOr<std::string> Hash(absl::string_view password, const std::string& source, absl::Time deadline);
  // An empty `hash` (nobody by that address) is never matched and costs the same time.
  absl::StatusOr<bool> Verify(absl::string_view password, const std::string& hash, const std::string& source,
                              absl::Time deadline);

 private:
  HashSlots slots_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_PASSWORDS_H_
