// A command that goes on in the background once it has said what it has to say.
#ifndef STOREOPS_SERVICES_STOREOPS_DETACH_H_
#define STOREOPS_SERVICES_STOREOPS_DETACH_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops {

// Split in two by Start. The child leads a session of its own and writes its output to a log file; the parent waits for
// the child's word. Without a Start, the process speaks for itself.
class Detached {
 public:
  // In the parent returns after the child has spoken or died: `is_child()` is false, `result()` says whether it came
  // up, and `message()` is what it said. Call it before any thread exists: threads do not survive a fork, and libraries
  // such as gRPC would wait for theirs forever. INTERNAL if there are other threads.
  static absl::StatusOr<Detached> Start(const std::string& log_path);

  bool is_child() const { return child_; }
  const absl::Status& result() const { return result_; }
  const std::string& message() const { return message_; }

  // In the child: lets the parent end, the first time. Without a Start, prints the message.
  void Tell(absl::string_view message);
  // The same for a failure, which the parent returns. Without a Start, does nothing.
  void TellError(const absl::Status& error);

 private:
  void Send(absl::StatusCode code, absl::string_view message);

  bool started_ = false;
  bool child_ = false;
  int pipe_ = -1;
  absl::Status result_;
  std::string message_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_DETACH_H_
