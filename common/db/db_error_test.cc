#include "common/db/db_error.h"

#include <gtest/gtest.h>

#include "common/base/errors.h"
#include "common/db/database.h"

namespace storeops::db {
namespace {

TEST(DbErrorTest, GivesEachKindOfErrorItsCode) {
  const struct {
    int code;
    absl::StatusCode expected;
  } cases[] = {
      {1062, absl::StatusCode::kAlreadyExists},
      {1213, absl::StatusCode::kAborted},
      {1205, absl::StatusCode::kAborted},
      {1020, absl::StatusCode::kAborted},
      {9007, absl::StatusCode::kAborted},
      {1969, absl::StatusCode::kDeadlineExceeded},
      {3024, absl::StatusCode::kDeadlineExceeded},
      {2002, absl::StatusCode::kUnavailable},
      {2006, absl::StatusCode::kUnavailable},
      {2013, absl::StatusCode::kUnavailable},
      {1290, absl::StatusCode::kUnavailable},
      {1927, absl::StatusCode::kUnavailable},
      {1317, absl::StatusCode::kUnavailable},
      {1064, absl::StatusCode::kInternal},
      {0, absl::StatusCode::kInternal},
  };
  for (const auto& [code, expected] : cases) {
    const absl::Status status = StatusFromServer(code, "what happened", "SELECT 1");
    EXPECT_EQ(status.code(), expected) << code;
    EXPECT_EQ(ErrorCode(status), code);
  }
}

TEST(DbErrorTest, AFullDiskIsUnavailableAndNamesNoFile) {
  const struct {
    int code;
    const char* message;
  } cases[] = {
      {1021, "Disk full (/var/lib/mysql/tmp/#sql); waiting for someone to free some space..."},
      {1114, "The table 'orders' is full"},
      {1026, "Error writing file '/var/lib/mysql/x.MYD' (Errcode: 28 \"No space left on device\")"},
      {3, "Error writing file './ibtmp1' (errno: 122 - Disk quota exceeded)"},
      {1030, "Got error 28 \"No space left on device\" from storage engine InnoDB"},
  };
  for (const auto& [code, message] : cases) {
    const absl::Status status = StatusFromServer(code, message, "INSERT INTO orders");
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << code;
    EXPECT_EQ(ReasonOf(status), "DISK_FULL") << code;
    EXPECT_EQ(status.message(), "the database's disk is full");
  }
  EXPECT_EQ(StatusFromServer(1030, "Got error 285 from storage engine", "").code(), absl::StatusCode::kInternal);
}

TEST(DbErrorTest, DropsTheConnectionOnlyWhenItIsLost) {
  for (int code : {2000, 2006, 2013, 2999, 1927, 1053, 4031}) EXPECT_TRUE(IsConnectionLost(code)) << code;
  for (int code : {0, 1062, 1213, 1205, 1064, 1317, 1969, 3000}) EXPECT_FALSE(IsConnectionLost(code)) << code;
}

TEST(DbErrorTest, NamesTheKeyOfADuplicate) {
  auto key = [](absl::string_view message) { return DuplicateKey(StatusFromServer(1062, message, "")); };
  EXPECT_EQ(key("Duplicate entry '5' for key 'PRIMARY'"), "PRIMARY");
  EXPECT_EQ(key("Duplicate entry 'a' for key 'products.by_sku'"), "by_sku");
  EXPECT_EQ(key("Duplicate entry ' for key 'x'' for key 'by_sku'"), "by_sku");
  EXPECT_EQ(key("something else"), "");
  EXPECT_EQ(DuplicateKey(absl::InternalError("no detail")), "");
}

TEST(DbErrorTest, ShowsTheStatementOnlyToProgrammers) {
  EXPECT_NE(StatusFromServer(1064, "syntax", "SELEC").message().find("SELEC"), absl::string_view::npos);
  EXPECT_EQ(StatusFromServer(1062, "duplicate", "INSERT").message().find("INSERT"), absl::string_view::npos);
  EXPECT_EQ(ErrorCode(absl::OkStatus()), 0);
}

}  // namespace
}  // namespace storeops::db
