// The log file of a suite that was detached does not grow without end.
#ifndef STOREOPS_SERVICES_STOREOPS_LOG_ROTATION_H_
#define STOREOPS_SERVICES_STOREOPS_LOG_ROTATION_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/background_thread.h"

namespace storeops {

// Looks at the file to which this process's standard output and error go. When it has more than `max_bytes`, it becomes
// PATH.1, what was PATH.1 becomes PATH.2, and so on; the oldest of `kKept` goes, and a new file takes its place.
class LogRotation {
 public:
  static constexpr int kKept = 4;
  static constexpr int64_t kMaxBytes = 32 << 20;

  explicit LogRotation(std::string path, int64_t max_bytes = kMaxBytes);
  void Start() { thread_.Start(); }

  // Now, if it is time to. Whether it was.
  absl::StatusOr<bool> RotateIfLarge();

 private:
  void Run();

  const std::string path_;
  const int64_t max_bytes_;
  BackgroundThread thread_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_LOG_ROTATION_H_
