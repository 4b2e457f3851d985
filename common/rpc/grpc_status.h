// absl::Status against grpc::Status with the trailer grpc-status-details-bin.
#ifndef STOREOPS_COMMON_RPC_GRPC_STATUS_H_
#define STOREOPS_COMMON_RPC_GRPC_STATUS_H_

#include "absl/status/status.h"

namespace grpc {
class Status;
}

namespace storeops::rpc {

// Clients refuse trailers of more than 8 KiB: a long message is cut, details are thinned out (the ErrorInfo is kept,
// a BadRequest keeps its first violations) until both fit.
grpc::Status ToGrpcStatus(const absl::Status& status);
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_GRPC_STATUS_H_
