// The content of media in the blob store: taken in, looked at, kept, read, thrown away.
#ifndef STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_CONTENT_H_
#define STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_CONTENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/blobs/blob_store.h"
#include "services/catalog/media/pictures.h"
#include "storeops/catalog/v1/media_service.pb.h"

namespace storeops::catalog {

inline constexpr int64_t kMaxMediaBytes = 32 << 20;

// Content on its way: what has been sent so far, on the disk. Nothing of it stays unless it is kept.
class IncomingContent {
 public:
  static absl::StatusOr<IncomingContent> Open(blobs::BlobStore& blobs, const v1::UploadMediaHeader& header);

  // INVALID_ARGUMENT at the first piece already, if it tells that the content will not be taken.
  absl::Status Add(absl::string_view chunk);
  // When all was sent: INVALID_ARGUMENT naming what is wrong with the whole.
  absl::Status Finish();

  // After Finish.
  const std::string& hash() const { return spool_->hash(); }
  // What the content says about itself (after Finish), and the header about the content.
  v1::Media Describe() const;
  // Puts the content and its thumbnails into the store.
  absl::Status Keep(absl::Time deadline);

 private:
  IncomingContent(blobs::BlobStore& blobs, const v1::UploadMediaHeader& header) : blobs_(&blobs), header_(header) {}
  absl::Status CheckType();
  absl::Status CheckWhole(absl::string_view content);

  blobs::BlobStore* blobs_;
  v1::UploadMediaHeader header_;
  std::unique_ptr<blobs::Spool> spool_;
  std::string begin_;  // the first bytes, until the type is known
  std::string type_;
  Picture picture_;
};

// The original's key is its hash; each thumbnail's is made from it.
std::string ContentKey(absl::string_view hash, absl::string_view variant);
// Original and all thumbnails.
absl::Status DeleteContent(blobs::BlobStore& blobs, const std::string& hash, absl::Time deadline);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_CONTENT_H_
