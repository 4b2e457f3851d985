// The files of imports: taken in from a stream, kept as blobs until the import has ended.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_FILES_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_FILES_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/csv.h"
#include "common/blobs/blob_store.h"
#include "common/db/database.h"
#include "common/jobs/operations.h"

namespace storeops::catalog {

inline constexpr int64_t kMaxImportBytes = int64_t{2} << 30;

class ImportFiles {
 public:
  // All outlive this object.
  ImportFiles(blobs::BlobStore& blobs, db::Database& database, const Clock& clock)
      : blobs_(blobs), database_(database), clock_(clock) {}

  absl::StatusOr<std::unique_ptr<blobs::Spool>> NewSpool() { return blobs_.NewSpool(kMaxImportBytes); }
  // Keeps what `spool`, which is finished, has; the blob's name. It is removed after a while unless SetOperation is
  // called for it.
  absl::StatusOr<std::string> Keep(blobs::Spool& spool, absl::Time deadline);
  absl::Status SetOperation(db::Session& session, const std::string& blob, int64_t operation_id);
  // The file from its beginning.
  CsvReader::Source Open(const std::string& blob) const;

  // Removes those of ended operations, and those that were never given to one. Stops early when `stopping` says so.
  absl::Status RemoveEnded(jobs::Operations& operations, absl::FunctionRef<bool()> stopping, absl::Time deadline);

 private:
  blobs::BlobStore& blobs_;
  db::Database& database_;
  const Clock& clock_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_IMPORT_FILES_H_
