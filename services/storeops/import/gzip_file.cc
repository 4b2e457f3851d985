#include "services/storeops/import/gzip_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"

namespace storeops {

absl::StatusOr<GzipFile> GzipFile::Open(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (error) return absl::NotFoundError(absl::StrCat(path, ": ", error.message()));
  gzFile_s* file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return absl::NotFoundError(absl::StrCat(path, ": ", std::strerror(errno)));
  gzbuffer(file, 256 << 10);
  return GzipFile(path, file, static_cast<int64_t>(bytes));
}

absl::StatusOr<size_t> GzipFile::Read(char* buffer, size_t size) {
  const int read = gzread(file_.get(), buffer, static_cast<unsigned>(size));
  int code = Z_OK;
  const char* message = gzerror(file_.get(), &code);
  if (read < 0 || (code != Z_OK && code != Z_STREAM_END)) {
    return absl::DataLossError(absl::StrCat(path_, ": ", message));
  }
  return static_cast<size_t>(read);
}

int64_t GzipFile::bytes_read() const { return gzoffset(file_.get()); }

}  // namespace storeops
