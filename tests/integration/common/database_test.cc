// Statements and values on a real server, and the driver's traps (those of transactions:
// database_transactions_test.cc).
#include "common/db/database.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <limits>
#include <thread>

#include "absl/strings/str_cat.h"
#include "tests/support/database_helpers.h"
#include "tests/support/test_database.h"

namespace storeops::db {
namespace {

using ::storeops::testing::ConnectionId;
using ::storeops::testing::KillConnection;
using ::storeops::testing::Number;
using ::storeops::testing::Reason;
using ::storeops::testing::Soon;

class DatabaseTest : public ::testing::Test {
 protected:
  void Run(absl::string_view sql, std::initializer_list<Value> values = {}) {
    const auto done = database().Execute(Soon(), sql, values);
    ASSERT_TRUE(done.ok()) << done.status();
  }
  Rows Read(absl::string_view sql, std::initializer_list<Value> values = {}) {
    auto rows = database().Query(Soon(), sql, values);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.value_or(Rows());
  }
  Options WithOptions(std::function<void(Options&)> change) {
    Options options = test_.options();
    change(options);
    return options;
  }
  Database& database() { return test_.database(); }

  testing::TestDatabase test_;
};

TEST_F(DatabaseTest, TypesRowsByTheirColumns) {
  Run("CREATE TABLE t (a TINYINT, b TINYINT(1), c SMALLINT, d INT, e BIGINT, f BIT(8), g DOUBLE, h FLOAT,"
      " i DECIMAL(20,6), j VARCHAR(20), k DATETIME(6), l DATE, m LONGBLOB, n JSON)");
  Run("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
      {-128, true, -32768, 2147483647, int64_t{1} << 60, 200, 0.1, 0.5, "12345678901234.567891", "text",
       "2026-01-02 03:04:05.678901", "2026-01-02", "blob", "{\"x\": 1}"});
  const Rows rows = Read("SELECT * FROM t WHERE a < ?", {0});
  ASSERT_EQ(rows.size(), 1u);
  ASSERT_EQ(rows.columns(), 14u);
  EXPECT_EQ(rows.Int(0, 0), -128);
  EXPECT_EQ(rows.Int(0, 1), 1);
  EXPECT_EQ(rows.Int(0, 2), -32768);
  EXPECT_EQ(rows.Int(0, 3), 2147483647);
  EXPECT_EQ(rows.Int(0, 4), int64_t{1} << 60);
  EXPECT_EQ(rows.Int(0, 5), 200);
  EXPECT_EQ(rows.Double(0, 6), 0.1);
  EXPECT_EQ(rows.Double(0, 7), 0.5);
  EXPECT_EQ(rows.Text(0, 8), "12345678901234.567891");
  EXPECT_EQ(rows.Int(0, 8), 12345678901234);
  EXPECT_EQ(rows.Text(0, 9), "text");
  EXPECT_EQ(rows.Text(0, 10), "2026-01-02 03:04:05.678901");
  EXPECT_EQ(rows.Time(0, 11), absl::FromUnixSeconds(1767312000));
  EXPECT_EQ(rows.Text(0, 12), "blob");
  EXPECT_EQ(rows.Text(0, 13), "{\"x\": 1}");
  EXPECT_EQ(Read("SELECT SUM(d) FROM t").Int(0, 0), 2147483647);
}

TEST_F(DatabaseTest, ReadsTheSameFromAnUnpreparedStatement) {
  Run("CREATE TABLE t (a BIGINT PRIMARY KEY, b VARCHAR(20))");
  const Rows rows = Read("SHOW COLUMNS FROM t");
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows.Text(0, 0), "a");
  EXPECT_EQ(rows.Text(1, 1), "varchar(20)");
}

TEST_F(DatabaseTest, NullIsNothing) {
  Run("CREATE TABLE t (a INT, b DOUBLE, c VARCHAR(9), d DATETIME(6))");
  Run("INSERT INTO t VALUES (?,?,?,?)", {nullptr, Value(), nullptr, nullptr});
  const Rows rows = Read("SELECT a, b, c, d FROM t WHERE a <=> ?", {nullptr});
  ASSERT_EQ(rows.size(), 1u);
  for (size_t column = 0; column < 4; ++column) EXPECT_TRUE(rows.Null(0, column));
  EXPECT_EQ(rows.Int(0, 0), 0);
  EXPECT_EQ(rows.Double(0, 1), 0.0);
  EXPECT_EQ(rows.Text(0, 2), "");
  EXPECT_EQ(rows.Time(0, 3), absl::InfinitePast());
}

TEST_F(DatabaseTest, RoundTripsTimesToTheMicrosecond) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, time DATETIME(6) NOT NULL)");
  const absl::Time times[] = {absl::FromUnixMicros(1767312245678901), absl::FromUnixSeconds(0),
                              absl::FromUnixMicros(-1), absl::FromUnixMicros(1),
                              absl::FromCivil(absl::CivilSecond(9999, 12, 31, 23, 59, 59), absl::UTCTimeZone())};
  for (int i = 0; i < 5; ++i) Run("INSERT INTO t VALUES (?,?)", {i, times[i]});
  for (int i = 0; i < 5; ++i) {
    const Rows rows = Read("SELECT time FROM t WHERE id = ? AND time = ?", {i, times[i]});
    ASSERT_EQ(rows.size(), 1u) << times[i];
    EXPECT_EQ(rows.Time(0, 0), times[i]);
  }
  EXPECT_FALSE(database().Execute(Soon(), "INSERT INTO t VALUES (9,?)", {absl::InfiniteFuture()}).ok());
}

TEST_F(DatabaseTest, TakesTheServersClockAsUtc) {
  const Rows rows = Read("SELECT CAST(NOW(6) AS DATETIME(6)), @@session.time_zone");
  EXPECT_LT(absl::AbsDuration(rows.Time(0, 0) - absl::Now()), absl::Minutes(1));
  EXPECT_EQ(rows.Text(0, 1), "+00:00");
}

// One slot of one prepared statement takes every type and size in turn, and none leaves a trace on the next.
TEST_F(DatabaseTest, ASlotKeepsNothingOfEarlierValues) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, number BIGINT NULL, bytes LONGBLOB NULL)");
  std::string large(300'000, 'x');
  large[1000] = '\0';
  const Value numbers[] = {std::numeric_limits<int64_t>::max(), -1, nullptr, std::numeric_limits<int64_t>::min(), 0};
  const Value bytes[] = {large, "", nullptr, std::string("a\0b", 3), "short"};
  int id = 0;
  for (const Value& number : numbers) {
    for (const Value& text : bytes) Run("INSERT INTO t VALUES (?,?,?)", {id++, number, text});
  }
  id = 0;
  for (const Value& number : numbers) {
    for (const Value& text : bytes) {
      const Rows rows = Read("SELECT number, bytes FROM t WHERE id = ?", {id++});
      ASSERT_EQ(rows.size(), 1u);
      EXPECT_TRUE(rows.Cell(0, 0).storage() == number.storage()) << id;
      EXPECT_TRUE(rows.Cell(0, 1).storage() == text.storage()) << id;
    }
  }
  for (const Value& value : {Value(5), Value("5"), Value(5.0), Value(-5), Value(nullptr), Value(5)}) {
    EXPECT_EQ(Read("SELECT ? <=> 5", {value}).Int(0, 0), !value.null() && value.storage() != Value(-5).storage());
  }
}

TEST_F(DatabaseTest, RoundTripsLongTextsAndBytes) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, words LONGTEXT NOT NULL, bytes LONGBLOB NOT NULL)");
  std::string text;
  while (text.size() < 300'000) text += "商品 🛒 naïve ";
  std::string bytes;
  for (int i = 0; i < 200'000; ++i) bytes.push_back(static_cast<char>(i * 7 % 256));
  const std::string huge(16'000'000, '\0');
  Run("INSERT INTO t VALUES (1,?,?)", {text, bytes});
  Run("INSERT INTO t VALUES (2,?,?)", {"𝄞", huge});
  EXPECT_EQ(Read("SELECT words FROM t WHERE id = 1").Text(0, 0), text);
  EXPECT_EQ(Read("SELECT bytes FROM t WHERE id = 1").Text(0, 0), bytes);
  EXPECT_EQ(Read("SELECT words FROM t WHERE id = 2").Text(0, 0), "𝄞");
  EXPECT_TRUE(Read("SELECT bytes FROM t WHERE id = 2").Text(0, 0) == huge);
  EXPECT_EQ(Read("SELECT id FROM t WHERE words = ?", {text}).Int(0, 0), 1);
}

TEST_F(DatabaseTest, RefusesWhatDoesNotFitInsteadOfCuttingIt) {
  Run("CREATE TABLE t (small TINYINT NOT NULL, word VARCHAR(3) NOT NULL, day DATE NULL)");
  auto error = [&](std::initializer_list<Value> values) {
    return ErrorCode(database().Execute(Soon(), "INSERT INTO t VALUES (?,?,?)", values).status());
  };
  EXPECT_EQ(error({300, "a", nullptr}), 1264);
  EXPECT_EQ(error({1, "four", nullptr}), 1406);
  EXPECT_EQ(error({1, "\xff", nullptr}), 1366);
  EXPECT_EQ(error({1, nullptr, nullptr}), 1048);
  EXPECT_EQ(error({1, "a", "2026-02-30"}), 1292);
  EXPECT_EQ(error({1, "a", "0000-00-00"}), 1292);
  EXPECT_EQ(error({1, "商品店", nullptr}), 0);
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM t"), 1);
}

TEST_F(DatabaseTest, CountsChangedRows) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  auto changed = [&](absl::string_view sql) { return database().Execute(Soon(), sql).value_or(-1); };
  EXPECT_EQ(changed("INSERT INTO t VALUES (1, 1), (2, 1), (3, 1)"), 3);
  EXPECT_EQ(changed("UPDATE t SET a = 2 WHERE id < 3"), 2);
  EXPECT_EQ(changed("UPDATE t SET a = 2 WHERE id < 3"), 0);
  EXPECT_EQ(changed("DELETE FROM t"), 3);
}

TEST_F(DatabaseTest, ADuplicateNamesTheKey) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, sku VARCHAR(9), UNIQUE KEY by_sku (sku))");
  Run("INSERT INTO t VALUES (1,'A')");
  absl::Status status = database().Execute(Soon(), "INSERT INTO t VALUES (?,?)", {1, "B"}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ErrorCode(status), 1062);
  EXPECT_EQ(DuplicateKey(status), "PRIMARY");
  status = database().Execute(Soon(), "INSERT INTO t VALUES (?,?)", {2, "A"}).status();
  EXPECT_EQ(DuplicateKey(status), "by_sku");
}

TEST_F(DatabaseTest, ComparesBinary) {
  EXPECT_EQ(Read("SELECT 'a' = 'A', 'é' = 'e'").Int(0, 0), 0);
  Run("CREATE TABLE t (a VARCHAR(9) PRIMARY KEY)");
  Run("INSERT INTO t VALUES ('a'), ('A')");
}

TEST_F(DatabaseTest, RefusesAWrongNumberOfValues) {
  EXPECT_TRUE(Read("SELECT ? + ?", {1, 2}).Int(0, 0) == 3);
  // The driver would take the 2 of the last time.
  EXPECT_EQ(database().Query(Soon(), "SELECT ? + ?", {5}).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(database().Query(Soon(), "SELECT ? + ?", {5, 6, 7}).status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Read("SELECT ? + ?", {5, 6}).Int(0, 0), 11);
}

TEST_F(DatabaseTest, SendsOneStatementAtATime) {
  Run("CREATE TABLE t (a INT)");
  for (absl::string_view sql : {"INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)", "SET @a = 1; DROP TABLE t"}) {
    EXPECT_EQ(ErrorCode(database().Execute(Soon(), sql).status()), 1064) << sql;
  }
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM t"), 0);
}

TEST_F(DatabaseTest, RefusesRowsWhereACountIsAsked) {
  EXPECT_EQ(database().Execute(Soon(), "SELECT 1").status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(Number(database(), "SELECT 2"), 2);
}

TEST_F(DatabaseTest, InsertsRowsInFewShapes) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a VARCHAR(9))");
  int64_t id = 0;
  std::vector<int> counts = {255, 256, 257, 545};
  for (int count = 0; count <= 17; ++count) counts.push_back(count);
  for (int count : counts) {
    std::vector<Value> values;
    for (int i = 0; i < count; ++i) {
      values.push_back(++id);
      values.push_back(absl::StrCat("v", id));
    }
    ASSERT_TRUE(
        database().Transact(Soon(), [&](Session& session) { return session.InsertRows("t (id, a)", 2, values); }).ok());
  }
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM t WHERE a = CONCAT('v', id)"), id);
  // All on one connection: at most ten shapes, and the statement above.
  const std::string prepared = Read("SHOW SESSION STATUS LIKE 'Com_stmt_prepare'").Text(0, 1);
  EXPECT_LE(std::stoi(prepared), 11);
}

TEST_F(DatabaseTest, InsertsLargeRowsInPacketsThatTheServerTakes) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, bytes LONGBLOB NOT NULL)");
  std::vector<Value> values;
  for (int i = 0; i < 256; ++i) {
    values.push_back(i);
    values.push_back(std::string(400'000, 'x'));  // 100 MB together
  }
  const absl::Status status =
      database().Transact(Soon(), [&](Session& session) { return session.InsertRows("t", 2, values); });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Number(database(), "SELECT SUM(LENGTH(bytes)) FROM t"), 256 * 400'000);
}

TEST_F(DatabaseTest, InsertsWithASuffixAndRefusesTornRows) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  const absl::Status status = database().Transact(Soon(), [&](Session& session) -> absl::Status {
    absl::Status inserted =
        session.InsertRows("t (id, a)", 2, {1, 1, 2, 2, 1, 5}, "ON DUPLICATE KEY UPDATE a = VALUES(a)");
    EXPECT_EQ(session.InsertRows("t (id, a)", 2, {3, 3, 4}).code(), absl::StatusCode::kInternal);
    return inserted;
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Number(database(), "SELECT SUM(a) FROM t"), 7);
}

TEST_F(DatabaseTest, KeepsTheStatementsUsedLast) {
  Database small(WithOptions([](Options& options) {
    options.max_statements_per_connection = 2;
    options.max_connections = 1;
  }));
  for (absl::string_view sql : {"SELECT 1", "SELECT 2", "SELECT 1", "SELECT 3", "SELECT 1", "SELECT 2"}) {
    ASSERT_TRUE(small.Query(Soon(), sql).ok());
  }
  // 1, 2, 3 and 2 again, which 3 had pushed out; 1 stayed.
  EXPECT_EQ(small.Query(Soon(), "SHOW SESSION STATUS LIKE 'Com_stmt_prepare'")->Text(0, 1), "4");
  EXPECT_EQ(small.Query(Soon(), "SHOW SESSION STATUS LIKE 'Com_stmt_close'")->Text(0, 1), "2");
}

TEST_F(DatabaseTest, AStatementSurvivesAChangeOfItsTable) {
  Run("CREATE TABLE t (id INT PRIMARY KEY, a INT)");
  Run("INSERT INTO t VALUES (1, 2)");
  EXPECT_EQ(Read("SELECT * FROM t").columns(), 2u);
  Run("ALTER TABLE t ADD COLUMN b VARCHAR(9) NOT NULL DEFAULT 'new'");
  const Rows rows = Read("SELECT * FROM t");
  ASSERT_EQ(rows.columns(), 3u);
  EXPECT_EQ(rows.Text(0, 2), "new");
  Run("ALTER TABLE t MODIFY COLUMN a VARCHAR(9)");
  EXPECT_EQ(Read("SELECT * FROM t").Text(0, 1), "2");
}

TEST_F(DatabaseTest, SetsUpEachSession) {
  const Rows rows = Read(
      "SELECT @@session.tx_isolation, @@session.collation_connection, @@session.character_set_client,"
      " @@session.innodb_lock_wait_timeout, @@session.max_statement_time, @@session.autocommit");
  EXPECT_EQ(rows.Text(0, 0), "READ-COMMITTED");
  EXPECT_EQ(rows.Text(0, 1), "utf8mb4_bin");
  EXPECT_EQ(rows.Text(0, 2), "utf8mb4");
  EXPECT_EQ(rows.Int(0, 3), 10);
  EXPECT_EQ(rows.Double(0, 4), 30.0);
  EXPECT_EQ(rows.Int(0, 5), 1);
}

TEST_F(DatabaseTest, EndsAStatementThatRunsTooLong) {
  Database hasty(WithOptions([](Options& options) {
    options.statement_limit = absl::Seconds(1);
    options.max_connections = 1;
  }));
  const int64_t connection = Number(hasty, "SELECT CONNECTION_ID()");
  const absl::Status status = hasty.Query(Soon(), "SELECT SLEEP(30)").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(Number(hasty, "SELECT CONNECTION_ID()"), connection) << "an error of the server keeps the connection";
}

// What a caller gets whose statement runs at its deadline, and that the server then stops running it.
class DeadlineTest : public DatabaseTest {
 protected:
  void ExpectEnded(const absl::Status& status, absl::Time start, absl::string_view marker) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    EXPECT_EQ(Reason(status), "STATEMENT_ENDED");
    EXPECT_LT(absl::Now() - start, absl::Seconds(20));
    const std::string like = absl::StrCat("%", marker, "%");
    EXPECT_TRUE(testing::Eventually([&] {
      const auto rows = database().Query(Soon(),
                                         "SELECT COUNT(*) FROM information_schema.processlist "
                                         "WHERE info LIKE ? AND id <> CONNECTION_ID()",
                                         {like});
      return rows.ok() && rows->Int(0, 0) == 0;
    }));
  }
};

TEST_F(DeadlineTest, EndsAReadAndThenServesOthers) {
  Run("CREATE TABLE numbers (a INT PRIMARY KEY)");
  for (int i = 0; i < 1000; i += 250) {
    std::string sql = absl::StrCat("INSERT INTO numbers VALUES (", i, ")");
    for (int j = 1; j < 250; ++j) absl::StrAppend(&sql, ", (", i + j, ")");
    Run(sql);
  }
  Database one(WithOptions([](Options& options) { options.max_connections = 1; }));
  for (int round = 0; round < 3; ++round) {
    const absl::Time start = absl::Now();
    const auto rows = one.Query(start + absl::Seconds(1),
                                "SELECT /* endless join */ SUM(x.a + y.a + z.a + w.a) FROM numbers x JOIN numbers y "
                                "JOIN numbers z JOIN numbers w WHERE x.a >= ?",
                                {0});
    ExpectEnded(rows.status(), start, "endless join");
    // No kill that comes late hits them.
    for (int i = 0; i < 50; ++i) EXPECT_EQ(Number(one, "SELECT COUNT(*) FROM numbers"), 1000);
  }
  const absl::Time start = absl::Now();
  // The server returns a row when it is woken, which is no result.
  ExpectEnded(one.Query(start + absl::Seconds(1), "SELECT /* long sleep */ SLEEP(30)").status(), start, "long sleep");
}

TEST_F(DeadlineTest, EndsAWriteThatWaitsAndUndoesItsTransaction) {
  Run("CREATE TABLE t (a INT PRIMARY KEY, b INT)");
  Run("INSERT INTO t VALUES (1, 0), (2, 0)");
  const absl::Status held = database().Transact(Soon(), [&](Session& holder) -> absl::Status {
    EXPECT_TRUE(holder.Execute("UPDATE t SET b = 1 WHERE a = ?", {1}).ok());
    const absl::Time start = absl::Now();
    const absl::Status status = database().Transact(start + absl::Seconds(1), [&](Session& session) -> absl::Status {
      EXPECT_TRUE(session.Execute("UPDATE t SET b = 2 WHERE a = ?", {2}).ok());
      return session.Execute("UPDATE t SET b = 2 WHERE a = ? /* waits */", {1}).status();
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    EXPECT_LT(absl::Now() - start, absl::Seconds(8)) << "not the lock's own timeout";
    return absl::OkStatus();
  });
  EXPECT_TRUE(held.ok()) << held;
  EXPECT_EQ(Number(database(), "SELECT SUM(b) FROM t"), 1);
}

TEST_F(DatabaseTest, NeverSendsALocalFile) {
  Run("CREATE TABLE t (a VARCHAR(200))");
  Run("SET GLOBAL local_infile=1");  // even to a server that asks for it
  EXPECT_FALSE(database().Execute(Soon(), "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE t").ok());
  Run("SET GLOBAL local_infile=0");
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM t"), 0);
}

TEST_F(DatabaseTest, RefusesPlainTextWhereTlsIsDemanded) {
  Database demanding(
      WithOptions([](Options& options) { options.address.tls_ca = "/etc/ssl/certs/ca-certificates.crt"; }));
  const absl::Status status = demanding.Query(Soon(), "SELECT 1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
}

TEST_F(DatabaseTest, RepeatsAReadOnADeadConnectionButNoWrite) {
  Run("CREATE TABLE t (a INT)");
  auto kill_idle = [&] {
    ASSERT_TRUE(database()
                    .WithSession(Soon(),
                                 [&](Session& session) {
                                   KillConnection(test_.options().address, ConnectionId(session));
                                   return absl::OkStatus();
                                 })
                    .ok());
  };
  const int64_t first = Number(database(), "SELECT CONNECTION_ID()");
  KillConnection(test_.options().address, first);
  EXPECT_NE(Number(database(), "SELECT CONNECTION_ID()"), first);

  KillConnection(test_.options().address, Number(database(), "SELECT CONNECTION_ID()"));
  const absl::Status status = database().Execute(Soon(), "INSERT INTO t VALUES (1)").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  Run("INSERT INTO t VALUES (2)");
  EXPECT_EQ(Number(database(), "SELECT SUM(a) FROM t"), 2);
  kill_idle();
  EXPECT_EQ(Read("SELECT @@session.time_zone").Text(0, 0), "+00:00") << "a new session is set up as the first was";
}

TEST_F(DatabaseTest, ASessionIsOutsideTransactionsAndLeavesNoneOpen) {
  const absl::Status status = database().WithSession(Soon(), [](Session& session) -> absl::Status {
    EXPECT_TRUE(session.Execute("CREATE TABLE t (a INT)").ok());
    EXPECT_TRUE(session.Execute("INSERT INTO t VALUES (1)").ok());
    EXPECT_TRUE(session.Execute("START TRANSACTION").ok());
    return session.Execute("INSERT INTO t VALUES (2)").status();
  });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(Number(database(), "SELECT SUM(a) FROM t"), 1);
}

TEST_F(DatabaseTest, TellsWhenTheServerCannotBeReached) {
  Database nowhere(WithOptions([](Options& options) {
    options.address.socket = "/nonexistent/socket";
    options.max_connections = 2;
  }));
  for (int i = 0; i < 5; ++i) {  // more often than there are places
    const absl::Status status = nowhere.Query(Soon(), "SELECT 1").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(ErrorCode(status), 2002);
  }
  Database stranger(WithOptions([](Options& options) { options.database = "no_such_database"; }));
  EXPECT_EQ(ErrorCode(stranger.Query(Soon(), "SELECT 1").status()), 1049);
  EXPECT_TRUE(database().Ping(Soon()).ok());
  EXPECT_FALSE(nowhere.Ping(Soon()).ok());
}

TEST_F(DatabaseTest, CreatesADatabaseOnlyWithAPlainName) {
  for (absl::string_view name : {"", "a-b", "a`; DROP DATABASE x", "a b", "ä"}) {
    EXPECT_EQ(CreateDatabase(test_.options().address, name, Soon()).code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_TRUE(CreateDatabase(test_.options().address, test_.options().database, Soon()).ok()) << "it exists";
  EXPECT_EQ(Read("SELECT @@collation_database").Text(0, 0), "utf8mb4_bin");
}

TEST_F(DatabaseTest, ManyThreadsOpenAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      Database own(test_.options());
      if (Number(own, "SELECT 7") == 7) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8);
}

}  // namespace
}  // namespace storeops::db
