#include "common/base/clock.h"

namespace storeops {
namespace {

// How soon a wait notices that a clock was moved. The clock does not know who waits, so that moving it takes no lock of
// theirs.
constexpr absl::Duration kLook = absl::Milliseconds(5);

class SystemClock final : public Clock {
 public:
  absl::Time Now() const override { return WallNow(); }
  absl::Time Steady() const override { return SteadyNow(); }
};

}  // namespace

const Clock& Clock::System() {
  static const SystemClock clock;
  return clock;
}

bool Clock::Await(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline) const {
  return mutex.AwaitWithTimeout(condition, deadline - Steady());
}

bool MovableClock::Await(absl::Mutex& mutex, const absl::Condition& condition, absl::Time deadline) const {
  while (!condition.Eval()) {
    if (Steady() >= deadline) return false;
    mutex.AwaitWithTimeout(condition, kLook);
  }
  return true;
}

}  // namespace storeops
