// Passwords are kept as argon2id hashes (2 passes over 19 MiB), made a few at a time.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_PASSWORDS_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_PASSWORDS_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace storeops::gateway {

// Thread-safe. A hashing costs about 30 ms of one core and 19 MiB, so at most `concurrent` run at once; further
// callers wait until their deadline (DEADLINE_EXCEEDED), at most `waiting` of them (UNAVAILABLE with RetryInfo).
class Passwords {
 public:
  struct Options {
    int concurrent = 2;
    int waiting = 8;
  };
  Passwords() : Passwords(Options{}) {}
  explicit Passwords(Options options) : options_(options) {}

  // The hash with its salt and parameters, printable, below 128 bytes.
  absl::StatusOr<std::string> Hash(absl::string_view password, absl::Time deadline);
  // An empty `hash` (nobody by that address) is never matched and costs the same time.
  absl::StatusOr<bool> Verify(absl::string_view password, const std::string& hash, absl::Time deadline);

 private:
  class Slot;
  absl::Status TakeSlot(absl::Time deadline);
  void GiveSlot();

  const Options options_;
  absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_PASSWORDS_H_
