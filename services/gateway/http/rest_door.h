// REST by google.api.http (https://github.com/googleapis/googleapis/blob/master/google/api/http.proto), JSON only.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_REST_DOOR_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_REST_DOOR_H_

#include "absl/status/status.h"
#include "common/http/server.h"
#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"
#include "services/gateway/http/api_handler.h"
#include "services/gateway/http/rest_router.h"

namespace storeops::gateway {

class RestDoor {
 public:
  RestDoor(rpc::Pipeline& pipeline, const ApiOptions& options) : pipeline_(pipeline), options_(options) {}

  // INTERNAL for a rule that makes no sense.
  absl::Status AddRules(const rpc::MethodTable& table);
  const RestRouter& router() const { return router_; }

  void Serve(http::Request request, http::Responder respond) const;

 private:
  rpc::Pipeline& pipeline_;
  const ApiOptions options_;
  RestRouter router_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_REST_DOOR_H_
