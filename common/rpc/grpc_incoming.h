// A gRPC call's circumstances as the pipeline wants them. For the gRPC door.
#ifndef STOREOPS_COMMON_RPC_GRPC_INCOMING_H_
#define STOREOPS_COMMON_RPC_GRPC_INCOMING_H_

#include "common/rpc/grpc_calls.h"

namespace storeops::rpc {

absl::Time DeadlineOf(const grpc::CallbackServerContext& context);
// All but the request itself and the cancellation.
Incoming MakeIncoming(const Door& door, const Method& method, const grpc::CallbackServerContext& context,
                      size_t request_bytes);

absl::Status Closing();
absl::Status CallerGone();

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_GRPC_INCOMING_H_
