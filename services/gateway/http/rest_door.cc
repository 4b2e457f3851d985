#include "services/gateway/http/rest_door.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/gateway/http/content.h"
#include "services/gateway/http/http_errors.h"
#include "services/gateway/http/incoming.h"
#include "services/gateway/http/rest_binding.h"

namespace storeops::gateway {
namespace {

// One call, from the request to the response.
struct RestExchange {
  const Route* route;
  http::Request request;
  http::Responder respond;
  size_t body_limit;

  absl::Status Decode(google::protobuf::Message* message) {
    ASSIGN_OR_RETURN(const std::string body,
                     DecodeBody(request.Header("content-encoding"), std::move(request.body), body_limit));
    return BindRequest(*route, SplitPath(request.Path()), request.Query(), body, message);
  }

  http::Response Encode(const absl::StatusOr<rpc::Reply>& reply) const {
    if (!reply.ok()) return RestError(reply.status());
    auto json = reply->ToJson(*route->method->response);
    if (!json.ok()) return RestError(json.status());
    http::Response response{.status = 200, .headers = {{"Content-Type", "application/json"}}, .body = *std::move(json)};
    CompressResponse(AcceptsGzip(request.Header("accept-encoding")), response);
    return response;
  }
};

http::Response NoRoute(const http::Request& request, const std::string& allow) {
  if (allow.empty()) return RestError(absl::NotFoundError(absl::StrCat("no such path: ", request.Path())));
  const bool has_get = absl::StrContains(allow, "GET");
  http::Response response;
  if (request.method == "OPTIONS") {
    response.status = 204;
  } else {
    response = RestError(absl::UnimplementedError(absl::StrCat(request.method, " is not for ", request.Path())), 405);
  }
  response.headers.emplace_back("Allow", absl::StrCat(allow, has_get ? ", HEAD" : "", ", OPTIONS"));
  return response;
}

// What is wrong with the HTTP itself; status 200 if nothing is.
http::Response CheckHttp(const Route& route, const http::Request& request) {
  if (!route.method->unary_call()) {
    return RestError(absl::UnimplementedError(absl::StrCat(route.method->full_name, " streams: call it over gRPC")));
  }
  const absl::Status coding = CheckCoding(request.Header("content-encoding"));
  if (!coding.ok()) return RestError(coding);
  const std::string type = MediaType(request.Header("content-type"));
  if (request.body.empty() || type.empty() || type == "application/json") return {};
  return RestError(absl::InvalidArgumentError("the body must be sent as Content-Type: application/json"), 415);
}

}  // namespace

absl::Status RestDoor::AddRules(const rpc::MethodTable& table) {
  auto methods = table.methods();
  std::sort(methods.begin(), methods.end(),
            [](const rpc::Method* a, const rpc::Method* b) { return a->full_name < b->full_name; });
  for (const rpc::Method* method : methods) RETURN_IF_ERROR(router_.Add(*method));
  return absl::OkStatus();
}

void RestDoor::Serve(http::Request request, http::Responder respond) const {
  const absl::string_view verb = request.method == "HEAD" ? "GET" : absl::string_view(request.method);
  const RestRouter::Match match = router_.Find(verb, SplitPath(request.Path()));
  if (match.route == nullptr) {
    respond(NoRoute(request, match.allow));
    return;
  }
  http::Response refusal = CheckHttp(*match.route, request);
  if (refusal.status != 200) {
    respond(std::move(refusal));
    return;
  }
  const rpc::Method& method = *match.route->method;
  rpc::Incoming incoming = MakeIncoming(method, request);
  auto exchange = std::make_unique<RestExchange>(
      RestExchange{match.route, std::move(request), std::move(respond),
                   std::min<size_t>(options_.max_decompressed_bytes, method.max_request_bytes)});
  // Decoding comes before the answer, so the exchange is still there.
  RestExchange* const open = exchange.get();
  incoming.decode = [open](google::protobuf::Message* message) { return open->Decode(message); };
  pipeline_.Serve(std::move(incoming), [exchange = std::move(exchange)](absl::StatusOr<rpc::Reply> reply) {
    exchange->respond(exchange->Encode(reply));
  });
}

}  // namespace storeops::gateway
