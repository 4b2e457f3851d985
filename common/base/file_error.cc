#include "common/base/file_error.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"

namespace storeops {
namespace {

constexpr absl::Duration kRoomLimit = absl::Seconds(10);

}  // namespace

bool IsDiskFull(int error) { return error == ENOSPC || error == EDQUOT; }

absl::Status DiskFull(absl::string_view what) {
  return WithReason(UnavailableRetry(absl::StrCat(what, ": the server's disk is full"), kRoomLimit), "DISK_FULL");
}

absl::Status FileError(absl::string_view what, int error) {
  if (IsDiskFull(error)) return DiskFull(what);
  const std::string message = absl::StrCat(what, ": ", std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::InternalError(message);
}

absl::Status MakeFolders(absl::string_view what, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return IsDiskFull(error.value()) ? DiskFull(what) : absl::InternalError(absl::StrCat(what, ": ", error.message()));
}

}  // namespace storeops
