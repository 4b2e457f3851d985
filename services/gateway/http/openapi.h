// An OpenAPI 3.0 document of the REST door, from the descriptors alone.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_OPENAPI_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_OPENAPI_H_

#include <string>

#include "absl/strings/string_view.h"
#include "services/gateway/http/rest_router.h"

namespace storeops::gateway {

// JSON. Streaming methods are left out: REST does not carry them.
std::string OpenApiDocument(const RestRouter& router, absl::string_view version);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_OPENAPI_H_
