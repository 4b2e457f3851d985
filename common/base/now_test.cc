#include "common/base/now.h"

#include <gtest/gtest.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "common/base/await.h"
#include "common/base/clock.h"

namespace storeops {
namespace {

std::atomic<int64_t> g_ahead_s{0};

}  // namespace
}  // namespace storeops

// This program's wall clock is what a test sets; the kernel's stays. Abseil reads the second of them.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_REALTIME) time->tv_sec += storeops::g_ahead_s.load();
  return result;
}
extern "C" int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

namespace storeops {
namespace {

constexpr absl::Duration kWait = absl::Milliseconds(30);
// Of a time between two readings of a clock on a busy machine; far below the hour by which clocks are set.
constexpr absl::Duration kBusy = absl::Minutes(1);

class NowTest : public ::testing::Test {
 protected:
  ~NowTest() override { Set(absl::ZeroDuration()); }
  static void Set(absl::Duration ahead) { g_ahead_s.store(absl::ToInt64Seconds(ahead)); }

  // `wait` ends after kWait by the clock of none of those that are set.
  template <class Wait>
  static void ExpectWaits(const Wait& wait) {
    for (const absl::Duration ahead : {absl::ZeroDuration(), absl::Hours(1), -absl::Hours(1)}) {
      SCOPED_TRACE(absl::FormatDuration(ahead));
      Set(ahead);
      const absl::Time begin = SteadyNow();
      wait(begin + kWait);
      const absl::Duration waited = SteadyNow() - begin;
      EXPECT_GE(waited, kWait - absl::Milliseconds(1));
      EXPECT_LT(waited, kBusy);
    }
  }
};

TEST_F(NowTest, SteadyTimeIsThatOfTheWallClockAtFirstAndNeverSet) {
  const absl::Time steady = SteadyNow();
  const absl::Time wall = WallNow();
  EXPECT_LT(absl::AbsDuration(steady - wall), kBusy);
  for (const absl::Duration ahead : {absl::Hours(1), -absl::Hours(1)}) {
    Set(ahead);
    EXPECT_GE(SteadyNow(), steady);
    EXPECT_LT(SteadyNow() - steady, kBusy);
    EXPECT_LT(absl::AbsDuration(WallNow() - wall - ahead), kBusy);
  }
}

TEST_F(NowTest, AConditionIsWaitedForBySteadyTime) {
  absl::Mutex mutex;
  const bool never = false;
  ExpectWaits([&](absl::Time deadline) {
    absl::MutexLock lock(&mutex);
    EXPECT_FALSE(AwaitUntil(mutex, absl::Condition(&never), deadline));
  });
}

TEST_F(NowTest, ASignalIsWaitedForBySteadyTime) {
  absl::Mutex mutex;
  absl::CondVar signal;
  ExpectWaits([&](absl::Time deadline) {
    absl::MutexLock lock(&mutex);
    while (AwaitUntil(signal, mutex, deadline)) {
    }
  });
}

TEST_F(NowTest, ANotificationIsWaitedForBySteadyTime) {
  const absl::Notification never;
  ExpectWaits([&](absl::Time deadline) { EXPECT_FALSE(AwaitUntil(never, deadline)); });
}

TEST_F(NowTest, AClockWaitsBySteadyTime) {
  absl::Mutex mutex;
  const bool never = false;
  ExpectWaits([&](absl::Time deadline) {
    absl::MutexLock lock(&mutex);
    EXPECT_FALSE(Clock::System().Await(mutex, absl::Condition(&never), deadline));
  });
}

TEST_F(NowTest, WhatHoldsOrIsOverIsNotWaitedFor) {
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  const bool yes = true, no = false;
  const absl::Time begin = SteadyNow();
  EXPECT_TRUE(AwaitUntil(mutex, absl::Condition(&yes), absl::InfiniteFuture()));
  EXPECT_FALSE(AwaitUntil(mutex, absl::Condition(&no), begin - absl::Hours(1)));
  EXPECT_FALSE(AwaitUntil(mutex, absl::Condition(&no), absl::InfinitePast()));
  EXPECT_LT(SteadyNow() - begin, kBusy);
}

// As Abseil does after a wake-up that was for another one.
TEST_F(NowTest, AWaitThatIsResumedEndsWhenItWouldHaveEnded) {
  const absl::Time begin = SteadyNow();
  const timespec end = absl::ToTimespec(WallNow() + kWait);
  std::atomic<int32_t> word{0};
  const auto wait = [&](int32_t expected) {
    const long result = syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME,
                                expected, &end, nullptr, FUTEX_BITSET_MATCH_ANY);
    return result == 0 ? 0 : errno;
  };
  EXPECT_EQ(wait(1), EAGAIN);
  Set(-absl::Hours(1));
  EXPECT_EQ(wait(0), ETIMEDOUT);
  EXPECT_GE(SteadyNow() - begin, kWait - absl::Milliseconds(1));
  EXPECT_LT(SteadyNow() - begin, kBusy);
}

}  // namespace
}  // namespace storeops
