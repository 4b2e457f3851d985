// Child programs: started cleanly, waited for, ended.
#ifndef STOREOPS_COMMON_DB_PROCESS_H_
#define STOREOPS_COMMON_DB_PROCESS_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace storeops::db {

struct ProcessOptions {
  std::vector<std::string> arguments;  // [0] is the program's path
  std::string output;                  // stdout and stderr are appended to this file
  std::string pid_file;                // if not empty, written by the child itself before the program runs
  // Killed when the thread that started it ends.
  bool die_with_thread = false;
};

// In a session of its own, so that Ctrl-C at the terminal does not reach it; all signals unblocked; no open file of
// ours but the output.
absl::StatusOr<pid_t> StartProcess(const ProcessOptions& options);

// Full path of a program in PATH, /usr/sbin or /usr/local/sbin; NOT_FOUND.
absl::StatusOr<std::string> FindProgram(const std::string& name);

// A process, ours or not, that can be waited for by poll(); closed at the end. NOT_FOUND if there is no such process.
class ProcessHandle {
 public:
  static absl::StatusOr<ProcessHandle> Open(pid_t pid);
  ProcessHandle(ProcessHandle&& other) noexcept : pid_(other.pid_), fd_(other.fd_) { other.fd_ = -1; }
  ProcessHandle& operator=(ProcessHandle&& other) = delete;
  ~ProcessHandle();

  // Whether it ended (and, if it was our child, was reaped) within `timeout`. Returns early, with false, when
  // `interrupt_fd` (-1: none) becomes readable.
  bool WaitForEnd(absl::Duration timeout, int interrupt_fd = -1);
  // The exit code of a child of ours that ended; -1 otherwise, or if a signal ended it.
  int exit_code() const { return exit_code_; }
  void Signal(int signal);

 private:
  ProcessHandle(pid_t pid, int fd) : pid_(pid), fd_(fd) {}

  pid_t pid_;
  int fd_;
  int exit_code_ = -1;
};

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_PROCESS_H_
