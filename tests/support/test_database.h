// A real MariaDB for tests: one server for a test program (or for the whole test run), a database for each test.
#ifndef STOREOPS_TESTS_SUPPORT_TEST_DATABASE_H_
#define STOREOPS_TESTS_SUPPORT_TEST_DATABASE_H_

#include <memory>
#include <string>

#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/db/migrations.h"

namespace storeops::testing {

// Address of the server: the one whose socket STOREOPS_TEST_DB_SOCKET names (the test run starts it), or one of this
// process's own, started at first use in a temporary folder and gone with the process. Aborts if neither works.
const db::Address& TestServer();

// A new database with a name of its own, dropped at the end.
class TestDatabase {
 public:
  // Applies the sets' migrations.
  explicit TestDatabase(absl::Span<const db::MigrationSet* const> sets = {}, int max_connections = 16);
  ~TestDatabase();

  db::Database& database() { return *database_; }
  // To open it once more, as another process would.
  const db::Options& options() const { return options_; }

 private:
  db::Options options_;
  std::unique_ptr<db::Database> database_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_TEST_DATABASE_H_
