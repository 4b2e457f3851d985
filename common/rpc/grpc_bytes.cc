#include "common/rpc/grpc_bytes.h"

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"

namespace storeops::rpc {
namespace {

// Below this, copying is cheaper than a string of its own on the heap.
constexpr size_t kCopyBelowBytes = 1024;

// `owner`, which keeps `bytes`, is deleted when gRPC is done with them.
template <class Owner>
grpc::ByteBuffer OwnedBuffer(const std::string& bytes, Owner* owner) {
  const grpc::Slice slice(
      const_cast<char*>(bytes.data()), bytes.size(), [](void* kept) { delete static_cast<Owner*>(kept); }, owner);
  return {&slice, 1};
}

}  // namespace

grpc::ByteBuffer ToByteBuffer(std::string bytes) {
  if (bytes.size() < kCopyBelowBytes) {
    const grpc::Slice slice(bytes.data(), bytes.size());
    return {&slice, 1};
  }
  auto* const owner = new std::string(std::move(bytes));
  return OwnedBuffer(*owner, owner);
}

grpc::ByteBuffer ToByteBuffer(const Reply& reply) {
  auto list = reply.list();
  if (list == nullptr || list->binary().size() < kCopyBelowBytes) return ToByteBuffer(reply.ToBinary());
  const std::string& bytes = list->binary();
  return OwnedBuffer(bytes, new std::shared_ptr<const EncodedList>(std::move(list)));
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
  return WithReason(
      absl::InvalidArgumentError(absl::StrCat("the body is not a serialised ", message->GetDescriptor()->full_name())),
      "MALFORMED_BODY");
}

}  // namespace storeops::rpc
