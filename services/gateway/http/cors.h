// Which web pages may call the API from a browser (https://fetch.spec.whatwg.org/#http-cors-protocol). Credentials are
// tokens in a header, never cookies.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_CORS_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_CORS_H_

#include <string>
#include <vector>

#include "common/http/server.h"

namespace storeops::gateway {

class Cors {
 public:
  // "https://shop.example", or "*" for all; empty: no page of another origin.
  explicit Cors(std::vector<std::string> allowed_origins);

  static bool IsPreflight(const http::Request& request);
  http::Response Preflight(const http::Request& request) const;
  // Adds what lets the page that made the request read the response.
  void Allow(absl::string_view origin, http::Response& response) const;

 private:
  bool Allows(absl::string_view origin) const;

  const std::vector<std::string> allowed_origins_;
  const bool all_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_CORS_H_
