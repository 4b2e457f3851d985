// Growing pauses between attempts.
#ifndef STOREOPS_COMMON_BASE_BACKOFF_H_
#define STOREOPS_COMMON_BASE_BACKOFF_H_

#include <algorithm>

#include "absl/random/random.h"
#include "absl/time/time.h"

namespace storeops {

// Doubles from `first` to `max`. Each pause is random between half and the whole, so that replicas that failed together
// do not try again together. Not thread-safe.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration max) : first_(first), max_(max), next_(first) {}

  absl::Duration Next() {
    const absl::Duration pause = next_ * absl::Uniform(random_, 0.5, 1.0);
    next_ = std::min(next_ * 2, max_);
    return pause;
  }
  // After a success.
  void Reset() { next_ = first_; }

 private:
  const absl::Duration first_;
  const absl::Duration max_;
  absl::Duration next_;
  absl::BitGen random_;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_BACKOFF_H_
