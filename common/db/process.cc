#include "common/db/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/now.h"

namespace storeops::db {
namespace {

constexpr int kCannotRun = 127;

// Only what is safe between fork and exec in a program with threads: plain system calls, no memory.
void WriteOwnPid(const char* path) {
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) _exit(kCannotRun);
  char digits[16];
  size_t at = sizeof(digits);
  digits[--at] = '\n';
  for (pid_t pid = getpid(); pid > 0; pid /= 10) digits[--at] = static_cast<char>('0' + pid % 10);
  if (write(file, digits + at, sizeof(digits) - at) < 0) _exit(kCannotRun);
  close(file);
}

[[noreturn]] void RunChild(const ProcessOptions& options, char* const* arguments, pid_t parent) {
  setsid();
  if (options.die_with_thread) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(kCannotRun);  // it ended before we asked
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = open("/dev/null", O_RDONLY);
  const int output = open(options.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (null < 0 || output < 0 || dup2(null, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0) _exit(kCannotRun);
  syscall(SYS_close_range, 3, ~0U, 0);
  if (!options.pid_file.empty()) WriteOwnPid(options.pid_file.c_str());
  execv(arguments[0], arguments);
  _exit(kCannotRun);
}

}  // namespace

absl::StatusOr<pid_t> StartProcess(const ProcessOptions& options) {
  std::vector<char*> arguments;
  for (const std::string& argument : options.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return absl::ErrnoToStatus(errno, "fork");
  if (pid == 0) RunChild(options, arguments.data(), parent);
  return pid;
}

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  const char* path = std::getenv("PATH");
  const std::string folders = absl::StrCat(path == nullptr ? "" : path, ":/usr/sbin:/usr/local/sbin:/usr/bin");
  for (absl::string_view folder : absl::StrSplit(folders, ':', absl::SkipEmpty())) {
    std::string file = absl::StrCat(folder, "/", name);
    if (access(file.c_str(), X_OK) == 0) return file;
  }
  return absl::NotFoundError(absl::StrCat("the program ", name, " is not installed"));
}

absl::StatusOr<ProcessHandle> ProcessHandle::Open(pid_t pid) {
  const int fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (fd < 0) return absl::ErrnoToStatus(errno == ESRCH ? ENOENT : errno, absl::StrCat("process ", pid));
  return ProcessHandle(pid, fd);
}

ProcessHandle::~ProcessHandle() {
  if (fd_ >= 0) close(fd_);
}

bool ProcessHandle::WaitForEnd(absl::Duration timeout, int interrupt_fd) {
  const absl::Time deadline = SteadyNow() + timeout;
  while (true) {
    pollfd events[2] = {{fd_, POLLIN, 0}, {interrupt_fd, POLLIN, 0}};  // a negative one is passed over
    const absl::Duration left = std::clamp(deadline - SteadyNow(), absl::ZeroDuration(), absl::Hours(1));
    const int ready = poll(events, 2, static_cast<int>(absl::ToInt64Milliseconds(left)));
    if (ready < 0 && errno == EINTR) continue;
    if (events[0].revents != 0) break;
    if (events[1].revents != 0 || (ready <= 0 && SteadyNow() >= deadline)) return false;
  }
  int status = 0;
  if (waitpid(pid_, &status, 0) == pid_ && WIFEXITED(status)) exit_code_ = WEXITSTATUS(status);
  return true;
}

void ProcessHandle::Signal(int signal) { syscall(SYS_pidfd_send_signal, fd_, signal, nullptr, 0); }

}  // namespace storeops::db
