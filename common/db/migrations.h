// Schema changes in order, each applied once.
#ifndef STOREOPS_COMMON_DB_MIGRATIONS_H_
#define STOREOPS_COMMON_DB_MIGRATIONS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"

namespace storeops::db {

struct Migration {
  int number;         // from the file's name, NNNN_what.sql; ascending without gaps from 1
  const char* title;  // what
  const char* sql;    // statements ended by ';' at a line's end; "--" comments
};

struct MigrationSet {
  std::string name;  // "common", "catalog"; numbers count within a set
  std::vector<Migration> migrations;
};

// Applies what is missing, set by set. One runner at a time: others wait for it until `deadline`, then find nothing
// left to do. FAILED_PRECONDITION, and nothing is changed, if an applied migration has another text now
// (MIGRATION_EDITED) or the database has one that this program does not know (MIGRATION_UNKNOWN: a newer program ran).
// A migration that fails halfway is recorded as failed with the statement's number and continued from that statement by
// the next run, because schema changes do not roll back.
absl::Status Migrate(Database& database, absl::Span<const MigrationSet* const> sets, absl::Time deadline);

// Whether the database is as this program's migrations leave it. Changes nothing. FAILED_PRECONDITION if some are not
// applied (MIGRATION_MISSING) or it has one that this program does not know (MIGRATION_UNKNOWN).
absl::Status CheckMigrated(Database& database, absl::Span<const MigrationSet* const> sets, absl::Time deadline);

}  // namespace storeops::db

namespace storeops::migrations {
// Tables that every service has: outbox, feed, history, replay, leases, operations. Made from
// common/changes/migrations.
const db::MigrationSet& common();
}  // namespace storeops::migrations

#endif  // STOREOPS_COMMON_DB_MIGRATIONS_H_
