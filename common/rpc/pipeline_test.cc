#include "common/rpc/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::rpc {
namespace {

using storeops::catalog::v1::CreateProductRequest;
using storeops::catalog::v1::GetProductRequest;
using storeops::catalog::v1::Product;
using storeops::changes::v1::StreamChangesRequest;
using storeops::changes::v1::StreamChangesResponse;
using testing::HasSubstr;
using testing::Not;

constexpr char kGet[] = "storeops.catalog.v1.ProductService/GetProduct";
constexpr char kList[] = "storeops.catalog.v1.ProductService/ListProducts";
constexpr char kCreate[] = "storeops.catalog.v1.ProductService/CreateProduct";
constexpr char kSearch[] = "storeops.catalog.v1.ProductService/SearchProducts";
constexpr char kLogin[] = "storeops.gateway.v1.IdentityService/Login";
constexpr char kCaller[] = "storeops.gateway.v1.IdentityService/GetCaller";
constexpr char kChanges[] = "storeops.changes.v1.ChangeService/StreamChanges";
constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

std::string ReasonOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return GetDetail(status, &info) ? info.reason() : "";
}

bool SaysWhenToRetry(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  return GetDetail(status, &retry);
}

// Knows "slow-..." keys only by asking.
class SlowKeys final : public KeyResolver {
 public:
  std::optional<absl::StatusOr<Principal>> TryResolve(absl::string_view) override { return std::nullopt; }
  absl::StatusOr<Principal> Resolve(absl::string_view key, absl::Time) override {
    if (key == "slow-good") return Principal{"apiKeys/1", "", {"*"}};
    return Unauthenticated("API_KEY_INVALID", "no such key");
  }
};

// Finds what was kept, as a database would.
class MapStore final : public ReplayStore {
 public:
  absl::StatusOr<std::optional<std::string>> Find(const ReplayKey& key, absl::Time) override {
    absl::MutexLock lock(&mutex_);
    ++finds_;
    if (!failure_.ok()) return failure_;
    if (!stored_.has_value() || stored_->first.request_id != key.request_id) return std::nullopt;
    if (stored_->first.body_hash != key.body_hash) {
      return WithReason(absl::InvalidArgumentError("used"), "REQUEST_ID_REUSED");
    }
    return stored_->second;
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

class PipelineTest : public testing::Test {
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
    products.InlineRaw("GetProduct", [this](Call& call, const google::protobuf::Message& request) {
      return inline_(call, request);
    });
    products.Replay(&store_);
    auto& identity = table_.AddService("storeops.gateway.v1.IdentityService");
    for (int i = 0; i < identity.descriptor()->method_count(); ++i) {
      identity.UnaryRaw(identity.descriptor()->method(i)->name(), unary);
    }
    table_.AddService("storeops.changes.v1.ChangeService")
        .StreamRaw("StreamChanges", [this](Call& call, const google::protobuf::Message& request, ReplyStream& out) {
          return stream_(call, request, out);
        });
    ASSERT_TRUE(table_.Finish().ok()) << table_.Finish();
    Start({});
  }

  void Start(RateLimiter::Options limits) {
    pipeline_ = nullptr;
    limiter_ = std::make_unique<RateLimiter>(limits, clock_);
    pipeline_ = std::make_unique<Pipeline>(Pipeline::Options{.workers = &workers_,
                                                             .authenticator = &authenticator_,
                                                             .rate_limiter = limiter_.get(),
                                                             .telemetry = &telemetry_,
                                                             .clock = &clock_,
                                                             .max_streams = 2,
                                                             .on_stream_thread_start = [this] { ++stream_threads_; },
                                                             .on_stream_thread_end = [this] { --stream_threads_; }});
  }

  std::string Token(std::vector<std::string> permissions, const std::string& name = "users/7") {
    return absl::StrCat("Bearer ", tokens_.Mint({name, "", std::move(permissions)}, absl::Hours(1)));
  }

  Incoming MakeCall(const std::string& method, const google::protobuf::Message& request,
                    const std::vector<std::string>& permissions = {"*"}) {
    Incoming incoming;
    incoming.method = table_.Find(method);
    incoming.credentials.authorization = Token(permissions);
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
  static StreamChangesRequest Changes() {
    StreamChangesRequest request;
    request.set_source("catalog");
    return request;
  }

  FakeClock clock_;
  AccessTokens tokens_{kSecret, clock_};
  SlowKeys keys_;
  StandardAuthenticator authenticator_{tokens_, &keys_};
  telemetry::Telemetry telemetry_;
  std::unique_ptr<RateLimiter> limiter_;
  MapStore store_;
  MethodTable table_;
  std::atomic<int> decoded_{0};
  std::atomic<int> handled_{0};
  std::atomic<int> stream_threads_{0};

  UnaryHandler unary_ = [this](Call&, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    ++handled_;
    Product product;
    product.set_title("worker");
    return Reply(std::make_unique<Product>(product));
  };
  InlineHandler inline_ = [](Call&, const google::protobuf::Message&) { return std::nullopt; };
  ForwardHandler forward_ = [](Call&, std::string request, ReplyCallback done) {
    std::move(done)(Reply::FromBinary(std::move(request)));
  };
  StreamHandler stream_ = [](Call&, const google::protobuf::Message&, ReplyStream&) { return absl::OkStatus(); };

  WorkerPool workers_{{.threads = 1, .queue_limit = 2, .on_thread_start = {}, .on_thread_end = {}}};
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

TEST_F(PipelineTest, WhoMayCallWhat) {
  gateway::v1::LoginRequest login;
  login.set_email("a@example.com");
  login.set_password("secret");
  const gateway::v1::GetCallerRequest caller;
  const struct {
    const char* method;
    const google::protobuf::Message& request;
    std::string authorization;
    absl::StatusCode code;
    std::string reason;
  } cases[] = {
      {kLogin, login, "", absl::StatusCode::kOk, ""},
      {kLogin, login, Token({}), absl::StatusCode::kOk, ""},
      {kLogin, login, "Bearer so1.bad", absl::StatusCode::kUnauthenticated, "TOKEN_INVALID"},
      {kCaller, caller, "", absl::StatusCode::kUnauthenticated, "CREDENTIALS_MISSING"},
      {kCaller, caller, Token({}), absl::StatusCode::kOk, ""},
      {kList, catalog::v1::ListProductsRequest::default_instance(), "", absl::StatusCode::kUnauthenticated,
       "CREDENTIALS_MISSING"},
      {kList, catalog::v1::ListProductsRequest::default_instance(), Token({"catalog.products.write"}),
       absl::StatusCode::kPermissionDenied, "PERMISSION_MISSING"},
      {kList, catalog::v1::ListProductsRequest::default_instance(), Token({"*.read"}), absl::StatusCode::kOk, ""},
      {kList, catalog::v1::ListProductsRequest::default_instance(), "Bearer slow-good", absl::StatusCode::kOk, ""},
      {kList, catalog::v1::ListProductsRequest::default_instance(), "Bearer slow-bad",
       absl::StatusCode::kUnauthenticated, "API_KEY_INVALID"},
      {kSearch, catalog::v1::SearchProductsRequest::default_instance(), "Bearer slow-good", absl::StatusCode::kOk, ""},
      {kSearch, catalog::v1::SearchProductsRequest::default_instance(), Token({"x.read"}),
       absl::StatusCode::kPermissionDenied, "PERMISSION_MISSING"},
  };
  for (const auto& c : cases) {
    Incoming incoming = MakeCall(c.method, c.request);
    incoming.credentials.authorization = c.authorization;
    decoded_ = 0;
    const absl::Status status = Serve(std::move(incoming));
    EXPECT_EQ(status.code(), c.code) << c.method << " " << c.authorization << status;
    EXPECT_EQ(ReasonOf(status), c.reason) << status;
    EXPECT_EQ(decoded_, status.ok() ? 1 : 0) << "the body is read only after the caller was let in";
  }
}

TEST_F(PipelineTest, AMethodWithoutARuleIsClosed) {
  Method open = *table_.Find(kList);
  for (const bool value : {false, true}) {
    open.access.Clear();
    if (value) open.access.set_public_(false);
    Incoming incoming = MakeCall(kList, catalog::v1::ListProductsRequest());
    incoming.method = &open;
    EXPECT_EQ(Serve(std::move(incoming)).code(), absl::StatusCode::kPermissionDenied);
  }
}

TEST_F(PipelineTest, TheHandlerKnowsItsCall) {
  unary_ = [&](Call& call, const google::protobuf::Message& request) -> absl::StatusOr<Reply> {
    EXPECT_EQ(call.method, table_.Find(kGet));
    EXPECT_EQ(call.principal.name, "users/7");
    EXPECT_EQ(call.trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(call.language, "zh-CN");
    EXPECT_EQ(call.peer_address, "10.0.0.1");
    EXPECT_EQ(call.start, clock_.Now());
    EXPECT_EQ(call.deadline, clock_.Now() + absl::Seconds(5));
    EXPECT_FALSE(call.replay.has_value());
    EXPECT_NE(request.GetArena(), nullptr);
    EXPECT_EQ(static_cast<const GetProductRequest&>(request).name(), "products/1");
    ++handled_;
    return Reply(std::make_unique<Product>());
  };
  Incoming incoming = MakeCall(kGet, Get());
  incoming.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  incoming.language = " zh-CN , zh;q=0.9";
  incoming.deadline = clock_.Now() + absl::Seconds(5);
  EXPECT_TRUE(Serve(std::move(incoming)).ok());
  EXPECT_EQ(handled_, 1);
}

TEST_F(PipelineTest, TheMethodsOwnTimeLimitHolds) {
  unary_ = [&](Call& call, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    EXPECT_EQ(call.deadline, clock_.Now() + absl::Seconds(30));
    return Reply(std::make_unique<Product>());
  };
  EXPECT_TRUE(Serve(MakeCall(kGet, Get())).ok());
}

TEST_F(PipelineTest, LimitsSizeAndRate) {
  Incoming large = MakeCall(kGet, Get());
  large.request_bytes = (4 << 20) + 1;
  const absl::Status too_large = Serve(std::move(large));
  EXPECT_EQ(too_large.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(too_large), "REQUEST_TOO_LARGE");

  Start({.calls_per_second = 1, .burst = 2, .anonymous_calls_per_second = 1, .anonymous_burst = 1});
  EXPECT_TRUE(Serve(MakeCall(kGet, Get())).ok());
  EXPECT_TRUE(Serve(MakeCall(kGet, Get())).ok());
  const absl::Status too_many = Serve(MakeCall(kGet, Get()));
  EXPECT_EQ(too_many.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(SaysWhenToRetry(too_many));
  const auto call_as = [&](const char* method, const google::protobuf::Message& request,
                           const std::string& authorization, const std::string& address) {
    Incoming incoming = MakeCall(method, request);
    incoming.credentials.authorization = authorization;
    incoming.peer_address = address;
    return Serve(std::move(incoming));
  };
  EXPECT_TRUE(call_as(kGet, Get(), Token({"*"}, "users/8"), "10.0.0.1").ok());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(call_as(kGet, Get(), Token({"*"}, "services/catalog"), "10.0.0.1").ok());
  gateway::v1::LoginRequest login;
  login.set_email("a@example.com");
  login.set_password("secret");
  EXPECT_TRUE(call_as(kLogin, login, "", "10.0.0.1").ok());
  EXPECT_EQ(call_as(kLogin, login, "", "10.0.0.1").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(call_as(kLogin, login, "", "10.0.0.2").ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(call_as(kLogin, login, "", "10.0.0.1").ok());
}

TEST_F(PipelineTest, ValidatesBeforeTheHandler) {
  const absl::Status invalid = Serve(MakeCall(kGet, GetProductRequest()));
  EXPECT_EQ(invalid.code(), absl::StatusCode::kInvalidArgument);
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(GetDetail(invalid, &bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "name");
  Incoming garbage = MakeCall(kList, Get());
  garbage.decode = [](google::protobuf::Message*) { return absl::InvalidArgumentError("not a message"); };
  const absl::Status undecoded = Serve(std::move(garbage));
  EXPECT_EQ(undecoded.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(undecoded), "INVALID_ARGUMENT");
  EXPECT_EQ(handled_, 0);
}

TEST_F(PipelineTest, InlineAnswersStayOnTheCallersThread) {
  const BusyWorker busy(workers_);
  const auto caller = std::this_thread::get_id();
  inline_ = [&](Call&, const google::protobuf::Message&) -> std::optional<absl::StatusOr<Reply>> {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    return Reply(std::make_unique<Product>());
  };
  Outcome outcome;
  pipeline_->Serve(MakeCall(kGet, Get()), outcome.Callback());
  ASSERT_TRUE(outcome.ended.HasBeenNotified());
  EXPECT_TRUE(outcome.status.ok());
  inline_ = [](Call&, const google::protobuf::Message&) -> std::optional<absl::StatusOr<Reply>> {
    return ResourceNotFound("catalog.storeops/Product", "products/1");
  };
  EXPECT_EQ(Serve(MakeCall(kGet, Get())).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(handled_, 0);
}

TEST_F(PipelineTest, WhatCannotRunInlineRunsOnAWorkerAndIsDecodedOnce) {
  std::string binary;
  EXPECT_TRUE(Serve(MakeCall(kGet, Get()), &binary).ok());
  EXPECT_EQ(decoded_, 1);
  EXPECT_EQ(handled_, 1);
  Product product;
  ASSERT_TRUE(product.ParseFromString(binary));
  EXPECT_EQ(product.title(), "worker");
}

TEST_F(PipelineTest, AFullQueueSaysWhenToComeBack) {
  BusyWorker busy(workers_);
  Outcome first, second, refused;
  pipeline_->Serve(MakeCall(kGet, Get()), first.Callback());
  pipeline_->Serve(MakeCall(kGet, Get()), second.Callback());
  pipeline_->Serve(MakeCall(kGet, Get()), refused.Callback());
  ASSERT_TRUE(refused.ended.HasBeenNotified());
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(refused.status), "OVERLOADED");
  EXPECT_TRUE(SaysWhenToRetry(refused.status));
  busy.Release();
  EXPECT_TRUE(first.Await().ok());
  EXPECT_TRUE(second.Await().ok());
}

TEST_F(PipelineTest, WorkThatNobodyWaitsForIsNotStarted) {
  BusyWorker busy(workers_);
  const auto cancellation = std::make_shared<Cancellation>();
  Outcome cancelled, late;
  Incoming with_cancellation = MakeCall(kGet, Get());
  with_cancellation.cancellation = cancellation;
  pipeline_->Serve(std::move(with_cancellation), cancelled.Callback());
  Incoming with_deadline = MakeCall(kGet, Get());
  with_deadline.deadline = clock_.Now() + absl::Seconds(1);
  pipeline_->Serve(std::move(with_deadline), late.Callback());
  cancellation->Cancel();
  clock_.Advance(absl::Seconds(1));
  busy.Release();
  EXPECT_EQ(cancelled.Await().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(late.Await().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(ReasonOf(late.status), "DEADLINE_EXCEEDED");
  EXPECT_EQ(handled_, 0);
  Incoming past = MakeCall(kSearch, catalog::v1::SearchProductsRequest());
  past.deadline = clock_.Now();
  EXPECT_EQ(Serve(std::move(past)).code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(PipelineTest, AnAnswerThatComesLateIsStillGiven) {
  unary_ = [&](Call& call, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    clock_.Set(call.deadline + absl::Seconds(1));
    return Reply(std::make_unique<Product>());
  };
  EXPECT_TRUE(Serve(MakeCall(kGet, Get())).ok());
}

TEST_F(PipelineTest, InsidesDoNotLeak) {
  for (const auto code : {absl::StatusCode::kInternal, absl::StatusCode::kUnknown, absl::StatusCode::kDataLoss}) {
    unary_ = [&](Call&, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
      return WithReason(absl::Status(code, "SELECT secret FROM users"), "SQL", {{"sql", "SELECT secret"}});
    };
    Incoming incoming = MakeCall(kGet, Get());
    incoming.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const absl::Status status = Serve(std::move(incoming));
    EXPECT_EQ(status.code(), code);
    EXPECT_THAT(DescribeStatus(status), Not(HasSubstr("SELECT")));
    EXPECT_THAT(status.message(), HasSubstr("0af7651916cd43dd8448eb211c80319c"));
    EXPECT_EQ(ReasonOf(status), absl::StatusCodeToString(code));
  }
}

TEST_F(PipelineTest, EveryErrorHasAReason) {
  for (int code = 1; code <= 16; ++code) {
    unary_ = [&](Call&, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
      return absl::Status(static_cast<absl::StatusCode>(code), "why");
    };
    const absl::Status status = Serve(MakeCall(kGet, Get()));
    EXPECT_EQ(static_cast<int>(status.code()), code);
    EXPECT_EQ(ReasonOf(status), absl::StatusCodeToString(status.code()));
  }
  unary_ = [&](Call&, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    return PreconditionFailed("SHIPPED", "orders/1", "the order is shipped");
  };
  const absl::Status kept = Serve(MakeCall(kGet, Get()));
  EXPECT_EQ(kept, PreconditionFailed("SHIPPED", "orders/1", "the order is shipped"));
}

TEST_F(PipelineTest, ARepeatedWriteIsAnsweredFromTheStore) {
  unary_ = [&](Call& call, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    ++handled_;
    Product product;
    product.set_title(absl::StrCat("made ", handled_.load()));
    if (call.replay.has_value()) {
      EXPECT_EQ(call.replay->principal, "users/7");
      EXPECT_EQ(call.replay->method, kCreate);
      EXPECT_EQ(call.replay->body_hash.size(), 32u);
      store_.Keep(*call.replay, product.SerializeAsString());
    }
    return Reply(std::make_unique<Product>(product));
  };
  std::string first, again;
  EXPECT_TRUE(Serve(MakeCall(kCreate, Create("r-1")), &first).ok());
  EXPECT_TRUE(Serve(MakeCall(kCreate, Create("r-1")), &again).ok());
  EXPECT_EQ(first, again);
  EXPECT_EQ(handled_, 1);
  const absl::Status reused = Serve(MakeCall(kCreate, Create("r-1", "Other")));
  EXPECT_EQ(reused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(reused), "REQUEST_ID_REUSED");
  EXPECT_EQ(handled_, 1);
  const int finds = store_.finds();
  EXPECT_TRUE(Serve(MakeCall(kCreate, Create(""))).ok());  // without an id there is nothing to find
  EXPECT_TRUE(Serve(MakeCall(kGet, Get())).ok());
  EXPECT_EQ(store_.finds(), finds);
  EXPECT_EQ(handled_, 3);
}

TEST_F(PipelineTest, ALostRaceAnswersWithTheWinnersAnswer) {
  Product winner;
  winner.set_title("winner");
  unary_ = [&](Call& call, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    store_.Keep(*call.replay, winner.SerializeAsString());
    return absl::AlreadyExistsError("the SKU is taken");
  };
  std::string binary;
  EXPECT_TRUE(Serve(MakeCall(kCreate, Create("r-1")), &binary).ok());
  EXPECT_EQ(binary, winner.SerializeAsString());
}

TEST_F(PipelineTest, AnotherWinnerOrNoneLeavesAnError) {
  unary_ = [&](Call& call, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    ReplayKey other = *call.replay;
    if (other.request_id == "r-1") {
      other.body_hash = "another";
      store_.Keep(other, "");
    }
    return absl::AlreadyExistsError("the SKU is taken");
  };
  EXPECT_EQ(ReasonOf(Serve(MakeCall(kCreate, Create("r-1")))), "REQUEST_ID_REUSED");
  EXPECT_EQ(Serve(MakeCall(kCreate, Create("r-2"))).code(), absl::StatusCode::kAlreadyExists);
  store_.Fail(absl::UnavailableError("the database is away"));
  EXPECT_EQ(Serve(MakeCall(kCreate, Create("r-3"))).code(), absl::StatusCode::kUnavailable);
}

TEST_F(PipelineTest, ForwardingNeedsNoWorkerAndNoValidation) {
  const BusyWorker busy(workers_);
  ReplyCallback waiting;
  const Call* forwarded = nullptr;
  forward_ = [&](Call& call, std::string request, ReplyCallback done) {
    EXPECT_EQ(request, "raw bytes");
    forwarded = &call;
    waiting = std::move(done);
  };
  Incoming incoming = MakeCall(kSearch, catalog::v1::SearchProductsRequest());
  incoming.binary = [] { return std::string("raw bytes"); };
  Outcome outcome;
  pipeline_->Serve(std::move(incoming), outcome.Callback());
  ASSERT_NE(forwarded, nullptr);
  EXPECT_FALSE(outcome.ended.HasBeenNotified());
  EXPECT_EQ(forwarded->principal.name, "users/7");
  EXPECT_EQ(pipeline_->in_flight(), 1);
  std::move(waiting)(Reply::FromBinary("answer"));
  EXPECT_TRUE(outcome.ended.HasBeenNotified());
  EXPECT_EQ(outcome.binary, "answer");
  EXPECT_EQ(decoded_, 0);

  forward_ = [](Call&, std::string request, ReplyCallback done) {
    std::move(done)(Reply::FromBinary(std::move(request)));
  };
  catalog::v1::SearchProductsRequest invalid;
  invalid.set_page_size(-1);  // for the peer to refuse
  std::string echoed;
  EXPECT_TRUE(Serve(MakeCall(kSearch, invalid), &echoed).ok());
  EXPECT_EQ(echoed, invalid.SerializeAsString());
}

TEST_F(PipelineTest, DrainsWhatItAcceptedAndRefusesTheRest) {
  BusyWorker busy(workers_);
  Outcome accepted, refused;
  pipeline_->Serve(MakeCall(kGet, Get()), accepted.Callback());
  pipeline_->StopAccepting();
  pipeline_->Serve(MakeCall(kGet, Get()), refused.Callback());
  EXPECT_EQ(refused.Await().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(SaysWhenToRetry(refused.status));
  EXPECT_FALSE(pipeline_->AwaitIdle(absl::Now()));
  EXPECT_EQ(pipeline_->in_flight(), 1);
  busy.Release();
  EXPECT_TRUE(pipeline_->AwaitIdle(absl::Now() + absl::Seconds(30)));
  ASSERT_TRUE(accepted.ended.HasBeenNotified());
  EXPECT_TRUE(accepted.status.ok());
}

TEST_F(PipelineTest, MethodsThatDoNotFitTheDoorAreUnimplemented) {
  EXPECT_EQ(Serve(MakeCall(kChanges, Changes())).code(), absl::StatusCode::kUnimplemented);
  Outcome outcome;
  pipeline_->ServeStream(MakeCall(kGet, Get()), std::make_shared<Collector>(), outcome.StreamCallback());
  EXPECT_EQ(outcome.Await().code(), absl::StatusCode::kUnimplemented);
}

TEST_F(PipelineTest, CountsByMethodAndCode) {
  EXPECT_TRUE(Serve(MakeCall(kGet, Get())).ok());
  EXPECT_FALSE(Serve(MakeCall(kGet, GetProductRequest())).ok());
  const std::string metrics = telemetry_.Render();
  EXPECT_THAT(metrics, HasSubstr("storeops_rpc_calls_total"));
  EXPECT_THAT(metrics, HasSubstr("INVALID_ARGUMENT"));
  EXPECT_THAT(metrics, HasSubstr(kGet));
}

TEST_F(PipelineTest, ManyCallsFromManyThreadsAllEnd) {
  inline_ = [](Call& call, const google::protobuf::Message&) -> std::optional<absl::StatusOr<Reply>> {
    if (call.trace.span_id[0] % 2 == 0) return std::nullopt;
    return Reply(std::make_unique<Product>());
  };
  std::atomic<int> ended{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        pipeline_->Serve(MakeCall(kGet, Get()), [&](const absl::StatusOr<Reply>& reply) {
          EXPECT_TRUE(reply.ok() || absl::IsUnavailable(reply.status())) << reply.status();
          ++ended;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(pipeline_->AwaitIdle(absl::Now() + absl::Seconds(30)));
  EXPECT_EQ(ended, 2000);
}

TEST_F(PipelineTest, AStreamWritesOnAThreadOfItsOwn) {
  const BusyWorker busy(workers_);
  const auto caller = std::this_thread::get_id();
  for (const char* authorization : {"", "Bearer slow-good"}) {
    stream_ = [&](Call& call, const google::protobuf::Message& request, ReplyStream& out) {
      EXPECT_NE(std::this_thread::get_id(), caller);
      EXPECT_EQ(stream_threads_, 1);
      EXPECT_EQ(static_cast<const StreamChangesRequest&>(request).source(), "catalog");
      EXPECT_FALSE(call.Cancelled());
      for (int i = 0; i < 3; ++i) EXPECT_TRUE(out.Write(StreamChangesResponse()));
      return absl::OkStatus();
    };
    const auto collector = std::make_shared<Collector>();
    Incoming incoming = MakeCall(kChanges, Changes());
    if (*authorization != '\0') incoming.credentials.authorization = authorization;
    Outcome outcome;
    pipeline_->ServeStream(std::move(incoming), collector, outcome.StreamCallback());
    EXPECT_TRUE(outcome.Await().ok()) << outcome.status;
    collector->AwaitMessages(3);
    EXPECT_TRUE(pipeline_->AwaitIdle(absl::Now() + absl::Seconds(30)));
    EXPECT_EQ(collector.use_count(), 1);
    EXPECT_EQ(stream_threads_, 0);
  }
}

TEST_F(PipelineTest, AStreamPassesTheSameChecks) {
  const struct {
    Incoming incoming;
    absl::StatusCode code;
  } cases[] = {{MakeCall(kChanges, Changes(), {"catalog.*"}), absl::StatusCode::kPermissionDenied},
               {MakeCall(kChanges, StreamChangesRequest()), absl::StatusCode::kInvalidArgument}};
  for (const auto& c : cases) {
    Outcome outcome;
    pipeline_->ServeStream(c.incoming, std::make_shared<Collector>(), outcome.StreamCallback());
    EXPECT_EQ(outcome.Await().code(), c.code);
    EXPECT_NE(ReasonOf(outcome.status), "");
  }
  Incoming bad_key = MakeCall(kChanges, Changes());
  bad_key.credentials.authorization = "Bearer slow-bad";
  Outcome outcome;
  pipeline_->ServeStream(bad_key, std::make_shared<Collector>(), outcome.StreamCallback());
  EXPECT_EQ(outcome.Await().code(), absl::StatusCode::kUnauthenticated);
}

// Writes until it may not.
absl::Status WriteOn(Call&, const google::protobuf::Message&, ReplyStream& out) {
  while (out.Write(StreamChangesResponse())) std::this_thread::yield();
  return absl::OkStatus();
}

// Waits without writing until the call is cancelled.
absl::Status AwaitCancellation(Call& call, const google::protobuf::Message&, ReplyStream& out) {
  EXPECT_TRUE(out.Write(StreamChangesResponse()));
  absl::Notification cancelled;
  const auto interest = call.cancellation->OnCancel([&cancelled] { cancelled.Notify(); });
  cancelled.WaitForNotification();
  return absl::OkStatus();
}

TEST_F(PipelineTest, StreamsEndWithTheServerTheCallerOrTheDeadline) {
  for (const StreamHandler& handler : {StreamHandler(WriteOn), StreamHandler(AwaitCancellation)}) {
    stream_ = handler;
    const auto collector = std::make_shared<Collector>();
    const auto cancellation = std::make_shared<Cancellation>();
    Incoming incoming = MakeCall(kChanges, Changes());
    incoming.cancellation = cancellation;
    Outcome by_caller;
    pipeline_->ServeStream(incoming, collector, by_caller.StreamCallback());
    collector->AwaitMessages(1);
    cancellation->Cancel();
    by_caller.Await();
    EXPECT_NE(by_caller.status.code(), absl::StatusCode::kUnavailable);

    const auto other = std::make_shared<Collector>();
    Outcome by_server, refused;
    pipeline_->ServeStream(MakeCall(kChanges, Changes()), other, by_server.StreamCallback());
    other->AwaitMessages(1);
    pipeline_->StopAccepting();
    EXPECT_EQ(by_server.Await().code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(by_server.status), "SHUTTING_DOWN");
    pipeline_->ServeStream(MakeCall(kChanges, Changes()), other, refused.StreamCallback());
    EXPECT_EQ(refused.Await().code(), absl::StatusCode::kUnavailable);
    Start({});
  }
  stream_ = WriteOn;
  const auto left = std::make_shared<Collector>();
  Outcome gone;
  pipeline_->ServeStream(MakeCall(kChanges, Changes()), left, gone.StreamCallback());
  left->AwaitMessages(1);
  left->Leave();
  EXPECT_EQ(gone.Await().code(), absl::StatusCode::kCancelled);

  const auto slow = std::make_shared<Collector>();
  Incoming with_deadline = MakeCall(kChanges, Changes());
  with_deadline.deadline = clock_.Now() + absl::Seconds(9);
  Outcome late;
  pipeline_->ServeStream(with_deadline, slow, late.StreamCallback());
  slow->AwaitMessages(1);
  clock_.Advance(absl::Seconds(9));
  EXPECT_EQ(late.Await().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(PipelineTest, StreamsAreLimitedInNumber) {
  stream_ = AwaitCancellation;
  Outcome first, second, refused, next;
  const auto cancellation = std::make_shared<Cancellation>();
  Incoming incoming = MakeCall(kChanges, Changes());
  incoming.cancellation = cancellation;
  pipeline_->ServeStream(incoming, std::make_shared<Collector>(), first.StreamCallback());
  pipeline_->ServeStream(incoming, std::make_shared<Collector>(), second.StreamCallback());
  pipeline_->ServeStream(incoming, std::make_shared<Collector>(), refused.StreamCallback());
  EXPECT_EQ(refused.Await().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(SaysWhenToRetry(refused.status));
  cancellation->Cancel();
  first.Await();
  second.Await();
  ASSERT_TRUE(pipeline_->AwaitIdle(absl::Now() + absl::Seconds(30)));
  stream_ = [](Call&, const google::protobuf::Message&, ReplyStream&) { return absl::OkStatus(); };
  pipeline_->ServeStream(MakeCall(kChanges, Changes()), std::make_shared<Collector>(), next.StreamCallback());
  EXPECT_TRUE(next.Await().ok());
}

}  // namespace
}  // namespace storeops::rpc
