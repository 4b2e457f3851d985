// Deadlines of SteadyNow() against those of gRPC: by the time that is left, as their clocks are different ones.
#ifndef STOREOPS_COMMON_RPC_GRPC_DEADLINE_H_
#define STOREOPS_COMMON_RPC_GRPC_DEADLINE_H_

#include <grpc/support/time.h>

#include "absl/time/time.h"

namespace storeops::rpc {

gpr_timespec ToGrpcDeadline(absl::Time deadline);
// `deadline` of any of gRPC's clocks.
absl::Time FromGrpcDeadline(gpr_timespec deadline);

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_GRPC_DEADLINE_H_
