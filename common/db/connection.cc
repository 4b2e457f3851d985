#include "common/db/connection.h"

#include <cppconn/datatype.h>
#include <cppconn/exception.h>
#include <cppconn/parameter_metadata.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/resultset.h>
#include <cppconn/resultset_metadata.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/db/db_error.h"

namespace storeops::db {
namespace {

constexpr int kUnknownVariable = 1193;
constexpr int kUnknownStatement = 1243;
constexpr int kInterrupted = 1317;
constexpr int kTooManyStatements = 1461;
constexpr int kNeedsPreparing = 1615;
constexpr int kLockWaitSeconds = 10;
// The server ends a long statement; only when it does not answer at all does the driver give up, this much later.
constexpr absl::Duration kReadTimeoutMargin = absl::Seconds(5);
// Bound values stay in a prepared statement until the next use; larger ones are let go at once.
constexpr size_t kKeptParameterBytes = 64 << 10;
constexpr size_t kMaxInsertBytes = 4 << 20;  // below every server's max_allowed_packet
// Of one INSERT. MySQL takes 65,535, but a statement of more than these takes longer to prepare than it saves.
constexpr size_t kMaxPlaceholders = 4096;

// get_driver_instance() is an unlocked map inside the driver: asked once.
sql::Driver* Driver() {
  static sql::Driver* const driver = get_driver_instance();
  return driver;
}

sql::SQLString ToSql(absl::string_view text) { return sql::SQLString(text.data(), text.size()); }

bool StartsWithWord(absl::string_view sql, std::initializer_list<absl::string_view> words) {
  sql = absl::StripLeadingAsciiWhitespace(sql);
  while (absl::ConsumePrefix(&sql, "(")) {
  }
  for (absl::string_view word : words) {
    if (absl::StartsWithIgnoreCase(sql, word) &&
        (sql.size() == word.size() || !absl::ascii_isalnum(static_cast<unsigned char>(sql[word.size()])))) {
      return true;
    }
  }
  return false;
}

// Others (schema changes, SET, SHOW, KILL) are rare, and not all of them can be prepared.
bool IsPrepared(absl::string_view sql, absl::Span<const Value> values) {
  return !values.empty() || StartsWithWord(sql, {"SELECT", "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH"});
}

size_t Bytes(absl::Span<const Value> values) {
  size_t bytes = 0;
  for (const Value& value : values) {
    const auto* text = std::get_if<std::string>(&value.storage());
    bytes += text == nullptr ? 8 : text->size();
  }
  return bytes;
}

void Bind(sql::PreparedStatement& statement, absl::Span<const Value> values) {
  for (unsigned i = 0; i < values.size(); ++i) {
    const Value::Storage& value = values[i].storage();
    // Never setUInt64: its unsignedness would stick to the slot.
    if (const auto* number = std::get_if<int64_t>(&value)) {
      statement.setInt64(i + 1, *number);
    } else if (const auto* real = std::get_if<double>(&value)) {
      statement.setDouble(i + 1, *real);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      statement.setString(i + 1, *text);
    } else {
      statement.setNull(i + 1, sql::DataType::SQLNULL);
    }
  }
}

enum class Kind { kInteger, kReal, kText };

Kind KindOf(int data_type) {
  switch (data_type) {
    case sql::DataType::BIT:
    case sql::DataType::TINYINT:
    case sql::DataType::SMALLINT:
    case sql::DataType::MEDIUMINT:
    case sql::DataType::INTEGER:
    case sql::DataType::BIGINT:
    case sql::DataType::YEAR:
      return Kind::kInteger;
    case sql::DataType::REAL:
    case sql::DataType::DOUBLE:
      return Kind::kReal;
    default:
      return Kind::kText;
  }
}

int WholeSeconds(absl::Duration duration) {
  const double seconds = std::ceil(absl::ToDoubleSeconds(duration));
  return static_cast<int>(std::clamp(seconds, 1.0, 86400.0 * 30));
}

sql::ConnectOptionsMap DriverOptions(const Options& options, absl::Duration timeout) {
  const Address& address = options.address;
  sql::ConnectOptionsMap map;
  map["hostName"] = sql::SQLString(address.socket.empty() ? absl::StrCat("tcp://", address.host, ":", address.port)
                                                          : absl::StrCat("unix://", address.socket));
  map["userName"] = sql::SQLString(address.user);
  map["password"] = sql::SQLString(address.password);
  if (!options.database.empty()) map["schema"] = sql::SQLString(options.database);
  map["OPT_CONNECT_TIMEOUT"] = WholeSeconds(std::min(timeout, options.connect_timeout));
  map["OPT_READ_TIMEOUT"] = WholeSeconds(options.statement_limit + kReadTimeoutMargin);
  map["OPT_WRITE_TIMEOUT"] = WholeSeconds(options.statement_limit + kReadTimeoutMargin);
  map["OPT_LOCAL_INFILE"] = 0;
  // No OPT_RECONNECT: it would lose the session's settings and its statements without a word.
  if (!address.tls_ca.empty()) {
    map["sslCA"] = sql::SQLString(address.tls_ca);
    map["sslEnforce"] = true;
    map["sslVerify"] = true;  // the only one that refuses a server without TLS
  }
  return map;
}

}  // namespace

bool IsRead(absl::string_view sql) { return StartsWithWord(sql, {"SELECT", "SHOW", "WITH", "EXPLAIN", "DESCRIBE"}); }

void RegisterThread() {
  struct Registration {
    Registration() { Driver()->threadInit(); }
    ~Registration() { Driver()->threadEnd(); }
  };
  thread_local const Registration registration;
  static_cast<void>(registration);
}

Connection::Connection(std::unique_ptr<sql::Connection> connection, int max_statements)
    : connection_(std::move(connection)),
      plain_(connection_->createStatement()),
      max_statements_(static_cast<size_t>(std::max(1, max_statements))) {}

Connection::~Connection() {
  if (slot_ != nullptr) watch_->Remove(slot_);
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const Options& options, absl::Duration timeout,
                                                             StatementWatch* watch) {
  RegisterThread();
  std::unique_ptr<Connection> connection;
  try {
    sql::ConnectOptionsMap map = DriverOptions(options, timeout);
    connection.reset(new Connection(std::unique_ptr<sql::Connection>(Driver()->connect(map)),
                                    options.max_statements_per_connection));
  } catch (const sql::SQLException& error) {
    return StatusFromServer(error.getErrorCode(), error.what(), "connect");
  }
  if (!options.address.tls_ca.empty()) RETURN_IF_ERROR(connection->CheckTls());
  RETURN_IF_ERROR(connection->SetUp(options));
  if (watch != nullptr) RETURN_IF_ERROR(connection->Register(*watch));
  return connection;
}

absl::Status Connection::Register(StatementWatch& watch) {
  ASSIGN_OR_RETURN(const Rows rows, QueryPlain("SELECT CONNECTION_ID()"));
  ASSIGN_OR_RETURN(std::string server, ServerName());
  watch_ = &watch;
  slot_ = watch.Add(rows.Int(0, 0), std::move(server));
  return absl::OkStatus();
}

absl::StatusOr<std::string> Connection::ServerName() {
  ASSIGN_OR_RETURN(const Rows rows, QueryPlain("SELECT CONCAT(@@hostname, ':', @@port)"));
  return rows.Text(0, 0);
}

absl::Status Connection::CheckTls() {
  ASSIGN_OR_RETURN(const Rows rows, QueryPlain("SHOW SESSION STATUS LIKE 'Ssl_cipher'"));
  if (rows.size() == 1 && !rows.Text(0, 1).empty()) return absl::OkStatus();
  return WithReason(absl::UnavailableError("database: TLS is demanded, but the connection is in plain text"),
                    "DATABASE_TLS_MISSING");
}

absl::Status Connection::SetUp(const Options& options) {
  // The driver has just set REPEATABLE READ by itself.
  RETURN_IF_ERROR(RunPlain("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED"));
  RETURN_IF_ERROR(RunPlain(absl::StrCat(
      "SET SESSION time_zone='+00:00', collation_connection='utf8mb4_bin', innodb_lock_wait_timeout=", kLockWaitSeconds,
      ", sql_mode='STRICT_TRANS_TABLES,STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,"
      "ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'")));
  return SetStatementLimit(options.statement_limit);
}

// Not the driver's setQueryTimeout: that asks the server again at each statement.
absl::Status Connection::SetStatementLimit(absl::Duration limit) {
  const int64_t milliseconds = std::max<int64_t>(1, absl::ToInt64Milliseconds(limit));
  absl::Status status = RunPlain(absl::StrCat("SET SESSION max_statement_time=", milliseconds / 1000.0));  // MariaDB
  if (ErrorCode(status) != kUnknownVariable) return status;
  status = RunPlain(absl::StrCat("SET SESSION max_execution_time=", milliseconds));  // MySQL, TiDB
  return ErrorCode(status) == kUnknownVariable ? absl::OkStatus() : status;
}

absl::Status Connection::CheckUsable() const {
  if (!doomed_.ok()) return doomed_;
  if (broken_) return absl::UnavailableError("database: the connection is lost");
  if (retired_) return absl::DeadlineExceededError("database: a statement before this one was ended at its deadline");
  if (SteadyNow() >= deadline_) return absl::DeadlineExceededError("database: no time left for the statement");
  return absl::OkStatus();
}

absl::Status Connection::Note(int code, absl::string_view message, absl::string_view sql) {
  absl::Status status = StatusFromServer(code, message, sql);
  if (IsConnectionLost(code)) broken_ = true;
  if (in_transaction_ && (broken_ || IsConflict(code))) doomed_ = status;
  return status;
}

template <typename Result, typename Action>
Result Connection::Guard(absl::string_view sql, Action action) {
  try {
    return action();
  } catch (const sql::SQLException& error) {
    return Note(error.getErrorCode(), error.what(), sql);
  }
}

absl::Status Connection::RunPlain(absl::string_view sql) {
  return Guard<absl::Status>(sql, [&] {
    // True: there are rows, which must be taken from the connection even if nobody wants them.
    if (plain_->execute(ToSql(sql))) std::unique_ptr<sql::ResultSet> unwanted(plain_->getResultSet());
    return absl::OkStatus();
  });
}

absl::StatusOr<Rows> Connection::QueryPlain(absl::string_view sql) {
  return Guard<absl::StatusOr<Rows>>(sql, [&]() -> absl::StatusOr<Rows> {
    if (!plain_->execute(ToSql(sql))) return Rows();
    const std::unique_ptr<sql::ResultSet> results(plain_->getResultSet());
    return ReadRows(*results);
  });
}

template <typename Result, typename Action>
Result Connection::Watched(absl::string_view sql, Action run) {
  if (slot_ == nullptr || deadline_ == absl::InfiniteFuture()) return run();
  watch_->Begin(*slot_, deadline_);
  Result result = run();
  if (!StatementWatch::End(*slot_)) return result;
  retired_ = true;
  // A write that was done before the kill arrived is done; what a read returns then may be only a part.
  const bool ended = result.ok() ? IsRead(sql) : ErrorCode(result.status()) == kInterrupted;
  if (!ended) return result;
  const absl::Status status =
      WithReason(absl::DeadlineExceededError("database: the statement was ended at the deadline"), "STATEMENT_ENDED");
  if (in_transaction_) doomed_ = status;
  return status;
}

Connection::Prepared& Connection::Prepare(absl::string_view sql) {
  if (const auto found = prepared_by_sql_.find(sql); found != prepared_by_sql_.end()) {
    prepared_.splice(prepared_.begin(), prepared_, found->second);
    return prepared_.front();
  }
  if (prepared_.size() >= max_statements_) Forget(prepared_.back().sql);
  std::unique_ptr<sql::PreparedStatement> statement;
  try {
    statement.reset(connection_->prepareStatement(ToSql(sql)));
  } catch (const sql::SQLException& error) {
    if (error.getErrorCode() != kTooManyStatements) throw;
    // The server's limit is for all its connections together: give ours back.
    prepared_by_sql_.clear();
    prepared_.clear();
    statement.reset(connection_->prepareStatement(ToSql(sql)));
  }
  const size_t parameters = statement->getParameterMetaData()->getParameterCount();
  prepared_.push_front({std::string(sql), std::move(statement), parameters});
  prepared_by_sql_[prepared_.front().sql] = prepared_.begin();
  return prepared_.front();
}

void Connection::Forget(absl::string_view sql) {
  const auto found = prepared_by_sql_.find(sql);
  if (found == prepared_by_sql_.end()) return;
  const auto statement = found->second;
  prepared_by_sql_.erase(found);
  prepared_.erase(statement);
}

template <typename Result, typename Action>
Result Connection::WithPrepared(absl::string_view sql, absl::Span<const Value> values, Action action) {
  for (bool again = true;; again = false) {
    Result result = Guard<Result>(sql, [&]() -> Result {
      Prepared& prepared = Prepare(sql);
      // The driver would take what is missing from the statement's last use.
      if (prepared.parameters != values.size()) {
        return STOREOPS_BUG(absl::StrCat(values.size(), " values for ", prepared.parameters, " in: ", sql));
      }
      Bind(*prepared.statement, values);
      Result done = action(*prepared.statement);
      if (Bytes(values) > kKeptParameterBytes) prepared.statement->clearParameters();
      return done;
    });
    if (result.ok()) return result;
    const int code = ErrorCode(result.status());
    // Refused before it ran, because the table changed or the server forgot the statement.
    if (code != kNeedsPreparing && code != kUnknownStatement) return result;
    Forget(sql);
    if (!again) return result;
  }
}

Rows Connection::ReadRows(sql::ResultSet& results) {
  sql::ResultSetMetaData& metadata = *results.getMetaData();
  Rows rows;
  rows.columns_ = metadata.getColumnCount();
  absl::InlinedVector<Kind, 16> kinds;
  for (unsigned column = 1; column <= rows.columns_; ++column) kinds.push_back(KindOf(metadata.getColumnType(column)));
  rows.cells_.reserve(results.rowsCount() * rows.columns_);
  while (results.next()) {
    for (unsigned column = 1; column <= rows.columns_; ++column) {
      if (results.isNull(column)) {
        rows.cells_.emplace_back();
      } else if (kinds[column - 1] == Kind::kInteger) {
        rows.cells_.emplace_back(results.getInt64(column));
      } else if (kinds[column - 1] == Kind::kReal) {
        rows.cells_.emplace_back(static_cast<double>(results.getDouble(column)));
      } else {
        rows.cells_.emplace_back(results.getString(column).asStdString());
      }
    }
  }
  return rows;
}

absl::StatusOr<Rows> Connection::Query(absl::string_view sql, absl::Span<const Value> values) {
  RETURN_IF_ERROR(CheckUsable());
  if (!IsPrepared(sql, values)) return QueryPlain(sql);
  return Watched<absl::StatusOr<Rows>>(sql, [&] {
    return WithPrepared<absl::StatusOr<Rows>>(sql, values, [](sql::PreparedStatement& statement) {
      const std::unique_ptr<sql::ResultSet> results(statement.executeQuery());
      return ReadRows(*results);
    });
  });
}

absl::StatusOr<int64_t> Connection::Execute(absl::string_view sql, absl::Span<const Value> values) {
  RETURN_IF_ERROR(CheckUsable());
  if (IsRead(sql)) return STOREOPS_BUG(absl::StrCat("Execute of a statement that returns rows: ", sql));
  if (!IsPrepared(sql, values)) {
    RETURN_IF_ERROR(RunPlain(sql));
    return 0;
  }
  return Watched<absl::StatusOr<int64_t>>(sql, [&] {
    return WithPrepared<absl::StatusOr<int64_t>>(
        sql, values, [](sql::PreparedStatement& statement) -> int64_t { return statement.executeUpdate(); });
  });
}

absl::Status Connection::InsertRows(absl::string_view into, size_t columns, absl::Span<const Value> values,
                                    absl::string_view suffix) {
  if (columns == 0 || values.size() % columns != 0) {
    return STOREOPS_BUG(absl::StrCat(values.size(), " values do not fill rows of ", columns));
  }
  std::string row = "(?";
  for (size_t i = 1; i < columns; ++i) row += ",?";
  row += ")";
  while (!values.empty()) {
    size_t shape = 1;  // few shapes, so that few statements are prepared; two of them make up any number below 20
    for (size_t larger : {256, 64, 16, 12, 8, 6, 4, 3, 2}) {
      if (larger * columns > std::min(values.size(), kMaxPlaceholders)) continue;
      if (Bytes(values.first(larger * columns)) > kMaxInsertBytes) continue;
      shape = larger;
      break;
    }
    std::string sql = absl::StrCat("INSERT INTO ", into, " VALUES ", row);
    for (size_t i = 1; i < shape; ++i) absl::StrAppend(&sql, ",", row);
    if (!suffix.empty()) absl::StrAppend(&sql, " ", suffix);
    RETURN_IF_ERROR(Execute(sql, values.first(shape * columns)).status());
    values.remove_prefix(shape * columns);
  }
  return absl::OkStatus();
}

absl::Status Connection::Begin() {
  RETURN_IF_ERROR(CheckUsable());
  RETURN_IF_ERROR(RunPlain("BEGIN"));
  in_transaction_ = true;
  return absl::OkStatus();
}

absl::Status Connection::Commit() {
  RETURN_IF_ERROR(CheckUsable());
  absl::Status status = RunPlain("COMMIT");
  if (status.ok()) in_transaction_ = false;
  return status;
}

absl::Status Connection::Rollback() {
  in_transaction_ = false;
  doomed_ = absl::OkStatus();
  if (retired_) return absl::OkStatus();  // closing it rolls back
  absl::Status status = broken_ ? absl::UnavailableError("database: the connection is lost") : RunPlain("ROLLBACK");
  if (!status.ok()) broken_ = true;
  return status;
}

}  // namespace storeops::db
