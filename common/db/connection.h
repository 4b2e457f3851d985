// One connection to the server with its prepared statements.
#ifndef STOREOPS_COMMON_DB_CONNECTION_H_
#define STOREOPS_COMMON_DB_CONNECTION_H_

#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "common/db/database.h"
#include "common/db/statement_watch.h"

namespace sql {
class Connection;
class PreparedStatement;
class ResultSet;
class Statement;
}  // namespace sql

namespace storeops::db {

// True for a statement that changes nothing and may be sent again.
bool IsRead(absl::string_view sql);

// Prepares the calling thread, once, for the driver, which is told of the thread's end as well.
void RegisterThread();

class Connection final : public Session {
 public:
  // `watch` ends its statements at their deadline, and outlives it; may be null.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(const Options& options, absl::Duration timeout,
                                                          StatementWatch* watch);
  ~Connection() override;

  using Session::Execute;
  using Session::Query;
  absl::StatusOr<Rows> Query(absl::string_view sql, absl::Span<const Value> values) override;
  absl::StatusOr<int64_t> Execute(absl::string_view sql, absl::Span<const Value> values) override;
  absl::Status InsertRows(absl::string_view into, size_t columns, absl::Span<const Value> values,
                          absl::string_view suffix) override;

  // As statements, because the driver's own methods throw their results away.
  absl::Status Begin();
  absl::Status Commit();
  absl::Status Rollback();

  // The server's host and port, as it knows them itself.
  absl::StatusOr<std::string> ServerName();

  // No statement starts after it; one that reads or writes rows is ended at it.
  void set_deadline(absl::Time deadline) { deadline_ = deadline; }
  // Must not be used again.
  bool broken() const { return broken_; }
  // Must not be used again, because KILL QUERY is on its way to it.
  bool retired() const { return retired_; }
  bool in_transaction() const { return in_transaction_; }
  // Not OK: the server gave the transaction up, so that it can only be rolled back; statements are refused with it,
  // because they would run outside of it.
  const absl::Status& doomed() const { return doomed_; }

  // Kept by the pool.
  absl::Time idle_since;
  bool used_before = false;

 private:
  struct Prepared {
    std::string sql;
    std::unique_ptr<sql::PreparedStatement> statement;
    size_t parameters;
  };
  using PreparedList = std::list<Prepared>;

  Connection(std::unique_ptr<sql::Connection> connection, int max_statements);

  absl::Status SetUp(const Options& options);
  absl::Status SetStatementLimit(absl::Duration limit);
  absl::Status CheckTls();
  absl::Status Register(StatementWatch& watch);

  absl::Status CheckUsable() const;
  absl::Status Note(int code, absl::string_view message, absl::string_view sql);
  template <typename Result, typename Action>
  Result Guard(absl::string_view sql, Action action);

  // A statement without results, unprepared.
  absl::Status RunPlain(absl::string_view sql);
  absl::StatusOr<Rows> QueryPlain(absl::string_view sql);
  template <typename Result, typename Action>
  Result WithPrepared(absl::string_view sql, absl::Span<const Value> values, Action action);
  // Ends it at the deadline.
  template <typename Result, typename Action>
  Result Watched(absl::string_view sql, Action run);
  Prepared& Prepare(absl::string_view sql);
  void Forget(absl::string_view sql);
  static Rows ReadRows(sql::ResultSet& results);

  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<sql::Statement> plain_;
  const size_t max_statements_;
  // Most recently used first; the keys look into the list's texts.
  PreparedList prepared_;
  absl::flat_hash_map<absl::string_view, PreparedList::iterator> prepared_by_sql_;
  absl::Time deadline_ = absl::InfiniteFuture();
  StatementWatch* watch_ = nullptr;
  StatementWatch::Slot* slot_ = nullptr;
  bool broken_ = false;
  bool retired_ = false;
  bool in_transaction_ = false;
  absl::Status doomed_;
};

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_CONNECTION_H_
