#include "common/jobs/poller.h"

#include <atomic>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace storeops::jobs {
namespace {

TEST(PollerTest, GoesOnAtOnceWhileThereIsMoreAndAfterFailures) {
  std::atomic<int> rounds{0};
  absl::Notification done;
  // Three rounds without a pause, a failure, and a last one after the interval.
  Poller poller("test", absl::Milliseconds(1), [&]() -> absl::StatusOr<bool> {
    const int round = ++rounds;
    if (round == 4) return absl::UnavailableError("no database");
    if (round == 5) done.Notify();
    return round < 4;
  });
  poller.Start();
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(60)));
}

TEST(PollerTest, WaitsForTheIntervalWhenNothingIsDue) {
  std::atomic<int> rounds{0};
  absl::Notification first;
  Poller poller("test", absl::Hours(1), [&]() -> absl::StatusOr<bool> {
    if (++rounds == 1) first.Notify();
    return false;
  });
  poller.Start();
  ASSERT_TRUE(first.WaitForNotificationWithTimeout(absl::Seconds(60)));
  poller.Stop();  // does not wait for the hour
  EXPECT_EQ(rounds, 1);
}

}  // namespace
}  // namespace storeops::jobs
