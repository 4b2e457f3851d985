#include "common/telemetry/line_limit.h"

#include <utility>

namespace storeops::telemetry {

std::optional<int64_t> LineLimit::Admit(absl::string_view message, int64_t second) {
  absl::MutexLock lock(&mutex_);
  if (windows_.size() >= kMaxMessages && !windows_.contains(message)) message = "";
  Window& window = windows_[message];
  if (window.second != second) window = {second, 0, window.left_out};
  if (window.lines >= kLinesPerSecond) {
    ++window.left_out;
    return std::nullopt;
  }
  ++window.lines;
  return std::exchange(window.left_out, 0);
}

}  // namespace storeops::telemetry
