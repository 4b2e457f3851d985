// How an error looks on the Connect door and on the REST door.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_HTTP_ERRORS_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_HTTP_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/http/server.h"

namespace storeops::gateway {

// The HTTP status for a code; the same on both doors.
int HttpStatus(absl::StatusCode code);

// {"code": "not_found", "message": ..., "details": [{"type", "value", "debug"}]}
http::Response ConnectError(const absl::Status& status);

// {"error": {"code": 404, "status": "NOT_FOUND", "message": ..., "details": [{"@type": ...}]}}
// `http_status` 0: by the code.
http::Response RestError(const absl::Status& status, int http_status = 0);

// For what is wrong with the HTTP and not with the call: 405, 415.
http::Response PlainError(int http_status, absl::string_view text);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_HTTP_ERRORS_H_
