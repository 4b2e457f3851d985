#include "services/catalog/media/media_content.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/catalog/media/media_type.h"

namespace storeops::catalog {
namespace {

constexpr size_t kTypeBytes = 512;

absl::StatusOr<std::string> ReadAll(const blobs::Spool& spool) {
  std::string content(static_cast<size_t>(spool.size()), '\0');
  std::ifstream file(spool.path(), std::ios::binary);
  if (!file.read(content.data(), static_cast<std::streamsize>(content.size()))) {
    return absl::InternalError("a spooled file cannot be read");
  }
  return content;
}

}  // namespace

absl::StatusOr<IncomingContent> IncomingContent::Open(blobs::BlobStore& blobs, const v1::UploadMediaHeader& header) {
  if (header.size_bytes() > kMaxMediaBytes) {
    return InvalidField("header.size_bytes", absl::StrCat("at most ", kMaxMediaBytes, " bytes are taken"));
  }
  IncomingContent content(blobs, header);
  ASSIGN_OR_RETURN(content.spool_, blobs.NewSpool(kMaxMediaBytes));
  return content;
}

absl::Status IncomingContent::Add(absl::string_view chunk) {
  RETURN_IF_ERROR(spool_->Write(chunk));
  if (!type_.empty()) return absl::OkStatus();
  absl::StrAppend(&begin_, chunk.substr(0, kTypeBytes));
  return begin_.size() < kTypeBytes ? absl::OkStatus() : CheckType();
}

absl::Status IncomingContent::CheckType() {
  type_ = SniffContentType(begin_);
  const auto violations = CheckDeclaredType(type_, header_.content_type(), header_.file_name());
  return violations.empty() ? absl::OkStatus() : WithReason(InvalidFields(violations), "MEDIA_TYPE_REFUSED");
}

absl::Status IncomingContent::Finish() {
  if (spool_->size() == 0) return InvalidField("chunk", "is required: there is no content");
  if (type_.empty()) RETURN_IF_ERROR(CheckType());
  if (header_.size_bytes() != 0 && header_.size_bytes() != spool_->size()) {
    return InvalidField("header.size_bytes",
                        absl::StrCat("says ", header_.size_bytes(), ", but ", spool_->size(), " bytes were sent"));
  }
  RETURN_IF_ERROR(spool_->Finish());
  if (!header_.hash().empty() && header_.hash() != hash()) {
    return InvalidField("header.hash", absl::StrCat("is not that of the content, which has ", hash()));
  }
  ASSIGN_OR_RETURN(const std::string content, ReadAll(*spool_));
  return CheckWhole(content);
}

absl::Status IncomingContent::CheckWhole(absl::string_view content) {
  if (type_ == "application/pdf") return CheckPdf(content);
  if (type_ == "video/mp4") return CheckMp4(content);
  ASSIGN_OR_RETURN(picture_, ReadPicture(content));
  return absl::OkStatus();
}

v1::Media IncomingContent::Describe() const {
  v1::Media media;
  media.set_hash(hash());
  media.set_content_type(type_);
  media.set_size_bytes(spool_->size());
  media.set_width(picture_.width);
  media.set_height(picture_.height);
  for (const Thumbnail& thumbnail : picture_.thumbnails) {
    v1::MediaVariant* variant = media.add_variants();
    variant->set_variant(thumbnail.variant);
    variant->set_width(thumbnail.width);
    variant->set_height(thumbnail.height);
    variant->set_size_bytes(static_cast<int64_t>(thumbnail.content.size()));
  }
  media.set_file_name(header_.file_name());
  media.set_alt_text(header_.alt_text());
  media.set_language(header_.language());
  *media.mutable_translations() = header_.translations();
  return media;
}

absl::Status IncomingContent::Keep(absl::Time deadline) {
  for (const Thumbnail& thumbnail : picture_.thumbnails) {
    RETURN_IF_ERROR(blobs_->PutBytes(ContentKey(hash(), thumbnail.variant), thumbnail.content, deadline));
  }
  return blobs_->Put(ContentKey(hash(), ""), *spool_, deadline);
}

std::string ContentKey(absl::string_view hash, absl::string_view variant) {
  return variant.empty() ? std::string(hash) : absl::StrCat(hash, ".", variant);
}

absl::Status DeleteContent(blobs::BlobStore& blobs, const std::string& hash, absl::Time deadline) {
  for (const std::string& variant : ThumbnailVariants()) {
    RETURN_IF_ERROR(blobs.Delete(ContentKey(hash, variant), deadline));
  }
  return blobs.Delete(ContentKey(hash, ""), deadline);
}

}  // namespace storeops::catalog
