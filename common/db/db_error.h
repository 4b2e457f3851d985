// What the database server's error numbers mean to us.
#ifndef STOREOPS_COMMON_DB_DB_ERROR_H_
#define STOREOPS_COMMON_DB_DB_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace storeops::db {

// The connection is of no use any more, whatever the statement was.
bool IsConnectionLost(int code);
// The transaction lost against another one; run again, it may well succeed.
bool IsConflict(int code);

// `code` 0: the driver itself refused. `sql` is shown for errors that only a programmer can mend.
absl::Status StatusFromServer(int code, absl::string_view message, absl::string_view sql);

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_DB_ERROR_H_
