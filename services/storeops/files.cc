#include "services/storeops/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace storeops {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr int kProcessDigits = 10;

absl::Status PathError(const std::string& path) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(errno));
  return errno == ENOENT ? absl::NotFoundError(text) : absl::InternalError(text);
}

bool WriteAll(int descriptor, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno != EINTR) return false;
    if (written > 0) text.remove_prefix(written);
  }
  return true;
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return PathError(path);
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(file.gcount());
  if (text.size() > kMaxFileBytes) return absl::ResourceExhaustedError(absl::StrCat(path, " is larger than 1 MiB"));
  return text;
}

absl::Status WritePrivateFile(const std::string& path, absl::string_view text) {
  const std::string next = path + ".next";
  const int descriptor = open(next.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return PathError(next);
  const bool written = WriteAll(descriptor, text) && fsync(descriptor) == 0;
  close(descriptor);
  if (!written || rename(next.c_str(), path.c_str()) != 0) return PathError(path);
  return absl::OkStatus();
}

absl::Status MakeFolder(const std::string& path) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) return absl::InternalError(absl::StrCat(path, ": ", error.message()));
  if (made && chmod(path.c_str(), 0700) != 0) return PathError(path);
  return absl::OkStatus();
}

absl::StatusOr<LockFile> LockFile::Acquire(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return PathError(path);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    close(descriptor);
    return absl::FailedPreconditionError(absl::StrCat(path, " is held by process ", Holder(path)));
  }
  LockFile lock(descriptor);
  // Over the process that had it before, in one piece: others may read it at any moment.
  if (!WriteAll(descriptor, absl::StrFormat("%-*d\n", kProcessDigits, getpid()))) return PathError(path);
  return lock;
}

int LockFile::Holder(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return 0;
  const absl::Cleanup closing = [descriptor] { close(descriptor); };
  // Shared: others that look are no holders.
  if (flock(descriptor, LOCK_SH | LOCK_NB) == 0) return 0;
  const auto text = ReadSmallFile(path);
  int process = 0;
  return text.ok() && absl::SimpleAtoi(*text, &process) ? process : 0;
}

LockFile::~LockFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

}  // namespace storeops
