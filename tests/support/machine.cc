#include "tests/support/machine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/random/random.h"

namespace storeops::testing {

TempFolder::TempFolder() {
  std::string path = (std::filesystem::temp_directory_path() / "storeops-test-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) std::abort();
  path_ = path;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

namespace {

// Whether this process is the only test program that uses the port, from now until it ends: a name among the machine's
// abstract sockets is given once.
bool Claim(int port) {
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::snprintf(name.sun_path + 1, sizeof(name.sun_path) - 1, "storeops-test-port-%d", port);
  if (bind(descriptor, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0) return true;
  close(descriptor);
  return false;
}

bool IsFree(int port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port));
  const bool bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(descriptor);
  return bound;
}

}  // namespace

int64_t ResidentBytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  int64_t kilobytes = 0;
  while (status >> word) {
    if (word == "VmRSS:" && status >> kilobytes) return kilobytes * 1024;
  }
  std::abort();
}

int FreePort() {
  // Below those that the system gives to connections and to servers that ask for any.
  constexpr int kFirst = 10'000, kEnd = 32'000;
  absl::BitGen random;
  while (true) {
    const int port = absl::Uniform(random, kFirst, kEnd);
    if (Claim(port) && IsFree(port)) return port;
  }
}

}  // namespace storeops::testing
