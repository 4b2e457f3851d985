#include "common/db/database_clock.h"

#include <gtest/gtest.h>

#include "common/base/now.h"
#include "tests/support/database_helpers.h"
#include "tests/support/test_database.h"

namespace storeops::db {
namespace {

using ::storeops::testing::Soon;

absl::Time ServerTime(Database& database) {
  const auto rows = database.Query(Soon(), "SELECT UTC_TIMESTAMP(6)");
  EXPECT_TRUE(rows.ok()) << rows.status();
  return rows.ok() ? rows->Time(0, 0) : absl::InfinitePast();
}

TEST(DatabaseClockTest, IsTheServersTimeToTheTimeThatAStatementTakes) {
  testing::TestDatabase database;
  DatabaseClock clock(database.options().address);
  ASSERT_TRUE(clock.Start(Soon()).ok());
  const absl::Time begin = SteadyNow();
  ASSERT_TRUE(clock.Read(Soon()).ok());
  const absl::Duration error = SteadyNow() - begin;
  const absl::Time before = ServerTime(database.database());
  const absl::Time now = clock.Now();
  const absl::Time after = ServerTime(database.database());
  EXPECT_GE(now, before - error);
  EXPECT_LE(now, after + error);
  clock.Stop();
}

TEST(DatabaseClockTest, IsTheMachinesUntilTheServerAnswers) {
  Address nowhere;
  nowhere.socket = "/nonexistent/socket";
  DatabaseClock clock(nowhere);
  EXPECT_FALSE(clock.Start(SteadyNow() + absl::Seconds(1)).ok());
  const absl::Time before = WallNow();
  const absl::Time now = clock.Now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, WallNow());
}

}  // namespace
}  // namespace storeops::db
