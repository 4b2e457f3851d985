// Timed waits: until a time of SteadyNow(). Where a Clock is passed in, Clock::Await.
#ifndef STOREOPS_COMMON_BASE_AWAIT_H_
#define STOREOPS_COMMON_BASE_AWAIT_H_

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/base/now.h"

namespace storeops {

// With `mutex` held. Whether the condition holds.
inline bool AwaitUntil(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline) {
  return mutex.AwaitWithTimeout(condition, deadline - SteadyNow());
}

// With `mutex` held. False: `deadline` has come. May also return true without a signal.
inline bool AwaitUntil(absl::CondVar& signal, absl::Mutex& mutex, absl::Time deadline) {
  return !signal.WaitWithTimeout(&mutex, deadline - SteadyNow());
}

// Whether it was notified.
inline bool AwaitUntil(const absl::Notification& notification, absl::Time deadline) {
  return notification.WaitForNotificationWithTimeout(deadline - SteadyNow());
}

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_AWAIT_H_
