#include "services/catalog/transfers/import_files.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "services/catalog/transfers/transfer_store.h"

namespace storeops::catalog {
namespace {

constexpr int64_t kBlockBytes = 1 << 20;
constexpr absl::Duration kReadLimit = absl::Seconds(30);
// An upload takes an hour at most.
constexpr absl::Duration kAbandonedAfter = absl::Hours(2);
constexpr int kFilesAtOnce = 100;

}  // namespace

absl::StatusOr<std::string> ImportFiles::Keep(blobs::Spool& spool, absl::Time deadline) {
  // Not of the content alone: two imports of one file each remove their own.
  const std::string blob = absl::StrCat("import-", HexEncode(Sha256(RandomToken(16))).substr(0, 32));
  RETURN_IF_ERROR(InsertImportFile(database_, blob, clock_.Now(), deadline));
  RETURN_IF_ERROR(blobs_.Put(blob, spool, deadline));
  return blob;
}

absl::Status ImportFiles::SetOperation(db::Session& session, const std::string& blob, int64_t operation_id) {
  return SetImportOperation(session, blob, operation_id);
}

CsvReader::Source ImportFiles::Open(const std::string& blob) const {
  return [this, blob, block = std::string(), at = size_t{0}, offset = int64_t{0}](
             char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
    if (at == block.size()) {
      ASSIGN_OR_RETURN(block, blobs_.Read(blob, offset, kBlockBytes, SteadyNow() + kReadLimit));
      offset += static_cast<int64_t>(block.size());
      at = 0;
    }
    const size_t count = std::min(size, block.size() - at);
    std::copy_n(block.data() + at, count, buffer);
    at += count;
    return count;
  };
}

absl::Status ImportFiles::RemoveEnded(jobs::Operations& operations, absl::FunctionRef<bool()> stopping,
                                      absl::Time deadline) {
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<ImportFile> files, ReadImportFiles(database_, after, kFilesAtOnce, deadline));
    if (files.empty()) return absl::OkStatus();
    after = files.back().blob;
    for (const ImportFile& file : files) {
      if (stopping()) return absl::OkStatus();
      bool ended = file.create_time < clock_.Now() - kAbandonedAfter;
      if (file.operation_id != 0) {
        const auto operation =
            operations.Get(absl::StrCat("operations/", operations.service(), ".", file.operation_id), deadline);
        if (!operation.ok() && !absl::IsNotFound(operation.status())) return operation.status();
        ended = !operation.ok() || operation->done();
      }
      if (!ended) continue;
      RETURN_IF_ERROR(blobs_.Delete(file.blob, deadline));
      RETURN_IF_ERROR(DeleteImportFile(database_, file.blob, deadline));
    }
  }
}

}  // namespace storeops::catalog
