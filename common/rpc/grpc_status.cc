#include "common/rpc/grpc_status.h"

#include <grpcpp/support/status.h>

#include <string>

#include "common/base/errors.h"
#include "google/protobuf/any.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"  // older error_details.proto: proto/CMakeLists.txt
#endif

namespace storeops::rpc {
namespace {

// On the wire a message may grow threefold (percent encoding) and details by a third (base64).
constexpr size_t kMaxMessageBytes = 1024;
constexpr size_t kMaxDetailsBytes = 3072;

// At most `limit` bytes, not in the middle of a UTF-8 sequence.
void CutText(std::string* text, size_t limit) {
  if (text->size() <= limit) return;
  while (limit > 0 && (static_cast<unsigned char>((*text)[limit]) & 0xC0) == 0x80) --limit;
  text->resize(limit);
}

// Drops half of the violations of a BadRequest; false if it holds no more than one or is none.
bool ThinOut(google::protobuf::Any* detail) {
  google::rpc::BadRequest bad_request;
  if (!detail->UnpackTo(&bad_request) || bad_request.field_violations_size() < 2) return false;
  auto* violations = bad_request.mutable_field_violations();
  violations->DeleteSubrange(violations->size() / 2, violations->size() - violations->size() / 2);
  detail->PackFrom(bad_request);
  return true;
}

// Makes `proto` smaller by one step: thins out its largest detail or drops it, the ErrorInfo last.
void Shrink(google::rpc::Status* proto) {
  auto* details = proto->mutable_details();
  int largest = -1;
  for (int i = 0; i < details->size(); ++i) {
    if (details->size() > 1 && details->Get(i).Is<google::rpc::ErrorInfo>()) continue;
    if (largest < 0 || details->Get(i).ByteSizeLong() > details->Get(largest).ByteSizeLong()) largest = i;
  }
  if (!ThinOut(details->Mutable(largest))) details->DeleteSubrange(largest, 1);
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status proto = ToRpcStatus(status);
  CutText(proto.mutable_message(), kMaxMessageBytes);
  while (proto.ByteSizeLong() > kMaxDetailsBytes && proto.details_size() > 0) Shrink(&proto);
  return {static_cast<grpc::StatusCode>(status.code()), proto.message(), proto.SerializeAsString()};
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status proto;
  const bool has_details = !status.error_details().empty() && proto.ParseFromString(status.error_details());
  if (has_details && proto.code() == static_cast<int>(status.error_code())) return FromRpcStatus(proto);
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

}  // namespace storeops::rpc
