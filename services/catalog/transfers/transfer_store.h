// What imports keep in the database beside products.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSFER_STORE_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSFER_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "storeops/catalog/v1/transfer.pb.h"

namespace storeops::catalog {

// Errors of an operation's file, numbered from `first_number` on.
absl::Status InsertImportErrors(db::Session& session, int64_t operation_id, int64_t first_number,
                                absl::Span<const v1::ImportError> errors, absl::Time now);

struct StoredImportError {
  int64_t number;
  v1::ImportError error;
};
// With number > after, ascending; of one severity, or (SEVERITY_UNSPECIFIED) all.
absl::StatusOr<std::vector<StoredImportError>> ReadImportErrors(db::Database& database, int64_t operation_id,
                                                                v1::ImportError::Severity severity, int64_t after,
                                                                int limit, absl::Time deadline);
// At most `limit` that were stored before; how many.
absl::StatusOr<int64_t> PruneImportErrors(db::Database& database, absl::Time before, int limit, absl::Time deadline);

// Files of imports, noted before they are kept, so that none is forgotten.
struct ImportFile {
  std::string blob;
  int64_t operation_id = 0;  // 0: it is being uploaded
  absl::Time create_time;
};
absl::Status InsertImportFile(db::Database& database, const std::string& blob, absl::Time now, absl::Time deadline);
absl::Status SetImportOperation(db::Session& session, const std::string& blob, int64_t operation_id);
// With blob > after, ascending.
absl::StatusOr<std::vector<ImportFile>> ReadImportFiles(db::Database& database, const std::string& after, int limit,
                                                        absl::Time deadline);
absl::Status DeleteImportFile(db::Database& database, const std::string& blob, absl::Time deadline);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSFER_STORE_H_
