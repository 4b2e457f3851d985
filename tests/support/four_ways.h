// One call sent over gRPC, Connect JSON, Connect binary and REST, and the error that comes back by each.
#ifndef STOREOPS_TESTS_SUPPORT_FOUR_WAYS_H_
#define STOREOPS_TESTS_SUPPORT_FOUR_WAYS_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/http/server.h"
#include "common/rpc/grpc_server.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/json.h"
#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"
#include "google/protobuf/any.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/rpc/status.pb.h"
#include "services/gateway/http/api_handler.h"
#include "tests/support/http_client.h"

namespace storeops::testing {

struct ApiCall {
  std::string method;  // "storeops.catalog.v1.ProductService/GetProduct"
  std::string json;    // the request
  std::string verb;    // the same request by REST
  std::string target;
  std::string body;
  std::string authorization;  // "" sends none
};

// An error as one way showed it. Details that this program does not know are lost.
struct ShownError {
  std::string way;
  absl::Status status;
  HttpReply http;  // status 0 for gRPC
};

class FourWays {
 public:
  // Opens the doors; `table` and `pipeline` must outlive this.
  FourWays(const rpc::MethodTable& table, rpc::Pipeline& pipeline) : table_(table) {
    auto grpc = rpc::GrpcServer::Start({}, table, pipeline);
    EXPECT_TRUE(grpc.ok()) << grpc.status();
    grpc_ = *std::move(grpc);
    auto handler = gateway::MakeApiHandler(table, pipeline, {});
    EXPECT_TRUE(handler.ok()) << handler.status();
    auto http = http::Server::Start({}, *std::move(handler));
    EXPECT_TRUE(http.ok()) << http.status();
    http_ = *std::move(http);
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    channel_ = grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", grpc_->port()), grpc::InsecureChannelCredentials(),
                                         arguments);
  }
  ~FourWays() {
    http_->Shutdown(absl::Now());
    grpc_->Shutdown(absl::Now());
  }

  // gRPC first. A call that goes well is a status that is OK.
  std::vector<ShownError> Ask(const ApiCall& call) {
    const rpc::Method* method = table_.Find(call.method);
    if (method == nullptr) {
      ADD_FAILURE() << "no method " << call.method;
      return {};
    }
    const std::unique_ptr<google::protobuf::Message> request(method->request->New());
    const absl::Status parsed = rpc::JsonToMessage(call.json, request.get());
    EXPECT_TRUE(parsed.ok()) << parsed;
    const std::string binary = request->SerializeAsString();
    return {AskGrpc(call, binary), AskConnect("Connect JSON", call, "application/json", call.json),
            AskConnect("Connect binary", call, "application/proto", binary), AskRest(call)};
  }

 private:
  // The same everywhere, because it shows in masked errors.
  static constexpr char kTraceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  ShownError AskGrpc(const ApiCall& call, const std::string& binary) const {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    context.AddMetadata("traceparent", kTraceparent);
    if (!call.authorization.empty()) context.AddMetadata("authorization", call.authorization);
    const std::string path = "/" + call.method;
    const grpc::internal::RpcMethod method(path.c_str(), grpc::internal::RpcMethod::NORMAL_RPC);
    const grpc::Slice slice(binary);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    const grpc::Status status =
        grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer, grpc::ByteBuffer>(
            channel_.get(), method, &context, request, &response);
    return {"gRPC", rpc::FromGrpcStatus(status), {}};
  }

  static HeaderList Headers(const ApiCall& call, const std::string& type) {
    HeaderList headers = {{"Content-Type", type}, {"Traceparent", kTraceparent}};
    if (!call.authorization.empty()) headers.emplace_back("Authorization", call.authorization);
    return headers;
  }

  ShownError AskConnect(const char* way, const ApiCall& call, const std::string& type, const std::string& body) const {
    ShownError shown{way, absl::OkStatus(), Fetch(http_->port(), "POST", "/" + call.method, Headers(call, type), body)};
    if (shown.http.status == 200) return shown;
    EXPECT_EQ(shown.http.Header("content-type"), "application/json") << "whatever the request was";
    const google::protobuf::Struct error = Parse(shown.http.body);
    // Connect's names are in lower case and spell one of them in their own way.
    const std::string name = Text(error, "code");
    EXPECT_EQ(name, absl::AsciiStrToLower(name));
    const std::string code = name == "canceled" ? "CANCELLED" : absl::AsciiStrToUpper(name);
    EXPECT_NE(name, "cancelled");
    google::rpc::Status proto = Status(code, Text(error, "message"));
    for (const auto& entry : List(error, "details")) {
      auto* detail = proto.add_details();
      detail->set_type_url(absl::StrCat("type.googleapis.com/", Text(entry.struct_value(), "type")));
      std::string bytes;
      EXPECT_TRUE(absl::Base64Unescape(Text(entry.struct_value(), "value"), &bytes));
      detail->set_value(bytes);
    }
    shown.status = FromRpcStatus(proto);
    return shown;
  }

  ShownError AskRest(const ApiCall& call) const {
    const std::string type = call.body.empty() ? "" : "application/json";
    ShownError shown{"REST", absl::OkStatus(),
                     Fetch(http_->port(), call.verb, call.target, Headers(call, type), call.body)};
    if (shown.http.status == 200) return shown;
    EXPECT_EQ(shown.http.Header("content-type"), "application/json");
    const google::protobuf::Struct error = Parse(shown.http.body).fields().at("error").struct_value();
    EXPECT_EQ(error.fields().at("code").number_value(), shown.http.status);
    google::rpc::Status proto = Status(Text(error, "status"), Text(error, "message"));
    for (const auto& entry : List(error, "details")) {
      const absl::Status read =
          rpc::JsonToMessage(rpc::MessageToJson(entry.struct_value()).value_or(""), proto.add_details());
      EXPECT_TRUE(read.ok()) << read;
    }
    shown.status = FromRpcStatus(proto);
    return shown;
  }

  static google::protobuf::Struct Parse(const std::string& text) {
    google::protobuf::Struct json;
    const absl::Status status = rpc::JsonToMessage(text, &json);
    EXPECT_TRUE(status.ok()) << status << " in " << text.substr(0, 300);
    return json;
  }
  static std::string Text(const google::protobuf::Struct& object, const std::string& name) {
    const auto found = object.fields().find(name);
    return found == object.fields().end() ? "" : found->second.string_value();
  }
  static std::vector<google::protobuf::Value> List(const google::protobuf::Struct& object, const std::string& name) {
    const auto found = object.fields().find(name);
    if (found == object.fields().end()) return {};
    const auto& values = found->second.list_value().values();
    return {values.begin(), values.end()};
  }
  static google::rpc::Status Status(const std::string& code, const std::string& message) {
    google::rpc::Status proto;
    proto.set_message(message);
    proto.set_code(-1);
    for (int i = 1; i <= 16; ++i) {
      if (code == absl::StatusCodeToString(static_cast<absl::StatusCode>(i))) proto.set_code(i);
    }
    EXPECT_NE(proto.code(), -1) << code;
    return proto;
  }

  const rpc::MethodTable& table_;
  std::unique_ptr<rpc::GrpcServer> grpc_;
  std::unique_ptr<http::Server> http_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_FOUR_WAYS_H_
