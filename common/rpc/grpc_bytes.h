// Between strings, messages and gRPC's buffers, without copying where one slice allows it.
#ifndef STOREOPS_COMMON_RPC_GRPC_BYTES_H_
#define STOREOPS_COMMON_RPC_GRPC_BYTES_H_

#include <string>

#include "absl/status/status.h"
#include "common/rpc/reply.h"
#include "google/protobuf/message.h"

namespace grpc {
class ByteBuffer;
}

namespace storeops::rpc {

// A buffer of one slice.
grpc::ByteBuffer ToByteBuffer(std::string bytes);
grpc::ByteBuffer ToByteBuffer(const Reply& reply);
grpc::ByteBuffer ToByteBuffer(const google::protobuf::Message& message);

std::string ToString(const grpc::ByteBuffer& buffer);
// INVALID_ARGUMENT if the buffer is not a message of that type.
absl::Status ParseByteBuffer(const grpc::ByteBuffer& buffer, google::protobuf::Message* message);

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_GRPC_BYTES_H_
