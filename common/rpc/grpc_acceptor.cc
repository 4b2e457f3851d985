#include "common/rpc/grpc_acceptor.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace storeops::rpc {
namespace {

constexpr int kBacklog = 1024;
constexpr int kPauseMs = 100;    // while descriptors are short
constexpr int kLookMs = 10'000;  // so that the shares of connections that ended are given back
constexpr auto kLookPause = std::chrono::milliseconds(kPauseMs);

using AddressList = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

absl::StatusOr<AddressList> Resolve(absl::string_view address) {
  const size_t colon = address.rfind(':');
  absl::string_view host = address.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  addrinfo* found = nullptr;
  if (colon == absl::string_view::npos ||
      getaddrinfo(std::string(host).c_str(), std::string(address.substr(colon + 1)).c_str(), &hints, &found) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("not an address: ", address));
  }
  return AddressList(found, freeaddrinfo);
}

absl::Status CannotListen(absl::string_view address) {
  const int error = errno;
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", std::strerror(error)));
}

absl::StatusOr<int> PortOf(int socket, absl::string_view address) {
  sockaddr_storage bound = {};
  socklen_t size = sizeof(bound);
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return CannotListen(address);
  return ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                           : reinterpret_cast<const sockaddr_in&>(bound).sin_port);
}

std::optional<ino_t> InodeOf(int descriptor) {
  struct stat status = {};
  if (fstat(descriptor, &status) != 0 || !S_ISSOCK(status.st_mode)) return std::nullopt;
  return status.st_ino;
}

std::optional<std::string> PeerOf(int connection) {
  sockaddr_storage peer = {};
  socklen_t size = sizeof(peer);
  char host[NI_MAXHOST];
  if (getpeername(connection, reinterpret_cast<sockaddr*>(&peer), &size) != 0 ||
      getnameinfo(reinterpret_cast<const sockaddr*>(&peer), size, host, sizeof(host), nullptr, 0, NI_NUMERICHOST) !=
          0) {
    return std::nullopt;
  }
  return host;
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcAcceptor>> GrpcAcceptor::Listen(absl::string_view address, const Limits& limits) {
  ASSIGN_OR_RETURN(const AddressList where, Resolve(address));
  const int listener = socket(where->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, where->ai_protocol);
  if (listener < 0) return CannotListen(address);
  absl::Cleanup closing = [listener] { close(listener); };
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (bind(listener, where->ai_addr, where->ai_addrlen) != 0 || listen(listener, kBacklog) != 0) {
    return CannotListen(address);
  }
  ASSIGN_OR_RETURN(const int port, PortOf(listener, address));
  const int wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake < 0) return CannotListen(address);
  std::move(closing).Cancel();
  return std::unique_ptr<GrpcAcceptor>(new GrpcAcceptor(listener, wake, port, limits));
}

GrpcAcceptor::GrpcAcceptor(int listener, int wake, int port, const Limits& limits)
    : listener_(listener),
      wake_(wake),
      port_(port),
      shares_(limits.max_connections, limits.max_connections_per_address),
      thread_({.name = "grpc-accept",
               .body = [this] { Run(); },
               .on_stop =
                   [this] {
                     const uint64_t one = 1;
                     // It cannot fail: the counter is far from its end.
                     (void)!write(wake_, &one, sizeof(one));
                   }}) {}

GrpcAcceptor::~GrpcAcceptor() {
  Stop();
  close(listener_);
  close(wake_);
}

void GrpcAcceptor::Start(std::unique_ptr<Door> door) {
  door_ = std::move(door);
  thread_.Start();
}

void GrpcAcceptor::Stop() {
  thread_.Stop();
  // Only reading: a socket that listens is closed for new connections by it.
  shutdown(listener_, SHUT_RD);
}

int64_t GrpcAcceptor::connections() {
  absl::MutexLock lock(&mutex_);
  ForgetClosed();
  return shares_.taken();
}

void GrpcAcceptor::Run() {
  bool pause = false;
  while (!thread_.Stopping()) {
    pollfd wanted[] = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    // Waking and arriving connections end it at once.
    const int ready = poll(wanted, pause ? 1 : 2, pause ? kPauseMs : kLookMs);
    if (ready == 0 && !pause) connections();
    pause = !AcceptAll();
  }
}

bool GrpcAcceptor::AcceptAll() {
  while (true) {
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0) {
      Take(connection);
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return true;
    // Of this connection alone, which has gone already; anything else, as that descriptors are short, may last.
    if (errno != ECONNABORTED && errno != EINTR) return false;
  }
}

void GrpcAcceptor::Take(int connection) {
  absl::Cleanup closing = [connection] { close(connection); };
  const std::optional<ino_t> inode = InodeOf(connection);
  const std::optional<std::string> peer = PeerOf(connection);
  if (!inode.has_value() || !peer.has_value()) return;  // gone
  const std::string group = AddressGroup(*peer);
  {
    absl::MutexLock lock(&mutex_);
    held_.erase(connection);  // gRPC has closed what had this descriptor
    std::optional<AddressShares::Share> share = shares_.Take(group);
    if (!share.has_value() && std::chrono::steady_clock::now() - looked_ > kLookPause) {
      ForgetClosed();
      share = shares_.Take(group);
    }
    if (!share.has_value()) return;
    held_.emplace(connection, Held{*inode, *std::move(share)});
  }
  std::move(closing).Cancel();
  const int on = 1;
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  Door::NewConnectionParameters parameters;
  parameters.listener_fd = listener_;
  parameters.fd = connection;
  door_->HandleNewConnection(&parameters);
}

void GrpcAcceptor::ForgetClosed() {
  absl::erase_if(held_, [](const auto& entry) { return InodeOf(entry.first) != entry.second.inode; });
  looked_ = std::chrono::steady_clock::now();
}

}  // namespace storeops::rpc
