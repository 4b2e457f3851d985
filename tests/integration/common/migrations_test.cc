#include "common/db/migrations.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "tests/support/database_helpers.h"
#include "tests/support/test_database.h"

namespace storeops::db {
namespace {

using ::storeops::testing::Number;
using ::storeops::testing::Reason;
using ::storeops::testing::Soon;

class MigrationsTest : public ::testing::Test {
 protected:
  absl::Status Apply(std::vector<Migration> migrations, const std::string& name = "shop") {
    const MigrationSet set = {name, std::move(migrations)};
    return Migrate(database(), {&set}, Soon());
  }
  int64_t Tables(absl::string_view like) {
    return Number(database(), absl::StrCat("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '",
                                           test_.options().database, "' AND table_name LIKE '", like, "'"));
  }
  Database& database() { return test_.database(); }

  testing::TestDatabase test_;
};

constexpr Migration kFirst = {1, "first",
                              "-- A table; with a row.\n"
                              "CREATE TABLE a (id INT PRIMARY KEY, word VARCHAR(20) NOT NULL);\n"
                              "INSERT INTO a VALUES (1, 'it''s;');\n"};
constexpr Migration kSecond = {2, "second",
                               "ALTER TABLE a ADD COLUMN more INT NOT NULL DEFAULT 7;\n"
                               "UPDATE a SET more = more + 1;\n"};

TEST_F(MigrationsTest, AppliesEachOnceAndOnlyWhatIsMissing) {
  ASSERT_TRUE(Apply({kFirst}).ok());
  ASSERT_TRUE(Apply({kFirst}).ok());
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM a WHERE word = 'it\\'s;'"), 1);
  ASSERT_TRUE(Apply({kFirst, kSecond}).ok());
  ASSERT_TRUE(Apply({kFirst, kSecond}).ok());
  EXPECT_EQ(Number(database(), "SELECT more FROM a"), 8);
  const auto rows =
      database().Query(Soon(),
                       "SELECT set_name, number, title, applied_statements, done, error, apply_time, LENGTH(checksum)"
                       " FROM schema_migrations ORDER BY number");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_EQ(rows->Text(1, 0), "shop");
  EXPECT_EQ(rows->Int(1, 1), 2);
  EXPECT_EQ(rows->Text(1, 2), "second");
  EXPECT_EQ(rows->Int(1, 3), 2);
  EXPECT_EQ(rows->Int(1, 4), 1);
  EXPECT_EQ(rows->Text(1, 5), "");
  EXPECT_LT(absl::AbsDuration(rows->Time(1, 6) - absl::Now()), absl::Minutes(5));
  EXPECT_EQ(rows->Int(1, 7), 64);
}

TEST_F(MigrationsTest, SetsAreNumberedEachForItself) {
  const MigrationSet shop = {"shop", {kFirst}};
  const MigrationSet other = {"other", {{1, "b", "CREATE TABLE b (id INT PRIMARY KEY);\n"}}};
  ASSERT_TRUE(Migrate(database(), {&shop, &other}, Soon()).ok());
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM schema_migrations WHERE number = 1 AND done = 1"), 2);
}

TEST_F(MigrationsTest, TheCommonTablesOfEveryServiceApply) {
  ASSERT_TRUE(Migrate(database(), {&migrations::common()}, Soon()).ok());
  ASSERT_TRUE(Migrate(database(), {&migrations::common()}, Soon()).ok());
  EXPECT_EQ(Tables("outbox_groups"), 1);
}

TEST_F(MigrationsTest, AnEditedOneIsRefusedAndNothingIsDone) {
  ASSERT_TRUE(Apply({kFirst}).ok());
  Migration edited = kFirst;
  edited.sql = "CREATE TABLE a (id INT PRIMARY KEY, word VARCHAR(30) NOT NULL);\nINSERT INTO a VALUES (1, 'it''s;');\n";
  absl::Status status = Apply({edited, kSecond});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_EQ(Reason(status), "MIGRATION_EDITED");
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM schema_migrations"), 1);
  const std::string longer = absl::StrCat(kFirst.sql, "INSERT INTO a VALUES (2, 'x');\n");
  edited.sql = longer.c_str();
  EXPECT_EQ(Reason(Apply({edited})), "MIGRATION_EDITED");
  edited.sql = "CREATE TABLE a (id INT PRIMARY KEY, word VARCHAR(20) NOT NULL);\n";
  EXPECT_EQ(Reason(Apply({edited})), "MIGRATION_EDITED");
  EXPECT_TRUE(Apply({kFirst, kSecond}).ok());
}

TEST_F(MigrationsTest, AnUnknownOneIsRefusedAndNothingIsDone) {
  ASSERT_TRUE(Apply({kFirst, kSecond}).ok());
  const MigrationSet newer = {"other", {{1, "b", "CREATE TABLE b (id INT PRIMARY KEY);\n"}}};
  const MigrationSet older = {"shop", {kFirst}};
  const absl::Status status = Migrate(database(), {&newer, &older}, Soon());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_EQ(Reason(status), "MIGRATION_UNKNOWN");
  EXPECT_EQ(Tables("b"), 0) << "all sets are checked before any is applied";
}

TEST_F(MigrationsTest, AProgramFindsItsOwnTablesOrSaysWhatDiffers) {
  const MigrationSet both = {"shop", {kFirst, kSecond}};
  const MigrationSet older = {"shop", {kFirst}};
  EXPECT_EQ(Reason(CheckMigrated(database(), {&older}, Soon())), "MIGRATION_MISSING") << "no table of migrations yet";
  ASSERT_TRUE(Apply({kFirst}).ok());
  EXPECT_TRUE(CheckMigrated(database(), {&older}, Soon()).ok());
  EXPECT_EQ(Reason(CheckMigrated(database(), {&both}, Soon())), "MIGRATION_MISSING");
  ASSERT_TRUE(Apply({kFirst, kSecond}).ok());
  EXPECT_TRUE(CheckMigrated(database(), {&both}, Soon()).ok());
  const absl::Status newer = CheckMigrated(database(), {&older}, Soon());
  EXPECT_EQ(newer.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reason(newer), "MIGRATION_UNKNOWN");
}

TEST_F(MigrationsTest, GapsInTheNumbersAreRefused) {
  EXPECT_EQ(Apply({kSecond}).code(), absl::StatusCode::kInternal);
  Migration third = kSecond;
  third.number = 3;
  EXPECT_EQ(Apply({kFirst, third}).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Tables("a"), 0);
}

TEST_F(MigrationsTest, OneThatFailsHalfwayIsContinuedFromTheFailedStatement) {
  constexpr const char* kBroken =
      "CREATE TABLE a (id INT PRIMARY KEY);\n"
      "INSERT INTO a VALUES (1);\n"
      "INSERT INTO a SELECT id + 10 FROM missing;\n"
      "INSERT INTO a VALUES (2);\n";
  absl::Status status = Apply({{1, "broken", kBroken}});
  EXPECT_EQ(ErrorCode(status), 0) << "the statement's number is told instead";
  EXPECT_TRUE(absl::StrContains(status.message(), "migration shop 1, statement 3")) << status;
  EXPECT_EQ(Number(database(), "SELECT applied_statements FROM schema_migrations"), 2);
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM schema_migrations WHERE done = 0 AND error LIKE '%missing%'"), 1);
  EXPECT_FALSE(Apply({{1, "broken", kBroken}, kSecond}).ok()) << "still missing";
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM a"), 1) << "what was applied is not applied again";

  ASSERT_TRUE(database().Execute(Soon(), "CREATE TABLE missing (id INT PRIMARY KEY)").ok());
  ASSERT_TRUE(database().Execute(Soon(), "INSERT INTO missing VALUES (5)").ok());
  status = Apply({{1, "broken", kBroken}});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Number(database(), "SELECT SUM(id) FROM a"), 1 + 15 + 2);
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM schema_migrations WHERE done = 1 AND error = ''"), 1);
}

TEST_F(MigrationsTest, TheRestOfAFailedOneMayBeMendedButNotItsBeginning) {
  EXPECT_FALSE(Apply({{1, "m", "CREATE TABLE a (id INT PRIMARY KEY);\nINSERT INTO nowhere VALUES (1);\n"}}).ok());
  EXPECT_EQ(Reason(Apply({{1, "m", "CREATE TABLE a (id BIGINT PRIMARY KEY);\nINSERT INTO a VALUES (1);\n"}})),
            "MIGRATION_EDITED");
  const absl::Status status =
      Apply({{1, "m", "CREATE TABLE a (id INT PRIMARY KEY);\nINSERT INTO a VALUES (1);\nINSERT INTO a VALUES (2);\n"}});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM a"), 2);
}

TEST_F(MigrationsTest, ASchemaChangeThatFailedByItselfIsNotTakenForDone) {
  ASSERT_TRUE(database().Execute(Soon(), "CREATE TABLE a (foreigner INT)").ok());
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(absl::StrContains(Apply({kFirst}).message(), "already exists"));
  }
}

// Killed between a schema change and its record, as a crashed runner leaves it.
TEST_F(MigrationsTest, ASchemaChangeMadeByAKilledRunnerIsTakenForDone) {
  ASSERT_TRUE(Apply({kFirst, kSecond}).ok());
  ASSERT_TRUE(database().Execute(Soon(), "DELETE FROM schema_migrations WHERE number = 2").ok());
  // What the runner records before it begins: nothing applied yet, no error.
  ASSERT_TRUE(
      database()
          .Execute(Soon(),
                   "INSERT INTO schema_migrations VALUES ('shop', 2, 'second', SHA2('', 256), 0, 0, '', NOW(6))")
          .ok());
  ASSERT_TRUE(database().Execute(Soon(), "UPDATE a SET more = 7").ok());
  const absl::Status status = Apply({kFirst, kSecond});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Number(database(), "SELECT more FROM a"), 8);
}

TEST_F(MigrationsTest, RunnersTakeTurns) {
  std::string script = "CREATE TABLE a (id INT PRIMARY KEY AUTO_INCREMENT, word VARCHAR(20) NOT NULL);\n";
  for (int i = 0; i < 10; ++i) absl::StrAppend(&script, "INSERT INTO a (word) VALUES ('", i, "');\n");
  const MigrationSet first = {"shop",
                              {{1, "first", script.c_str()}, {2, "second", "ALTER TABLE a ADD COLUMN x INT;\n"}}};
  const MigrationSet second = {"other",
                               {{1, "b", "CREATE TABLE b (id INT PRIMARY KEY);\nINSERT INTO b VALUES (1);\n"}}};
  std::vector<std::thread> runners;
  for (int i = 0; i < 8; ++i) {
    runners.emplace_back([&] {
      Database own(test_.options());
      const absl::Status status = Migrate(own, {&first, &second}, Soon());
      EXPECT_TRUE(status.ok()) << status;
      EXPECT_EQ(Number(own, "SELECT COUNT(*) FROM a"), 10) << "whoever returns finds all of it done";
      EXPECT_EQ(Number(own, "SELECT COUNT(*) FROM b"), 1);
    });
  }
  for (std::thread& runner : runners) runner.join();
}

TEST_F(MigrationsTest, ARunnerWaitsOnlyUntilItsDeadline) {
  ASSERT_TRUE(Apply({kFirst}).ok());
  const absl::Status held = database().Transact(Soon(), [&](Session& session) -> absl::Status {
    RETURN_IF_ERROR(session.Query("SELECT id FROM schema_migrations_lock FOR UPDATE").status());
    const MigrationSet set = {"shop", {kFirst, kSecond}};
    const absl::Status status = Migrate(database(), {&set}, absl::Now() + absl::Milliseconds(300));
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    return absl::OkStatus();
  });
  EXPECT_TRUE(held.ok()) << held;
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM schema_migrations"), 1);
}

TEST_F(MigrationsTest, NeedsNoMoreThanTheOneConnectionOfItsCaller) {
  Options options = test_.options();
  options.max_connections = 1;
  options.statement_limit = absl::Seconds(2);
  Database small(options);
  const MigrationSet set = {"shop",
                            {{1, "slow",
                              "CREATE TABLE a (id INT PRIMARY KEY);\n"
                              "INSERT INTO a SELECT 1 + SLEEP(2.5);\n"}}};
  const absl::Status status = Migrate(small, {&set}, Soon());
  EXPECT_TRUE(status.ok()) << "a change may take longer than a statement of a call: " << status;
}

}  // namespace
}  // namespace storeops::db
