// Bytes on their way into a store: a file that has no name of its own yet. Used by common/blobs and by who fills it.
#ifndef STOREOPS_COMMON_BLOBS_SPOOL_H_
#define STOREOPS_COMMON_BLOBS_SPOOL_H_

#include <openssl/evp.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops::blobs {

// Not thread-safe. The file is gone with its spool, unless it was moved away; that of a process that was killed is
// removed by RemoveDeadSpools.
class Spool {
 public:
  // The folder is made if it is missing. UNAVAILABLE with reason DISK_FULL, here and below.
  static absl::StatusOr<std::unique_ptr<Spool>> Create(const std::string& folder, int64_t max_bytes);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // RESOURCE_EXHAUSTED with reason BLOB_TOO_LARGE beyond the limit.
  absl::Status Write(absl::string_view bytes);
  // Nothing is written after. The bytes are on the disk when it returns.
  absl::Status Finish();
  // After Finish: gives the file its place, replacing what is there. Both in one file system.
  absl::Status MoveTo(const std::string& path);

  int64_t size() const { return size_; }
  // SHA-256 of all bytes, 64 hex digits; after Finish.
  const std::string& hash() const { return hash_; }
  // Where the bytes can be read after Finish.
  const std::string& path() const { return path_; }

 private:
  Spool(std::string path, int descriptor, int64_t max_bytes);

  std::string path_;  // empty: moved away
  const int descriptor_;
  const int64_t max_bytes_;
  int64_t size_ = 0;
  std::string hash_;
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest_;
};

// Removes the files of spools whose process is no more. Safe beside others that do the same, and beside spools in use.
void RemoveDeadSpools(const std::string& folder);

}  // namespace storeops::blobs

#endif  // STOREOPS_COMMON_BLOBS_SPOOL_H_
