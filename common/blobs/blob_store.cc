#include "common/blobs/blob_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace storeops::blobs {

absl::Status CheckKey(absl::string_view key) {
  const bool plain = std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
  if (plain && key.size() >= 3 && key.size() <= 128 && key.front() != '.') return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("\"", key, "\" is not the key of a blob"));
}

absl::Status BlobStore::PutBytes(absl::string_view key, absl::string_view bytes, absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto spool, NewSpool(static_cast<int64_t>(bytes.size())));
  RETURN_IF_ERROR(spool->Write(bytes));
  RETURN_IF_ERROR(spool->Finish());
  return Put(key, *spool, deadline);
}

}  // namespace storeops::blobs
