// Work that is due at intervals, run once for each due time whatever the number of replicas.
#ifndef STOREOPS_COMMON_JOBS_PERIODIC_H_
#define STOREOPS_COMMON_JOBS_PERIODIC_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/background_thread.h"
#include "common/db/database.h"
#include "common/jobs/leases.h"
#include "common/telemetry/telemetry.h"

namespace storeops::jobs {

// How long a job may occupy a thread.
enum class JobPace {
  kQuick,  // seconds: statements on the service's own database whose effect is waited for
  kSlow,   // longer: calls to other systems, cleaning up, work through all rows of a table
};

// A few threads run the jobs of a service, the job that is due longest first. A job never runs beside itself: not in
// this process, and not in two replicas while its lease is valid. A job that fails is logged, counted, and due again at
// its next time; so is one whose process ends while it runs. Due times are those of the clock, which all replicas
// share. Started and stopped once. Thread-safe.
class PeriodicJobs {
 public:
  // Must end by `deadline` (the job's interval, at least a minute, from its start): the lease ends then.
  using Job = std::function<absl::Status(absl::Time deadline)>;

  static constexpr int kDefaultThreads = 4;

  // Slow jobs occupy at most half of the `threads` at a time, but at least one.
  PeriodicJobs(db::Database& database, Leases& leases, const Clock& clock, telemetry::Telemetry* telemetry,
               int threads = kDefaultThreads);

  // Before Start. `name` is unique in the service. First due one interval after it was first seen.
  void Add(std::string name, absl::Duration interval, JobPace pace, Job job);
  void Start() { thread_.Start(); }
  // Waits for all jobs under way.
  void Stop() { thread_.Stop(); }
  // A long job checks this between its steps, and leaves the rest for its next time.
  bool Stopping() const { return thread_.Stopping(); }

  // Runs each job that is due now once, one after the other in the calling thread, slow ones without a limit. Skips
  // jobs that run in another thread or replica. Returns how many ran here.
  absl::StatusOr<int> RunDue();

 private:
  struct Entry {
    std::string name;
    absl::Duration interval;
    JobPace pace;
    Job job;

    // These change under mutex_.
    // As last read; not read yet: InfinitePast. Nothing is read before it, unless it is beyond the interval (MayBeDue).
    absl::Time next = absl::InfinitePast();
    // No thread looks at it before, by Steady(): another replica runs it, or the database failed.
    absl::Time not_before = absl::InfinitePast();
    // A thread claims or runs it.
    bool taken = false;
  };
  // A due time that this process has claimed, with the lease.
  struct Run {
    Entry* entry;
    absl::Time next;  // the due time after this one
    absl::Time deadline;
  };

  // A job is due again one interval after it was due at the latest: a time beyond that is of a clock that was set back.
  static bool MayBeDue(const Entry& entry, absl::Time now);
  // Takes the job that is due longest, unless it is slow and `max_slow` slow jobs are taken. Null: none.
  Entry* Take(absl::Time now, int max_slow);
  void GiveBack(Entry& entry, absl::Time next, absl::Time not_before);
  // Returns nothing, and gives the job back, if the stored time is another one or another replica was faster.
  absl::StatusOr<std::optional<Run>> Claim(Entry& entry, absl::Time now);
  // The same without giving back; `next` becomes the stored time.
  absl::StatusOr<std::optional<Run>> TryClaim(Entry& entry, absl::Time now, absl::Time& next);
  absl::StatusOr<absl::Time> ReadNextTime(const Entry& entry, absl::Time now, absl::Time deadline);
  // Runs the job and gives it back. Not OK if its end could not be stored; a failure of the job itself is stored.
  absl::Status Finish(const Run& run);
  absl::Status RunJob(const Entry& entry, absl::Time deadline);
  // Nothing: stopping.
  std::optional<Run> AwaitRun();
  void RunThread();

  db::Database& database_;
  Leases& leases_;
  const Clock& clock_;
  telemetry::Telemetry* const telemetry_;
  const int max_slow_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_ ABSL_GUARDED_BY(mutex_);
  // One thread at a time looks for due jobs. It passes this on when it has claimed one, so that a database that fails
  // is tried and logged once, not by every thread.
  absl::Mutex look_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);
  absl::Duration failure_pause_ ABSL_GUARDED_BY(look_mutex_);
  BackgroundThread thread_;
};

}  // namespace storeops::jobs

#endif  // STOREOPS_COMMON_JOBS_PERIODIC_H_
