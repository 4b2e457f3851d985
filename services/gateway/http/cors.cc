#include "services/gateway/http/cors.h"

#include <algorithm>
#include <utility>

namespace storeops::gateway {

Cors::Cors(std::vector<std::string> allowed_origins)
    : allowed_origins_(std::move(allowed_origins)),
      all_(std::find(allowed_origins_.begin(), allowed_origins_.end(), "*") != allowed_origins_.end()) {}

bool Cors::Allows(absl::string_view origin) const {
  return !origin.empty() &&
         (all_ || std::find(allowed_origins_.begin(), allowed_origins_.end(), origin) != allowed_origins_.end());
}

bool Cors::IsPreflight(const http::Request& request) {
  return request.method == "OPTIONS" && !request.Header("origin").empty() &&
         !request.Header("access-control-request-method").empty();
}

http::Response Cors::Preflight(const http::Request& request) const {
  http::Response response{.status = 204, .headers = {}, .body = ""};
  response.headers.emplace_back("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
  const absl::string_view origin = request.Header("origin");
  if (!Allows(origin)) return response;
  response.headers.emplace_back("Access-Control-Allow-Origin", all_ ? "*" : std::string(origin));
  response.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE");
  response.headers.emplace_back("Access-Control-Allow-Headers",
                                "Content-Type, Content-Encoding, Connect-Protocol-Version, Connect-Timeout-Ms, "
                                "Authorization, Accept-Language, Traceparent");
  response.headers.emplace_back("Access-Control-Max-Age", "7200");
  return response;
}

void Cors::Allow(absl::string_view origin, http::Response& response) const {
  if (!all_ && !allowed_origins_.empty()) response.headers.emplace_back("Vary", "Origin");
  if (!Allows(origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", all_ ? "*" : std::string(origin));
  response.headers.emplace_back("Access-Control-Expose-Headers", "Content-Encoding, Retry-After, WWW-Authenticate");
}

}  // namespace storeops::gateway
