// A service as the owner of files that are served over HTTP: what the blob handler asks of it.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_BLOB_OWNER_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_BLOB_OWNER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/call.h"

namespace storeops::gateway {

struct BlobFile {
  std::string key;           // by which the owner reads it; the handler only passes it on
  int64_t size = 0;          // bytes
  std::string content_type;  // "image/png"; pictures, films and sounds are shown, all else is a download
  std::string hash;          // names the content, e.g. its SHA-256 in hex: the ETag, without quotes
  std::string file_name;     // for who saves it; may be empty, need not be ASCII
  // False: the URL must be signed (blobs::PathSigner), or the file is not found.
  bool is_public = false;
  // True: the path never leads to other content, so that caches need not ask again.
  bool immutable = false;
  std::string begin;  // the first bytes, if they were asked for
};

struct BlobCall {
  absl::Time deadline;
  std::shared_ptr<const rpc::Cancellation> cancellation;  // never null
};

// Thread-safe. Calls must not block, and call `done` exactly once, from any thread. Destroyed on any thread.
class BlobOwner {
 public:
  virtual ~BlobOwner() = default;
  // What is at `path`, the part of the URL's path behind the owner's prefix, as received. NOT_FOUND if nothing is.
  // `first_bytes`: how many bytes of the content to put into `begin`; 0: none. Fewer if the file is shorter.
  virtual void Find(const std::string& path, int64_t first_bytes, BlobCall call,
                    absl::AnyInvocable<void(absl::StatusOr<BlobFile>)> done) = 0;
  // Exactly `bytes` bytes from `offset` on; both are within the file.
  virtual void Read(const std::string& key, int64_t offset, int64_t bytes, BlobCall call,
                    absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) = 0;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_BLOB_OWNER_H_
