// Looks for work that is due, again and again, in every process at once. Who does what is decided by claims that the
// work itself makes in the database, so that nothing waits for a process that died longer than its claims last. For
// work that one process at a time should do, see PeriodicJobs.
#ifndef STOREOPS_COMMON_JOBS_POLLER_H_
#define STOREOPS_COMMON_JOBS_POLLER_H_

#include <functional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace storeops::jobs {

class Poller {
 public:
  // Does some of what is due, of a size that a stop can wait for. True: there may be more, and the next round begins at
  // once; false or an error, which is logged: after the interval.
  using Round = std::function<absl::StatusOr<bool>()>;

  Poller(std::string name, absl::Duration interval, Round round);
  ~Poller();

  // Once each.
  void Start();
  // Waits for the round under way.
  void Stop();

 private:
  void Run();

  const std::string name_;
  const absl::Duration interval_;
  const Round round_;
  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace storeops::jobs

#endif  // STOREOPS_COMMON_JOBS_POLLER_H_
