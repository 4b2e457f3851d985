// The Connect protocol, unary, case by case (https://connectrpc.com/docs/protocol).
#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "common/http/compression.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/http_process.h"

namespace storeops {
namespace {

using catalog::v1::GetProductRequest;
using catalog::v1::Product;
using testing::HeaderList;
using testing::HttpProcess;
using testing::HttpReply;
using testing::ParseJson;
using testing::RawClient;

const std::string kGetProduct = "/storeops.catalog.v1.ProductService/GetProduct";
const std::string kDeleteProduct = "/storeops.catalog.v1.ProductService/DeleteProduct";
const HeaderList kJson = {{"Content-Type", "application/json"}};
const HeaderList kProto = {{"Content-Type", "application/proto"}};
const std::string kOne = R"({"name":"products/1"})";

std::string OneBinary() {
  GetProductRequest request;
  request.set_name("products/1");
  return request.SerializeAsString();
}

HeaderList With(HeaderList headers, const std::string& name, const std::string& value) {
  headers.emplace_back(name, value);
  return headers;
}

std::string CodeOf(const HttpReply& reply) { return ParseJson(reply.body).fields().at("code").string_value(); }

HttpProcess::Handler AnswerTitle(std::string title) {
  return [title = std::move(title)](rpc::Call&, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
    auto product = std::make_unique<Product>();
    product->set_title(title);
    return rpc::Reply(std::move(product));
  };
}

class Connect : public ::testing::Test {
 protected:
  HttpProcess process_;
};

TEST_F(Connect, PostJson) {
  process_.Answer(AnswerTitle("杯"));
  const HttpReply reply = process_.Ask("POST", kGetProduct, kJson, kOne);
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.Header("content-type"), "application/json");
  EXPECT_EQ(reply.body, R"({"title":"杯"})");
  EXPECT_EQ(process_.TakeCall(), R"(GetProduct {"name":"products/1"})");
}

TEST_F(Connect, PostJsonWithACharset) {
  EXPECT_EQ(process_.Ask("POST", kGetProduct, {{"Content-Type", "application/json; charset=utf-8"}}, kOne).status, 200);
}

TEST_F(Connect, PostProto) {
  process_.Answer(AnswerTitle("cup"));
  const HttpReply reply = process_.Ask("POST", kGetProduct, kProto, OneBinary());
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.Header("content-type"), "application/proto");
  Product product;
  ASSERT_TRUE(product.ParseFromString(reply.body));
  EXPECT_EQ(product.title(), "cup");
  EXPECT_EQ(process_.TakeCall(), R"(GetProduct {"name":"products/1"})");
}

TEST_F(Connect, PostOverARawSocket) {
  RawClient client(process_.port());
  const HttpReply reply = client.Exchange(absl::StrCat(
      "POST ", kGetProduct, " HTTP/1.1\r\nHost: x\r\nAuthorization: ", process_.Bearer(),
      "\r\ncontent-type: Application/JSON\r\nConnect-Protocol-Version: 1\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n",
      kOne, "\r\n0\r\n\r\n"));
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body, "{}");
}

TEST_F(Connect, UnknownCodec) {
  for (const char* type : {"text/plain", "application/grpc", "application/connect+json", "application/xml", ""}) {
    const HttpReply reply = process_.Ask("POST", kGetProduct, {{"Content-Type", type}}, kOne);
    EXPECT_EQ(reply.status, 415) << type;
    EXPECT_EQ(reply.Header("accept-post"), "application/json, application/proto");
  }
  EXPECT_EQ(process_.Ask("GET", kGetProduct + "?message=&encoding=xml").status, 415);
  EXPECT_EQ(process_.TakeCall(), "");
}

TEST_F(Connect, OtherHttpMethods) {
  const HttpReply put = process_.Ask("PUT", kGetProduct, kJson, kOne);
  EXPECT_EQ(put.status, 405);
  EXPECT_EQ(put.Header("allow"), "GET, POST");
  const HttpReply get = process_.Ask("GET", kDeleteProduct + "?message=%7B%7D&encoding=json");
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(get.Header("allow"), "POST");
  EXPECT_EQ(process_.Ask("PUT", kDeleteProduct, kJson, kOne).Header("allow"), "POST");
  EXPECT_EQ(process_.TakeCall(), "");
}

TEST_F(Connect, GetJson) {
  const HttpReply reply =
      process_.Ask("GET", kGetProduct + "?connect=v1&encoding=json&message=%7B%22name%22%3A%22products%2F1%22%7D");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(process_.TakeCall(), R"(GetProduct {"name":"products/1"})");
}

TEST_F(Connect, GetInAnyOrderAndWithoutVersion) {
  EXPECT_EQ(process_.Ask("GET", kGetProduct + "?message=%7B%22name%22:%22products/1%22%7D&encoding=json").status, 200);
}

TEST_F(Connect, GetProtoInBase64PaddedOrNot) {
  std::string text = absl::WebSafeBase64Escape(OneBinary());
  for (const std::string& message : {text, text + "%3D%3D", text + "=="}) {
    const HttpReply reply = process_.Ask("GET", kGetProduct + "?base64=1&encoding=proto&message=" + message);
    EXPECT_EQ(reply.status, 200) << message << ": " << reply.body;
    EXPECT_EQ(reply.Header("content-type"), "application/proto");
    EXPECT_EQ(process_.TakeCall(), R"(GetProduct {"name":"products/1"})");
  }
}

TEST_F(Connect, GetCompressed) {
  const std::string message = absl::WebSafeBase64Escape(http::GzipCompress(kOne));
  EXPECT_EQ(process_.Ask("GET", kGetProduct + "?compression=gzip&base64=1&encoding=json&message=" + message).status,
            200);
  EXPECT_EQ(process_.TakeCall(), R"(GetProduct {"name":"products/1"})");
  const HttpReply unknown =
      process_.Ask("GET", kGetProduct + "?compression=br&base64=1&encoding=json&message=" + message);
  EXPECT_EQ(unknown.status, 501);
  EXPECT_EQ(CodeOf(unknown), "unimplemented");
}

TEST_F(Connect, GetThatIsIncompleteOrWrong) {
  for (const char* query :
       {"", "?encoding=json", "?message=%7B%7D", "?message=%7B%7D&encoding=json&connect=v2",
        "?message=***&encoding=json&base64=1", "?message=e30&encoding=json&base64=yes", "?message=%zz&encoding=json"}) {
    const HttpReply reply = process_.Ask("GET", kGetProduct + query);
    EXPECT_EQ(reply.status, 400) << query;
    EXPECT_EQ(CodeOf(reply), "invalid_argument") << query;
  }
}

TEST_F(Connect, HeadIsGetWithoutTheBody) {
  const HttpReply reply =
      process_.Ask("HEAD", kGetProduct + "?message=%7B%22name%22:%22products/1%22%7D&encoding=json");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "");
}

TEST_F(Connect, TimeoutBecomesTheDeadline) {
  absl::Duration left;
  process_.Answer([&left](rpc::Call& call, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
    left = call.deadline - call.start;
    return rpc::Reply(std::make_unique<Product>());
  });
  EXPECT_EQ(process_.Ask("POST", kGetProduct, With(kJson, "Connect-Timeout-Ms", "5000"), kOne).status, 200);
  EXPECT_LE(left, absl::Seconds(5));
  EXPECT_GT(left, absl::Seconds(1));
}

TEST_F(Connect, TimeoutThatHasPassed) {
  const HttpReply reply = process_.Ask("POST", kGetProduct, With(kJson, "Connect-Timeout-Ms", "0"), kOne);
  EXPECT_EQ(reply.status, 504);
  EXPECT_EQ(CodeOf(reply), "deadline_exceeded");
  EXPECT_EQ(process_.TakeCall(), "");
}

TEST_F(Connect, TimeoutOfTenDigitsAtMost) {
  EXPECT_EQ(process_.Ask("POST", kGetProduct, With(kJson, "Connect-Timeout-Ms", "9999999999"), kOne).status, 200);
  for (const char* timeout : {"10000000000", "-1", "1s", "1.5", "abc"}) {
    const HttpReply reply = process_.Ask("POST", kGetProduct, With(kJson, "Connect-Timeout-Ms", timeout), kOne);
    EXPECT_EQ(reply.status, 400) << timeout;
    EXPECT_EQ(CodeOf(reply), "invalid_argument");
  }
}

TEST_F(Connect, ProtocolVersionIsCheckedWhenPresent) {
  EXPECT_EQ(process_.Ask("POST", kGetProduct, With(kJson, "Connect-Protocol-Version", "1"), kOne).status, 200);
  const HttpReply reply = process_.Ask("POST", kGetProduct, With(kJson, "Connect-Protocol-Version", "2"), kOne);
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(CodeOf(reply), "invalid_argument");
}

TEST_F(Connect, CompressedRequests) {
  const HeaderList json = With(kJson, "Content-Encoding", "gzip");
  EXPECT_EQ(process_.Ask("POST", kGetProduct, json, http::GzipCompress(kOne)).status, 200);
  EXPECT_EQ(process_.TakeCall(), R"(GetProduct {"name":"products/1"})");
  EXPECT_EQ(process_.Ask("POST", kGetProduct, With(kProto, "Content-Encoding", "gzip"), http::GzipCompress(OneBinary()))
                .status,
            200);
  EXPECT_EQ(process_.TakeCall(), R"(GetProduct {"name":"products/1"})");
  EXPECT_EQ(process_.Ask("POST", kGetProduct, With(kJson, "Content-Encoding", "identity"), kOne).status, 200);
  const HttpReply broken = process_.Ask("POST", kGetProduct, json, "no gzip");
  EXPECT_EQ(broken.status, 400);
  EXPECT_EQ(CodeOf(broken), "invalid_argument");
}

TEST_F(Connect, AnEmptyBodyIsNotDecompressed) {
  EXPECT_EQ(
      process_
          .Ask("POST", "/storeops.catalog.v1.ProductService/ListProducts", With(kProto, "Content-Encoding", "gzip"), "")
          .status,
      200);
  EXPECT_EQ(process_.TakeCall(), "ListProducts {}");
}

TEST_F(Connect, UnknownCompressionNamesTheSupported) {
  const HttpReply reply = process_.Ask("POST", kGetProduct, With(kJson, "Content-Encoding", "br"), kOne);
  EXPECT_EQ(reply.status, 501);
  EXPECT_EQ(CodeOf(reply), "unimplemented");
  EXPECT_TRUE(absl::StrContains(reply.body, "gzip")) << reply.body;
}

TEST_F(Connect, TheDecompressedSizeIsLimited) {
  const std::string bomb = http::GzipCompress(absl::StrCat("{\"name\":\"", std::string(5 << 20, 'a'), "\"}"));
  const HttpReply reply = process_.Ask("POST", kGetProduct, With(kJson, "Content-Encoding", "gzip"), bomb);
  EXPECT_EQ(reply.status, 429);
  EXPECT_EQ(CodeOf(reply), "resource_exhausted");
  EXPECT_EQ(process_.TakeCall(), "");
}

TEST_F(Connect, CompressedResponses) {
  process_.Answer(AnswerTitle(std::string(5000, 'a')));
  const HttpReply reply = process_.Ask("POST", kGetProduct, With(kJson, "Accept-Encoding", "br, gzip;q=0.5"), kOne);
  EXPECT_EQ(reply.Header("content-encoding"), "gzip");
  EXPECT_EQ(reply.Header("vary"), "Accept-Encoding");
  EXPECT_EQ(http::GzipDecompress(reply.body, 1 << 20).value(),
            absl::StrCat("{\"title\":\"", std::string(5000, 'a'), "\"}"));
  for (const char* accept : {"", "identity", "br", "gzip;q=0"}) {
    EXPECT_EQ(
        process_.Ask("POST", kGetProduct, With(kJson, "Accept-Encoding", accept), kOne).Header("content-encoding"), "")
        << accept;
  }
  process_.Answer(AnswerTitle("short"));
  EXPECT_EQ(process_.Ask("POST", kGetProduct, With(kJson, "Accept-Encoding", "gzip"), kOne).Header("content-encoding"),
            "");
}

TEST_F(Connect, ErrorDetails) {
  process_.Answer([](rpc::Call&, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
    absl::Status status = InvalidField("product.title", "is \"empty\"");
    status.SetPayload("type.googleapis.com/not.linked.Here", absl::Cord("abcd"));
    return status;
  });
  const HttpReply reply = process_.Ask("POST", kGetProduct, kJson, kOne);
  const auto error = ParseJson(reply.body);
  EXPECT_EQ(error.fields().at("message").string_value(), "product.title: is \"empty\"");
  std::map<std::string, google::protobuf::Struct> details;
  for (const auto& detail : error.fields().at("details").list_value().values()) {
    details[detail.struct_value().fields().at("type").string_value()] = detail.struct_value();
  }
  ASSERT_EQ(details.size(), 3u) << reply.body;
  EXPECT_EQ(details["google.rpc.ErrorInfo"].fields().at("debug").struct_value().fields().at("reason").string_value(),
            "INVALID_FIELDS");
  EXPECT_TRUE(details.contains("google.rpc.BadRequest"));
  EXPECT_EQ(details["not.linked.Here"].fields().at("value").string_value(), "YWJjZA");  // no padding
  EXPECT_FALSE(details["not.linked.Here"].fields().contains("debug"));
}

TEST_F(Connect, RetryInfoIsAlsoAHeader) {
  process_.Answer([](rpc::Call&, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
    return UnavailableRetry("later", absl::Milliseconds(1500));
  });
  EXPECT_EQ(process_.Ask("POST", kGetProduct, kJson, kOne).Header("retry-after"), "2");
}

TEST_F(Connect, WithoutACredential) {
  const HttpReply reply = testing::Fetch(process_.port(), "POST", kGetProduct, kJson, "{broken");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(CodeOf(reply), "unauthenticated");
  EXPECT_EQ(reply.Header("www-authenticate"), "Bearer");
  EXPECT_EQ(process_.TakeCall(), "");
}

TEST_F(Connect, BodiesThatAreNotTheMessage) {
  for (const char* body : {"{", "[]", "{\"name\":1.5}", "{\"nam\":\"products/1\"}"}) {
    const HttpReply reply = process_.Ask("POST", kGetProduct, kJson, body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(CodeOf(reply), "invalid_argument") << body;
  }
  const HttpReply malformed = process_.Ask("POST", kGetProduct, kProto, "\xff\xff");
  EXPECT_EQ(CodeOf(malformed), "invalid_argument");
  EXPECT_TRUE(absl::StrContains(malformed.body, "MALFORMED_BODY")) << malformed.body;
  EXPECT_EQ(process_.TakeCall(), "");
}

TEST_F(Connect, UnknownMethods) {
  for (const char* path : {"/storeops.catalog.v1.ProductService/Nothing", "/storeops.no.v1.Service/Get"}) {
    const HttpReply reply = process_.Ask("POST", path, kJson, "{}");
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(CodeOf(reply), "unimplemented");
  }
}

TEST_F(Connect, StreamsAreForGrpc) {
  const HttpReply reply = process_.Ask("POST", "/storeops.changes.v1.ChangeService/StreamChanges", kJson, "{}");
  EXPECT_EQ(reply.status, 501);
  EXPECT_EQ(CodeOf(reply), "unimplemented");
  EXPECT_TRUE(absl::StrContains(reply.body, "gRPC"));
}

TEST_F(Connect, ForwardingHeadersAreNotBelieved) {
  std::string peer;
  process_.Answer([&peer](rpc::Call& call, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
    peer = call.peer_address;
    return rpc::Reply(std::make_unique<Product>());
  });
  process_.Ask("POST", kGetProduct, With(kJson, "X-Forwarded-For", "8.8.8.8"), kOne);
  EXPECT_EQ(peer, "127.0.0.1");
}

TEST_F(Connect, TraceAndLanguageReachTheHandler) {
  std::string seen;
  process_.Answer([&seen](rpc::Call& call, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
    seen = absl::StrCat(call.trace.trace_id, " ", call.language);
    return rpc::Reply(std::make_unique<Product>());
  });
  const std::string trace = "0af7651916cd43dd8448eb211c80319c";
  HeaderList headers = With(kJson, "Traceparent", absl::StrCat("00-", trace, "-b7ad6b7169203331-01"));
  process_.Ask("POST", kGetProduct, With(headers, "Accept-Language", "zh"), kOne);
  EXPECT_EQ(seen, trace + " zh");
}

TEST_F(Connect, AClientThatGoesCancelsTheCall) {
  struct Events {
    absl::Notification entered;
    absl::Notification cancelled;
  };
  // Shared: the handler may leave after the test.
  const auto events = std::make_shared<Events>();
  process_.Answer([events](rpc::Call& call, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
    const auto interest = call.cancellation->OnCancel([events] { events->cancelled.Notify(); });
    events->entered.Notify();
    EXPECT_TRUE(events->cancelled.WaitForNotificationWithTimeout(absl::Seconds(60)));
    return absl::CancelledError("gone");
  });
  RawClient client(process_.port());
  client.Send(absl::StrCat("POST ", kGetProduct, " HTTP/1.1\r\nHost: x\r\nAuthorization: ", process_.Bearer(),
                           "\r\nContent-Type: application/json\r\nContent-Length: 21\r\n\r\n", kOne));
  ASSERT_TRUE(events->entered.WaitForNotificationWithTimeout(absl::Seconds(60)));
  client.Close();
  EXPECT_TRUE(events->cancelled.WaitForNotificationWithTimeout(absl::Seconds(60)));
}

TEST(ConnectCors, AllowedOrigins) {
  gateway::ApiOptions options;
  options.cors_origins = {"https://shop.example"};
  HttpProcess process(options);
  const HeaderList preflight = {{"Origin", "https://shop.example"}, {"Access-Control-Request-Method", "POST"}};
  const HttpReply allowed = testing::Fetch(process.port(), "OPTIONS", kGetProduct, preflight);
  EXPECT_EQ(allowed.status, 204);
  EXPECT_EQ(allowed.Header("access-control-allow-origin"), "https://shop.example");
  for (const char* method : {"GET", "POST", "PATCH", "DELETE"}) {
    EXPECT_TRUE(absl::StrContains(allowed.Header("access-control-allow-methods"), method));
  }
  for (const char* header : {"Content-Type", "Connect-Protocol-Version", "Connect-Timeout-Ms", "Authorization"}) {
    EXPECT_TRUE(absl::StrContains(allowed.Header("access-control-allow-headers"), header));
  }
  EXPECT_TRUE(absl::StrContains(allowed.Header("vary"), "Origin"));
  const HttpReply other =
      testing::Fetch(process.port(), "OPTIONS", kGetProduct,
                     {{"Origin", "https://evil.example"}, {"Access-Control-Request-Method", "POST"}});
  EXPECT_EQ(other.Header("access-control-allow-origin"), "");
  const HttpReply call = process.Ask("POST", kGetProduct, With(kJson, "Origin", "https://shop.example"), kOne);
  EXPECT_EQ(call.Header("access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(call.Header("vary"), "Origin");
  EXPECT_EQ(process.Ask("POST", kGetProduct, With(kJson, "Origin", "https://evil.example"), kOne)
                .Header("access-control-allow-origin"),
            "");
}

TEST(ConnectCors, AllOrNone) {
  gateway::ApiOptions options;
  options.cors_origins = {"*"};
  HttpProcess all(options);
  EXPECT_EQ(all.Ask("POST", kGetProduct, With(kJson, "Origin", "https://a.example"), kOne)
                .Header("access-control-allow-origin"),
            "*");
  HttpProcess none;
  EXPECT_EQ(none.Ask("POST", kGetProduct, With(kJson, "Origin", "https://a.example"), kOne)
                .Header("access-control-allow-origin"),
            "");
}

}  // namespace
}  // namespace storeops
