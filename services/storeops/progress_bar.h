// How far a command has come, on a terminal.
#ifndef STOREOPS_SERVICES_STOREOPS_PROGRESS_BAR_H_
#define STOREOPS_SERVICES_STOREOPS_PROGRESS_BAR_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace storeops {

// Drawn on stderr, at most ten times a second, and only if that is a terminal.
class ProgressBar {
 public:
  ProgressBar(std::string label, int64_t total);
  // Ends the line.
  ~ProgressBar();
  void Set(int64_t done);

 private:
  void Draw();

  const std::string label_;
  const int64_t total_;
  const bool terminal_;
  int64_t done_ = 0;
  absl::Time drawn_ = absl::InfinitePast();
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_PROGRESS_BAR_H_
