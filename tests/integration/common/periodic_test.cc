#include "common/jobs/periodic.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "tests/support/database_helpers.h"
#include "tests/support/test_database.h"

namespace storeops::jobs {
namespace {

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
  replica->jobs.Add("count", absl::Minutes(10), [&](absl::Time deadline) {
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

TEST_F(PeriodicTest, RunsOnceForEachDueTimeAmongFourReplicas) {
  std::atomic<int> runs{0};
  std::vector<std::unique_ptr<Replica>> replicas;
  for (int i = 0; i < 4; ++i) {
    replicas.push_back(MakeReplica(absl::StrCat("replica-", i)));
    replicas.back()->jobs.Add("count", absl::Minutes(1), [&](absl::Time) {
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
  slow->jobs.Add("long", absl::Minutes(1), [&](absl::Time) {
    running.Notify();
    go_on.WaitForNotification();
    return absl::OkStatus();
  });
  std::atomic<int> other_runs{0};
  other->jobs.Add("long", absl::Minutes(1), [&](absl::Time) {
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
  replica->jobs.Add("fails", absl::Minutes(1), [&](absl::Time) {
    return ++runs == 1 ? absl::NotFoundError(std::string(3000, 'x')) : absl::OkStatus();
  });
  int others = 0;
  replica->jobs.Add("works", absl::Minutes(1), [&](absl::Time) {
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
  replica->jobs.Add("once", absl::Minutes(1), [&](absl::Time) {
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
  replica->jobs.Add("long", absl::Minutes(1), [&](absl::Time) {
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

}  // namespace
}  // namespace storeops::jobs
