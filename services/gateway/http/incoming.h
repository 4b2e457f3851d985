// What both doors tell the pipeline about a request.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_INCOMING_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_INCOMING_H_

#include "common/http/server.h"
#include "common/rpc/pipeline.h"

namespace storeops::gateway {

// Everything but the decoding and the deadline. Who sent the request is known from the connection alone: forwarding
// headers are not believed. The call is cancelled when the client goes.
rpc::Incoming MakeIncoming(const rpc::Method& method, const http::Request& request);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_INCOMING_H_
