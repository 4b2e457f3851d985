// One call of the gRPC door: from gRPC's callbacks to the pipeline and back. Used by grpc_server.cc alone.
#ifndef STOREOPS_COMMON_RPC_GRPC_CALLS_H_
#define STOREOPS_COMMON_RPC_GRPC_CALLS_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>

#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"

namespace grpc {
class CallbackServerContext;
}

namespace storeops::rpc {

// What the calls of a server share.
struct Door {
  Pipeline& pipeline;
  // Clients show certificates.
  bool mutual_tls = false;
  // Calls are refused.
  std::atomic<bool> closing{false};
};

// `response` is filled before the call finishes.
grpc::ServerUnaryReactor* StartUnaryCall(Door& door, const Method& method, grpc::CallbackServerContext& context,
                                         const grpc::ByteBuffer& request, grpc::ByteBuffer* response);
grpc::ServerWriteReactor<grpc::ByteBuffer>* StartStreamCall(Door& door, const Method& method,
                                                            const grpc::CallbackServerContext& context,
                                                            const grpc::ByteBuffer& request);
// `response` as above.
grpc::ServerReadReactor<grpc::ByteBuffer>* StartUploadCall(Door& door, const Method& method,
                                                           const grpc::CallbackServerContext& context,
                                                           grpc::ByteBuffer* response);

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_GRPC_CALLS_H_
