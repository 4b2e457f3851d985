#include "services/storeops/transfer/new_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace storeops {

absl::StatusOr<NewFile> NewFile::Open(const std::string& path) {
  NewFile file;
  file.path_ = path == "-" ? "" : path;
  file.stream_.reset(path == "-" ? stdout : std::fopen(file.NextPath().c_str(), "wb"));
  if (file.stream_ == nullptr) return file.Failure();
  return file;
}

absl::Status NewFile::Write(absl::string_view bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), stream_.get()) == bytes.size() ? absl::OkStatus() : Failure();
}

absl::Status NewFile::Finish() {
  if (std::fflush(stream_.get()) != 0) return Failure();
  if (path_.empty()) return absl::OkStatus();
  if (fsync(fileno(stream_.get())) != 0) return Failure();
  if (std::rename(NextPath().c_str(), path_.c_str()) != 0) return Failure();
  return absl::OkStatus();
}

void NewFile::Discard() const {
  if (!path_.empty()) std::remove(NextPath().c_str());
}

absl::Status NewFile::Failure() const {
  return absl::InternalError(absl::StrCat(path_.empty() ? "stdout" : path_, ": ", std::strerror(errno)));
}

}  // namespace storeops
