// Work that is due again and again, done once each time whatever the number of replicas.
#ifndef STOREOPS_COMMON_JOBS_PERIODIC_H_
#define STOREOPS_COMMON_JOBS_PERIODIC_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/background_thread.h"
#include "common/db/database.h"
#include "common/jobs/leases.h"
#include "common/telemetry/telemetry.h"

namespace storeops::jobs {

// One thread runs the jobs of a service in turn. A job that fails is logged, counted, and due again at its next time;
// so is one whose process ends while it runs. Started and stopped once.
class PeriodicJobs {
 public:
  // Must end by `deadline` (the job's interval, at least a minute, from its start): the lease ends then.
  using Job = std::function<absl::Status(absl::Time deadline)>;

  PeriodicJobs(db::Database& database, Leases& leases, const Clock& clock, telemetry::Telemetry* telemetry);

  // Before Start. `name` is unique in the service. First due one interval after it was first seen.
  void Add(std::string name, absl::Duration interval, Job job);
  void Start() { thread_.Start(); }
  // Waits for the job under way.
  void Stop() { thread_.Stop(); }
  // A long job asks this between its steps, and leaves the rest for its next time.
  bool Stopping() const { return thread_.Stopping(); }

  // Runs each job that is due now, in the calling thread; how many ran here.
  absl::StatusOr<int> RunDue();

 private:
  struct Entry {
    std::string name;
    absl::Duration interval;
    Job job;
    // As last read: the stored time only grows, so there is nothing to ask for before it.
    absl::Time next = absl::InfinitePast();
  };
  absl::StatusOr<bool> RunIfDue(Entry& entry);
  absl::StatusOr<absl::Time> ReadNextTime(const Entry& entry, absl::Time now, absl::Time deadline);
  absl::Status RunJob(const Entry& entry, absl::Time deadline);
  void Run();

  db::Database& database_;
  Leases& leases_;
  const Clock& clock_;
  telemetry::Telemetry* const telemetry_;
  absl::Mutex run_mutex_;  // held while jobs run
  std::vector<Entry> entries_ ABSL_GUARDED_BY(run_mutex_);
  BackgroundThread thread_;
};

}  // namespace storeops::jobs

#endif  // STOREOPS_COMMON_JOBS_PERIODIC_H_
