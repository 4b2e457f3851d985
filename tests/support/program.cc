#include "tests/support/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace storeops::testing {
namespace {

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void SendTo(const std::string& path, int descriptor) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) _exit(126);
}

}  // namespace

Program::Program(const std::vector<std::string>& arguments, const std::string& folder) {
  static std::atomic<int> count{0};
  const std::string stem = absl::StrCat(folder, "/program", ++count);
  stdout_path_ = stem + ".out";
  stderr_path_ = stem + ".err";
  pid_ = fork();
  if (pid_ < 0) std::abort();
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  SendTo(stdout_path_, STDOUT_FILENO);
  SendTo(stderr_path_, STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execv(words[0], words.data());
  _exit(127);
}

Program::Program(Program&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      exit_code_(other.exit_code_),
      stdout_path_(std::move(other.stdout_path_)),
      stderr_path_(std::move(other.stderr_path_)) {}

Program::~Program() {
  if (pid_ <= 0) return;
  Signal(SIGKILL);
  Wait();
}

void Program::Signal(int signal) const {
  if (pid_ > 0) kill(pid_, signal);
}

int Program::Wait(absl::Duration limit) {
  if (pid_ <= 0) return exit_code_;
  const int handle = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd event{handle, POLLIN, 0};
  const int ready = poll(&event, 1, static_cast<int>(absl::ToInt64Milliseconds(limit)));
  close(handle);
  if (ready != 1) return -1;
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return exit_code_;
}

bool Program::Running() { return pid_ > 0 && Wait(absl::ZeroDuration()) == -1; }

std::string Program::Output() const { return ReadWhole(stdout_path_); }
std::string Program::Errors() const { return ReadWhole(stderr_path_); }

RunResult RunProgram(const std::vector<std::string>& arguments) {
  const TempFolder folder;
  Program program(arguments, folder.path());
  const int code = program.Wait(absl::Minutes(5));
  return {code, program.Output(), program.Errors()};
}

std::string StoreopsProgram() { return STOREOPS_PROGRAM; }

}  // namespace storeops::testing
