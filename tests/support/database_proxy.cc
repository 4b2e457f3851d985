#include "tests/support/database_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "tests/support/test_database.h"

namespace storeops::testing {
namespace {

// A command of the protocol follows four bytes of length and number: https://mariadb.com/kb/en/com_query/
constexpr size_t kHeader = 4;
constexpr char kQuery = 0x03;
constexpr char kPrepare = 0x16;

sockaddr_un SocketAddress(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) std::abort();
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int Connect(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = SocketAddress(path);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
  return fd;
}

bool SendAll(int fd, absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

// Commands are short enough to come in one piece.
bool IsCommand(absl::string_view bytes, char command, absl::string_view text) {
  return bytes.size() > kHeader && bytes[kHeader] == command && absl::StartsWith(bytes.substr(kHeader + 1), text);
}

}  // namespace

// One thread moves the bytes of all connections.
class DatabaseProxy::Relay {
 public:
  explicit Relay(const std::string& path) : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un address = SocketAddress(path);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) std::abort();
    if (listen(listener_, 64) != 0 || pipe(end_) != 0) std::abort();
    thread_ = std::thread([this] { Run(); });
  }
  ~Relay() {
    close(end_[1]);
    thread_.join();
    close(end_[0]);
    close(listener_);
    for (const Link& link : links_) Close(link);
  }

  void LoseCommitAfter(std::string statement, Lose lose) {
    absl::MutexLock lock(&mutex_);
    wanted_ = {std::move(statement), lose};
  }
  bool lost() const {
    absl::MutexLock lock(&mutex_);
    return lost_;
  }

 private:
  struct Link {
    int client;
    int server;
    std::optional<Lose> lose = std::nullopt;
    bool muted = false;  // the next answer is the lost one
  };

  static void Close(const Link& link) {
    close(link.client);
    close(link.server);
  }

  // False: the link is over.
  bool Pass(Link& link, bool from_client) {
    char buffer[64 << 10];
    const ssize_t got = recv(from_client ? link.client : link.server, buffer, sizeof buffer, 0);
    if (got <= 0) return false;
    const absl::string_view bytes(buffer, static_cast<size_t>(got));
    if (!from_client) return !(link.muted && Lost()) && SendAll(link.client, bytes);
    Watch(link, bytes);
    if (link.lose.has_value() && IsCommand(bytes, kQuery, "COMMIT")) {
      if (*link.lose == Lose::kQuestion) return !Lost();
      link.muted = true;
    }
    return SendAll(link.server, bytes);
  }
  bool Lost() {
    absl::MutexLock lock(&mutex_);
    lost_ = true;
    return true;
  }
  void Watch(Link& link, absl::string_view bytes) {
    absl::MutexLock lock(&mutex_);
    if (!wanted_.has_value() || !IsCommand(bytes, kPrepare, wanted_->first)) return;
    link.lose = wanted_->second;
    wanted_.reset();
  }

  void Run() {
    while (true) {
      std::vector<pollfd> polled = {{end_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const Link& link : links_) {
        polled.push_back({link.client, POLLIN, 0});
        polled.push_back({link.server, POLLIN, 0});
      }
      if (poll(polled.data(), polled.size(), -1) < 0) std::abort();
      if (polled[0].revents != 0) return;
      std::vector<Link> going_on;
      for (size_t i = 0; i < links_.size(); ++i) {
        Link& link = links_[i];
        const bool client = polled[2 + 2 * i].revents != 0, server = polled[3 + 2 * i].revents != 0;
        if ((client && !Pass(link, true)) || (server && !Pass(link, false))) {
          Close(link);
        } else {
          going_on.push_back(link);
        }
      }
      links_ = std::move(going_on);
      if (polled[1].revents == 0) continue;
      const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (client >= 0) links_.push_back({client, Connect(TestServer().socket)});
    }
  }

  const int listener_;
  int end_[2];
  std::vector<Link> links_;  // of the thread
  mutable absl::Mutex mutex_;
  std::optional<std::pair<std::string, Lose>> wanted_ ABSL_GUARDED_BY(mutex_);
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

DatabaseProxy::DatabaseProxy() : relay_(std::make_unique<Relay>(folder_.path() + "/socket")) {}
DatabaseProxy::~DatabaseProxy() = default;

db::Address DatabaseProxy::address() const {
  db::Address address = TestServer();
  address.socket = folder_.path() + "/socket";
  return address;
}

void DatabaseProxy::LoseCommitAfter(std::string statement, Lose lose) {
  relay_->LoseCommitAfter(std::move(statement), lose);
}

bool DatabaseProxy::lost() const { return relay_->lost(); }

}  // namespace storeops::testing
