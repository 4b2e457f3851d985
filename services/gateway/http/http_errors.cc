#include "services/gateway/http/http_errors.h"

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/time.h"
#include "common/rpc/json.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "google/rpc/error_details.pb.h"
#include "services/gateway/http/json_text.h"

namespace storeops::gateway {
namespace {

using google::protobuf::Any;

std::string BareName(const Any& detail) { return detail.type_url().substr(detail.type_url().rfind('/') + 1); }

// Unpadded, as Connect wants it.
std::string Base64(absl::string_view bytes) {
  std::string text = absl::Base64Escape(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

// The detail as JSON, empty if this program does not know its type.
std::string DetailJson(const Any& detail) {
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(BareName(detail));
  if (type == nullptr) return "";
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!message->ParseFromString(detail.value())) return "";
  return rpc::MessageToJson(*message).value_or("");
}

std::string ConnectDetail(const Any& detail) {
  return JsonObject({{"type", JsonQuote(BareName(detail))},
                     {"value", JsonQuote(Base64(detail.value()))},
                     {"debug", DetailJson(detail)}});
}

// {"@type": "type.googleapis.com/...", fields...}
std::string RestDetail(const Any& detail) {
  const std::string type = absl::StrCat("{\"@type\":", JsonQuote(detail.type_url()));
  const std::string json = DetailJson(detail);
  if (json.empty()) return absl::StrCat(type, ",\"value\":", JsonQuote(absl::Base64Escape(detail.value())), "}");
  return json == "{}" ? absl::StrCat(type, "}") : absl::StrCat(type, ",", json.substr(1));
}

std::string Details(const google::rpc::Status& status, std::string (*encode)(const Any&)) {
  std::vector<std::string> details;
  for (const auto& detail : status.details()) details.push_back(encode(detail));
  return details.empty() ? "" : JsonArray(details);
}

http::Response ErrorResponse(const absl::Status& status, int http_status, std::string body) {
  http::Response response{
      .status = http_status, .headers = {{"Content-Type", "application/json"}}, .body = std::move(body)};
  google::rpc::RetryInfo retry;
  if (GetDetail(status, &retry)) {
    const int64_t seconds = absl::ToInt64Seconds(absl::Ceil(FromDurationProto(retry.retry_delay()), absl::Seconds(1)));
    response.headers.emplace_back("Retry-After", absl::StrCat(seconds));
  }
  if (http_status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace

int HttpStatus(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return 200;
    case absl::StatusCode::kCancelled:
      return 499;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
      return 400;
    case absl::StatusCode::kUnauthenticated:
      return 401;
    case absl::StatusCode::kPermissionDenied:
      return 403;
    case absl::StatusCode::kNotFound:
      return 404;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return 409;
    case absl::StatusCode::kResourceExhausted:
      return 429;
    case absl::StatusCode::kUnimplemented:
      return 501;
    case absl::StatusCode::kUnavailable:
      return 503;
    case absl::StatusCode::kDeadlineExceeded:
      return 504;
    default:
      return 500;
  }
}

http::Response ConnectError(const absl::Status& status) {
  const google::rpc::Status proto = ToRpcStatus(status);
  // Connect spells it with one l.
  const std::string code = status.code() == absl::StatusCode::kCancelled
                               ? "canceled"
                               : absl::AsciiStrToLower(absl::StatusCodeToString(status.code()));
  return ErrorResponse(status, HttpStatus(status.code()),
                       JsonObject({{"code", JsonQuote(code)},
                                   {"message", JsonQuote(proto.message())},
                                   {"details", Details(proto, ConnectDetail)}}));
}

http::Response RestError(const absl::Status& status, int http_status) {
  const google::rpc::Status proto = ToRpcStatus(status);
  if (http_status == 0) http_status = HttpStatus(status.code());
  const std::string error = JsonObject({{"code", absl::StrCat(http_status)},
                                        {"status", JsonQuote(absl::StatusCodeToString(status.code()))},
                                        {"message", JsonQuote(proto.message())},
                                        {"details", Details(proto, RestDetail)}});
  return ErrorResponse(status, http_status, JsonObject({{"error", error}}));
}

http::Response PlainError(int http_status, absl::string_view text) {
  return {.status = http_status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = absl::StrCat(text, "\n")};
}

}  // namespace storeops::gateway
