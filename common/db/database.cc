#include "common/db/database.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/random/random.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/db/connection.h"
#include "common/db/connection_pool.h"
#include "common/db/db_error.h"

namespace storeops::db {
namespace {

constexpr int kMaxAttempts = 3;
constexpr size_t kMaxNameLength = 64;

// Those who met once shall not meet again.
absl::Duration Backoff(int attempt) {
  static thread_local absl::InsecureBitGen random;
  return absl::Milliseconds(absl::Uniform(random, 1.0, 10.0 * attempt));
}

// A connection lost later than this after a read was sent may have been lost because of it, so that one is not sent
// again.
constexpr absl::Duration kRepeatWithin = absl::Seconds(1);

// A connection that had been idle turned out dead.
bool FoundDead(const Connection& connection) { return connection.broken() && connection.used_before; }

absl::StatusOr<ConnectionPool::Lease> BeginTransaction(ConnectionPool& pool, absl::Time deadline) {
  for (bool again = true;; again = false) {
    ASSIGN_OR_RETURN(ConnectionPool::Lease lease, pool.Acquire(deadline));
    const absl::Status status = lease->Begin();
    if (status.ok()) return lease;
    if (!FoundDead(*lease)) return status;
    pool.CloseIdle();
    if (!again) return status;
  }
}

absl::Status Commit(Connection& connection) {
  absl::Status status = connection.Commit();
  const int code = ErrorCode(status);
  if (status.ok() || IsConflict(code) || code == 0) return status;  // 0: it was not sent
  return WithReason(absl::UnavailableError(absl::StrCat(status.message(), "; the changes may or may not be there")),
                    "COMMIT_UNKNOWN");
}

// One run of `body`. `*conflict`: another run may succeed.
absl::Status RunOnce(Connection& connection, absl::FunctionRef<absl::Status(Session&)> body, bool* conflict) {
  absl::Status status = body(connection);
  // A body that overlooked the loss of its transaction does not commit what is left of it.
  if (!connection.doomed().ok()) status = connection.doomed();
  if (status.ok()) status = Commit(connection);
  *conflict = !connection.doomed().ok() && IsConflict(ErrorCode(connection.doomed()));
  if (connection.in_transaction()) (void)connection.Rollback();  // if it fails, the connection is closed
  return status;
}

}  // namespace

Database::Database(Options options) : pool_(std::make_unique<ConnectionPool>(std::move(options))) {}
Database::~Database() = default;

const std::string& Database::name() const { return pool_->options().database; }
const Options& Database::options() const { return pool_->options(); }

absl::StatusOr<Rows> Database::Query(absl::Time deadline, absl::string_view sql, absl::Span<const Value> values) {
  for (bool again = true;; again = false) {
    ASSIGN_OR_RETURN(ConnectionPool::Lease lease, pool_->Acquire(deadline));
    const absl::Time start = SteadyNow();
    absl::StatusOr<Rows> rows = lease->Query(sql, values);
    if (rows.ok() || !FoundDead(*lease)) return rows;
    pool_->CloseIdle();
    if (!again || !IsRead(sql) || SteadyNow() - start > kRepeatWithin) return rows;
  }
}

absl::StatusOr<int64_t> Database::Execute(absl::Time deadline, absl::string_view sql,
                                          std::initializer_list<Value> values) {
  ASSIGN_OR_RETURN(ConnectionPool::Lease lease, pool_->Acquire(deadline));
  absl::StatusOr<int64_t> changed = lease->Execute(sql, values);
  if (FoundDead(*lease)) pool_->CloseIdle();
  return changed;
}

absl::Status Database::Transact(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) {
  for (int attempt = 1;; ++attempt) {
    bool conflict = false;
    absl::Status status;
    {
      ASSIGN_OR_RETURN(ConnectionPool::Lease lease, BeginTransaction(*pool_, deadline));
      status = RunOnce(*lease, body, &conflict);
    }
    if (!conflict || attempt == kMaxAttempts) return status;
    const absl::Duration pause = Backoff(attempt);
    if (SteadyNow() + pause >= deadline) return status;
    absl::SleepFor(pause);
  }
}

absl::Status Database::WithSession(absl::Time deadline, absl::FunctionRef<absl::Status(Session&)> body) {
  ASSIGN_OR_RETURN(ConnectionPool::Lease lease, pool_->Acquire(deadline));
  absl::Status status = body(*lease);
  if (!lease->broken()) (void)lease->Rollback();  // if it fails, the connection is closed
  return status;
}

absl::Status Database::Ping(absl::Time deadline) {
  ASSIGN_OR_RETURN(const Rows rows, Query(deadline, "SELECT @@global.read_only"));
  if (rows.Int(0, 0) == 0) return absl::OkStatus();
  return WithReason(absl::UnavailableError("database: the server takes no writes"), "DATABASE_READ_ONLY");
}

absl::Status CreateDatabase(const Address& address, absl::string_view name, absl::Time deadline) {
  const bool plain =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_'; });
  if (!plain || name.empty() || name.size() > kMaxNameLength) {
    return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no name for a database"));
  }
  Options options;
  options.address = address;
  options.max_connections = 1;
  Database server(options);
  return server
      .Execute(deadline,
               absl::StrCat("CREATE DATABASE IF NOT EXISTS `", name, "` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))
      .status();
}

absl::Status Attempt(Session& session, absl::FunctionRef<absl::Status()> body) {
  // A savepoint replaces an earlier one of the same name.
  static thread_local int depth = 0;
  ++depth;
  const absl::Cleanup leave = [] { --depth; };
  const std::string savepoint = absl::StrCat("SAVEPOINT attempt", depth);
  RETURN_IF_ERROR(session.Execute(savepoint).status());
  absl::Status status = body();
  if (!status.ok()) RETURN_IF_ERROR(session.Execute(absl::StrCat("ROLLBACK TO ", savepoint)).status());
  return status;
}

}  // namespace storeops::db
