// A mariadbd of our own in a folder of our own, for one machine and for tests: reachable by its socket only.
#ifndef STOREOPS_COMMON_DB_PRIVATE_SERVER_H_
#define STOREOPS_COMMON_DB_PRIVATE_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace storeops::db {

class PrivateServer {
 public:
  struct Options {
    std::string folder;  // made if missing, mode 0700: data/, the socket, the log. Paths over 100 bytes: the socket
                         // lies in a private folder below /tmp instead (unix socket paths are limited to 107 bytes)
    int64_t buffer_pool_bytes = 256 << 20;
    // false: no fsync on commit. For tests of logic only; durability tests and everything else leave it on.
    bool durable = true;
    // Starts mariadbd again when it ends by itself.
    bool supervise = false;
    // The server ends with this object, and with this process even if that is killed (tests).
    bool die_with_parent = false;
    // More options for mariadbd, e.g. "--max-connections=500".
    std::vector<std::string> arguments;
    absl::Duration start_timeout = absl::Seconds(60);
  };

  // Makes the data folder at the first start; takes over a server that still runs there (left by a killed process);
  // returns when it answers. UNAVAILABLE with the end of its log if it does not come up.
  static absl::StatusOr<std::unique_ptr<PrivateServer>> Start(const Options& options);
  // Where the server of a folder can be reached, nothing if none runs there.
  static std::optional<Address> RunningAddress(const std::string& folder);
  // Leaves the server running, unless it dies with its parent; Stop() ends it.
  ~PrivateServer();

  Address address() const;
  // 0 while it does not run.
  pid_t pid() const;
  // Ends the server cleanly (SIGTERM) and waits.
  absl::Status Stop(absl::Duration timeout = absl::Seconds(60));
  // kill -9, and reap it; a supervised one then starts again. For tests.
  void Kill();

 private:
  class Impl;
  explicit PrivateServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_PRIVATE_SERVER_H_
