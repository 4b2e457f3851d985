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

TEST(PollerTest, BeginsARoundAnIntervalAfterTheLastOneBegan) {
  FakeClock clock;
  std::atomic<int> rounds{0};
  absl::Notification first, second;
  Poller poller(
      "test", absl::Hours(1),
      [&]() -> absl::StatusOr<bool> {
        if (++rounds == 1) {
          clock.Advance(absl::Minutes(59));  // how long the round takes
          first.Notify();
        } else if (rounds == 2) {
          second.Notify();
        }
        return false;
      },
      clock);
  poller.Start();
  first.WaitForNotification();
  EXPECT_FALSE(second.HasBeenNotified());
  clock.Advance(absl::Minutes(1));
  second.WaitForNotification();
}

TEST(PollerTest, AWakeBeginsARoundAtOnceAndAStopEndsARest) {
  std::atomic<int> rounds{0};
  absl::Notification first, second;
  bool rested = true;
  Poller poller("test", absl::Hours(1), [&]() -> absl::StatusOr<bool> {
    if (++rounds == 1) {
      first.Notify();
      return false;
    }
    second.Notify();
    rested = poller.Rest(absl::Hours(1));
    return true;
  });
  poller.Start();
  first.WaitForNotification();
  poller.Wake();
  second.WaitForNotification();
  poller.Stop();
  EXPECT_FALSE(rested);
  EXPECT_EQ(rounds, 2);
}

}  // namespace
}  // namespace storeops::jobs
