#include "services/storeops/log_rotation.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/file_error.h"
#include "common/telemetry/telemetry.h"

namespace storeops {
namespace {

constexpr absl::Duration kLookInterval = absl::Seconds(5);

absl::Status RotationError() {
  const int error = errno;
  return FileError("rotating the log", error);
}

}  // namespace

LogRotation::LogRotation(std::string path, int64_t max_bytes)
    : path_(std::move(path)), max_bytes_(max_bytes), thread_({.name = "log", .body = [this] { Run(); }}) {}

absl::StatusOr<bool> LogRotation::RotateIfLarge() {
  struct stat status = {};
  if (stat(path_.c_str(), &status) != 0) return RotationError();
  if (status.st_size <= max_bytes_) return false;
  for (int i = kKept - 1; i >= 1; --i) {
    const std::string from = i == 1 ? path_ : absl::StrCat(path_, ".", i - 1);
    if (rename(from.c_str(), absl::StrCat(path_, ".", i).c_str()) != 0 && errno != ENOENT) return RotationError();
  }
  const int log = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return RotationError();
  // Lines are written whole by one call each: none is torn in between.
  const bool replaced = dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0;
  const absl::Status failed = replaced ? absl::OkStatus() : RotationError();
  close(log);
  if (!replaced) return failed;
  return true;
}

void LogRotation::Run() {
  do {
    const auto rotated = RotateIfLarge();
    if (rotated.ok()) continue;
    telemetry::Log(telemetry::LogLevel::kWarning, "the log cannot be rotated",
                   {{"path", path_}, {"error", rotated.status().ToString()}});
  } while (thread_.WaitFor(kLookInterval));
}

}  // namespace storeops
