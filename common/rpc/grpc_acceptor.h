// Takes connections for the gRPC door. gRPC 1.51 has no limit of connections, and where descriptors run out its own
// listener never accepts again.
#ifndef STOREOPS_COMMON_RPC_GRPC_ACCEPTOR_H_
#define STOREOPS_COMMON_RPC_GRPC_ACCEPTOR_H_

#include <sys/types.h>

#include <chrono>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/base/address_shares.h"
#include "common/base/background_thread.h"
#include "grpcpp/server_builder.h"

namespace storeops::rpc {

class GrpcAcceptor {
 public:
  using Door = grpc::experimental::ExternalConnectionAcceptor;
  struct Limits {
    int max_connections = 4096;
    int max_connections_per_address = 2048;  // of an AddressGroup
  };

  // `address`: "127.0.0.1:8081", "[::]:0"; port 0 is any free one. INVALID_ARGUMENT for what is no numeric address,
  // UNAVAILABLE if it cannot be bound.
  static absl::StatusOr<std::unique_ptr<GrpcAcceptor>> Listen(absl::string_view address, const Limits& limits);
  ~GrpcAcceptor();

  int port() const { return port_; }
  // Gives connections to a server that has started. Connections beyond the limits are closed at once.
  void Start(std::unique_ptr<Door> door);
  // Takes what the system has completed, as its clients believe that they are in, and closes the port. The server may
  // be shut down after it.
  void Stop();
  // That gRPC has not closed, as of now.
  int64_t connections();

 private:
  // A connection that gRPC has. gRPC does not say when it closes one: then the descriptor is closed, or another file's.
  struct Held {
    ino_t inode;
    AddressShares::Share share;
  };

  GrpcAcceptor(int listener, int wake, int port, const Limits& limits);
  void Run();
  // False if no more can be accepted for now.
  bool AcceptAll();
  void Take(int connection);
  void ForgetClosed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int listener_;
  const int wake_;
  const int port_;
  AddressShares shares_;
  std::unique_ptr<Door> door_;
  absl::Mutex mutex_;
  absl::flat_hash_map<int, Held> held_ ABSL_GUARDED_BY(mutex_);  // by descriptor
  std::chrono::steady_clock::time_point looked_ ABSL_GUARDED_BY(mutex_);
  BackgroundThread thread_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_GRPC_ACCEPTOR_H_
