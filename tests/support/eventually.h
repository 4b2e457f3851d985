// Waiting for what another thread or process is to bring about.
#ifndef STOREOPS_TESTS_SUPPORT_EVENTUALLY_H_
#define STOREOPS_TESTS_SUPPORT_EVENTUALLY_H_

#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace storeops::testing {

// True as soon as `condition` holds; false after `limit`, which no healthy test reaches on the busiest machine: a test
// does not assert that something comes soon. Where the code can tell (a notification, a feed's position), wait for
// that.
inline bool Eventually(const std::function<bool()>& condition, absl::Duration limit = absl::Seconds(60)) {
  for (const absl::Time end = absl::Now() + limit; absl::Now() < end;) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(2));  // real time: the one place that waits without being told
  }
  return condition();
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_EVENTUALLY_H_
