#include "services/gateway/http/connect_door.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/rpc/json.h"
#include "services/gateway/http/content.h"
#include "services/gateway/http/http_errors.h"
#include "services/gateway/http/incoming.h"
#include "services/gateway/http/percent.h"

namespace storeops::gateway {
namespace {

using google::protobuf::Message;

constexpr absl::string_view kAcceptPost = "application/json, application/proto";
constexpr size_t kMaxTimeoutDigits = 10;

// One call, from the request to the response.
struct ConnectExchange {
  http::Responder respond;
  std::string body;  // as received, or the GET's message
  std::string coding;
  bool json = true;
  bool accepts_gzip = false;
  size_t body_limit = 0;

  absl::Status Decode(Message* message) {
    ASSIGN_OR_RETURN(body, DecodeBody(coding, std::move(body), body_limit));
    if (json) return rpc::JsonToMessage(body, message);
    if (message->ParseFromString(body)) return absl::OkStatus();
    return WithReason(absl::InvalidArgumentError(
                          absl::StrCat("the body is not a serialised ", message->GetDescriptor()->full_name())),
                      "MALFORMED_BODY");
  }

  http::Response Encode(const rpc::Method& method, const absl::StatusOr<rpc::Reply>& reply) const {
    if (!reply.ok()) return ConnectError(reply.status());
    http::Response response;
    if (json) {
      auto text = reply->ToJson(*method.response);
      if (!text.ok()) return ConnectError(text.status());
      response.headers.emplace_back("Content-Type", "application/json");
      response.body = *std::move(text);
    } else {
      response.headers.emplace_back("Content-Type", "application/proto");
      response.body = reply->ToBinary();
    }
    CompressResponse(accepts_gzip, response);
    return response;
  }
};

absl::Status Invalid(absl::string_view message) { return absl::InvalidArgumentError(message); }

absl::StatusOr<absl::Time> Deadline(absl::string_view timeout_ms, const Clock& clock) {
  if (timeout_ms.empty()) return absl::InfiniteFuture();
  int64_t milliseconds = 0;
  if (timeout_ms.size() > kMaxTimeoutDigits || timeout_ms.find_first_not_of("0123456789") != absl::string_view::npos ||
      !absl::SimpleAtoi(timeout_ms, &milliseconds)) {
    return Invalid("Connect-Timeout-Ms must be a number of at most 10 digits");
  }
  return clock.Steady() + absl::Milliseconds(milliseconds);
}

absl::Status CheckVersion(absl::string_view version, absl::string_view expected, absl::string_view where) {
  if (version.empty() || version == expected) return absl::OkStatus();
  return Invalid(absl::StrCat(where, " must be \"", expected, "\""));
}

absl::StatusOr<std::string> UrlBase64(absl::string_view text) {
  while (absl::EndsWith(text, "=")) text.remove_suffix(1);
  std::string bytes;
  if (absl::WebSafeBase64Unescape(text, &bytes)) return bytes;
  return Invalid("the message parameter is not URL-safe base64");
}

// A GET's parameters, in any order. Each may occur once.
absl::Status ReadQuery(absl::string_view query, ConnectExchange& exchange) {
  ASSIGN_OR_RETURN(const QueryPairs pairs, ParseQuery(query));
  const auto find = [&pairs](absl::string_view name) -> const std::string* {
    for (const auto& [key, value] : pairs) {
      if (key == name) return &value;
    }
    return nullptr;
  };
  const std::string* message = find("message");
  const std::string* encoding = find("encoding");
  const std::string* base64 = find("base64");
  const std::string* compression = find("compression");
  const std::string* version = find("connect");
  RETURN_IF_ERROR(CheckVersion(version == nullptr ? "" : *version, "v1", "the connect parameter"));
  if (message == nullptr || encoding == nullptr) {
    return Invalid("a GET has the parameters message and encoding");
  }
  exchange.json = *encoding == "json";
  exchange.coding = compression == nullptr ? "" : *compression;
  RETURN_IF_ERROR(CheckCoding(exchange.coding));
  if (base64 != nullptr && *base64 == "1") {
    ASSIGN_OR_RETURN(exchange.body, UrlBase64(*message));
  } else if (base64 != nullptr) {
    return Invalid("the base64 parameter must be 1");
  } else {
    exchange.body = *message;
  }
  return absl::OkStatus();
}

absl::Status ReadPost(http::Request& request, ConnectExchange& exchange) {
  RETURN_IF_ERROR(CheckVersion(request.Header("connect-protocol-version"), "1", "Connect-Protocol-Version"));
  exchange.coding = std::string(request.Header("content-encoding"));
  RETURN_IF_ERROR(CheckCoding(exchange.coding));
  exchange.body = std::move(request.body);
  return absl::OkStatus();
}

bool KnownCodec(absl::string_view name) { return name == "json" || name == "proto"; }

// Of a GET: empty when it is not named, which is told later.
std::string QueryCodec(absl::string_view query) {
  const auto pairs = ParseQuery(query);
  if (!pairs.ok()) return "";
  for (const auto& [key, value] : *pairs) {
    if (key == "encoding") return value;
  }
  return "";
}

// What is wrong with the HTTP itself; status 200 if nothing is.
http::Response CheckHttp(const rpc::Method& method, const http::Request& request, bool is_get) {
  if (!is_get && request.method != "POST") {
    http::Response refusal = PlainError(405, "call this method by POST");
    refusal.headers.emplace_back("Allow", method.no_side_effects ? "GET, POST" : "POST");
    return refusal;
  }
  if (is_get && !method.no_side_effects) {
    http::Response refusal = PlainError(405, "GET is for methods without side effects: call this one by POST");
    refusal.headers.emplace_back("Allow", "POST");
    return refusal;
  }
  if (is_get) {
    const std::string codec = QueryCodec(request.Query());
    if (codec.empty() || KnownCodec(codec)) return {};
  } else {
    const std::string type = MediaType(request.Header("content-type"));
    if (type == "application/json" || type == "application/proto") return {};
  }
  http::Response refusal = PlainError(415, absl::StrCat("send one of ", kAcceptPost));
  refusal.headers.emplace_back("Accept-Post", std::string(kAcceptPost));
  return refusal;
}

absl::Status ReadCall(const rpc::Method& method, http::Request& request, bool is_get, ConnectExchange& exchange) {
  if (!method.unary_call()) {
    return absl::UnimplementedError(absl::StrCat(method.full_name, " streams: call it over gRPC"));
  }
  if (is_get) return ReadQuery(request.Query(), exchange);
  exchange.json = MediaType(request.Header("content-type")) == "application/json";
  return ReadPost(request, exchange);
}

}  // namespace

bool IsConnectPath(absl::string_view path) {
  const std::vector<absl::string_view> parts = absl::StrSplit(path, '/');
  return parts.size() == 3 && parts[0].empty() && absl::StrContains(parts[1], '.') && !parts[2].empty();
}

void ConnectDoor::Serve(http::Request request, http::Responder respond) const {
  const rpc::Method* method = table_.Find(request.Path().substr(1));
  if (method == nullptr) {
    http::Response unknown =
        ConnectError(absl::UnimplementedError(absl::StrCat("no method ", request.Path().substr(1))));
    unknown.status = 404;
    respond(std::move(unknown));
    return;
  }
  const bool is_get = request.method == "GET" || request.method == "HEAD";
  http::Response refusal = CheckHttp(*method, request, is_get);
  if (refusal.status != 200) {
    respond(std::move(refusal));
    return;
  }
  rpc::Incoming incoming = MakeIncoming(*method, request);
  auto exchange = std::make_unique<ConnectExchange>();
  exchange->accepts_gzip = AcceptsGzip(request.Header("accept-encoding"));
  exchange->body_limit = std::min<size_t>(options_.max_decompressed_bytes, method->max_request_bytes);
  absl::Status read = ReadCall(*method, request, is_get, *exchange);
  const auto deadline = Deadline(request.Header("connect-timeout-ms"), *options_.clock);
  if (read.ok()) read = deadline.status();
  if (!read.ok()) {
    respond(ConnectError(read));
    return;
  }
  incoming.deadline = *deadline;
  // Decoding comes before the answer, so the exchange is still there.
  ConnectExchange* const open = exchange.get();
  incoming.decode = [open](Message* message) { return open->Decode(message); };
  if (!open->json && !IsGzip(open->coding)) incoming.binary = [open] { return std::move(open->body); };
  open->respond = std::move(respond);
  pipeline_.Serve(std::move(incoming), [method, exchange = std::move(exchange)](absl::StatusOr<rpc::Reply> reply) {
    exchange->respond(exchange->Encode(*method, reply));
  });
}

}  // namespace storeops::gateway
