// A command that goes on in the background once it has said what it has to say.
#ifndef STOREOPS_SERVICES_STOREOPS_DETACH_H_
#define STOREOPS_SERVICES_STOREOPS_DETACH_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops {

// Split in two by Start. The child leads a session of its own and writes its output to a log file; the parent waits for
// the child's word. Without a Start, the process speaks for itself.
class Detached {
 public:
  // In the parent returns after the child has spoken or died: `is_child()` is false, `message()` is what it said, and
  // `ok()` whether it came up. Before any thread exists, as a child has none of them, but what waits for their work
  // (gRPC's, for one); refused otherwise.
  static absl::StatusOr<Detached> Start(const std::string& log_path);

  bool is_child() const { return child_; }
  bool ok() const { return ok_; }
  const std::string& message() const { return message_; }

  // In the child: lets the parent end, with success or failure, the first time. Without a Start prints the message.
  void Tell(bool ok, absl::string_view message);

 private:
  bool started_ = false;
  bool child_ = false;
  int pipe_ = -1;
  bool ok_ = false;
  std::string message_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_DETACH_H_
