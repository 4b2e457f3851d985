// Time, passed in: no rule asks the machine what time it is. Two of them, see docs/background.md, "Clocks".
#ifndef STOREOPS_COMMON_BASE_CLOCK_H_
#define STOREOPS_COMMON_BASE_CLOCK_H_

#include <atomic>

#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/base/now.h"

namespace storeops {

class Clock {
 public:
  virtual ~Clock() = default;
  // Calendar time: what is stored, shown, and compared with what other processes stored. May jump.
  virtual absl::Time Now() const = 0;
  // For deadlines, intervals and ages within this process: never jumps, means nothing to others. That of SteadyNow(),
  // but for clocks of tests that move both.
  virtual absl::Time Steady() const { return Now(); }
  // Waits, with `mutex` held, until `condition` holds or Steady() reaches `deadline`. Whether the condition holds.
  virtual bool Await(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline) const;

  // The machine's clock. Processes that share rows go by the database's: db::DatabaseClock.
  static const Clock& System();
};

// For tests. Safe to move while others read and wait.
class MovableClock : public Clock {
 public:
  bool Await(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline) const override;
};

// Stands still until moved.
class FakeClock final : public MovableClock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'767'225'600)) : micros_(absl::ToUnixMicros(now)) {}

  absl::Time Now() const override { return absl::FromUnixMicros(micros_.load()); }
  void Advance(absl::Duration by) { micros_ += absl::ToInt64Microseconds(by); }
  void Set(absl::Time now) { micros_ = absl::ToUnixMicros(now); }

 private:
  std::atomic<int64_t> micros_;
};

// The machine's clock, ahead of it by what it was advanced: for tests of work that also waits for other processes.
class ShiftedClock final : public MovableClock {
 public:
  absl::Time Now() const override { return WallNow() + Ahead(); }
  absl::Time Steady() const override { return SteadyNow() + Ahead(); }
  void Advance(absl::Duration by) { ahead_us_ += absl::ToInt64Microseconds(by); }

 private:
  absl::Duration Ahead() const { return absl::Microseconds(ahead_us_.load()); }

  std::atomic<int64_t> ahead_us_{0};
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_CLOCK_H_
