// So that no message floods the log: who can cause a line can cause millions.
#ifndef STOREOPS_COMMON_TELEMETRY_LINE_LIMIT_H_
#define STOREOPS_COMMON_TELEMETRY_LINE_LIMIT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"

namespace storeops::telemetry {

// Thread-safe.
class LineLimit {
 public:
  static constexpr int kLinesPerSecond = 100;   // of one message
  static constexpr size_t kMaxMessages = 1000;  // all others count as one

  // How many lines of this message were left out since the last that was written; nothing if this one is to be left
  // out, too. `second` is of any clock that does not go back.
  std::optional<int64_t> Admit(absl::string_view message, int64_t second);

 private:
  struct Window {
    int64_t second = 0;
    int lines = 0;
    int64_t left_out = 0;
  };

  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, Window> windows_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::telemetry

#endif  // STOREOPS_COMMON_TELEMETRY_LINE_LIMIT_H_
