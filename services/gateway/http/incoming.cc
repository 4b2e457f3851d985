#include "services/gateway/http/incoming.h"

#include <memory>
#include <string>

namespace storeops::gateway {
namespace {

// To make this much protobuf into JSON takes about half a millisecond.
constexpr size_t kLargeReplyBytes = 64 << 10;

}  // namespace

rpc::Incoming MakeIncoming(const rpc::Method& method, const http::Request& request) {
  rpc::Incoming incoming;
  incoming.method = &method;
  incoming.credentials.authorization = std::string(request.Header("authorization"));
  incoming.credentials.certificate_name = request.certificate_name;
  incoming.traceparent = std::string(request.Header("traceparent"));
  incoming.language = std::string(request.Header("accept-language"));
  incoming.peer_address = request.peer_address;
  incoming.request_bytes = request.body.size() + request.Query().size();
  incoming.large_reply_bytes = kLargeReplyBytes;
  const auto cancellation = std::make_shared<rpc::Cancellation>();
  request.client->OnGone([cancellation] { cancellation->Cancel(); });
  incoming.cancellation = cancellation;
  return incoming;
}

}  // namespace storeops::gateway
