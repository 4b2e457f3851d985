// A text of several SQL statements, taken apart.
#ifndef STOREOPS_COMMON_DB_SQL_SCRIPT_H_
#define STOREOPS_COMMON_DB_SQL_SCRIPT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops::db {

// The statements of `script`, each ended by a ';' that is the last thing in its line (the last one may lack it).
// Comments of the "--" and "#" kind are left out, those in /* */ are kept. INVALID_ARGUMENT if a quote or comment is
// not closed.
absl::StatusOr<std::vector<std::string>> SplitStatements(absl::string_view script);

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_SQL_SCRIPT_H_
