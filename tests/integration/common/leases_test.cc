#include "common/jobs/leases.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/test_database.h"

namespace storeops::jobs {
namespace {

using ::storeops::testing::Soon;

class LeasesTest : public ::testing::Test {
 protected:
  LeasesTest() : test_database_({&migrations::common()}), database_(test_database_.database()) {}

  bool Acquire(Leases& leases, absl::Duration term = absl::Minutes(5)) {
    const auto acquired = leases.TryAcquire("index", term, Soon());
    EXPECT_TRUE(acquired.ok()) << acquired.status();
    return acquired.value_or(false);
  }

  testing::TestDatabase test_database_;
  db::Database& database_;
  Leases a_{database_, "a"};
  Leases b_{database_, "b"};
};

TEST_F(LeasesTest, IsHeldByOneUntilItIsGivenBack) {
  EXPECT_TRUE(Acquire(a_));
  EXPECT_FALSE(Acquire(b_));
  EXPECT_TRUE(Acquire(a_));  // prolonged
  EXPECT_TRUE(*b_.TryAcquire("another", absl::Minutes(5), Soon()));
  EXPECT_TRUE(b_.Release("index", Soon()).ok());  // not b's: no effect
  EXPECT_FALSE(Acquire(b_));
  EXPECT_TRUE(a_.Release("index", Soon()).ok());
  EXPECT_TRUE(Acquire(b_));
  EXPECT_FALSE(Acquire(a_));
}

TEST_F(LeasesTest, ExpiresByTheDatabasesClock) {
  EXPECT_TRUE(Acquire(a_, absl::Milliseconds(300)));
  EXPECT_TRUE(testing::Eventually([&] { return Acquire(b_); }));
  EXPECT_FALSE(Acquire(a_));
  const auto rows = database_.Query(Soon(), "SELECT holder FROM leases WHERE expire_time > UTC_TIMESTAMP(6)");
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_EQ(rows->Text(0, 0), "b");
}

TEST_F(LeasesTest, LastsNoLongerThanItsTermWhenTheDatabasesClockIsSetBack) {
  const auto set_back = [&] {
    const auto moved = database_.Execute(Soon(), "UPDATE leases SET expire_time = expire_time + INTERVAL 1 HOUR");
    EXPECT_TRUE(moved.ok() && *moved == 1) << moved.status();
  };
  EXPECT_TRUE(Acquire(a_));
  EXPECT_TRUE(a_.Release("index", Soon()).ok());
  set_back();
  EXPECT_TRUE(Acquire(b_));  // given back is given back
  set_back();
  EXPECT_FALSE(Acquire(a_, absl::Milliseconds(300)));
  EXPECT_TRUE(testing::Eventually([&] { return Acquire(a_, absl::Milliseconds(300)); }));
}

// The first round is for a name never seen.
TEST_F(LeasesTest, TakenAndGivenBackByEightAtOnceIsNeverAnError) {
  std::atomic<int> holders{0};
  std::vector<std::thread> racers;
  for (int i = 0; i < 8; ++i) {
    racers.emplace_back([&, i] {
      Leases leases(database_, absl::StrCat("racer-", i));
      for (int round = 0; round < 100; ++round) {
        const auto acquired = leases.TryAcquire("contested", absl::Minutes(5), Soon());
        ASSERT_TRUE(acquired.ok()) << acquired.status();
        if (!*acquired) continue;
        EXPECT_EQ(++holders, 1);
        --holders;
        const absl::Status released = leases.Release("contested", Soon());
        ASSERT_TRUE(released.ok()) << released;
      }
    });
  }
  for (std::thread& racer : racers) racer.join();
}

TEST_F(LeasesTest, GoesToExactlyOneOfEightWhoRace) {
  for (int round = 0; round < 20; ++round) {
    const std::string name = absl::StrCat("race-", round);
    if (round % 2 == 1) {  // one that was held and has expired
      ASSERT_TRUE(*a_.TryAcquire(name, -absl::Seconds(1), Soon()));
    }
    std::atomic<int> winners{0};
    std::vector<std::thread> racers;
    for (int i = 0; i < 8; ++i) {
      racers.emplace_back([&, i] {
        Leases leases(database_, absl::StrCat("racer-", i));
        const auto acquired = leases.TryAcquire(name, absl::Minutes(5), Soon());
        EXPECT_TRUE(acquired.ok()) << acquired.status();
        if (acquired.value_or(false)) ++winners;
      });
    }
    for (std::thread& racer : racers) racer.join();
    EXPECT_EQ(winners, 1);
  }
}

}  // namespace
}  // namespace storeops::jobs
