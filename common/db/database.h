// SQL on one database of a MySQL-protocol server (MariaDB, MySQL 8, TiDB). The only place that sees Connector/C++.
//
// Errors of the server come back as absl::Status: ALREADY_EXISTS for a duplicate key, ABORTED for a deadlock or lock
// timeout that outlived the retries, DEADLINE_EXCEEDED, UNAVAILABLE when the server cannot be reached, INTERNAL
// otherwise. ErrorCode() gives the server's number.
#ifndef STOREOPS_COMMON_DB_DATABASE_H_
#define STOREOPS_COMMON_DB_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/telemetry/telemetry.h"

namespace storeops::db {

// A bound parameter. Times are DATETIME(6) in UTC; bytes and text are both strings.
class Value {
 public:
  using Storage = std::variant<std::monostate, int64_t, double, std::string>;

  Value() = default;  // NULL
  Value(std::nullptr_t) {}
  Value(bool value) : storage_(static_cast<int64_t>(value)) {}
  Value(int value) : storage_(static_cast<int64_t>(value)) {}
  Value(int64_t value) : storage_(value) {}
  Value(uint32_t value) : storage_(static_cast<int64_t>(value)) {}
  Value(double value) : storage_(value) {}
  Value(std::string value) : storage_(std::move(value)) {}
  Value(absl::string_view value) : storage_(std::string(value)) {}
  Value(const char* value) : storage_(std::string(value)) {}
  Value(absl::Time time);

  bool null() const { return std::holds_alternative<std::monostate>(storage_); }
  const Storage& storage() const { return storage_; }

 private:
  Storage storage_;
};

// A result, all in memory. Rows and columns count from 0.
class Rows {
 public:
  size_t size() const { return columns_ == 0 ? 0 : cells_.size() / columns_; }
  bool empty() const { return cells_.empty(); }
  size_t columns() const { return columns_; }

  bool Null(size_t row, size_t column) const { return Cell(row, column).null(); }
  // 0, 0.0, "" for NULL. Integer columns come as integers, FLOAT and DOUBLE as doubles, all others as text: DECIMAL
  // (which SUM of integers is) too, but Int and Double read it. Text of a number column ends the program.
  int64_t Int(size_t row, size_t column) const;
  double Double(size_t row, size_t column) const;
  const std::string& Text(size_t row, size_t column) const;
  // absl::InfinitePast() for NULL.
  absl::Time Time(size_t row, size_t column) const;
  const Value& Cell(size_t row, size_t column) const { return cells_[row * columns_ + column]; }

 private:
  friend class Connection;
  size_t columns_ = 0;
  std::vector<Value> cells_;
};

// One connection for the length of a transaction or of a single statement. Not thread-safe.
class Session {
 public:
  virtual ~Session() = default;

  // SQL with ? for each value. Statements are prepared once per connection and kept, so the text must come from a small
  // set: never paste a value into it.
  virtual absl::StatusOr<Rows> Query(absl::string_view sql, absl::Span<const Value> values) = 0;
  // Number of rows that were changed (an UPDATE that changes nothing counts 0) or inserted.
  virtual absl::StatusOr<int64_t> Execute(absl::string_view sql, absl::Span<const Value> values) = 0;
  // INSERT INTO `into` (e.g. "products (id, title)") of rows laid out one after the other, in statements of 256, 64,
  // 16, 8, 4, 2 and 1 rows. `values.size()` is a multiple of `columns`. `suffix` may hold an ON DUPLICATE KEY UPDATE
  // clause.
  virtual absl::Status InsertRows(absl::string_view into, size_t columns, absl::Span<const Value> values,
                                  absl::string_view suffix = "") = 0;
  absl::StatusOr<Rows> Query(absl::string_view sql, std::initializer_list<Value> values = {}) {
    return Query(sql, absl::MakeConstSpan(values.begin(), values.size()));
  }
  absl::StatusOr<int64_t> Execute(absl::string_view sql, std::initializer_list<Value> values = {}) {
    return Execute(sql, absl::MakeConstSpan(values.begin(), values.size()));
  }
};

struct Address {
  std::string socket;  // path; takes precedence over host and port
  std::string host = "127.0.0.1";
  int port = 3306;
  std::string user = "root";
  std::string password;
  // PEM file of the CA. Not empty: TLS is demanded, the server's certificate verified, and the cipher checked after
  // connecting.
  std::string tls_ca;
};

struct Options {
  Address address;
  std::string database;  // empty: none selected
  int max_connections = 16;
  int max_statements_per_connection = 200;
  // A statement that runs longer is ended by the server or, if that does not answer, by dropping the connection.
  absl::Duration statement_limit = absl::Seconds(30);
  absl::Duration connect_timeout = absl::Seconds(5);
  telemetry::Telemetry* telemetry = nullptr;  // may be null
};

class ConnectionPool;

class Database {
 public:
  // Does not connect yet. Connections are made when needed and kept.
  explicit Database(Options options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One statement, by itself. Waits for a free connection until `deadline`. A read is repeated once on a connection
  // found dead.
  absl::StatusOr<Rows> Query(absl::Time deadline, absl::string_view sql, absl::Span<const Value> values);
  absl::StatusOr<Rows> Query(absl::Time deadline, absl::string_view sql, std::initializer_list<Value> values = {}) {
    return Query(deadline, sql, absl::MakeConstSpan(values.begin(), values.size()));
  }
  absl::StatusOr<int64_t> Execute(absl::Time deadline, absl::string_view sql, std::initializer_list<Value> values = {});

  // Runs `body` in a READ COMMITTED transaction and commits if it returns OK. After a deadlock (1213), lock timeout
  // (1205) or conflict (1020) everything is rolled back and `body` runs again, three times in all: it must have no
  // effect but through its session. UNAVAILABLE with reason COMMIT_UNKNOWN: the connection broke during COMMIT, and the
  // changes may or may not be there. A schema change inside would commit by itself: use WithSession.
  absl::Status Transact(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body);

  // A connection for as long as `body` runs, outside any transaction (schema changes). `body` leaves the session as it
  // was: a transaction left open is rolled back, but variables set stay set.
  absl::Status WithSession(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body);

  // OK if the server answers and takes writes.
  absl::Status Ping(absl::Time deadline);

  const std::string& name() const;
  const Options& options() const;

 private:
  std::unique_ptr<ConnectionPool> pool_;
};

// Runs `body` inside a transaction; what it wrote is undone if it fails, and the transaction continues. May be nested.
absl::Status Attempt(Session& session, absl::FunctionRef<absl::Status()> body);

// The server's error number (1062, 1213, ...) of a status made here; 0 if none.
int ErrorCode(const absl::Status& status);
// For ALREADY_EXISTS from a duplicate key: the key's name, e.g. "PRIMARY"; else empty.
std::string DuplicateKey(const absl::Status& status);

// CREATE DATABASE IF NOT EXISTS, utf8mb4 with binary collation. `name` has letters, digits and _ only.
absl::Status CreateDatabase(const Address& address, absl::string_view name, absl::Time deadline);

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_DATABASE_H_
