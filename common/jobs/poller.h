// Looks for work that is due, again and again, in every process at once. Who does what is decided by claims that the
// work itself makes in the database, so that nothing waits for a process that died longer than its claims last. For
// work that one process at a time should do, see PeriodicJobs.
#ifndef STOREOPS_COMMON_JOBS_POLLER_H_
#define STOREOPS_COMMON_JOBS_POLLER_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/background_thread.h"

namespace storeops::jobs {

class Poller {
 public:
  // Does some of what is due, of a size that a stop can wait for. True: there may be more, and the next round begins at
  // once; false or an error, which is logged: at the interval's end.
  using Round = std::function<absl::StatusOr<bool>()>;

  // A round begins an interval after the last one began, or when that one ends if it takes longer. `clock` outlives the
  // poller.
  Poller(std::string name, absl::Duration interval, Round round, const Clock& clock = Clock::System());

  void Start() { thread_.Start(); }
  // Waits for the round under way.
  void Stop() { thread_.Stop(); }
  // There is work: the next round begins at once.
  void Wake() { thread_.Wake(); }
  // In a round: rests. False when stopping.
  bool Rest(absl::Duration duration) { return thread_.WaitFor(duration); }

 private:
  void Run();

  const std::string name_;
  const absl::Duration interval_;
  const Round round_;
  const Clock& clock_;
  BackgroundThread thread_;
};

}  // namespace storeops::jobs

#endif  // STOREOPS_COMMON_JOBS_POLLER_H_
