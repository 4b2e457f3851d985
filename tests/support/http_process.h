// The API over HTTP with the real descriptors and handlers that only note what they were asked.
#ifndef STOREOPS_TESTS_SUPPORT_HTTP_PROCESS_H_
#define STOREOPS_TESTS_SUPPORT_HTTP_PROCESS_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/http/server.h"
#include "common/rpc/json.h"
#include "google/protobuf/struct.pb.h"
#include "gtest/gtest.h"
#include "services/gateway/http/api_handler.h"
#include "tests/support/bind_rest.h"
#include "tests/support/handler_process.h"
#include "tests/support/http_client.h"

namespace storeops::testing {

class HttpProcess : public HandlerProcess {
 public:
  using Handler = std::function<absl::StatusOr<rpc::Reply>(rpc::Call&, const google::protobuf::Message&)>;

  explicit HttpProcess(gateway::ApiOptions options = {}, const HandlerProcessOptions& process = {})
      : HandlerProcess(process) {
    for (const char* service : {"storeops.catalog.v1.ProductService", "storeops.gateway.v1.IdentityService",
                                "storeops.operations.v1.OperationService"}) {
      auto& builder = table_.AddService(service);
      for (int i = 0; i < builder.descriptor()->method_count(); ++i) Note(builder, builder.descriptor()->method(i));
    }
    BindRest(table_.AddService("storeops.changes.v1.ChangeService")
                 .StreamRaw("StreamChanges", [](rpc::Call&, const google::protobuf::Message&, rpc::ReplyStream&) {
                   return absl::OkStatus();
                 }));
    FinishTable();
    options.version = "test";
    auto handler = gateway::MakeApiHandler(table(), pipeline(), options);
    EXPECT_TRUE(handler.ok()) << handler.status();
    auto server = http::Server::Start({}, *std::move(handler));
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~HttpProcess() {
    server_->Shutdown(absl::Now());
    server_.reset();
    Close();
  }

  int port() const { return server_->port(); }
  // What the next calls answer instead of an empty response.
  void Answer(Handler handler) {
    absl::MutexLock lock(&mutex_);
    handler_ = std::move(handler);
  }
  // "Method {request as JSON}" of the last call that reached a handler; empty if none did since the last look.
  std::string TakeCall() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(called_, "");
  }

  // With a token that may do everything.
  HttpReply Ask(const std::string& method, const std::string& target, HeaderList headers = {},
                const std::string& body = "") const {
    headers.emplace_back("Authorization", Bearer());
    return Fetch(port(), method, target, headers, body);
  }

 private:
  void Note(rpc::ServiceBuilder& builder, const google::protobuf::MethodDescriptor* method) {
    builder.UnaryRaw(method->name(), [this, method](rpc::Call& call, const google::protobuf::Message& request) {
      Handler handler;
      {
        absl::MutexLock lock(&mutex_);
        called_ = absl::StrCat(method->name(), " ", rpc::MessageToJson(request).value_or("?"));
        handler = handler_;
      }
      if (handler) return handler(call, request);
      const auto* response = google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->output_type());
      return absl::StatusOr<rpc::Reply>(std::unique_ptr<google::protobuf::Message>(response->New()));
    });
  }

  absl::Mutex mutex_;
  Handler handler_ ABSL_GUARDED_BY(mutex_);
  std::string called_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<http::Server> server_;
};

inline google::protobuf::Struct ParseJson(const std::string& text) {
  google::protobuf::Struct json;
  const absl::Status status = rpc::JsonToMessage(text, &json);
  EXPECT_TRUE(status.ok()) << status << " in " << text.substr(0, 300);
  return json;
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_HTTP_PROCESS_H_
