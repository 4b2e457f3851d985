// A pipeline with a real table, one worker and handlers that a test chooses.
#ifndef STOREOPS_TESTS_SUPPORT_PIPELINE_FIXTURE_H_
#define STOREOPS_TESTS_SUPPORT_PIPELINE_FIXTURE_H_

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "common/rpc/pipeline.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "testing/v1/upload.pb.h"
#include "tests/support/bind_rest.h"
#include "tests/support/status_details.h"

namespace storeops::rpc {
using storeops::catalog::v1::CreateProductRequest;
using storeops::catalog::v1::GetProductRequest;
using storeops::catalog::v1::Product;
using storeops::changes::v1::StreamChangesRequest;
using storeops::changes::v1::StreamChangesResponse;
using storeops::testing::Reason;
using ::testing::v1::UploadRequest;
using ::testing::v1::UploadResponse;

inline constexpr char kGet[] = "storeops.catalog.v1.ProductService/GetProduct";
inline constexpr char kList[] = "storeops.catalog.v1.ProductService/ListProducts";
inline constexpr char kCreate[] = "storeops.catalog.v1.ProductService/CreateProduct";
inline constexpr char kUpdate[] = "storeops.catalog.v1.ProductService/UpdateProduct";
inline constexpr char kSearch[] = "storeops.catalog.v1.ProductService/SearchProducts";
inline constexpr char kLogin[] = "storeops.gateway.v1.IdentityService/Login";
inline constexpr char kCaller[] = "storeops.gateway.v1.IdentityService/GetCaller";
inline constexpr char kChanges[] = "storeops.changes.v1.ChangeService/StreamChanges";
inline constexpr char kUpload[] = "testing.v1.UploadService/Upload";
inline constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

inline bool SaysWhenToRetry(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  return GetDetail(status, &retry);
}

// Knows "slow-..." keys only by asking.
class SlowKeys final : public KeyResolver {
 public:
  std::optional<absl::StatusOr<Principal>> TryResolve(absl::string_view) override { return std::nullopt; }
  absl::StatusOr<Principal> Resolve(absl::string_view key, absl::Time) override {
    ++asked_;
    absl::MutexLock lock(&mutex_);
    if (!failure_.ok()) return failure_;
    if (key == "slow-good") return Principal{"apiKeys/1", "", permissions_};
    return Unauthenticated("API_KEY_INVALID", "no such key");
  }
  void Fail(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }
  void Allow(std::vector<std::string> permissions) {
    absl::MutexLock lock(&mutex_);
    permissions_ = std::move(permissions);
  }
  int asked() const { return asked_; }

 private:
  std::atomic<int> asked_{0};
  absl::Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> permissions_ ABSL_GUARDED_BY(mutex_) = {"*"};
};

// Finds what was kept, as a database would.
class MapStore final : public ReplayStore {
 public:
  absl::StatusOr<std::vector<Answer>> FindAll(absl::Span<const ReplayKey* const> keys, absl::Time) override {
    absl::MutexLock lock(&mutex_);
    ++finds_;
    if (!failure_.ok()) return failure_;
    std::vector<Answer> answers;
    for (const ReplayKey* key : keys) answers.push_back(Find(*key));
    return answers;
  }
  void Keep(const ReplayKey& key, const std::string& answer) {
    absl::MutexLock lock(&mutex_);
    stored_.emplace(key, answer);
  }
  void Fail(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    failure_ = std::move(status);
  }
  int finds() {
    absl::MutexLock lock(&mutex_);
    return finds_;
  }

 private:
  Answer Find(const ReplayKey& key) const {
    if (!stored_.has_value() || stored_->first.request_id != key.request_id) return std::optional<std::string>();
    if (stored_->first.body_hash != key.body_hash) {
      return WithReason(absl::InvalidArgumentError("used"), "REQUEST_ID_REUSED");
    }
    return std::optional<std::string>(stored_->second);
  }

  absl::Mutex mutex_;
  std::optional<std::pair<ReplayKey, std::string>> stored_;
  absl::Status failure_;
  int finds_ = 0;
};

// A transport's stream; waits, when it is told to, until it is opened.
class Collector final : public ReplyStream {
 public:
  bool Write(const google::protobuf::Message& message) override {
    absl::MutexLock lock(&mutex_);
    if (gone_) return false;
    messages_.push_back(message.SerializeAsString());
    return true;
  }
  void Leave() {
    absl::MutexLock lock(&mutex_);
    gone_ = true;
  }
  void AwaitMessages(size_t count) {
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return messages_.size() >= count; };
    absl::MutexLock lock(&mutex_);
    ASSERT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30)));
  }

 private:
  absl::Mutex mutex_;
  bool gone_ = false;
  std::vector<std::string> messages_;
};

// The answer to one call.
struct Outcome {
  absl::Notification ended;
  absl::Status status;
  std::string binary;

  ReplyCallback Callback() {
    return [this](absl::StatusOr<Reply> reply) {
      status = reply.status();
      if (reply.ok()) binary = reply->ToBinary();
      ended.Notify();
    };
  }
  absl::AnyInvocable<void(absl::Status)> StreamCallback() {
    return [this](absl::Status result) {
      status = std::move(result);
      ended.Notify();
    };
  }
  const absl::Status& Await() {
    EXPECT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(30)));
    return status;
  }
};

class PipelineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto& products = table_.AddService("storeops.catalog.v1.ProductService");
    const UnaryHandler unary = [this](Call& call, const google::protobuf::Message& request) {
      return unary_(call, request);
    };
    for (int i = 0; i < products.descriptor()->method_count(); ++i) {
      const std::string& name = products.descriptor()->method(i)->name();
      if (name == "SearchProducts") {
        products.ForwardRaw(name, [this](Call& call, std::string request, ReplyCallback done) {
          forward_(call, std::move(request), std::move(done));
        });
      } else {
        products.UnaryRaw(name, unary);
      }
    }
    products.InlineRaw("GetProduct",
                       [this](Call& call, const google::protobuf::Message& request) { return inline_(call, request); });
    products.JoinRaw("UpdateProduct",
                     [this](Call& call, const google::protobuf::Message& request, WorkerPool& workers,
                            ReplyCallback done) { return join_(call, request, workers, std::move(done)); });
    products.CostRaw("ListProducts", [this](const Call& call, const google::protobuf::Message& request) {
      return cost_(call, request);
    });
    products.Replay(&store_);
    auto& identity = table_.AddService("storeops.gateway.v1.IdentityService");
    for (int i = 0; i < identity.descriptor()->method_count(); ++i) {
      identity.UnaryRaw(identity.descriptor()->method(i)->name(), unary);
    }
    testing::BindRest(table_.AddService("storeops.changes.v1.ChangeService")
                          .StreamRaw("StreamChanges", [this](Call& call, const google::protobuf::Message& request,
                                                             ReplyStream& out) { return stream_(call, request, out); })
                          .CostRaw("StreamChanges", [this](const Call& call, const google::protobuf::Message& request) {
                            return cost_(call, request);
                          }));
    table_.AddService("testing.v1.UploadService").UploadRaw("Upload", [this](Call& call, RequestStream& requests) {
      return upload_(call, requests);
    });
    ASSERT_TRUE(table_.Finish().ok()) << table_.Finish();
    Start({});
  }

  void Start(RateLimiter::Options limits, std::array<int, kUrgencies> max_in_flight = {1024, 128, 64}) {
    pipeline_ = nullptr;
    limiter_ = std::make_unique<RateLimiter>(limits, clock_);
    pipeline_ = std::make_unique<Pipeline>(Pipeline::Options{.workers = &workers_,
                                                             .authenticator = &authenticator_,
                                                             .rate_limiter = limiter_.get(),
                                                             .telemetry = &telemetry_,
                                                             .clock = &clock_,
                                                             .max_streams = 8,  // 2 of one caller
                                                             .stream_check_interval = absl::Milliseconds(10),
                                                             .max_in_flight = max_in_flight,
                                                             .lanes = lanes_,
                                                             .secret = kSecret});
  }

  std::string Token(std::vector<std::string> permissions, const std::string& name = "users/7") {
    return absl::StrCat("Bearer ", tokens_.Mint({name, "", std::move(permissions)}, absl::Hours(1)));
  }

  Incoming MakeCall(const std::string& method, const google::protobuf::Message& request,
                    const std::vector<std::string>& permissions = {"*"}, const std::string& caller = "users/7") {
    Incoming incoming;
    incoming.method = table_.Find(method);
    incoming.credentials.authorization = Token(permissions, caller);
    incoming.peer_address = "10.0.0.1";
    const std::string bytes = request.SerializeAsString();
    incoming.request_bytes = bytes.size();
    incoming.decode = [this, bytes](google::protobuf::Message* message) {
      ++decoded_;
      return message->ParseFromString(bytes) ? absl::OkStatus() : absl::InvalidArgumentError("no message");
    };
    return incoming;
  }

  absl::Status Serve(Incoming incoming, std::string* binary = nullptr) {
    Outcome outcome;
    pipeline_->Serve(std::move(incoming), outcome.Callback());
    outcome.Await();
    if (binary != nullptr) *binary = outcome.binary;
    return outcome.status;
  }

  static GetProductRequest Get(const std::string& name = "products/1") {
    GetProductRequest request;
    request.set_name(name);
    return request;
  }
  static CreateProductRequest Create(const std::string& request_id, const std::string& title = "Cup") {
    CreateProductRequest request;
    request.set_request_id(request_id);
    request.mutable_product()->set_title(title);
    return request;
  }
  static catalog::v1::UpdateProductRequest Update(const std::string& request_id, const std::string& title = "Cup") {
    catalog::v1::UpdateProductRequest request;
    request.set_request_id(request_id);
    request.mutable_product()->set_name("products/1");
    request.mutable_product()->set_title(title);
    return request;
  }
  static gateway::v1::LoginRequest Login() {
    gateway::v1::LoginRequest request;
    request.set_email("a@example.com");
    request.set_password("secret");
    return request;
  }
  static StreamChangesRequest Changes() {
    StreamChangesRequest request;
    request.set_source("catalog");
    return request;
  }

  FakeClock clock_;
  AccessTokens tokens_{kSecret, clock_};
  SlowKeys keys_;
  StandardAuthenticator authenticator_{tokens_, &keys_, nullptr};
  telemetry::Telemetry telemetry_;
  std::unique_ptr<RateLimiter> limiter_;
  MapStore store_;
  MethodTable table_;
  std::atomic<int> decoded_{0};
  std::atomic<int> handled_{0};

  UnaryHandler unary_ = [this](Call&, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    ++handled_;
    Product product;
    product.set_title("worker");
    return Reply(std::make_unique<Product>(product));
  };
  InlineHandler inline_ = [](Call&, const google::protobuf::Message&) { return std::nullopt; };
  JoinHandler join_ = [](Call&, const google::protobuf::Message&, WorkerPool&, ReplyCallback done) {
    std::move(done)(Reply(std::make_unique<Product>()));
    return absl::OkStatus();
  };
  ForwardHandler forward_ = [](Call&, std::string request, ReplyCallback done) {
    std::move(done)(Reply::FromBinary(std::move(request)));
  };
  StreamHandler stream_ = [](Call&, const google::protobuf::Message&, ReplyStream&) { return absl::OkStatus(); };
  CostHandler cost_ = [](const Call&, const google::protobuf::Message&) { return absl::ZeroDuration(); };
  UploadHandler upload_ = [](Call&, RequestStream&) { return Reply(std::make_unique<UploadResponse>()); };

  WorkerPool workers_{{.threads = 1, .queue_limit = 2}};
  CostLanes* lanes_ = nullptr;          // seen by the next Start
  std::unique_ptr<Pipeline> pipeline_;  // last: its calls end before what they use
};

// Holds the only worker until released.
class BusyWorker {
 public:
  explicit BusyWorker(WorkerPool& workers) {
    EXPECT_TRUE(workers.TrySubmit([state = state_] {
      state->started.Notify();
      state->release.WaitForNotification();
    }));
    state_->started.WaitForNotification();
  }
  ~BusyWorker() { Release(); }
  void Release() {
    if (!state_->release.HasBeenNotified()) state_->release.Notify();
  }

 private:
  struct State {
    absl::Notification started, release;
  };
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace storeops::rpc

#endif  // STOREOPS_TESTS_SUPPORT_PIPELINE_FIXTURE_H_
