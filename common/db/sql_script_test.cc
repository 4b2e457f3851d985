#include "common/db/sql_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storeops::db {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Split(absl::string_view script) {
  const auto statements = SplitStatements(script);
  EXPECT_TRUE(statements.ok()) << statements.status();
  return statements.value_or(std::vector<std::string>{});
}

TEST(SqlScriptTest, SplitsAtSemicolonsThatEndALine) {
  EXPECT_THAT(Split("CREATE TABLE a (\n  x INT\n);\nDROP TABLE b;  \n\nSELECT 1;"),
              ElementsAre("CREATE TABLE a (\n  x INT\n)", "DROP TABLE b", "SELECT 1"));
}

TEST(SqlScriptTest, KeepsASemicolonInsideALine) {
  EXPECT_THAT(Split("SELECT 1; SELECT 2;"), ElementsAre("SELECT 1; SELECT 2"));
}

TEST(SqlScriptTest, TakesALastStatementWithoutSemicolon) {
  EXPECT_THAT(Split("SELECT 1;\nSELECT 2\n"), ElementsAre("SELECT 1", "SELECT 2"));
}

TEST(SqlScriptTest, KeepsSemicolonsInQuotes) {
  EXPECT_THAT(Split("INSERT INTO t VALUES ('a;\nb', \"c;\n\", `d;\n`);\nSELECT 1;"),
              ElementsAre("INSERT INTO t VALUES ('a;\nb', \"c;\n\", `d;\n`)", "SELECT 1"));
}

TEST(SqlScriptTest, KnowsDoubledAndEscapedQuotes) {
  EXPECT_THAT(Split("SELECT 'it''s;\n';\nSELECT 'it\\'s;\n';\nSELECT `a\\`;\nSELECT ```;\n`;"),
              ElementsAre("SELECT 'it''s;\n'", "SELECT 'it\\'s;\n'", "SELECT `a\\`", "SELECT ```;\n`"));
}

TEST(SqlScriptTest, LeavesLineCommentsOut) {
  EXPECT_THAT(Split("-- it's first;\nSELECT 1; -- it's done\n# SELECT 3;\nSELECT 2 --\n;\n-- end"),
              ElementsAre("SELECT 1", "SELECT 2"));
}

TEST(SqlScriptTest, TakesTwoDashesBeforeANumberForArithmetic) {
  EXPECT_THAT(Split("SELECT 1--1;"), ElementsAre("SELECT 1--1"));
}

TEST(SqlScriptTest, KeepsBlockComments) {
  EXPECT_THAT(Split("SELECT /*+ it's;\n*/ 1;"), ElementsAre("SELECT /*+ it's;\n*/ 1"));
}

TEST(SqlScriptTest, FindsNothingInNothing) {
  EXPECT_THAT(Split(""), IsEmpty());
  EXPECT_THAT(Split(" \n;\n-- nothing\n;"), IsEmpty());
}

TEST(SqlScriptTest, RefusesWhatIsNotClosed) {
  for (const char* script : {"SELECT 'a;\n", "SELECT \"a", "SELECT `a;", "SELECT /* a;\n", "SELECT 'a\\'"}) {
    EXPECT_EQ(SplitStatements(script).status().code(), absl::StatusCode::kInvalidArgument) << script;
  }
}

}  // namespace
}  // namespace storeops::db
