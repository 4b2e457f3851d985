#include "common/jobs/periodic.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "prometheus/counter.h"

namespace storeops::jobs {
namespace {

constexpr absl::Duration kJobDatabaseLimit = absl::Seconds(10);
constexpr absl::Duration kMinTerm = absl::Minutes(1);
constexpr absl::Duration kLookInterval = absl::Seconds(1);
constexpr size_t kMaxErrorLength = 1000;

absl::Time ToMicros(absl::Time time) { return absl::FromUnixMicros(absl::ToUnixMicros(time)); }

// The first time after `now` on the schedule that `due` lies on: times that were missed are not made up for.
absl::Time NextAfter(absl::Time due, absl::Duration interval, absl::Time now) {
  absl::Duration rest;
  const int64_t missed = absl::IDivDuration(now - due, interval, &rest);
  return due + (missed + 1) * interval;
}

}  // namespace

PeriodicJobs::PeriodicJobs(db::Database& database, Leases& leases, const Clock& clock, telemetry::Telemetry* telemetry)
    : database_(database),
      leases_(leases),
      clock_(clock),
      telemetry_(telemetry),
      thread_({.name = "periodic", .body = [this] { Run(); }, .clock = &clock_}) {}

void PeriodicJobs::Add(std::string name, absl::Duration interval, Job job) {
  absl::MutexLock lock(&run_mutex_);
  Entry entry;
  entry.name = std::move(name);
  entry.interval = interval;
  entry.job = std::move(job);
  entries_.push_back(std::move(entry));
}

absl::StatusOr<int> PeriodicJobs::RunDue() {
  absl::MutexLock lock(&run_mutex_);
  int ran = 0;
  absl::Status failure;
  for (Entry& entry : entries_) {
    const absl::StatusOr<bool> here = RunIfDue(entry);
    if (here.ok()) {
      ran += *here ? 1 : 0;
    } else {
      failure = here.status();  // the others have their turn all the same
    }
  }
  if (!failure.ok()) return failure;
  return ran;
}

// When the job is due by the table, which gets a row for a job seen for the first time.
absl::StatusOr<absl::Time> PeriodicJobs::ReadNextTime(const Entry& entry, absl::Time now, absl::Time deadline) {
  constexpr absl::string_view kSelect = "SELECT next_time FROM periodic_jobs WHERE name = ?";
  ASSIGN_OR_RETURN(db::Rows rows, database_.Query(deadline, kSelect, {entry.name}));
  if (rows.empty()) {
    RETURN_IF_ERROR(database_
                        .Execute(deadline,
                                 "INSERT IGNORE INTO periodic_jobs (name, next_time, last_error) VALUES (?, ?, '')",
                                 {entry.name, now + entry.interval})
                        .status());
    ASSIGN_OR_RETURN(rows, database_.Query(deadline, kSelect, {entry.name}));
    if (rows.empty()) return STOREOPS_BUG(absl::StrCat("no row for periodic job ", entry.name));
  }
  return rows.Time(0, 0);
}

absl::StatusOr<bool> PeriodicJobs::RunIfDue(Entry& entry) {
  const absl::Time now = ToMicros(clock_.Now());
  if (now < entry.next) return false;
  ASSIGN_OR_RETURN(entry.next, ReadNextTime(entry, now, absl::Now() + kJobDatabaseLimit));
  if (now < entry.next) return false;

  // The lease keeps a job that still runs from being run beside itself; the update lets one replica have this time.
  const std::string lease = absl::StrCat("periodic/", entry.name);
  const absl::Duration term = std::max(entry.interval, kMinTerm);
  const absl::Time end = absl::Now() + term;
  ASSIGN_OR_RETURN(const bool acquired, leases_.TryAcquire(lease, term, absl::Now() + kJobDatabaseLimit));
  if (!acquired) return false;
  const absl::Time next = NextAfter(entry.next, entry.interval, now);
  const absl::StatusOr<int64_t> claimed =
      database_.Execute(absl::Now() + kJobDatabaseLimit,
                        "UPDATE periodic_jobs SET next_time = ?, last_start_time = ? WHERE name = ? AND next_time = ?",
                        {next, now, entry.name, entry.next});
  absl::Status status = claimed.status();
  const bool mine = claimed.ok() && *claimed > 0;
  if (mine) {
    entry.next = next;
    status = RunJob(entry, end);
  }
  status.Update(leases_.Release(lease, absl::Now() + kJobDatabaseLimit));
  if (!status.ok()) return status;
  return mine;
}

// Not OK when its end could not be noted; a failure of the job itself is noted.
absl::Status PeriodicJobs::RunJob(const Entry& entry, absl::Time deadline) {
  const absl::Status result = entry.job(deadline);
  if (!result.ok()) {
    telemetry::Log(telemetry::LogLevel::kError, "periodic job failed",
                   {{"job", entry.name}, {"error", result.ToString()}});
  }
  if (telemetry_ != nullptr) {
    telemetry_
        ->Counter("storeops_periodic_runs_total", "Runs of periodic jobs in this process.",
                  {{"job", entry.name}, {"code", absl::StatusCodeToString(result.code())}})
        .Increment();
  }
  const std::string error = result.ok() ? "" : result.ToString();
  return database_
      .Execute(absl::Now() + kJobDatabaseLimit,
               "UPDATE periodic_jobs SET last_end_time = ?, last_error = ? WHERE name = ?",
               {ToMicros(clock_.Now()),
                IsValidUtf8(error) ? TruncateCodePoints(error, kMaxErrorLength) : absl::string_view("unreadable"),
                entry.name})
      .status();
}

void PeriodicJobs::Run() {
  while (!thread_.Stopping()) {
    const absl::Time start = clock_.Now();
    if (const absl::StatusOr<int> ran = RunDue(); !ran.ok()) {
      telemetry::Log(telemetry::LogLevel::kWarning, "periodic jobs cannot be looked after",
                     {{"error", ran.status().ToString()}});
    }
    thread_.WaitUntil(start + kLookInterval);
  }
}

}  // namespace storeops::jobs
