// Waiting for what another thread or process is to bring about.
#ifndef STOREOPS_TESTS_SUPPORT_EVENTUALLY_H_
#define STOREOPS_TESTS_SUPPORT_EVENTUALLY_H_

#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace storeops::testing {

// True as soon as `condition` holds; false after `limit`, which no healthy test reaches.
inline bool Eventually(const std::function<bool()>& condition, absl::Duration limit = absl::Seconds(60)) {
  for (const absl::Time end = absl::Now() + limit; absl::Now() < end; absl::SleepFor(absl::Milliseconds(2))) {
    if (condition()) return true;
  }
  return condition();
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_EVENTUALLY_H_
