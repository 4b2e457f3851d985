// What the tests of the database access need again and again.
#ifndef STOREOPS_TESTS_SUPPORT_DATABASE_HELPERS_H_
#define STOREOPS_TESTS_SUPPORT_DATABASE_HELPERS_H_

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "tests/support/eventually.h"
#include "tests/support/status_details.h"

namespace storeops::testing {

// A deadline that no healthy test reaches.
inline absl::Time Soon() { return absl::Now() + absl::Seconds(60); }

inline int64_t ConnectionId(db::Session& session) {
  const auto rows = session.Query("SELECT CONNECTION_ID()");
  EXPECT_TRUE(rows.ok()) << rows.status();
  return rows.ok() ? rows->Int(0, 0) : 0;
}

// Ends a connection from another one, and waits until the server has done so.
inline void KillConnection(const db::Address& address, int64_t id) {
  db::Options options;
  options.address = address;
  db::Database server(options);
  const auto killed = server.Execute(Soon(), absl::StrCat("KILL ", id));
  EXPECT_TRUE(killed.ok()) << killed.status();
  EXPECT_TRUE(Eventually([&] {
    const auto rows = server.Query(Soon(), "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ?", {id});
    return rows.ok() && rows->Int(0, 0) == 0;
  }));
}

// The single number that `sql` gives.
inline int64_t Number(db::Database& database, absl::string_view sql) {
  const auto rows = database.Query(Soon(), sql);
  EXPECT_TRUE(rows.ok()) << rows.status();
  return rows.ok() && rows->size() == 1 ? rows->Int(0, 0) : -1;
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_DATABASE_HELPERS_H_
