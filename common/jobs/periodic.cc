#include "common/jobs/periodic.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "prometheus/counter.h"

namespace storeops::jobs {
namespace {

constexpr absl::Duration kJobDatabaseLimit = absl::Seconds(10);
constexpr absl::Duration kMinTerm = absl::Minutes(1);
constexpr absl::Duration kLookInterval = absl::Seconds(1);
// After a failure of the database: doubled from kLookInterval up to this; a job that it failed for waits as long.
constexpr absl::Duration kMaxFailurePause = absl::Seconds(10);
constexpr size_t kMaxErrorLength = 1000;

absl::Time ToMicros(absl::Time time) { return absl::FromUnixMicros(absl::ToUnixMicros(time)); }

// The first time after `now` on the schedule that `due` lies on: missed times are not made up for.
absl::Time NextAfter(absl::Time due, absl::Duration interval, absl::Time now) {
  absl::Duration rest;
  const int64_t missed = absl::IDivDuration(now - due, interval, &rest);
  return due + (missed + 1) * interval;
}

std::string LeaseOf(const std::string& job) { return absl::StrCat("periodic/", job); }

}  // namespace

PeriodicJobs::PeriodicJobs(db::Database& database, Leases& leases, const Clock& clock, telemetry::Telemetry* telemetry,
                           int threads)
    : database_(database),
      leases_(leases),
      clock_(clock),
      telemetry_(telemetry),
      max_slow_(std::max(1, threads / 2)),
      failure_pause_(kLookInterval),
      thread_({.name = "periodic", .body = [this] { RunThread(); }, .threads = threads, .clock = &clock_}) {}

void PeriodicJobs::Add(std::string name, absl::Duration interval, JobPace pace, Job job) {
  auto entry = std::make_unique<Entry>();
  entry->name = std::move(name);
  entry->interval = interval;
  entry->pace = pace;
  entry->job = std::move(job);
  absl::MutexLock lock(&mutex_);
  entries_.push_back(std::move(entry));
}

absl::StatusOr<int> PeriodicJobs::RunDue() {
  const absl::Time now = ToMicros(clock_.Now());
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& entry : entries_) entry->not_before = absl::InfinitePast();
  }
  int ran = 0;
  absl::Status failure;
  // Each job once: its next time or its not_before is in the future then.
  while (Entry* entry = Take(now, std::numeric_limits<int>::max())) {
    const absl::StatusOr<std::optional<Run>> run = Claim(*entry, now);
    if (!run.ok()) {
      failure = run.status();  // the other jobs have their turn all the same
    } else if (run->has_value()) {
      ++ran;
      const absl::Status finished = Finish(**run);
      if (!finished.ok()) failure = finished;
    }
  }
  if (!failure.ok()) return failure;
  return ran;
}

bool PeriodicJobs::MayBeDue(const Entry& entry, absl::Time now) {
  return entry.next <= now || entry.next > now + entry.interval;
}

PeriodicJobs::Entry* PeriodicJobs::Take(absl::Time now, int max_slow) {
  const absl::Time steady = clock_.Steady();
  absl::MutexLock lock(&mutex_);
  const auto slow = std::count_if(entries_.begin(), entries_.end(),
                                  [](const auto& entry) { return entry->taken && entry->pace == JobPace::kSlow; });
  Entry* longest = nullptr;
  for (const auto& entry : entries_) {
    if (entry->taken || !MayBeDue(*entry, now) || steady < entry->not_before) continue;
    if (entry->pace == JobPace::kSlow && slow >= max_slow) continue;
    if (longest == nullptr || entry->next < longest->next) longest = entry.get();
  }
  if (longest != nullptr) longest->taken = true;
  return longest;
}

void PeriodicJobs::GiveBack(Entry& entry, absl::Time next, absl::Time not_before) {
  absl::MutexLock lock(&mutex_);
  entry.next = next;
  entry.not_before = not_before;
  entry.taken = false;
}

absl::StatusOr<std::optional<PeriodicJobs::Run>> PeriodicJobs::Claim(Entry& entry, absl::Time now) {
  absl::Time next = entry.next;
  auto run = TryClaim(entry, now, next);
  if (!run.ok()) {
    GiveBack(entry, next, clock_.Steady() + kMaxFailurePause);
  } else if (!run->has_value()) {
    // With a time that is new here it takes its place among the others; else a replica has its lease.
    GiveBack(entry, next, next == entry.next ? clock_.Steady() + kLookInterval : absl::InfinitePast());
  }
  return run;
}

// The stored due time; a job seen for the first time gets a row. A time beyond the interval, of a clock that was wrong
// or of an interval that was longer, is replaced.
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
  const absl::Time stored = rows.Time(0, 0);
  const absl::Time latest = now + entry.interval;
  if (stored <= latest) return stored;
  RETURN_IF_ERROR(database_
                      .Execute(deadline, "UPDATE periodic_jobs SET next_time = ? WHERE name = ? AND next_time = ?",
                               {latest, entry.name, stored})
                      .status());
  return latest;
}

absl::StatusOr<std::optional<PeriodicJobs::Run>> PeriodicJobs::TryClaim(Entry& entry, absl::Time now,
                                                                        absl::Time& next) {
  ASSIGN_OR_RETURN(next, ReadNextTime(entry, now, SteadyNow() + kJobDatabaseLimit));
  // Only a time by which it was chosen: another job may be due longer.
  if (next != entry.next) return std::nullopt;

  // The lease prevents that a job that still runs runs beside itself; the update gives this time to one replica.
  const absl::Duration term = std::max(entry.interval, kMinTerm);
  const absl::Time end = SteadyNow() + term;
  ASSIGN_OR_RETURN(const bool acquired, leases_.TryAcquire(LeaseOf(entry.name), term, SteadyNow() + kJobDatabaseLimit));
  if (!acquired) return std::nullopt;
  const absl::Time following = NextAfter(next, entry.interval, now);
  const absl::StatusOr<int64_t> claimed =
      database_.Execute(SteadyNow() + kJobDatabaseLimit,
                        "UPDATE periodic_jobs SET next_time = ?, last_start_time = ? WHERE name = ? AND next_time = ?",
                        {following, now, entry.name, next});
  if (claimed.ok() && *claimed > 0) return Run{&entry, following, end};
  absl::Status status = claimed.status();
  status.Update(leases_.Release(LeaseOf(entry.name), SteadyNow() + kJobDatabaseLimit));
  if (!status.ok()) return status;
  return std::nullopt;
}

absl::Status PeriodicJobs::Finish(const Run& run) {
  Entry& entry = *run.entry;
  absl::Status status = RunJob(entry, run.deadline);
  status.Update(leases_.Release(LeaseOf(entry.name), SteadyNow() + kJobDatabaseLimit));
  GiveBack(entry, run.next, absl::InfinitePast());
  thread_.Wake();  // a slow job may wait for this one's end
  return status;
}

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
      .Execute(SteadyNow() + kJobDatabaseLimit,
               "UPDATE periodic_jobs SET last_end_time = ?, last_error = ? WHERE name = ?",
               {ToMicros(clock_.Now()),
                IsValidUtf8(error) ? TruncateCodePoints(error, kMaxErrorLength) : absl::string_view("unreadable"),
                entry.name})
      .status();
}

std::optional<PeriodicJobs::Run> PeriodicJobs::AwaitRun() {
  absl::MutexLock lock(&look_mutex_);
  while (!thread_.Stopping()) {
    const absl::Time now = ToMicros(clock_.Now());
    Entry* const entry = Take(now, max_slow_);
    if (entry == nullptr) {
      thread_.AwaitWake(clock_.Steady() + kLookInterval);
      continue;
    }
    const absl::StatusOr<std::optional<Run>> run = Claim(*entry, now);
    if (run.ok()) {
      failure_pause_ = kLookInterval;
      if (run->has_value()) return *run;
      continue;
    }
    telemetry::Log(telemetry::LogLevel::kWarning, "periodic job cannot be claimed",
                   {{"job", entry->name}, {"error", run.status().ToString()}});
    if (telemetry_ != nullptr) {
      telemetry_
          ->Counter("storeops_periodic_claim_failures_total",
                    "Attempts to claim a due periodic job that failed in the database.")
          .Increment();
    }
    thread_.WaitFor(failure_pause_);
    failure_pause_ = std::min(2 * failure_pause_, kMaxFailurePause);
  }
  return std::nullopt;
}

void PeriodicJobs::RunThread() {
  while (const std::optional<Run> run = AwaitRun()) {
    const absl::Status status = Finish(*run);
    if (status.ok()) continue;
    telemetry::Log(telemetry::LogLevel::kWarning, "the end of a periodic job cannot be stored",
                   {{"job", run->entry->name}, {"error", status.ToString()}});
  }
}

}  // namespace storeops::jobs
