// Files that belong to rows of the database: media, imports, exports. Kept in a folder or in S3-compatible storage; who
// keeps them cannot tell. A key is a name of 3 to 128 of the characters a-z, 0-9, '.' and '-', best the content's hash.
#ifndef STOREOPS_COMMON_BLOBS_BLOB_STORE_H_
#define STOREOPS_COMMON_BLOBS_BLOB_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/blobs/spool.h"

namespace storeops::blobs {

// Thread-safe. Calls block.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Where a blob is gathered before it is put. Its path can be read by this process.
  virtual absl::StatusOr<std::unique_ptr<Spool>> NewSpool(int64_t max_bytes) = 0;
  // After the spool's Finish. The blob is there whole and durable, or not at all; what had the key before is replaced.
  // A blob that is there with the same size is taken for the same: keys are made from content. The spool is used up.
  virtual absl::Status Put(absl::string_view key, Spool& spool, absl::Time deadline) = 0;
  // NOT_FOUND if it is not there.
  virtual absl::StatusOr<int64_t> Size(absl::string_view key, absl::Time deadline) = 0;
  // `bytes` from `offset` on, fewer at the end of the blob and beyond it none. NOT_FOUND if it is not there.
  virtual absl::StatusOr<std::string> Read(absl::string_view key, int64_t offset, int64_t bytes,
                                           absl::Time deadline) = 0;
  // OK too if it is not there.
  virtual absl::Status Delete(absl::string_view key, absl::Time deadline) = 0;

  // A whole blob from memory.
  absl::Status PutBytes(absl::string_view key, absl::string_view bytes, absl::Time deadline);
};

// INVALID_ARGUMENT for what is no key.
absl::Status CheckKey(absl::string_view key);

// Below `folder`, which is made.
absl::StatusOr<std::unique_ptr<BlobStore>> OpenFolderStore(const std::string& folder);

struct S3Options {
  std::string endpoint;  // "https://s3.example.com", "http://127.0.0.1:9000"; the bucket becomes part of the path
  std::string region = "us-east-1";
  std::string bucket;
  std::string prefix;  // before each key, e.g. "storeops/"
  std::string access_key;
  std::string secret_key;
};

// At most 5 GiB a blob: each is sent in one piece. `spool_folder` is made. INVALID_ARGUMENT names the option that makes
// no sense. Does not connect yet.
absl::StatusOr<std::unique_ptr<BlobStore>> OpenS3Store(const S3Options& options, const std::string& spool_folder);

}  // namespace storeops::blobs

#endif  // STOREOPS_COMMON_BLOBS_BLOB_STORE_H_
