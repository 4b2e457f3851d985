#include "services/storeops/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "common/base/now.h"

namespace storeops {

ProgressBar::ProgressBar(std::string label, int64_t total)
    : label_(std::move(label)), total_(std::max<int64_t>(total, 1)), terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (!terminal_) return;
  Draw();
  std::fputc('\n', stderr);
}

void ProgressBar::Set(int64_t done) {
  done_ = std::min(done, total_);
  if (!terminal_ || SteadyNow() - drawn_ < absl::Milliseconds(100)) return;
  drawn_ = SteadyNow();
  Draw();
}

void ProgressBar::Draw() {
  constexpr int kWidth = 30;
  const int filled = static_cast<int>(kWidth * done_ / total_);
  std::fprintf(stderr, "\r%-10s [%s%s] %3d%%", label_.c_str(), std::string(filled, '#').c_str(),
               std::string(kWidth - filled, ' ').c_str(), static_cast<int>(100 * done_ / total_));
}

}  // namespace storeops
