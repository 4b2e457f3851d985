// The storeops executable as its users run it.
#ifndef STOREOPS_TESTS_SUPPORT_PROGRAM_H_
#define STOREOPS_TESTS_SUPPORT_PROGRAM_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/support/machine.h"

namespace storeops::testing {

// A process under test; killed at the end if it still runs.
class Program {
 public:
  // `arguments[0]` is the path of the program. Output goes to files in `folder`.
  Program(const std::vector<std::string>& arguments, const std::string& folder);
  ~Program();
  Program(Program&& other) noexcept;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  // Waits for the end: the exit code, or 128 + the signal's number, or -1 if it has not ended in time.
  int Wait(absl::Duration limit = absl::Seconds(120));
  bool Running();
  std::string Output() const;
  std::string Errors() const;

 private:
  pid_t pid_ = -1;
  int exit_code_ = -1;
  std::string stdout_path_;
  std::string stderr_path_;
};

struct RunResult {
  int exit_code;
  std::string output;
  std::string errors;
};
// Runs to the end.
RunResult RunProgram(const std::vector<std::string>& arguments);

// The executable under test.
std::string StoreopsProgram();

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_PROGRAM_H_
