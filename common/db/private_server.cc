#include "common/db/private_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/await.h"
#include "common/base/background_thread.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/db/process.h"
#include "common/telemetry/telemetry.h"

namespace storeops::db {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxSocketPath = 100;  // the system's limit is 107
constexpr uintmax_t kMaxLogBytes = 10 << 20;
constexpr size_t kShownLogBytes = 2000;
constexpr absl::Duration kAnswerPoll = absl::Milliseconds(10);
// A server that ends again and again is started less and less often.
constexpr absl::Duration kFirstRestartPause = absl::Milliseconds(100);
constexpr absl::Duration kMaxRestartPause = absl::Seconds(10);
constexpr absl::Duration kStableAfter = absl::Seconds(30);

// Where everything lies.
struct Layout {
  fs::path folder, data, temporary, log, pid_file, socket, lock;
};

// A folder that only we can read. UNAVAILABLE if somebody else made it, as anyone can below /tmp.
absl::Status MakePrivateFolder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return absl::ErrnoToStatus(errno, absl::StrCat("make ", folder.string()));
  }
  struct stat info;
  if (lstat(folder.c_str(), &info) != 0) return absl::ErrnoToStatus(errno, folder.string());
  if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid()) {
    return absl::UnavailableError(absl::StrCat(folder.string(), " is not a folder of ours"));
  }
  if (chmod(folder.c_str(), 0700) != 0) return absl::ErrnoToStatus(errno, folder.string());
  return absl::OkStatus();
}

// A short private folder that always is the same for `folder`.
absl::StatusOr<fs::path> FolderBelowTmp(const fs::path& folder) {
  fs::path below_tmp = absl::StrCat("/tmp/storeops-", HexEncode(Sha256(folder.native())).substr(0, 16));
  RETURN_IF_ERROR(MakePrivateFolder(below_tmp));
  return below_tmp;
}

// Another path to `folder` if its own has blanks, which the installation script cannot do with.
absl::StatusOr<fs::path> PlainName(const fs::path& folder) {
  if (folder.native().find_first_of(" \t") == std::string::npos) return folder;
  ASSIGN_OR_RETURN(const fs::path below_tmp, FolderBelowTmp(folder));
  const fs::path link = below_tmp / "folder";
  std::error_code error;
  fs::remove(link, error);
  fs::create_directory_symlink(folder, link, error);
  if (error) return absl::UnavailableError(absl::StrCat("link ", link.string(), ": ", error.message()));
  return link;
}

absl::StatusOr<Layout> MakeLayout(const std::string& folder) {
  std::error_code error;
  const fs::path absolute = fs::weakly_canonical(fs::absolute(folder, error), error);
  if (error || folder.empty()) return absl::InvalidArgumentError(absl::StrCat("not a folder: \"", folder, "\""));
  RETURN_IF_ERROR(MakePrivateFolder(absolute));
  Layout layout = {absolute,
                   absolute / "data",
                   absolute / "tmp",
                   absolute / "mariadbd.log",
                   absolute / "mariadbd.pid",
                   absolute / "mariadbd.sock",
                   absolute / "lock"};
  if (layout.socket.native().size() > kMaxSocketPath) {
    ASSIGN_OR_RETURN(const fs::path below_tmp, FolderBelowTmp(absolute));
    layout.socket = below_tmp / "mariadbd.sock";
  }
  RETURN_IF_ERROR(MakePrivateFolder(layout.temporary));
  return layout;
}

std::string EndOfFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return text.substr(text.size() - std::min(text.size(), kShownLogBytes));
}

// Of the server and of its installation. Neither may share its folder for temporary tables with another server, which
// removes what it finds there when it starts.
std::vector<std::string> CommonArguments(const PrivateServer::Options& options, const fs::path& data,
                                         const fs::path& temporary) {
  std::vector<std::string> arguments = {
      absl::StrCat("--datadir=", data.string()),
      absl::StrCat("--tmpdir=", temporary.string()),
      absl::StrCat("--innodb-log-file-size=", options.durable ? 128 << 20 : 32 << 20),
      absl::StrCat("--innodb-flush-log-at-trx-commit=", options.durable ? 1 : 0),
      "--innodb-flush-method=" + std::string(options.durable ? "O_DIRECT" : "nosync"),
  };
  if (geteuid() == 0) arguments.push_back("--user=root");
  return arguments;
}

std::vector<std::string> ServerArguments(const PrivateServer::Options& options, const Layout& layout,
                                         const std::string& program) {
  std::vector<std::string> arguments = {program, "--no-defaults"};
  const std::vector<std::string> common = CommonArguments(options, layout.data, layout.temporary);
  arguments.insert(arguments.end(), common.begin(), common.end());
  const std::vector<std::string> own = {
      absl::StrCat("--socket=", layout.socket.string()),
      absl::StrCat("--pid-file=", layout.pid_file.string()),
      absl::StrCat("--innodb-buffer-pool-size=", options.buffer_pool_bytes),
      "--skip-networking",
      "--skip-name-resolve",
      "--skip-log-bin",
      "--local-infile=0",
      "--character-set-server=utf8mb4",
      "--collation-server=utf8mb4_bin",
      "--transaction-isolation=READ-COMMITTED",
      "--max-connections=300",
      "--max-allowed-packet=64M",
      "--max-prepared-stmt-count=200000",  // connections x statements kept by each
      "--thread-cache-size=64",
      "--performance-schema=OFF",
      "--query-cache-type=0",
      "--query-cache-size=0",
      "--key-buffer-size=1M",
      "--aria-pagecache-buffer-size=4M",
  };
  arguments.insert(arguments.end(), own.begin(), own.end());
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  return arguments;
}

constexpr char kUnfinished[] = "data.unfinished";

// What installations left that did not come to their end. Programs of one that was killed may still write there.
void RemoveUnfinished(const Layout& layout) {
  std::error_code error;
  std::vector<fs::path> found;
  for (fs::directory_iterator entries(layout.folder, error), end; !error && entries != end; entries.increment(error)) {
    if (absl::StartsWith(entries->path().filename().string(), kUnfinished)) found.push_back(entries->path());
  }
  for (const fs::path& path : found) fs::remove_all(path, error);
}

// Makes the data folder in a folder of its own first, so that one found in its place is whole.
absl::Status Install(const PrivateServer::Options& options, const Layout& layout) {
  std::error_code error;
  if (fs::exists(layout.data, error)) return absl::OkStatus();
  RemoveUnfinished(layout);
  const fs::path unfinished = layout.folder / absl::StrCat(kUnfinished, "-", RandomToken(8));
  RETURN_IF_ERROR(MakePrivateFolder(unfinished));
  RETURN_IF_ERROR(MakePrivateFolder(unfinished / "tmp"));
  ASSIGN_OR_RETURN(const std::string program, FindProgram("mariadb-install-db"));
  ProcessOptions process;
  process.arguments = {program, "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db",
                       "--skip-name-resolve"};
  ASSIGN_OR_RETURN(const fs::path plain_folder, PlainName(layout.folder));
  const fs::path plain = plain_folder / unfinished.filename();
  const std::vector<std::string> common = CommonArguments(options, plain / "data", plain / "tmp");
  process.arguments.insert(process.arguments.end(), common.begin(), common.end());
  process.output = layout.log;
  ASSIGN_OR_RETURN(const pid_t pid, StartProcess(process));
  ASSIGN_OR_RETURN(ProcessHandle handle, ProcessHandle::Open(pid));
  if (!handle.WaitForEnd(options.start_timeout)) {
    handle.Signal(SIGKILL);
    handle.WaitForEnd(absl::InfiniteDuration());
  }
  if (handle.exit_code() != 0) {
    return absl::UnavailableError(absl::StrCat("mariadb-install-db failed: ", EndOfFile(layout.log)));
  }
  fs::rename(unfinished / "data", layout.data, error);
  if (error) return absl::UnavailableError(absl::StrCat("rename ", unfinished.string(), "/data: ", error.message()));
  RemoveUnfinished(layout);
  return absl::OkStatus();
}

// The process of the pid file, if it is a server of this folder: a number alone may have gone to somebody else.
pid_t RunningServer(const Layout& layout) {
  pid_t pid = 0;
  if (!(std::ifstream(layout.pid_file) >> pid) || pid <= 0) return 0;
  std::ifstream file(absl::StrCat("/proc/", pid, "/cmdline"), std::ios::binary);
  const std::string command((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return absl::StrContains(command, absl::StrCat("--pid-file=", layout.pid_file.string()) + '\0') ? pid : 0;
}

// One process at a time starts or takes over the server of a folder.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& path) : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  absl::Status Take(absl::Time deadline) {
    while (fd_ >= 0 && flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (SteadyNow() >= deadline) return absl::DeadlineExceededError("another program starts the database server");
      absl::SleepFor(kAnswerPoll);
    }
    return fd_ >= 0 ? absl::OkStatus() : absl::UnavailableError("the database's folder cannot be written");
  }

 private:
  const int fd_;
};

}  // namespace

// A thread keeps the server: it starts it, waits for its end and, if asked to, starts it again. It must be a thread
// that lives as long as the server may, because "die with the parent" means the thread that started it.
class PrivateServer::Impl {
 public:
  Impl(const Options& options, Layout layout, std::string program)
      : options_(options),
        layout_(std::move(layout)),
        program_(std::move(program)),
        wake_fd_(eventfd(0, EFD_CLOEXEC)),
        keeper_({.name = "mariadbd-keeper",
                 .body = [this] { Keep(); },
                 .on_stop = [this] { eventfd_write(wake_fd_, 1); }}) {}
  ~Impl();

  absl::Status Start(absl::Time deadline);
  absl::Status Stop(absl::Duration timeout);
  void Kill();

  pid_t pid() const {
    absl::MutexLock lock(&mutex_);
    return pid_;
  }
  Address address() const {
    Address address;
    address.socket = layout_.socket;
    return address;
  }

 private:
  void Keep();
  // Returns when it ended or the keeper is to leave.
  void KeepOne(pid_t pid);
  void SetPid(pid_t pid);
  absl::StatusOr<pid_t> Launch();
  absl::Status WaitUntilItAnswers(absl::Time deadline);
  bool WaitForChange(pid_t pid, absl::Duration timeout);

  const Options options_;
  const Layout layout_;
  const std::string program_;
  const int wake_fd_;
  mutable absl::Mutex mutex_;
  pid_t pid_ ABSL_GUARDED_BY(mutex_) = 0;
  bool launched_ ABSL_GUARDED_BY(mutex_) = false;
  bool answers_ ABSL_GUARDED_BY(mutex_) = false;   // only then is its end a matter for the supervisor
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;  // the server
  pid_t adopted_ = 0;                              // a server found running at the start
  BackgroundThread keeper_;
};

PrivateServer::Impl::~Impl() {
  keeper_.Stop();
  close(wake_fd_);
}

absl::Status PrivateServer::Impl::Start(absl::Time deadline) {
  FolderLock lock(layout_.lock);
  RETURN_IF_ERROR(lock.Take(deadline));
  const pid_t running = RunningServer(layout_);
  if (running == 0) RETURN_IF_ERROR(Install(options_, layout_));
  adopted_ = running;
  keeper_.Start();
  absl::Status status = WaitUntilItAnswers(deadline);
  if (!status.ok() && running == 0) Kill();
  return status;
}

absl::StatusOr<pid_t> PrivateServer::Impl::Launch() {
  std::error_code error;
  if (fs::file_size(layout_.log, error) > kMaxLogBytes && !error) {
    fs::rename(layout_.log, layout_.log.string() + ".old", error);
  }
  ProcessOptions process;
  process.arguments = ServerArguments(options_, layout_, program_);
  process.output = layout_.log;
  process.pid_file = layout_.pid_file;
  process.die_with_thread = options_.die_with_parent;
  return StartProcess(process);
}

void PrivateServer::Impl::SetPid(pid_t pid) {
  absl::MutexLock lock(&mutex_);
  pid_ = pid;
  launched_ = true;
}

void PrivateServer::Impl::KeepOne(pid_t pid) {
  SetPid(pid);
  absl::StatusOr<ProcessHandle> process = ProcessHandle::Open(pid);
  if (process.ok() && !process->WaitForEnd(absl::InfiniteDuration(), wake_fd_)) return;
  SetPid(0);
}

void PrivateServer::Impl::Keep() {
  absl::Duration pause = kFirstRestartPause;
  pid_t adopted = adopted_;
  do {
    const absl::Time start = SteadyNow();
    absl::StatusOr<pid_t> pid = adopted != 0 ? adopted : Launch();
    adopted = 0;
    KeepOne(pid.ok() ? *pid : 0);
    pause = SteadyNow() - start > kStableAfter ? kFirstRestartPause : std::min(2 * pause, kMaxRestartPause);
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_ || keeper_.Stopping() || !options_.supervise || !answers_) return;
    }
    telemetry::Log(telemetry::LogLevel::kError, "the database server ended by itself and is started again",
                   {{"folder", layout_.folder.string()}});
  } while (keeper_.WaitFor(pause));
}

absl::Status PrivateServer::Impl::WaitUntilItAnswers(absl::Time deadline) {
  db::Options options;
  options.address = address();
  options.max_connections = 1;
  Database server(options);
  while (true) {
    absl::Status status = server.Query(deadline, "SELECT 1").status();
    absl::MutexLock lock(&mutex_);
    if (status.ok() && launched_) {  // an adopted server may answer before its keeper has looked at it
      answers_ = true;
      return status;
    }
    const bool ended = launched_ && pid_ == 0;
    if (ended || SteadyNow() >= deadline) {
      return absl::UnavailableError(absl::StrCat("the database server ", ended ? "did not start" : "does not answer",
                                                 " (", status.message(), "); its log ends: ", EndOfFile(layout_.log)));
    }
    const auto changed = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return launched_ && pid_ == 0; };
    AwaitUntil(mutex_, absl::Condition(&changed), SteadyNow() + kAnswerPoll);
  }
}

// Whether the server is another one than `pid`, or none, within `timeout`.
bool PrivateServer::Impl::WaitForChange(pid_t pid, absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto changed = [this, pid]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return pid_ != pid; };
  return AwaitUntil(mutex_, absl::Condition(&changed), SteadyNow() + timeout);
}

absl::Status PrivateServer::Impl::Stop(absl::Duration timeout) {
  pid_t running;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    running = pid_;
  }
  if (running != 0) {
    kill(running, SIGTERM);
    if (!WaitForChange(running, timeout)) return absl::DeadlineExceededError("the database server does not end");
  }
  keeper_.Stop();
  return absl::OkStatus();
}

void PrivateServer::Impl::Kill() {
  const pid_t running = pid();
  if (running == 0) return;
  kill(running, SIGKILL);
  WaitForChange(running, absl::InfiniteDuration());
}

PrivateServer::PrivateServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PrivateServer::~PrivateServer() = default;

absl::StatusOr<std::unique_ptr<PrivateServer>> PrivateServer::Start(const Options& options) {
  ASSIGN_OR_RETURN(Layout layout, MakeLayout(options.folder));
  ASSIGN_OR_RETURN(std::string program, FindProgram("mariadbd"));
  auto impl = std::make_unique<Impl>(options, std::move(layout), std::move(program));
  RETURN_IF_ERROR(impl->Start(SteadyNow() + options.start_timeout));
  return std::unique_ptr<PrivateServer>(new PrivateServer(std::move(impl)));
}

std::optional<Address> PrivateServer::RunningAddress(const std::string& folder) {
  std::error_code error;
  if (!fs::exists(folder, error)) return std::nullopt;
  const absl::StatusOr<Layout> layout = MakeLayout(folder);
  if (!layout.ok() || RunningServer(*layout) == 0) return std::nullopt;
  Address address;
  address.socket = layout->socket.string();
  return address;
}

Address PrivateServer::address() const { return impl_->address(); }
pid_t PrivateServer::pid() const { return impl_->pid(); }
absl::Status PrivateServer::Stop(absl::Duration timeout) { return impl_->Stop(timeout); }
void PrivateServer::Kill() { impl_->Kill(); }

}  // namespace storeops::db
