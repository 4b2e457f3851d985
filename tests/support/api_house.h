// The API over HTTP with the real descriptors and handlers that only note what they were asked.
#ifndef STOREOPS_TESTS_SUPPORT_API_HOUSE_H_
#define STOREOPS_TESTS_SUPPORT_API_HOUSE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/worker_pool.h"
#include "common/http/server.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/json.h"
#include "common/rpc/method_table.h"
#include "common/rpc/pipeline.h"
#include "common/telemetry/telemetry.h"
#include "google/protobuf/struct.pb.h"
#include "gtest/gtest.h"
#include "services/gateway/http/api_handler.h"
#include "tests/support/http_client.h"

namespace storeops::testing {

class ApiHouse {
 public:
  using Handler = std::function<absl::StatusOr<rpc::Reply>(rpc::Call&, const google::protobuf::Message&)>;

  // What a test may set of the pipeline.
  struct PipelineOptions {
    rpc::RateLimiter* rate_limiter = nullptr;
    const Clock* clock = &Clock::System();
  };

  explicit ApiHouse(gateway::ApiOptions options = {}) : ApiHouse(std::move(options), PipelineOptions()) {}
  ApiHouse(gateway::ApiOptions options, PipelineOptions pipeline_options) {
    for (const char* service : {"storeops.catalog.v1.ProductService", "storeops.gateway.v1.IdentityService",
                                "storeops.operations.v1.OperationService"}) {
      auto& builder = table_.AddService(service);
      for (int i = 0; i < builder.descriptor()->method_count(); ++i) Note(builder, builder.descriptor()->method(i));
    }
    table_.AddService("storeops.changes.v1.ChangeService")
        .StreamRaw("StreamChanges",
                   [](rpc::Call&, const google::protobuf::Message&, rpc::ReplyStream&) { return absl::OkStatus(); });
    const absl::Status finished = table_.Finish();
    EXPECT_TRUE(finished.ok()) << finished;
    rpc::Pipeline::Options pipeline;
    pipeline.workers = &workers_;
    pipeline.authenticator = &authenticator_;
    pipeline.telemetry = &telemetry_;
    pipeline.rate_limiter = pipeline_options.rate_limiter;
    pipeline.clock = pipeline_options.clock;
    pipeline_ = std::make_unique<rpc::Pipeline>(pipeline);
    options.version = "test";
    auto handler = gateway::MakeApiHandler(table_, *pipeline_, options);
    EXPECT_TRUE(handler.ok()) << handler.status();
    auto server = http::Server::Start({}, *std::move(handler));
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~ApiHouse() { server_->Shutdown(absl::Now()); }

  int port() const { return server_->port(); }
  const rpc::MethodTable& table() const { return table_; }
  rpc::Pipeline& pipeline() { return *pipeline_; }
  std::string bearer() const { return "Bearer " + tokens_.Mint({"users/1", "", {"*"}}, absl::Minutes(10)); }
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
    headers.emplace_back("Authorization", bearer());
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
  rpc::AccessTokens tokens_{"a secret of at least thirty-two bytes", Clock::System()};
  rpc::StandardAuthenticator authenticator_{tokens_, nullptr};
  telemetry::Telemetry telemetry_;
  WorkerPool workers_{WorkerPool::Options()};
  rpc::MethodTable table_;
  std::unique_ptr<rpc::Pipeline> pipeline_;
  std::unique_ptr<http::Server> server_;
};

inline google::protobuf::Struct ParseJson(const std::string& text) {
  google::protobuf::Struct json;
  const absl::Status status = rpc::JsonToMessage(text, &json);
  EXPECT_TRUE(status.ok()) << status << " in " << text.substr(0, 300);
  return json;
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_API_HOUSE_H_
