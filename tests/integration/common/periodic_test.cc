#include "common/jobs/periodic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/test_database.h"

namespace storeops::jobs {
namespace {

using ::storeops::testing::Eventually;
using ::storeops::testing::Number;
using ::storeops::testing::Soon;

// One replica: its own holder, the shared database.
struct Replica {
  Replica(db::Database& database, const std::string& holder, const Clock& clock, telemetry::Telemetry* telemetry)
      : leases(database, holder), jobs(database, leases, clock, telemetry) {}
  Leases leases;
  PeriodicJobs jobs;
};

class PeriodicTest : public ::testing::Test {
 protected:
  PeriodicTest() : test_database_({&migrations::common()}), database_(test_database_.database()) {}

  std::unique_ptr<Replica> MakeReplica(const std::string& holder) {
    return std::make_unique<Replica>(database_, holder, clock_, &telemetry_);
  }
  static int RunDue(Replica& replica) {
    const auto ran = replica.jobs.RunDue();
    EXPECT_TRUE(ran.ok()) << ran.status();
    return ran.value_or(-1);
  }

  testing::TestDatabase test_database_;
  db::Database& database_;
  FakeClock clock_;
  telemetry::Telemetry telemetry_;
};

TEST_F(PeriodicTest, IsFirstDueAnIntervalAfterItWasSeenAndThenOnASchedule) {
  auto replica = MakeReplica("a");
  int runs = 0;
  replica->jobs.Add("count", absl::Minutes(10), JobPace::kQuick, [&](absl::Time deadline) {
    EXPECT_GT(deadline, absl::Now() + absl::Minutes(9));
    ++runs;
    return absl::OkStatus();
  });
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(9));
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(RunDue(*replica), 1);
  EXPECT_EQ(RunDue(*replica), 0);
  // What was missed while nothing ran is not made up for, and the schedule stays: 10, 20, ... 50, 60.
  clock_.Advance(absl::Minutes(45));
  EXPECT_EQ(RunDue(*replica), 1);
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(5));
  EXPECT_EQ(RunDue(*replica), 1);
  EXPECT_EQ(runs, 3);
}

TEST_F(PeriodicTest, ATimeThatIsTooFarAheadIsReplaced) {
  auto replica = MakeReplica("a");
  replica->jobs.Add("count", absl::Minutes(10), JobPace::kQuick, [](absl::Time) { return absl::OkStatus(); });
  EXPECT_EQ(RunDue(*replica), 0);
  // Written by a process whose clock was wrong, before this one has read it.
  auto other = MakeReplica("b");
  other->jobs.Add("count", absl::Minutes(10), JobPace::kQuick, [](absl::Time) { return absl::OkStatus(); });
  const auto set = database_.Execute(Soon(), "UPDATE periodic_jobs SET next_time = ?", {clock_.Now() + absl::Hours(1)});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(RunDue(*other), 0);
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(RunDue(*replica) + RunDue(*other), 1);
}

TEST_F(PeriodicTest, GoesOnWhenTheClockIsSetBack) {
  auto replica = MakeReplica("a");
  replica->jobs.Add("count", absl::Minutes(10), JobPace::kQuick, [](absl::Time) { return absl::OkStatus(); });
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(RunDue(*replica), 1);
  clock_.Advance(-absl::Hours(1));
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(10));
  EXPECT_EQ(RunDue(*replica), 1);
}

TEST_F(PeriodicTest, RunsOnceForEachDueTimeAmongFourReplicas) {
  std::atomic<int> runs{0};
  std::vector<std::unique_ptr<Replica>> replicas;
  for (int i = 0; i < 4; ++i) {
    replicas.push_back(MakeReplica(absl::StrCat("replica-", i)));
    replicas.back()->jobs.Add("count", absl::Minutes(1), JobPace::kQuick, [&](absl::Time) {
      ++runs;
      return absl::OkStatus();
    });
    EXPECT_EQ(RunDue(*replicas.back()), 0);
  }
  for (int due = 1; due <= 15; ++due) {
    clock_.Advance(absl::Minutes(1));
    std::vector<std::thread> threads;
    for (auto& replica : replicas) threads.emplace_back([&] { RunDue(*replica); });
    for (std::thread& thread : threads) thread.join();
    // Whoever found the lease taken has nothing left to do later.
    for (auto& replica : replicas) EXPECT_EQ(RunDue(*replica), 0);
    EXPECT_EQ(runs, due);
  }
}

TEST_F(PeriodicTest, NeverRunsBesideItself) {
  auto slow = MakeReplica("slow");
  auto other = MakeReplica("other");
  absl::Notification running, go_on;
  slow->jobs.Add("long", absl::Minutes(1), JobPace::kQuick, [&](absl::Time) {
    running.Notify();
    go_on.WaitForNotification();
    return absl::OkStatus();
  });
  std::atomic<int> other_runs{0};
  other->jobs.Add("long", absl::Minutes(1), JobPace::kQuick, [&](absl::Time) {
    ++other_runs;
    return absl::OkStatus();
  });
  EXPECT_EQ(RunDue(*slow), 0);
  clock_.Advance(absl::Minutes(1));
  std::thread thread([&] { EXPECT_EQ(RunDue(*slow), 1); });
  running.WaitForNotification();
  clock_.Advance(absl::Minutes(1));  // due again, but it still runs
  EXPECT_EQ(RunDue(*other), 0);
  go_on.Notify();
  thread.join();
  EXPECT_EQ(RunDue(*other), 1);
  EXPECT_EQ(other_runs, 1);
}

TEST_F(PeriodicTest, NotesAndCountsFailuresAndGoesOn) {
  auto replica = MakeReplica("a");
  int runs = 0;
  replica->jobs.Add("fails", absl::Minutes(1), JobPace::kQuick, [&](absl::Time) {
    return ++runs == 1 ? absl::NotFoundError(std::string(3000, 'x')) : absl::OkStatus();
  });
  int others = 0;
  replica->jobs.Add("works", absl::Minutes(1), JobPace::kQuick, [&](absl::Time) {
    ++others;
    return absl::OkStatus();
  });
  EXPECT_EQ(RunDue(*replica), 0);
  const auto error = [&] {
    const auto rows = database_.Query(Soon(), "SELECT last_error FROM periodic_jobs WHERE name = 'fails'");
    return rows.ok() ? rows->Text(0, 0) : rows.status().ToString();
  };
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(RunDue(*replica), 2);
  EXPECT_THAT(error(), ::testing::StartsWith("NOT_FOUND: xxx"));
  EXPECT_EQ(error().size(), 1000u);
  EXPECT_EQ(others, 1);
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(RunDue(*replica), 2);
  EXPECT_EQ(error(), "");
  EXPECT_THAT(telemetry_.Render(),
              ::testing::HasSubstr("storeops_periodic_runs_total{code=\"NOT_FOUND\",job=\"fails\"} 1"));
}

TEST_F(PeriodicTest, RunsByItselfOnceStarted) {
  auto replica = MakeReplica("a");
  absl::Notification ran;
  replica->jobs.Add("once", absl::Minutes(1), JobPace::kQuick, [&](absl::Time) {
    if (!ran.HasBeenNotified()) ran.Notify();
    return absl::OkStatus();
  });
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(1));
  replica->jobs.Start();
  EXPECT_TRUE(ran.WaitForNotificationWithTimeout(absl::Seconds(60)));
  replica->jobs.Stop();
}

TEST_F(PeriodicTest, TellsALongJobThatItIsToStop) {
  auto replica = MakeReplica("a");
  absl::Notification running;
  bool told = false;
  replica->jobs.Add("long", absl::Minutes(1), JobPace::kQuick, [&](absl::Time) {
    EXPECT_FALSE(replica->jobs.Stopping());
    running.Notify();
    for (const absl::Time end = Soon(); !told && absl::Now() < end;) told = replica->jobs.Stopping();
    return absl::OkStatus();
  });
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(1));
  replica->jobs.Start();
  ASSERT_TRUE(running.WaitForNotificationWithTimeout(absl::Seconds(60)));
  replica->jobs.Stop();
  EXPECT_TRUE(told);
}

// Counts how often its jobs run, and how many run at once at most.
class Runs {
 public:
  void Begin() {
    absl::MutexLock lock(&mutex_);
    ++count_;
    most_at_once_ = std::max(most_at_once_, ++running_);
  }
  void End() {
    absl::MutexLock lock(&mutex_);
    --running_;
  }
  int count() const {
    absl::MutexLock lock(&mutex_);
    return count_;
  }
  int running() const {
    absl::MutexLock lock(&mutex_);
    return running_;
  }
  int most_at_once() const {
    absl::MutexLock lock(&mutex_);
    return most_at_once_;
  }
  // Runs until `end`.
  PeriodicJobs::Job Until(absl::Notification& end) {
    return [this, &end](absl::Time) {
      Begin();
      end.WaitForNotification();
      End();
      return absl::OkStatus();
    };
  }
  PeriodicJobs::Job Once() {
    return [this](absl::Time) {
      Begin();
      End();
      return absl::OkStatus();
    };
  }

 private:
  mutable absl::Mutex mutex_;
  int count_ = 0;
  int running_ = 0;
  int most_at_once_ = 0;
};

TEST_F(PeriodicTest, AHangingJobHoldsUpNoOther) {
  absl::Notification end;
  Runs hanging, others;
  auto replica = MakeReplica("a");
  replica->jobs.Add("hangs", absl::Minutes(1), JobPace::kSlow, hanging.Until(end));
  replica->jobs.Add("works", absl::Minutes(1), JobPace::kQuick, others.Once());
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(1));
  replica->jobs.Start();
  EXPECT_TRUE(Eventually([&] { return hanging.running() == 1 && others.count() == 1; }));
  for (int due = 2; due <= 5; ++due) {
    clock_.Advance(absl::Minutes(1));
    EXPECT_TRUE(Eventually([&] { return others.count() == due; }));
  }
  // Nor does it run beside itself: its lease is this process's own and is no obstacle.
  EXPECT_EQ(RunDue(*replica), 0);
  EXPECT_EQ(hanging.count(), 1);
  end.Notify();
  // Due since it ended, once for all the times that it missed.
  EXPECT_TRUE(Eventually([&] { return hanging.count() == 2; }));
  replica->jobs.Stop();
  EXPECT_EQ(hanging.most_at_once(), 1);
}

TEST_F(PeriodicTest, SlowJobsLeaveHalfOfTheThreadsToQuickOnes) {
  absl::Notification end;
  Runs slow, quick;
  auto replica = MakeReplica("a");
  for (int i = 0; i < 5; ++i) {
    replica->jobs.Add(absl::StrCat("slow-", i), absl::Minutes(1), JobPace::kSlow, slow.Until(end));
  }
  replica->jobs.Add("quick", absl::Minutes(2), JobPace::kQuick, quick.Once());
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(2));
  replica->jobs.Start();
  EXPECT_TRUE(Eventually([&] { return slow.running() == 2 && quick.count() == 1; }));
  EXPECT_EQ(slow.count(), 2);
  end.Notify();
  // Each is followed by another one at once, though the clock stands still.
  EXPECT_TRUE(Eventually([&] { return slow.count() == 5; }));
  replica->jobs.Stop();
  EXPECT_EQ(slow.most_at_once(), 2);
}

TEST_F(PeriodicTest, TheJobThatIsDueLongestRunsFirst) {
  std::vector<std::string> order;
  const auto make = [&](const std::string& holder) {
    auto replica = MakeReplica(holder);
    for (const auto& [name, minutes] : std::vector<std::pair<std::string, int>>{{"c", 3}, {"a", 1}, {"b", 2}}) {
      replica->jobs.Add(name, absl::Minutes(minutes), JobPace::kQuick, [&order, name](absl::Time) {
        order.push_back(name);
        return absl::OkStatus();
      });
    }
    return replica;
  };
  auto first = make("first");
  EXPECT_EQ(RunDue(*first), 0);
  clock_.Advance(absl::Minutes(3));
  EXPECT_EQ(RunDue(*first), 3);
  EXPECT_THAT(order, ::testing::ElementsAre("a", "b", "c"));
  // Next at the 4th, 4th and 6th minute. A process that has yet to read the schedule keeps to it, too.
  order.clear();
  clock_.Advance(absl::Minutes(3));
  auto second = make("second");
  EXPECT_EQ(RunDue(*second), 3);
  EXPECT_THAT(order, ::testing::ElementsAre("a", "b", "c"));
  // What one replica ran is new to the other one.
  EXPECT_EQ(RunDue(*first), 0);
}

TEST_F(PeriodicTest, ThreadsOfTwoReplicasRunAJobOnceForEachDueTime) {
  Runs runs;
  std::vector<std::unique_ptr<Replica>> replicas;
  for (const std::string holder : {"a", "b"}) {
    replicas.push_back(MakeReplica(holder));
    replicas.back()->jobs.Add("count", absl::Minutes(1), JobPace::kQuick, runs.Once());
    EXPECT_EQ(RunDue(*replicas.back()), 0);
  }
  for (auto& replica : replicas) replica->jobs.Start();
  for (int due = 1; due <= 20; ++due) {
    clock_.Advance(absl::Minutes(1));
    EXPECT_TRUE(Eventually([&] { return runs.count() == due; }));
  }
  for (auto& replica : replicas) replica->jobs.Stop();
  EXPECT_EQ(runs.count(), 20);
  EXPECT_EQ(runs.most_at_once(), 1);
}

TEST_F(PeriodicTest, StopWaitsForAllJobsUnderWay) {
  Runs runs;
  auto replica = MakeReplica("a");
  std::atomic<int> left_early{0};
  for (const std::string name : {"first", "second"}) {
    replica->jobs.Add(name, absl::Minutes(1), JobPace::kQuick, [&](absl::Time) {
      runs.Begin();
      left_early += Eventually([&] { return replica->jobs.Stopping(); }) ? 1 : 0;
      runs.End();
      return absl::OkStatus();
    });
  }
  EXPECT_EQ(RunDue(*replica), 0);
  clock_.Advance(absl::Minutes(1));
  replica->jobs.Start();
  EXPECT_TRUE(Eventually([&] { return runs.running() == 2; }));
  replica->jobs.Stop();
  EXPECT_EQ(runs.running(), 0);
  EXPECT_EQ(left_early, 2);
  // Their ends are stored and their leases released.
  EXPECT_EQ(Number(database_, "SELECT COUNT(*) FROM periodic_jobs WHERE last_end_time IS NOT NULL"), 2);
  EXPECT_EQ(Number(database_, "SELECT COUNT(*) FROM leases WHERE holder <> ''"), 0);
}

TEST_F(PeriodicTest, OneThreadAtATimeTriesADatabaseThatFails) {
  Runs runs;
  auto replica = MakeReplica("a");
  for (int i = 0; i < 6; ++i) {
    replica->jobs.Add(absl::StrCat("job-", i), absl::Minutes(1), JobPace::kQuick, runs.Once());
  }
  EXPECT_EQ(RunDue(*replica), 0);
  ASSERT_TRUE(database_.Execute(Soon(), "RENAME TABLE periodic_jobs TO away").ok());
  clock_.Advance(absl::Minutes(1));
  replica->jobs.Start();
  const auto failures = [&] {
    const std::string metrics = telemetry_.Render();
    const size_t at = metrics.find("\nstoreops_periodic_claim_failures_total ");
    int count = 0;
    return at != std::string::npos && absl::SimpleAtoi(metrics.substr(metrics.find(' ', at), 3), &count) ? count : 0;
  };
  // Once for all jobs and threads, then after growing pauses.
  int expected = 0;
  for (const int pause_s : {1, 2, 4, 8}) {
    ++expected;
    EXPECT_TRUE(Eventually([&] { return failures() == expected; })) << failures();
    clock_.Advance(absl::Seconds(pause_s));
  }
  EXPECT_TRUE(Eventually([&] { return failures() == 5; })) << failures();
  ASSERT_TRUE(database_.Execute(Soon(), "RENAME TABLE away TO periodic_jobs").ok());
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Eventually([&] { return runs.count() == 6; }));
  replica->jobs.Stop();
  EXPECT_EQ(failures(), 5);
}

}  // namespace
}  // namespace storeops::jobs
