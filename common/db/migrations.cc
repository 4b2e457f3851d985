#include "common/db/migrations.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/db/db_error.h"
#include "common/db/sql_script.h"
#include "common/telemetry/telemetry.h"

namespace storeops::db {
namespace {

// `checksum` covers the statements applied so far. `error` tells why the next one failed; it is empty while that one
// runs, and stays so if the program is killed.
constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    " set_name VARCHAR(64) NOT NULL,"
    " number INT NOT NULL,"
    " title VARCHAR(190) NOT NULL,"
    " checksum CHAR(64) NOT NULL,"
    " applied_statements INT NOT NULL,"
    " done TINYINT NOT NULL,"
    " error VARBINARY(1000) NOT NULL,"
    " apply_time DATETIME(6) NOT NULL,"
    " PRIMARY KEY (set_name, number)"
    ") DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
// One row, locked by the runner. Not in the table above: whoever holds the lock writes there from another connection.
constexpr const char* kCreateLock =
    "CREATE TABLE IF NOT EXISTS schema_migrations_lock (id SMALLINT NOT NULL PRIMARY KEY)"
    " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
constexpr size_t kMaxErrorLength = 1000;
constexpr int kNoSuchTable = 1146;

struct Applied {
  std::string checksum;
  size_t statements = 0;
  bool done = false;
  bool failed = false;
};
using AppliedByNumber = std::map<int, Applied>;

std::string Checksum(const std::vector<std::string>& statements, size_t count) {
  return HexEncode(Sha256(absl::StrJoin(statements.begin(), statements.begin() + count, ";\n")));
}

bool IsSchemaChange(absl::string_view statement) {
  const absl::string_view word = statement.substr(0, statement.find_first_of(" \t\r\n("));
  for (absl::string_view kind : {"CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE"}) {
    if (absl::EqualsIgnoreCase(word, kind)) return true;
  }
  return false;
}

// What a schema change answers that was already made: table, column or key exists, or is gone.
bool IsAlreadyMade(int code) { return code == 1050 || code == 1051 || code == 1060 || code == 1061 || code == 1091; }

std::string Subject(const Database& database, const MigrationSet& set, int number) {
  return absl::StrCat(database.name(), ": ", set.name, " ", number);
}

absl::Status CheckKnown(const Database& database, const MigrationSet& set, int number) {
  if (number >= 1 && static_cast<size_t>(number) <= set.migrations.size()) return absl::OkStatus();
  return PreconditionFailed("MIGRATION_UNKNOWN", Subject(database, set, number),
                            absl::StrCat("database ", database.name(), " has migration ", set.name, " ", number,
                                         ", which this program does not know: a newer one ran here"));
}

absl::StatusOr<AppliedByNumber> ReadApplied(Database& database, const std::string& set, absl::Time deadline) {
  ASSIGN_OR_RETURN(const Rows rows,
                   database.Query(deadline,
                                  "SELECT number, checksum, applied_statements, done, error FROM schema_migrations"
                                  " WHERE set_name = ?",
                                  {set}));
  AppliedByNumber applied;
  for (size_t row = 0; row < rows.size(); ++row) {
    applied[static_cast<int>(rows.Int(row, 0))] = {rows.Text(row, 1), static_cast<size_t>(rows.Int(row, 2)),
                                                   rows.Int(row, 3) != 0, !rows.Text(row, 4).empty()};
  }
  return applied;
}

// Brings one database forward while another connection of it, `guard`, holds the lock.
class Runner {
 public:
  Runner(Database& database, Session& guard, absl::Time deadline)
      : database_(database), guard_(guard), deadline_(deadline) {}

  absl::Status Run(absl::Span<const MigrationSet* const> sets);

 private:
  absl::Status Check(const MigrationSet& set, const AppliedByNumber& applied);
  absl::Status Apply(const MigrationSet& set, const Migration& migration, const Applied* before);
  absl::Status ApplyStatement(const MigrationSet& set, const Migration& migration,
                              const std::vector<std::string>& statements, size_t index, bool may_be_made);
  absl::Status Record(Session& session, const MigrationSet& set, const Migration& migration,
                      const std::vector<std::string>& statements, size_t applied, absl::string_view error);

  Database& database_;
  Session& guard_;
  const absl::Time deadline_;
};

absl::Status Runner::Run(absl::Span<const MigrationSet* const> sets) {
  std::vector<AppliedByNumber> applied;
  for (const MigrationSet* set : sets) {
    ASSIGN_OR_RETURN(applied.emplace_back(), ReadApplied(database_, set->name, deadline_));
    RETURN_IF_ERROR(Check(*set, applied.back()));
  }
  for (size_t i = 0; i < sets.size(); ++i) {
    for (const Migration& migration : sets[i]->migrations) {
      const auto found = applied[i].find(migration.number);
      const Applied* before = found == applied[i].end() ? nullptr : &found->second;
      if (before == nullptr || !before->done) RETURN_IF_ERROR(Apply(*sets[i], migration, before));
    }
  }
  return absl::OkStatus();
}

absl::Status Runner::Check(const MigrationSet& set, const AppliedByNumber& applied) {
  for (const auto& [number, row] : applied) {
    RETURN_IF_ERROR(CheckKnown(database_, set, number));
    const std::string subject = Subject(database_, set, number);
    ASSIGN_OR_RETURN(const std::vector<std::string> statements, SplitStatements(set.migrations[number - 1].sql));
    // The rest of one that failed halfway may be mended.
    const bool same = row.done ? statements.size() == row.statements : statements.size() >= row.statements;
    if (!same || Checksum(statements, row.statements) != row.checksum) {
      return PreconditionFailed("MIGRATION_EDITED", subject,
                                absl::StrCat("migration ", set.name, " ", number,
                                             " was applied with another text: undo the edit and add a new migration"));
    }
  }
  return absl::OkStatus();
}

absl::Status Runner::Apply(const MigrationSet& set, const Migration& migration, const Applied* before) {
  ASSIGN_OR_RETURN(const std::vector<std::string> statements, SplitStatements(migration.sql));
  size_t next = before == nullptr ? 0 : before->statements;
  // Of a runner that was killed it is not known whether its last schema change came through.
  bool may_be_made = before != nullptr && !before->failed;
  RETURN_IF_ERROR(database_.Transact(
      deadline_, [&](Session& session) { return Record(session, set, migration, statements, next, ""); }));
  for (; next < statements.size(); ++next, may_be_made = false) {
    RETURN_IF_ERROR(guard_.Query("SELECT 1").status());  // the lock is still ours
    absl::Status status = ApplyStatement(set, migration, statements, next, may_be_made);
    if (status.ok()) continue;
    const absl::Status recorded = database_.Transact(deadline_, [&](Session& session) {
      return Record(session, set, migration, statements, next, status.message());
    });
    if (!recorded.ok()) telemetry::Log(telemetry::LogLevel::kWarning, recorded.message());
    return absl::Status(status.code(), absl::StrCat("migration ", set.name, " ", migration.number, ", statement ",
                                                    next + 1, ": ", status.message()));
  }
  telemetry::Log(telemetry::LogLevel::kInfo, "migration applied",
                 {{"database", database_.name()},
                  {"set", set.name},
                  {"number", absl::StrCat(migration.number)},
                  {"title", migration.title}});
  return absl::OkStatus();
}

absl::Status Runner::ApplyStatement(const MigrationSet& set, const Migration& migration,
                                    const std::vector<std::string>& statements, size_t index, bool may_be_made) {
  const std::string& sql = statements[index];
  auto record = [&](Session& session) { return Record(session, set, migration, statements, index + 1, ""); };
  if (!IsSchemaChange(sql)) {  // comes or goes together with its record
    return database_.Transact(deadline_, [&](Session& session) -> absl::Status {
      RETURN_IF_ERROR(session.Execute(sql).status());
      return record(session);
    });
  }
  RETURN_IF_ERROR(database_.WithSession(deadline_, [&](Session& session) {
    absl::Status status = session.Execute(sql).status();
    return may_be_made && IsAlreadyMade(ErrorCode(status)) ? absl::OkStatus() : status;
  }));
  return database_.Transact(deadline_, record);
}

absl::Status Runner::Record(Session& session, const MigrationSet& set, const Migration& migration,
                            const std::vector<std::string>& statements, size_t applied, absl::string_view error) {
  return session
      .Execute(
          "REPLACE INTO schema_migrations"
          " (set_name, number, title, checksum, applied_statements, done, error, apply_time)"
          " VALUES (?,?,?,?,?,?,?,?)",
          {set.name, migration.number, migration.title, Checksum(statements, applied), static_cast<int64_t>(applied),
           applied == statements.size(), error.substr(0, kMaxErrorLength), WallNow()})
      .status();
}

absl::Status CheckNumbers(const MigrationSet& set) {
  for (size_t i = 0; i < set.migrations.size(); ++i) {
    if (set.migrations[i].number != static_cast<int>(i) + 1) {
      return absl::InternalError(absl::StrCat("migrations of ", set.name, " are not numbered from 1 without gaps"));
    }
  }
  return absl::OkStatus();
}

absl::Status PrepareTables(Database& database, absl::Time deadline) {
  RETURN_IF_ERROR(database.Execute(deadline, kCreateTable).status());
  RETURN_IF_ERROR(database.Execute(deadline, kCreateLock).status());
  return database.Execute(deadline, "INSERT IGNORE INTO schema_migrations_lock (id) VALUES (1)").status();
}

absl::Status Missing(const Database& database, const MigrationSet& set, size_t number) {
  return PreconditionFailed("MIGRATION_MISSING", Subject(database, set, static_cast<int>(number)),
                            absl::StrCat("database ", database.name(), " lacks migration ", set.name, " ", number,
                                         ": run `storeops migrate` first"));
}

// Another runner held the lock for longer than one statement may wait.
bool IsLockWait(const absl::Status& status) {
  const int code = ErrorCode(status);
  return code == 1205 || code == 1969 || code == 3024;
}

}  // namespace

absl::Status Migrate(Database& database, absl::Span<const MigrationSet* const> sets, absl::Time deadline) {
  for (const MigrationSet* set : sets) RETURN_IF_ERROR(CheckNumbers(*set));
  // Connections of its own: one to hold the lock, because schema changes commit what their own connection has open, and
  // with a limit that lets a change of a large table finish.
  Options options = database.options();
  options.max_connections = 2;
  options.statement_limit = std::max(deadline - SteadyNow(), absl::Seconds(1));
  options.telemetry = nullptr;
  Database own(options);
  RETURN_IF_ERROR(PrepareTables(own, deadline));
  while (true) {
    bool locked = false;
    absl::Status status = own.Transact(deadline, [&](Session& guard) -> absl::Status {
      RETURN_IF_ERROR(guard.Query("SELECT id FROM schema_migrations_lock WHERE id = 1 FOR UPDATE").status());
      locked = true;
      return Runner(own, guard, deadline).Run(sets);
    });
    if (locked || !IsLockWait(status)) return status;
    if (SteadyNow() >= deadline) return absl::DeadlineExceededError("another program is migrating the database");
  }
}

absl::Status CheckMigrated(Database& database, absl::Span<const MigrationSet* const> sets, absl::Time deadline) {
  for (const MigrationSet* set : sets) {
    auto applied = ReadApplied(database, set->name, deadline);
    if (ErrorCode(applied.status()) == kNoSuchTable) applied = AppliedByNumber();
    RETURN_IF_ERROR(applied.status());
    for (const auto& [number, row] : *applied) RETURN_IF_ERROR(CheckKnown(database, *set, number));
    for (size_t number = 1; number <= set->migrations.size(); ++number) {
      const auto found = applied->find(static_cast<int>(number));
      if (found == applied->end() || !found->second.done) return Missing(database, *set, number);
    }
  }
  return absl::OkStatus();
}

}  // namespace storeops::db
