// From a REST request to a request message.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_REST_BINDING_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_REST_BINDING_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "services/gateway/http/rest_router.h"

namespace storeops::gateway {

// Fills `message` from the body, then the path, then the query; INVALID_ARGUMENT names what does not fit. The path must
// match the route. A PATCH without an update mask gets one of the fields that its body has, but those that only the
// service sets, the one in the path, and the etag, which is a condition and not a change.
absl::Status BindRequest(const Route& route, const PathParts& path, absl::string_view query, absl::string_view body,
                         google::protobuf::Message* message);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_REST_BINDING_H_
