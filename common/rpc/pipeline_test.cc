#include "common/rpc/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/support/pipeline_fixture.h"

namespace storeops::rpc {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(PipelineTest, WhoMayCallWhat) {
  const gateway::v1::LoginRequest login = Login();
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
      // Whoever signs in anew still sends the old token.
      {kLogin, login, "Bearer so1.bad", absl::StatusCode::kOk, ""},
      {kLogin, login, "Bearer slow-bad", absl::StatusCode::kOk, ""},
      {kLogin, login, "Basic b3duZXI6cHc=", absl::StatusCode::kOk, ""},
      {kCaller, caller, "Bearer so1.bad", absl::StatusCode::kUnauthenticated, "TOKEN_INVALID"},
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
    EXPECT_EQ(Reason(status), c.reason) << status;
    EXPECT_EQ(decoded_, status.ok() ? 1 : 0) << "the body is read only after the caller was let in";
  }
}

TEST_F(PipelineTest, ABadCredentialMakesNobodyOfWhoSignsIn) {
  unary_ = [&](Call& call, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
    EXPECT_EQ(call.principal.name, "");
    EXPECT_TRUE(call.principal.permissions.empty());
    ++handled_;
    return Reply(std::make_unique<Product>());
  };
  Incoming incoming = MakeCall(kLogin, Login());
  incoming.credentials.authorization = "Bearer slow-bad";
  EXPECT_TRUE(Serve(std::move(incoming)).ok());
  EXPECT_EQ(handled_, 1);
  // That the credential could not be checked is no bad credential.
  keys_.Fail(absl::UnavailableError("the database is away"));
  Incoming unchecked = MakeCall(kLogin, Login());
  unchecked.credentials.authorization = "Bearer slow-good";
  EXPECT_EQ(Serve(std::move(unchecked)).code(), absl::StatusCode::kUnavailable);
}

TEST_F(PipelineTest, AnAddressCannotTryKeysForEver) {
  Start({.anonymous_calls_per_second = 1, .anonymous_burst = 3});
  const auto try_key = [&](const std::string& key, const std::string& address) {
    Incoming incoming = MakeCall(kGet, Get());
    incoming.credentials.authorization = "Bearer " + key;
    incoming.peer_address = address;
    return Serve(std::move(incoming)).code();
  };
  for (int i = 0; i < 10; ++i) EXPECT_EQ(try_key("slow-good", "2001:db8::1"), absl::StatusCode::kOk);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(try_key("slow-bad", "2001:db8::1"), absl::StatusCode::kUnauthenticated);
  const int asked = keys_.asked();
  EXPECT_EQ(try_key("slow-bad", "2001:db8::2"), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(keys_.asked(), asked);
  EXPECT_EQ(try_key("slow-bad", "2001:db8:0:1::1"), absl::StatusCode::kUnauthenticated);
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(try_key("slow-good", "2001:db8::1"), absl::StatusCode::kOk);
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
  EXPECT_EQ(Reason(too_large), "REQUEST_TOO_LARGE");

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
  const gateway::v1::LoginRequest login = Login();
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
  EXPECT_EQ(Reason(undecoded), "INVALID_ARGUMENT");
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

TEST_F(PipelineTest, LargeInlineAnswersAreGivenByAWorker) {
  inline_ = [](Call&, const google::protobuf::Message&) -> std::optional<absl::StatusOr<Reply>> {
    auto product = std::make_unique<Product>();
    product->set_title(std::string(1000, 'x'));
    return Reply(std::move(product));
  };
  for (const size_t limit : {size_t{1000}, size_t{2000}}) {
    Incoming incoming = MakeCall(kGet, Get());
    incoming.large_reply_bytes = limit;
    absl::Notification ended;
    bool on_worker = false;
    pipeline_->Serve(std::move(incoming), [&](const absl::StatusOr<Reply>& reply) {
      EXPECT_TRUE(reply.ok()) << reply.status();
      on_worker = pipeline_->OnWorker();
      ended.Notify();
    });
    ended.WaitForNotification();
    EXPECT_EQ(on_worker, limit == 1000) << limit;
  }
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

TEST_F(PipelineTest, ACallThatJoinsNeedsNoWorker) {
  const BusyWorker busy(workers_);
  ReplyCallback waiting;
  join_ = [&](Call& call, const google::protobuf::Message& request, WorkerPool& workers, ReplyCallback done) {
    EXPECT_EQ(call.principal.name, "users/7");
    EXPECT_EQ(static_cast<const catalog::v1::UpdateProductRequest&>(request).product().title(), "Cup");
    EXPECT_EQ(&workers, &workers_);
    waiting = std::move(done);
    return absl::OkStatus();
  };
  Outcome outcome;
  pipeline_->Serve(MakeCall(kUpdate, Update("")), outcome.Callback());
  EXPECT_FALSE(outcome.ended.HasBeenNotified());
  EXPECT_EQ(pipeline_->in_flight(), 1);
  std::thread([&] { std::move(waiting)(Reply(std::make_unique<Product>())); }).join();
  EXPECT_TRUE(outcome.Await().ok());
  EXPECT_EQ(handled_, 0);
  EXPECT_EQ(store_.finds(), 0);
}

TEST_F(PipelineTest, ACallThatIsNotTakenEndsAtOnce) {
  join_ = [&](Call&, const google::protobuf::Message&, WorkerPool&, ReplyCallback) {
    return ExhaustedRetry("too many", absl::Seconds(1));
  };
  EXPECT_EQ(Serve(MakeCall(kUpdate, Update("r-1"))).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(store_.finds(), 0);
}

TEST_F(PipelineTest, OnlyValidCallsJoin) {
  int asked = 0;
  join_ = [&](Call&, const google::protobuf::Message&, WorkerPool&, ReplyCallback done) {
    ++asked;
    std::move(done)(Reply(std::make_unique<Product>()));
    return absl::OkStatus();
  };
  EXPECT_EQ(Serve(MakeCall(kUpdate, catalog::v1::UpdateProductRequest())).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(asked, 0);
  EXPECT_TRUE(Serve(MakeCall(kUpdate, Update(""))).ok());
  EXPECT_EQ(asked, 1);
}

TEST_F(PipelineTest, LimitsTheCallsInFlightOfAServiceByTheirUrgency) {
  constexpr char kBatchCreate[] = "storeops.catalog.v1.ProductService/BatchCreateProducts";
  Start({}, {2, 1, 1});
  BusyWorker busy(workers_);
  const catalog::v1::BatchCreateProductsRequest batch;
  Outcome first, second, third, batch_first, batch_second, of_other_service;
  pipeline_->Serve(MakeCall(kList, catalog::v1::ListProductsRequest()), first.Callback());
  pipeline_->Serve(MakeCall(kList, catalog::v1::ListProductsRequest()), second.Callback());
  pipeline_->Serve(MakeCall(kList, catalog::v1::ListProductsRequest()), third.Callback());
  ASSERT_TRUE(third.ended.HasBeenNotified());
  EXPECT_EQ(Reason(third.status), "TOO_MANY_IN_FLIGHT") << third.status;
  EXPECT_EQ(third.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(SaysWhenToRetry(third.status));
  EXPECT_EQ(third.status.message(), "at most 2 interactive calls of storeops.catalog.v1 can be in flight");
  // Another class and another service have limits of their own.
  pipeline_->Serve(MakeCall(kBatchCreate, batch), batch_first.Callback());
  pipeline_->Serve(MakeCall(kBatchCreate, batch), batch_second.Callback());
  EXPECT_FALSE(batch_first.ended.HasBeenNotified());
  EXPECT_EQ(Reason(batch_second.status), "TOO_MANY_IN_FLIGHT");
  pipeline_->Serve(MakeCall(kCaller, gateway::v1::GetCallerRequest()), of_other_service.Callback());
  busy.Release();
  first.Await();
  second.Await();
  batch_first.Await();
  EXPECT_NE(Reason(of_other_service.Await()), "TOO_MANY_IN_FLIGHT");
  EXPECT_TRUE(Serve(MakeCall(kList, catalog::v1::ListProductsRequest())).ok());  // counted out
}

TEST_F(PipelineTest, ACallWithItsOwnThreadDoesNotJoin) {
  const BusyWorker busy(workers_);
  Incoming incoming = MakeCall(kUpdate, Update(""));
  incoming.lend_thread = true;
  EXPECT_TRUE(Serve(std::move(incoming)).ok());
  EXPECT_EQ(handled_, 1);
}

TEST_F(PipelineTest, AJoinedWriteThatFailsIsLookedUpOnAWorker) {
  Product winner;
  winner.set_title("winner");
  join_ = [&](Call& call, const google::protobuf::Message&, WorkerPool&, ReplyCallback done) {
    // By a twin, which this one did not see.
    if (store_.finds() == 0) store_.Keep(*call.replay, winner.SerializeAsString());
    std::move(done)(absl::AlreadyExistsError("the SKU is taken"));
    return absl::OkStatus();
  };
  BusyWorker busy(workers_);
  Outcome outcome;
  pipeline_->Serve(MakeCall(kUpdate, Update("r-1")), outcome.Callback());
  EXPECT_FALSE(outcome.ended.HasBeenNotified()) << "not on the thread that has others to answer";
  busy.Release();
  EXPECT_TRUE(outcome.Await().ok());
  EXPECT_EQ(outcome.binary, winner.SerializeAsString());
  EXPECT_EQ(store_.finds(), 1);
  EXPECT_EQ(Reason(Serve(MakeCall(kUpdate, Update("r-1", "Other")))), "REQUEST_ID_REUSED");
}

TEST_F(PipelineTest, AFullQueueSaysWhenToComeBack) {
  BusyWorker busy(workers_);
  Outcome first, second, refused;
  pipeline_->Serve(MakeCall(kGet, Get(), {"*"}, "users/1"), first.Callback());
  pipeline_->Serve(MakeCall(kGet, Get(), {"*"}, "users/2"), second.Callback());
  pipeline_->Serve(MakeCall(kGet, Get(), {"*"}, "users/3"), refused.Callback());
  ASSERT_TRUE(refused.ended.HasBeenNotified());
  EXPECT_EQ(refused.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(refused.status), "OVERLOADED");
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
  EXPECT_EQ(Reason(late.status), "DEADLINE_EXCEEDED");
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
    EXPECT_EQ(Reason(status), absl::StatusCodeToString(code));
  }
}

TEST_F(PipelineTest, EveryErrorHasAReason) {
  for (int code = 1; code <= 16; ++code) {
    unary_ = [&](Call&, const google::protobuf::Message&) -> absl::StatusOr<Reply> {
      return absl::Status(static_cast<absl::StatusCode>(code), "why");
    };
    const absl::Status status = Serve(MakeCall(kGet, Get()));
    EXPECT_EQ(static_cast<int>(status.code()), code);
    EXPECT_EQ(Reason(status), absl::StatusCodeToString(status.code()));
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
      // Whoever reads the database could else try passwords against it at full speed.
      EXPECT_NE(call.replay->body_hash, Sha256(Create("r-1").SerializeAsString()));
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
  EXPECT_EQ(Reason(reused), "REQUEST_ID_REUSED");
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
  EXPECT_EQ(Reason(Serve(MakeCall(kCreate, Create("r-1")))), "REQUEST_ID_REUSED");
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
          EXPECT_TRUE(reply.ok() || Reason(reply.status()) == "TOO_MANY_CALLS_OF_CALLER") << reply.status();
          ++ended;
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(pipeline_->AwaitIdle(absl::Now() + absl::Seconds(30)));
  EXPECT_EQ(ended, 2000);
}

}  // namespace
}  // namespace storeops::rpc
