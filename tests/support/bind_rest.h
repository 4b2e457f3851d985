// Services of which a test needs some methods only.
#ifndef STOREOPS_TESTS_SUPPORT_BIND_REST_H_
#define STOREOPS_TESTS_SUPPORT_BIND_REST_H_

#include "absl/status/status.h"
#include "common/rpc/method_table.h"

namespace storeops::testing {

// Binds the unary and streaming methods of the service that have no handler yet; they fail.
inline rpc::ServiceBuilder& BindRest(rpc::ServiceBuilder& service) {
  for (int i = 0; i < service.descriptor()->method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *service.descriptor()->method(i);
    if (service.HasHandler(method.name()) || method.client_streaming()) continue;
    if (method.server_streaming()) {
      service.StreamRaw(method.name(), [](rpc::Call&, const google::protobuf::Message&, rpc::ReplyStream&) {
        return absl::UnimplementedError("not part of this test");
      });
    } else {
      service.UnaryRaw(method.name(), [](rpc::Call&, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
        return absl::UnimplementedError("not part of this test");
      });
    }
  }
  return service;
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_BIND_REST_H_
