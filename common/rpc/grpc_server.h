// The gRPC door: the method table on the callback API, with health and reflection.
#ifndef STOREOPS_COMMON_RPC_GRPC_SERVER_H_
#define STOREOPS_COMMON_RPC_GRPC_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/grpc_acceptor.h"
#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"
#include "common/telemetry/telemetry.h"

namespace storeops::rpc {

// PEM texts. Empty certificate: no TLS. With a client CA, clients must show a certificate it signed (mTLS).
struct TlsOptions {
  std::string certificate_chain;
  std::string private_key;
  std::string client_ca;
};

class GrpcServer {
 public:
  struct Options {
    std::string address = "127.0.0.1:0";  // numeric; port 0: any free one
    TlsOptions tls;
    GrpcAcceptor::Limits connections;
    telemetry::Telemetry* telemetry = nullptr;  // may be null
    int max_message_bytes = 32 << 20;
    int max_metadata_bytes = 16 << 10;
    int max_concurrent_streams = 1000;
    size_t memory_quota_bytes = 256 << 20;
    // So that clients find new replicas. Not for nothing: with an age, gRPC 1.51 spends a sixth more on a small call.
    absl::Duration max_connection_age = absl::InfiniteDuration();
    absl::Duration max_connection_age_grace = absl::Minutes(5);  // for calls under way on a connection of that age
    absl::Duration min_ping_interval = absl::Seconds(10);        // clients that ping more often are disconnected
  };

  // Starts serving the table's methods through the pipeline. Both must outlive the server. INVALID_ARGUMENT for a
  // malformed address, UNAVAILABLE if it cannot be bound, INTERNAL for a wrong certificate.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const Options& options, const MethodTable& table,
                                                           Pipeline& pipeline);
  ~GrpcServer();

  int port() const;
  // Overall health ("") and that of each service. Not serving until told so.
  void SetServing(bool serving);
  // Not serving any more: calls that still come get UNAVAILABLE (one that meets the very moment gets a bare CANCELLED
  // from gRPC, which Peer takes for UNAVAILABLE). Those under way may end before `deadline`, then their callers get
  // CANCELLED and their handlers are told. Returns when every caller has an answer; a handler that does not heed its
  // cancellation may run on (Pipeline waits for it).
  void Shutdown(absl::Time deadline);

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_GRPC_SERVER_H_
