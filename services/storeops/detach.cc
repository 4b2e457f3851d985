#include "services/storeops/detach.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"

namespace storeops {
namespace {

constexpr char kUp = '+';
constexpr char kDown = '-';

absl::Status SystemError(absl::string_view what) {
  return absl::InternalError(absl::StrCat(what, ": ", std::strerror(errno)));
}

std::string ReadToEnd(int descriptor) {
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = read(descriptor, buffer, sizeof(buffer))) != 0) {
    if (count > 0) text.append(buffer, count);
    if (count < 0 && errno != EINTR) break;
  }
  return text;
}

// jemalloc's own thread is known to it in a child.
bool OnlyThread() {
  int threads = 0;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream file(task.path() / "comm");
    std::string name;
    std::getline(file, name);
    if (name != "jemalloc_bg_thd") ++threads;
  }
  return threads == 1;
}

bool RedirectOutput(int log) {
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  return dup2(null, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0;
}

}  // namespace

absl::StatusOr<Detached> Detached::Start(const std::string& log_path) {
  if (!OnlyThread()) return STOREOPS_BUG("a process that has threads cannot go on in the background");
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) return SystemError(log_path);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError("pipe");
  const pid_t child = fork();
  if (child < 0) return SystemError("fork");
  Detached detached;
  detached.started_ = true;
  if (child == 0) {
    close(ends[0]);
    setsid();
    if (!RedirectOutput(log)) return SystemError(log_path);
    detached.child_ = true;
    detached.pipe_ = ends[1];
    return detached;
  }
  close(ends[1]);
  close(log);
  const std::string said = ReadToEnd(ends[0]);
  close(ends[0]);
  detached.ok_ = !said.empty() && said.front() == kUp;
  detached.message_ = said.empty() ? absl::StrCat("the suite ended while starting; see ", log_path) : said.substr(1);
  return detached;
}

void Detached::Tell(bool ok, absl::string_view message) {
  if (!started_) {
    std::fwrite(message.data(), 1, message.size(), stdout);
    std::fflush(stdout);
  }
  if (pipe_ < 0) return;
  // The parent may have been killed: its end of the pipe is then closed, which is no reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  const std::string text = absl::StrCat(std::string(1, ok ? kUp : kDown), message);
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count = write(pipe_, text.data() + sent, text.size() - sent);
    if (count <= 0) break;
    sent += count;
  }
  close(pipe_);
  pipe_ = -1;
}

}  // namespace storeops
