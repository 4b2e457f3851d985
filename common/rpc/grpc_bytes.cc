#include "common/rpc/grpc_bytes.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"

namespace storeops::rpc {
namespace {

// Below this, copying is cheaper than a string of its own on the heap.
constexpr size_t kCopyBelowBytes = 1024;

}  // namespace

grpc::ByteBuffer ToByteBuffer(std::string bytes) {
  if (bytes.size() < kCopyBelowBytes) {
    const grpc::Slice slice(bytes.data(), bytes.size());
    return {&slice, 1};
  }
  auto* owner = new std::string(std::move(bytes));
  const grpc::Slice slice(
      owner->data(), owner->size(), [](void* string) { delete static_cast<std::string*>(string); }, owner);
  return {&slice, 1};
}

grpc::ByteBuffer ToByteBuffer(const google::protobuf::Message& message) {
  const size_t size = message.ByteSizeLong();
  const grpc::Slice slice(size);
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return {&slice, 1};
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  bytes.reserve(buffer.Length());
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const auto& slice : slices) bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  return bytes;
}

absl::Status ParseByteBuffer(const grpc::ByteBuffer& buffer, google::protobuf::Message* message) {
  bool parsed = false;
  if (grpc::Slice slice; buffer.TrySingleSlice(&slice).ok()) {
    parsed = message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  } else {
    grpc::ByteBuffer copy = buffer;  // shares the slices; the reader wants one that it may change
    grpc::ProtoBufferReader reader(&copy);
    parsed = reader.status().ok() && message->ParseFromZeroCopyStream(&reader);
  }
  if (parsed) return absl::OkStatus();
  return WithReason(absl::InvalidArgumentError(absl::StrCat("the body is not a serialised ",
                                                            message->GetDescriptor()->full_name())),
                    "MALFORMED_BODY");
}

}  // namespace storeops::rpc
