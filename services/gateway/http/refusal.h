// Requests that the HTTP server refuses before they reach a door, answered as that door answers errors.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_REFUSAL_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_REFUSAL_H_

#include "common/http/server.h"
#include "services/gateway/http/api_handler.h"

namespace storeops::gateway {

// Keeps the HTTP status. The error's code and reason go by it: 400 INVALID_ARGUMENT, 408 DEADLINE_EXCEEDED, 413 and 431
// RESOURCE_EXHAUSTED, 417 and 501 UNIMPLEMENTED, 503 UNAVAILABLE.
http::Refusal MakeApiRefusal(const ApiOptions& options);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_REFUSAL_H_
