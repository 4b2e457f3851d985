// The Connect protocol, unary (https://connectrpc.com/docs/protocol).
//
// Stricter than asked for in one place: unknown fields in JSON are INVALID_ARGUMENT, so that a misspelt name does not
// pass unseen.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_CONNECT_DOOR_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_CONNECT_DOOR_H_

#include "absl/strings/string_view.h"
#include "common/http/server.h"
#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"
#include "services/gateway/http/api_handler.h"

namespace storeops::gateway {

// True for "/package.Service/Method".
bool IsConnectPath(absl::string_view path);

class ConnectDoor {
 public:
  ConnectDoor(const rpc::MethodTable& table, rpc::Pipeline& pipeline, const ApiOptions& options)
      : table_(table), pipeline_(pipeline), options_(options) {}

  void Serve(http::Request request, http::Responder respond) const;

 private:
  const rpc::MethodTable& table_;
  rpc::Pipeline& pipeline_;
  const ApiOptions options_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_CONNECT_DOOR_H_
