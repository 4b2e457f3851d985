// Services in this process on real databases, called through the real pipeline with whatever credential a test chooses.
// Two houses on one Site are two replicas.
#ifndef STOREOPS_TESTS_SUPPORT_SERVICE_HOUSE_H_
#define STOREOPS_TESTS_SUPPORT_SERVICE_HOUSE_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/signer.h"
#include "common/base/worker_pool.h"
#include "common/blobs/blob_store.h"
#include "common/module/service_runtime.h"
#include "common/module/shared_services.h"
#include "common/rpc/pipeline.h"
#include "google/rpc/error_details.pb.h"
#include "services/gateway/module.h"
#include "tests/support/site.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif

namespace storeops::testing {

inline std::string Reason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return GetDetail(status, &info) ? info.reason() : "";
}

// The path of the first wrong field; empty if none is named.
inline std::string WrongField(const absl::Status& status) {
  google::rpc::BadRequest bad;
  return GetDetail(status, &bad) && bad.field_violations_size() > 0 ? bad.field_violations(0).field() : "";
}

// Modules share a method table, as in the executable. Bound, but not started: no work goes on in the background.
class ServiceHouse {
 public:
  using PeerFinder = std::function<rpc::Peer*(absl::string_view)>;

  // `clock` is what services and tokens go by; deadlines go by the system's.
  ServiceHouse(
      const Site& site, std::vector<ModuleInfo> modules, const Clock& clock = Clock::System(),
      PeerFinder peer = [](absl::string_view) { return nullptr; })
      : tokens_(Site::kSecret, clock), workers_(PoolOptions()) {
    auto blobs = blobs::OpenFolderStore(site.folder() + "/blobs");
    EXPECT_TRUE(blobs.ok()) << blobs.status();
    blobs_ = *std::move(blobs);
    std::vector<ServiceRuntime*> local;
    for (ModuleInfo& info : modules) {
      if (info.name == "gateway") TakeKeys(info);
      auto options = RuntimeOptions(site, std::move(info), clock, peer);
      options.blobs = blobs_.get();
      runtimes_.push_back(std::make_unique<ServiceRuntime>(std::move(options), telemetry_, table_, tokens_));
      local.push_back(runtimes_.back().get());
    }
    authenticator_ = std::make_unique<rpc::StandardAuthenticator>(tokens_, keys_);
    pipeline_ = std::make_unique<rpc::Pipeline>(PipelineOptions());
    shared_ = std::make_unique<SharedServices>(local, peer, SharedServices::Options());
    shared_->Bind(table_);
    for (ServiceRuntime* runtime : local) {
      const absl::Status migrated = runtime->Migrate(absl::Now() + absl::Seconds(60));
      EXPECT_TRUE(migrated.ok()) << migrated;
      const absl::Status bound = runtime->Bind();
      EXPECT_TRUE(bound.ok()) << bound;
    }
    const absl::Status finished = table_.Finish();
    EXPECT_TRUE(finished.ok()) << finished;
  }
  ~ServiceHouse() { pipeline_.reset(); }

  const rpc::MethodTable& table() const { return table_; }
  rpc::Pipeline& pipeline() { return *pipeline_; }
  const rpc::AccessTokens& tokens() const { return tokens_; }
  blobs::BlobStore& blobs() { return *blobs_; }
  jobs::PeriodicJobs& periodic() { return runtimes_.front()->periodic(); }
  // Of the first module.
  db::Database& database() { return runtimes_.front()->database(); }

  // "Bearer ..." of a principal with these permissions, whether or not it exists.
  std::string Bearer(const std::string& name, std::vector<std::string> permissions) const {
    return "Bearer " + tokens_.Mint({name, name, std::move(permissions)}, absl::Minutes(10));
  }

  // A unary call as it comes from a door; `authorization` is the header's value.
  absl::Status Call(const std::string& method, const std::string& authorization,
                    const google::protobuf::Message& request, google::protobuf::Message* response) {
    struct Answer {
      absl::Notification arrived;
      absl::StatusOr<rpc::Reply> reply = absl::UnknownError("no answer");
    };
    const auto answer = std::make_shared<Answer>();
    pipeline_->Serve(MakeIncoming(method, authorization, request), [answer](absl::StatusOr<rpc::Reply> reply) {
      answer->reply = std::move(reply);
      answer->arrived.Notify();
    });
    answer->arrived.WaitForNotification();
    if (!answer->reply.ok()) return answer->reply.status();
    return response == nullptr ? absl::OkStatus() : answer->reply->ToMessage(response);
  }

  // A streaming call whose messages are dropped.
  absl::Status CallStream(const std::string& method, const std::string& authorization,
                          const google::protobuf::Message& request) {
    struct Answer {
      absl::Notification arrived;
      absl::Status status;
    };
    class Sink final : public rpc::ReplyStream {
     public:
      bool Write(const google::protobuf::Message&) override { return true; }
    };
    const auto answer = std::make_shared<Answer>();
    pipeline_->ServeStream(MakeIncoming(method, authorization, request), std::make_shared<Sink>(),
                           [answer](absl::Status status) {
                             answer->status = std::move(status);
                             answer->arrived.Notify();
                           });
    answer->arrived.WaitForNotification();
    return answer->status;
  }

  // An upload of these requests, serialised.
  absl::Status CallUpload(const std::string& method, const std::string& authorization,
                          std::vector<std::string> requests, google::protobuf::Message* response = nullptr) {
    struct Answer {
      absl::Notification arrived;
      absl::StatusOr<rpc::Reply> reply = absl::UnknownError("no answer");
      size_t sent = 0;
    };
    const auto answer = std::make_shared<Answer>();
    const auto next = [answer, requests = std::move(requests)](std::string* bytes) -> absl::StatusOr<bool> {
      if (answer->sent == requests.size()) return false;
      *bytes = requests[answer->sent++];
      return true;
    };
    const auto incoming = MakeIncoming(method, authorization, *table_.Find(method)->request);
    pipeline_->ServeUpload(incoming, next, [answer](absl::StatusOr<rpc::Reply> reply) {
      answer->reply = std::move(reply);
      answer->arrived.Notify();
    });
    answer->arrived.WaitForNotification();
    if (!answer->reply.ok()) return answer->reply.status();
    return response == nullptr ? absl::OkStatus() : answer->reply->ToMessage(response);
  }

 private:
  static WorkerPool::Options PoolOptions() {
    WorkerPool::Options options;
    options.threads = 8;
    options.on_thread_start = db::ThreadInit;
    options.on_thread_end = db::ThreadEnd;
    return options;
  }

  static ServiceRuntime::Options RuntimeOptions(const Site& site, ModuleInfo info, const Clock& clock,
                                                const PeerFinder& peer) {
    ServiceRuntime::Options options;
    options.info = std::move(info);
    options.address = TestServer();
    options.max_connections = 8;
    options.database_prefix = site.prefix();
    options.secret = Site::kSecret;
    options.data_root = site.folder();
    options.holder = RandomToken(12);
    options.clock = &clock;
    options.peer = peer;
    return options;
  }

  // The authenticator asks the gateway's module for API keys.
  void TakeKeys(ModuleInfo& info) {
    const auto module = std::make_shared<std::unique_ptr<Module>>(info.make());
    keys_ = &static_cast<gateway::Gateway&>(**module).key_resolver();
    info.make = [module] { return std::move(*module); };
  }

  rpc::Pipeline::Options PipelineOptions() {
    rpc::Pipeline::Options options;
    options.workers = &workers_;
    options.authenticator = authenticator_.get();
    options.telemetry = &telemetry_;
    return options;
  }

  rpc::Incoming MakeIncoming(const std::string& method, const std::string& authorization,
                             const google::protobuf::Message& request) {
    rpc::Incoming incoming;
    incoming.method = table_.Find(method);
    if (incoming.method == nullptr) ADD_FAILURE() << "no method " << method;
    incoming.credentials.authorization = authorization;
    incoming.peer_address = "127.0.0.1";
    incoming.deadline = absl::Now() + absl::Seconds(60);
    const auto body = std::make_shared<const std::string>(request.SerializeAsString());
    incoming.request_bytes = body->size();
    incoming.decode = [body](google::protobuf::Message* message) {
      return message->ParseFromString(*body) ? absl::OkStatus() : absl::InvalidArgumentError("malformed");
    };
    incoming.binary = [body] { return *body; };
    return incoming;
  }

  const rpc::AccessTokens tokens_;
  telemetry::Telemetry telemetry_;
  rpc::MethodTable table_;
  std::unique_ptr<blobs::BlobStore> blobs_;
  rpc::KeyResolver* keys_ = nullptr;
  std::vector<std::unique_ptr<ServiceRuntime>> runtimes_;
  std::unique_ptr<SharedServices> shared_;
  std::unique_ptr<rpc::Authenticator> authenticator_;
  WorkerPool workers_;
  std::unique_ptr<rpc::Pipeline> pipeline_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_SERVICE_HOUSE_H_
