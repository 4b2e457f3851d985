#include "services/gateway/http/refusal.h"

#include <memory>
#include <utility>

#include "common/base/errors.h"
#include "services/gateway/http/connect_door.h"
#include "services/gateway/http/cors.h"
#include "services/gateway/http/http_errors.h"

namespace storeops::gateway {
namespace {

constexpr absl::Duration kRetryAfter = absl::Seconds(1);

absl::Status StatusFor(int http_status, absl::string_view reason) {
  switch (http_status) {
    case 408:
      return WithReason(absl::DeadlineExceededError(reason), "DEADLINE_EXCEEDED");
    case 413:
      return WithReason(absl::ResourceExhaustedError(reason), "REQUEST_TOO_LARGE");
    case 431:
      return WithReason(absl::ResourceExhaustedError(reason), "HEADERS_TOO_LARGE");
    case 417:
    case 501:
      return WithReason(absl::UnimplementedError(reason), "UNIMPLEMENTED");
    case 503:
      return WithReason(UnavailableRetry(reason, kRetryAfter), "OVERLOADED");
    default:
      return WithReason(absl::InvalidArgumentError(reason), "INVALID_HTTP");
  }
}

}  // namespace

http::Refusal MakeApiRefusal(const ApiOptions& options) {
  const auto cors = std::make_shared<const Cors>(options.cors_origins);
  return [cors](const http::Request& request, int http_status, absl::string_view reason) {
    const absl::Status status = StatusFor(http_status, reason);
    http::Response response = IsConnectPath(request.Path()) ? ConnectError(status) : RestError(status, http_status);
    response.status = http_status;
    if (const absl::string_view origin = request.Header("origin"); !origin.empty()) cors->Allow(origin, response);
    return response;
  };
}

}  // namespace storeops::gateway
