#include "common/blobs/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/file_error.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/telemetry/telemetry.h"

namespace storeops::blobs {
namespace {

constexpr int kNameAttempts = 3;

// The path is for the log, not for callers. That a file or folder of the store is gone is no NOT_FOUND to them.
absl::Status Failed(absl::string_view what, const std::string& path) {
  const int error = errno;
  telemetry::Log(telemetry::LogLevel::kError, "a file of the blob store cannot be written",
                 {{"what", std::string(what)}, {"path", path}, {"error", std::strerror(error)}});
  absl::Status status = FileError(what, error);
  return absl::IsNotFound(status) ? absl::InternalError(status.message()) : status;
}

// The lock is how others know that the file's process lives. -1 if the file was removed before it was locked.
int OpenLocked(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return -1;
  struct stat status{};
  if (::flock(descriptor, LOCK_EX) == 0 && ::fstat(descriptor, &status) == 0 && status.st_nlink > 0) return descriptor;
  ::close(descriptor);
  return -1;
}

// A name in a folder lasts when the folder itself is on the disk.
absl::Status SyncFolder(const std::string& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return Failed("opening the folder of a stored file", folder);
  const bool synced = ::fsync(descriptor) == 0;
  absl::Status status = synced ? absl::OkStatus() : Failed("writing the folder of a stored file", folder);
  ::close(descriptor);
  return status;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Spool>> Spool::Create(const std::string& folder, int64_t max_bytes) {
  std::string path;
  for (int attempt = 0; attempt < kNameAttempts; ++attempt) {
    // It may have been removed while the store was in use.
    RETURN_IF_ERROR(MakeFolders("making the folder of arriving files", folder));
    path = absl::StrCat(folder, "/", RandomToken(18));
    const int descriptor = OpenLocked(path);
    if (descriptor >= 0) return std::unique_ptr<Spool>(new Spool(std::move(path), descriptor, max_bytes));
  }
  return Failed("making an arriving file", path);
}

Spool::Spool(std::string path, int descriptor, int64_t max_bytes)
    : path_(std::move(path)),
      descriptor_(descriptor),
      max_bytes_(max_bytes),
      digest_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
  if (digest_ == nullptr || EVP_DigestInit_ex(digest_.get(), EVP_sha256(), nullptr) != 1) std::abort();
}

Spool::~Spool() {
  if (!path_.empty()) ::unlink(path_.c_str());
  ::close(descriptor_);
}

absl::Status Spool::Write(absl::string_view bytes) {
  if (static_cast<int64_t>(bytes.size()) > max_bytes_ - size_) {
    return WithReason(absl::ResourceExhaustedError(absl::StrCat("more than ", max_bytes_, " bytes")), "BLOB_TOO_LARGE",
                      {{"max_bytes", absl::StrCat(max_bytes_)}});
  }
  EVP_DigestUpdate(digest_.get(), bytes.data(), bytes.size());
  size_ += static_cast<int64_t>(bytes.size());
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("writing an arriving file", path_);
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status Spool::Finish() {
  if (::fsync(descriptor_) != 0) return Failed("writing an arriving file", path_);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(digest_.get(), digest, &size);
  hash_ = HexEncode({reinterpret_cast<const char*>(digest), size});
  return absl::OkStatus();
}

absl::Status Spool::MoveTo(const std::string& path) {
  if (::rename(path_.c_str(), path.c_str()) != 0) return Failed("storing an arrived file", path);
  path_.clear();
  return SyncFolder(std::filesystem::path(path).parent_path().string());
}

void RemoveDeadSpools(const std::string& folder) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const int descriptor = ::open(entry.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) ::unlink(entry.path().c_str());
    ::close(descriptor);
  }
}

}  // namespace storeops::blobs
