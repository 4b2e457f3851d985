#include "services/storeops/detach.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"

// jemalloc's, where the program is linked with it.
extern "C" int mallctl(const char* name, void* old_value, size_t* old_size, void* new_value, size_t new_size)
    __attribute__((weak));

namespace storeops {
namespace {

// A thread of jemalloc bears the program's name until it runs for the first time.
constexpr absl::Duration kNamingLimit = absl::Seconds(5);

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

// But for jemalloc's, which that stops by itself at a fork.
absl::StatusOr<int> CountThreads() {
  int threads = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator tasks("/proc/self/task", error), end; !error && tasks != end;
       tasks.increment(error)) {
    std::ifstream file(tasks->path() / "comm");
    std::string name;
    if (std::getline(file, name) && name != "jemalloc_bg_thd") ++threads;
  }
  if (error) return absl::InternalError(absl::StrCat("/proc/self/task: ", error.message()));
  return threads;
}

// It does not start it again by itself, and without it memory that is not in use goes back late.
void RestartThreadOfJemalloc() {
  bool on = true;
  if (mallctl != nullptr) mallctl("background_thread", nullptr, nullptr, &on, sizeof(on));
}

absl::Status CheckOnlyThread() {
  for (const absl::Time end = SteadyNow() + kNamingLimit;; absl::SleepFor(absl::Milliseconds(1))) {
    ASSIGN_OR_RETURN(const int threads, CountThreads());
    if (threads == 1) return absl::OkStatus();
    if (SteadyNow() > end) return STOREOPS_BUG("up --detach must fork before any thread starts");
  }
}

bool RedirectOutput(int log) {
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  return dup2(null, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0;
}

}  // namespace

absl::StatusOr<Detached> Detached::Start(const std::string& log_path) {
  RETURN_IF_ERROR(CheckOnlyThread());
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
    RestartThreadOfJemalloc();
    if (!RedirectOutput(log)) return SystemError(log_path);
    detached.child_ = true;
    detached.pipe_ = ends[1];
    return detached;
  }
  close(ends[1]);
  close(log);
  const std::string said = ReadToEnd(ends[0]);
  close(ends[0]);
  if (said.empty()) {
    detached.result_ = absl::UnavailableError(absl::StrCat("the suite ended while starting; see ", log_path));
    return detached;
  }
  detached.message_ = said.substr(1);
  detached.result_ = absl::Status(static_cast<absl::StatusCode>(said.front()), detached.message_);
  return detached;
}

void Detached::Tell(absl::string_view message) {
  if (started_) return Send(absl::StatusCode::kOk, message);
  std::fwrite(message.data(), 1, message.size(), stdout);
  std::fflush(stdout);
}

void Detached::TellError(const absl::Status& error) { Send(error.code(), error.message()); }

// The code as one byte, then the message.
void Detached::Send(absl::StatusCode code, absl::string_view message) {
  if (pipe_ < 0) return;
  // The parent may have been killed: its end of the pipe is then closed, which is no reason to die.
  std::signal(SIGPIPE, SIG_IGN);
  const std::string text = absl::StrCat(std::string(1, static_cast<char>(code)), message);
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count = write(pipe_, text.data() + sent, text.size() - sent);
    if (count <= 0) break;
    sent += count;
  }
  close(pipe_);
  pipe_ = -1;
}

}  // namespace storeops
