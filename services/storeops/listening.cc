#include "services/storeops/listening.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "absl/strings/strip.h"

namespace storeops {
namespace {

// -1 if nobody listens. `limit`: of each attempt, and of what is read later; InfiniteDuration: the system's.
int Connect(const std::string& address, absl::Duration limit) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos) return -1;
  absl::string_view host = absl::string_view(address).substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(std::string(host).c_str(), address.c_str() + colon + 1, &hints, &found) != 0) return -1;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int socket = ::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
    if (socket < 0) continue;
    if (limit < absl::InfiniteDuration()) {
      const timeval time = absl::ToTimeval(limit);
      setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
      setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    }
    if (connect(socket, each->ai_addr, each->ai_addrlen) == 0) return socket;
    close(socket);
  }
  return -1;
}

}  // namespace

bool Listens(const std::string& address) {
  const int socket = Connect(address, absl::InfiniteDuration());
  if (socket >= 0) close(socket);
  return socket >= 0;
}

bool TakesConnections(const std::string& address, absl::Duration limit) {
  const int socket = Connect(address, limit);
  if (socket < 0) return false;
  // A server that has taken the connection answers its end with its own, with or without a word before.
  shutdown(socket, SHUT_WR);
  char byte = 0;
  const ssize_t got = recv(socket, &byte, 1, 0);
  const bool taken = got >= 0 || errno == ECONNRESET;
  close(socket);
  return taken;
}

}  // namespace storeops
