// Server reflection: what tools such as grpcurl ask a server for. Without a credential, so it shows public files only.
#ifndef STOREOPS_COMMON_RPC_GRPC_REFLECTION_H_
#define STOREOPS_COMMON_RPC_GRPC_REFLECTION_H_

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <vector>

namespace storeops::rpc {

class MethodTable;

// Versions v1 and v1alpha. At most 32 streams of each are open at once (RESOURCE_EXHAUSTED), with at most 10,000
// requests.
std::vector<std::unique_ptr<grpc::Service>> MakeReflectionServices(const MethodTable& table);

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_GRPC_REFLECTION_H_
