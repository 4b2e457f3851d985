// Requests that the HTTP server refuses look like errors of the door that they were meant for.
#include "services/gateway/http/refusal.h"

#include <memory>
#include <string>

#include "common/http/server.h"
#include "common/rpc/json.h"
#include "google/protobuf/struct.pb.h"
#include "gtest/gtest.h"
#include "tests/support/http_client.h"

namespace storeops::testing {
namespace {

constexpr char kConnectPath[] = "/storeops.catalog.v1.ProductService/GetProduct";
constexpr char kRestPath[] = "/v1/products";

std::unique_ptr<http::Server> Serve(absl::Duration timeout = absl::Seconds(60)) {
  http::Server::Options options;
  options.max_header_bytes = 1000;
  options.max_body_bytes = 100'000;
  options.max_arriving_bytes = 50'000;
  options.request_timeout = options.header_timeout = timeout;
  gateway::ApiOptions api;
  api.cors_origins = {"https://shop.example"};
  options.refusal = gateway::MakeApiRefusal(api);
  auto server = http::Server::Start(options, [](http::Request, http::Responder respond) { respond({}); });
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

google::protobuf::Struct Body(const HttpReply& reply) {
  EXPECT_EQ(reply.Header("content-type"), "application/json");
  EXPECT_EQ(reply.Header("connection"), "close");
  google::protobuf::Struct body;
  const absl::Status status = rpc::JsonToMessage(reply.body, &body);
  EXPECT_TRUE(status.ok()) << status << " in " << reply.body;
  return body;
}

// Of the ErrorInfo among the details. Connect shows what is in a detail as "debug".
std::string Reason(const google::protobuf::Struct& error) {
  for (const auto& value : error.fields().at("details").list_value().values()) {
    const auto& detail = value.struct_value().fields();
    const auto& info = detail.contains("debug") ? detail.at("debug").struct_value().fields() : detail;
    if (info.contains("reason")) return info.at("reason").string_value();
  }
  return "";
}

struct Refused {
  std::string head;  // behind the target
  std::string body;
  int http_status;
  std::string connect_code;
  std::string rest_status;
  std::string reason;
};

TEST(Refusal, HasTheFormOfTheDoor) {
  const Refused kCases[] = {
      {"\r\nContent-Length: 100001", "", 413, "resource_exhausted", "RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE"},
      {"\r\nA: " + std::string(2000, 'a'), "", 431, "resource_exhausted", "RESOURCE_EXHAUSTED", "HEADERS_TOO_LARGE"},
      {"\r\nContent-Length: 10", "abc", 408, "deadline_exceeded", "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"},
      {"\r\nContent-Length: 90000", std::string(60'000, 'a'), 503, "unavailable", "UNAVAILABLE", "OVERLOADED"},
      {"\r\nContent-Length: 1\r\nExpect: cake", "", 417, "unimplemented", "UNIMPLEMENTED", "UNIMPLEMENTED"},
      {"\r\nTransfer-Encoding: gzip", "", 501, "unimplemented", "UNIMPLEMENTED", "UNIMPLEMENTED"},
      {"\r\nHost: y", "", 400, "invalid_argument", "INVALID_ARGUMENT", "INVALID_HTTP"},
  };
  for (const Refused& refused : kCases) {
    SCOPED_TRACE(refused.reason);
    const auto server = refused.http_status == 408 ? Serve(absl::Milliseconds(300)) : Serve();
    const auto exchange = [&](const char* path) {
      return RawClient(server->port())
          .Exchange(absl::StrCat("POST ", path, " HTTP/1.1\r\nHost: x", refused.head, "\r\n\r\n", refused.body));
    };
    const HttpReply connect = exchange(kConnectPath);
    EXPECT_EQ(connect.status, refused.http_status);
    const auto error = Body(connect);
    EXPECT_EQ(error.fields().at("code").string_value(), refused.connect_code);
    EXPECT_NE(error.fields().at("message").string_value(), "");
    EXPECT_EQ(Reason(error), refused.reason);

    const HttpReply rest = exchange(kRestPath);
    EXPECT_EQ(rest.status, refused.http_status);
    const auto inner = Body(rest).fields().at("error").struct_value();
    EXPECT_EQ(inner.fields().at("code").number_value(), refused.http_status);
    EXPECT_EQ(inner.fields().at("status").string_value(), refused.rest_status);
    EXPECT_NE(inner.fields().at("message").string_value(), "");
    EXPECT_EQ(Reason(inner), refused.reason);
  }
}

TEST(Refusal, APageOfAnAllowedOriginMayReadIt) {
  const auto server = Serve();
  const auto allowed = [&](const std::string& origin) {
    return RawClient(server->port())
        .Exchange(absl::StrCat("POST ", kRestPath, " HTTP/1.1\r\nHost: x\r\nOrigin: ", origin,
                               "\r\nContent-Length: 100001\r\n\r\n"))
        .Header("access-control-allow-origin");
  };
  EXPECT_EQ(allowed("https://shop.example"), "https://shop.example");
  EXPECT_EQ(allowed("https://other.example"), "");
}

// Nobody knows which door it was meant for.
TEST(Refusal, IsPlainTextWhereTheFirstLineIsUnreadable) {
  for (const std::string request : {"no http at all\r\n\r\n", "GET /v1/prod"}) {
    const auto server = request[0] == 'n' ? Serve() : Serve(absl::Milliseconds(300));
    RawClient client(server->port());
    const HttpReply reply = client.Exchange(request);
    EXPECT_EQ(reply.status, request[0] == 'n' ? 400 : 408);
    EXPECT_EQ(reply.Header("content-type"), "text/plain; charset=utf-8");
  }
}

}  // namespace
}  // namespace storeops::testing
