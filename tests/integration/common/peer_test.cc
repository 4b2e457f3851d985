// Peers in this process and over the network: the caller cannot tell them apart.
#include "common/rpc/peer.h"

#include <atomic>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "tests/support/grpc_process.h"

namespace storeops::testing {
namespace {

using rpc::Peer;
using rpc::PeerCall;

PeerCall CallTo(const std::string& method) {
  PeerCall call;
  call.method = method;
  call.principal = {"users/7", "Wei", {"catalog.*", "changes.read"}};
  call.deadline = absl::Now() + absl::Seconds(30);
  return call;
}

StreamChangesRequest FeedRequest() {
  StreamChangesRequest request;
  request.set_source("catalog");
  return request;
}

enum class Road { kLocal, kRemote };

class PeerTest : public ::testing::TestWithParam<Road> {
 protected:
  void Open(Handlers handlers = {}, int threads = 16, size_t queue_limit = 4096) {
    process_ = std::make_unique<GrpcProcess>(std::move(handlers), threads, queue_limit);
    process_->StartServer();
    peer_ = GetParam() == Road::kLocal ? rpc::MakeLocalPeer(process_->table(), process_->pipeline(), process_->tokens())
                                       : rpc::MakeRemotePeer(process_->target(), {}, &process_->tokens());
  }
  // For handlers that may outlast their call: waits for them while what they use still stands.
  void Close() {
    peer_.reset();
    process_.reset();
  }
  absl::Status Get(PeerCall call, Product* product) {
    return peer_->CallBlocking(std::move(call), GetRequest(), product);
  }
  absl::Status Get(PeerCall call) {
    Product product;
    return Get(std::move(call), &product);
  }

  std::unique_ptr<GrpcProcess> process_;
  std::unique_ptr<Peer> peer_;
};

TEST_P(PeerTest, CarriesTheCallersCircumstances) {
  absl::Mutex mutex;
  rpc::Call seen;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest& request) -> absl::StatusOr<Product> {
    absl::MutexLock lock(&mutex);
    seen = call;
    Product product;
    product.set_name(request.name());
    return product;
  };
  Open(handlers);
  rpc::Call caller;
  caller.principal = {"users/7", "Wei", {"catalog.*"}};
  caller.trace = rpc::TraceContext::FromHeader("");
  caller.deadline = absl::Now() + absl::Seconds(10);
  caller.language = "zh";
  Product product;
  const absl::Status status = Get(PeerCall::From(caller, kGetProduct, absl::Seconds(5)), &product);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(product.name(), "products/1");
  absl::MutexLock lock(&mutex);
  EXPECT_EQ(seen.principal.name, "users/7");
  EXPECT_EQ(seen.principal.display_name, "Wei");
  EXPECT_EQ(seen.principal.permissions, std::vector<std::string>{"catalog.*"});
  EXPECT_EQ(seen.trace.trace_id, caller.trace.trace_id);
  EXPECT_EQ(seen.trace.parent_span_id, caller.trace.span_id);
  EXPECT_EQ(seen.language, "zh");
  EXPECT_LT(seen.deadline, caller.deadline - absl::Seconds(3));
}

TEST_P(PeerTest, NobodyStaysNobody) {
  Open();
  PeerCall call = CallTo(kGetProduct);
  call.principal = {};
  EXPECT_EQ(Get(call).code(), absl::StatusCode::kUnauthenticated);
  call.principal = {"users/8", "", {"inventory.*"}};
  EXPECT_EQ(Get(call).code(), absl::StatusCode::kPermissionDenied);
}

TEST_P(PeerTest, ErrorsComeBackWithTheirDetails) {
  const absl::Status error = InvalidFields({{"product.title", "太长"}, {"product.brand", "must not be empty"}});
  Handlers handlers;
  handlers.get = [&](rpc::Call&, const GetProductRequest&) -> absl::StatusOr<Product> { return error; };
  Open(handlers);
  EXPECT_EQ(Get(CallTo(kGetProduct)), error);
}

TEST_P(PeerTest, UnknownAndMismatchedMethodsAreRefused) {
  Open();
  EXPECT_EQ(Get(CallTo("storeops.catalog.v1.ProductService/Nothing")).code(), absl::StatusCode::kUnimplemented);
  const auto ignore = [](const std::string&) { return true; };
  EXPECT_EQ(peer_->Stream(CallTo("no.Such/Thing"), "", ignore).code(), absl::StatusCode::kUnimplemented);
}

TEST_P(PeerTest, MalformedRequestsAreRefused) {
  Open();
  absl::Notification ended;
  absl::StatusOr<std::string> answer;
  peer_->Start(CallTo(kGetProduct), "\x0a\xff", [&](absl::StatusOr<std::string> bytes) {
    answer = std::move(bytes);
    ended.Notify();
  });
  ASSERT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(60)));
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_P(PeerTest, ADeadlineEndsTheWaitEvenIfTheHandlerBlocks) {
  absl::Notification go_on;
  Handlers handlers;
  handlers.get = [&](rpc::Call&, const GetProductRequest&) -> absl::StatusOr<Product> {
    go_on.WaitForNotification();
    return Product();
  };
  Open(handlers);
  PeerCall call = CallTo(kGetProduct);
  call.deadline = absl::Now() + absl::Milliseconds(200);
  EXPECT_EQ(Get(call).code(), absl::StatusCode::kDeadlineExceeded);
  go_on.Notify();
  Close();
}

TEST_P(PeerTest, CancellationTravelsOn) {
  absl::Notification entered, told;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest&) -> absl::StatusOr<Product> {
    const auto interest = call.cancellation->OnCancel([&] { told.Notify(); });
    entered.Notify();
    EXPECT_TRUE(told.WaitForNotificationWithTimeout(absl::Seconds(60)));
    return absl::CancelledError("stopped");
  };
  Open(handlers);
  const auto cancellation = std::make_shared<rpc::Cancellation>();
  PeerCall call = CallTo(kGetProduct);
  call.cancellation = cancellation;
  std::thread canceller([&] {
    entered.WaitForNotification();
    cancellation->Cancel();
  });
  EXPECT_EQ(Get(call).code(), absl::StatusCode::kCancelled);
  canceller.join();
  EXPECT_TRUE(told.WaitForNotificationWithTimeout(absl::Seconds(60)));
  Close();
}

TEST_P(PeerTest, UnavailableIsRetriedOnlyWhereAllowed) {
  std::atomic<int> calls = 0;
  Handlers handlers;
  handlers.get = [&](rpc::Call&, const GetProductRequest& request) -> absl::StatusOr<Product> {
    if (++calls % 3 != 0) return absl::UnavailableError("not yet");
    Product product;
    product.set_name(request.name());
    return product;
  };
  Open(handlers);
  EXPECT_EQ(Get(CallTo(kGetProduct)).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls, 1);
  calls = 0;
  PeerCall call = CallTo(kGetProduct);
  call.retry = true;
  EXPECT_TRUE(Get(call).ok());
  EXPECT_EQ(calls, 3);
}

TEST_P(PeerTest, RetriesEndAfterFourAttemptsOrAtTheDeadline) {
  std::atomic<int> calls = 0;
  absl::Duration retry_after;
  Handlers handlers;
  handlers.get = [&](rpc::Call&, const GetProductRequest&) -> absl::StatusOr<Product> {
    ++calls;
    return UnavailableRetry("never", retry_after);
  };
  Open(handlers);
  PeerCall call = CallTo(kGetProduct);
  call.retry = true;
  EXPECT_EQ(Get(call).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls, 4);
  calls = 0;
  retry_after = absl::Minutes(5);  // beyond the deadline: no use to wait
  EXPECT_EQ(Get(call).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(calls, 1);
}

TEST_P(PeerTest, OtherErrorsAreNotRetried) {
  std::atomic<int> calls = 0;
  Handlers handlers;
  handlers.get = [&](rpc::Call&, const GetProductRequest&) -> absl::StatusOr<Product> {
    ++calls;
    return absl::AbortedError("changed meanwhile");
  };
  Open(handlers);
  PeerCall call = CallTo(kGetProduct);
  call.retry = true;
  EXPECT_EQ(Get(call).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(calls, 1);
}

TEST_P(PeerTest, RetriesStopWhileMostCallsFail) {
  std::atomic<int> calls = 0;
  Handlers handlers;
  handlers.get = [&](rpc::Call&, const GetProductRequest&) -> absl::StatusOr<Product> {
    ++calls;
    return absl::UnavailableError("overloaded");
  };
  Open(handlers);
  constexpr int kCallers = 60;
  std::atomic<int> ended = 0;
  PeerCall call = CallTo(kGetProduct);
  call.retry = true;
  for (int i = 0; i < kCallers; ++i) {
    peer_->Start(call, GetRequest().SerializeAsString(), [&](const absl::StatusOr<std::string>&) { ++ended; });
  }
  EXPECT_TRUE(Eventually([&] { return ended == kCallers; }));
  EXPECT_LT(calls, 2 * kCallers) << "without the throttle there are four attempts for each call";
}

TEST_P(PeerTest, StreamsMessagesInOrderAndThenTheStatus) {
  Handlers handlers;
  handlers.stream = [](rpc::Call& call, const StreamChangesRequest&, rpc::ReplyStream& out) -> absl::Status {
    EXPECT_EQ(call.principal.name, "users/7");
    StreamChangesResponse response;
    for (int i = 1; i <= 500; ++i) {
      response.set_read_through(i);
      if (!out.Write(response)) return absl::InternalError("a write was refused");
    }
    return PreconditionFailed("FEED_BROKEN", "catalog", "the feed broke off");
  };
  Open(handlers);
  int read = 0;
  const absl::Status status =
      peer_->Stream(CallTo(kStreamChanges), FeedRequest().SerializeAsString(), [&](const std::string& bytes) {
        StreamChangesResponse response;
        EXPECT_TRUE(response.ParseFromString(bytes));
        EXPECT_EQ(response.read_through(), ++read);
        return true;
      });
  EXPECT_EQ(read, 500);
  EXPECT_EQ(status, PreconditionFailed("FEED_BROKEN", "catalog", "the feed broke off"));
}

// Writes until refused, then says so.
StreamHandler Endless(absl::Notification* ended) {
  return [ended](rpc::Call&, const StreamChangesRequest&, rpc::ReplyStream& out) {
    while (out.Write(StreamChangesResponse())) continue;
    ended->Notify();
    return absl::OkStatus();
  };
}

TEST_P(PeerTest, AReaderThatHasEnoughStopsTheStream) {
  absl::Notification ended;
  Handlers handlers;
  handlers.stream = Endless(&ended);
  Open(handlers);
  int read = 0;
  const absl::Status status = peer_->Stream(CallTo(kStreamChanges), FeedRequest().SerializeAsString(),
                                            [&](const std::string&) { return ++read < 5; });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(read, 5);
  EXPECT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(60)));
  Close();
}

TEST_P(PeerTest, CancellationAndDeadlineEndAStreamThatIsSilent) {
  std::atomic<int> told = 0;
  absl::Notification entered;
  Handlers handlers;
  handlers.stream = [&](rpc::Call& call, const StreamChangesRequest&, rpc::ReplyStream&) {
    if (!entered.HasBeenNotified()) entered.Notify();
    EXPECT_TRUE(Eventually([&] { return call.Cancelled(); }));
    ++told;
    return absl::OkStatus();
  };
  Open(handlers);
  const auto ignore = [](const std::string&) { return true; };
  PeerCall call = CallTo(kStreamChanges);
  const auto cancellation = std::make_shared<rpc::Cancellation>();
  call.cancellation = cancellation;
  std::thread canceller([&] {
    entered.WaitForNotification();
    cancellation->Cancel();
  });
  EXPECT_EQ(peer_->Stream(call, FeedRequest().SerializeAsString(), ignore).code(), absl::StatusCode::kCancelled);
  canceller.join();
  call.cancellation = nullptr;
  // On a busy machine a call may spend its time on the way to its handler: the next one has more.
  for (absl::Duration limit = absl::Milliseconds(200); told < 2 && limit < absl::Minutes(2); limit *= 2) {
    call.deadline = absl::Now() + limit;
    EXPECT_EQ(peer_->Stream(call, FeedRequest().SerializeAsString(), ignore).code(),
              absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(process_->pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
  }
  EXPECT_EQ(told, 2);
  Close();
}

// Gives `count` requests.
rpc::NextBytes Requests(int count, int* given) {
  return [count, given](std::string* bytes) -> absl::StatusOr<bool> {
    UploadRequest request;
    request.set_number(*given);
    request.set_data("abc");
    *bytes = request.SerializeAsString();
    return (*given)++ < count;
  };
}

TEST_P(PeerTest, UploadsRequestsAndGetsTheAnswer) {
  Handlers handlers;
  handlers.upload = [](rpc::Call& call, rpc::RequestStream& requests) {
    EXPECT_EQ(call.principal.name, "users/7");
    return CountUpload(call, requests);
  };
  Open(handlers);
  int given = 0;
  const auto answer = peer_->Upload(CallTo(kUpload), Requests(500, &given));
  ASSERT_TRUE(answer.ok()) << answer.status();
  UploadResponse response;
  ASSERT_TRUE(response.ParseFromString(*answer));
  EXPECT_EQ(response.requests(), 500);
  EXPECT_EQ(response.bytes(), 1500);
}

TEST_P(PeerTest, AnUploadMayBeAnsweredBeforeItIsRead) {
  Handlers handlers;
  handlers.upload = [](rpc::Call&, rpc::RequestStream& requests) -> absl::StatusOr<UploadResponse> {
    UploadRequest request;
    EXPECT_TRUE(requests.Read(&request).value_or(false));
    return PreconditionFailed("ENOUGH", "upload", "one is enough");
  };
  Open(handlers);
  int given = 0;
  const auto answer = peer_->Upload(CallTo(kUpload), Requests(10'000'000, &given));
  EXPECT_EQ(answer.status(), PreconditionFailed("ENOUGH", "upload", "one is enough"));
  EXPECT_LT(given, 10'000'000);
}

TEST_P(PeerTest, ASourceThatFailsEndsItsUpload) {
  absl::Notification entered, ended;
  Handlers handlers;
  handlers.upload = [&](rpc::Call& call, rpc::RequestStream& requests) {
    entered.Notify();
    auto response = CountUpload(call, requests);
    EXPECT_FALSE(response.ok());
    ended.Notify();
    return response;
  };
  Open(handlers);
  int given = 0;
  const auto few = Requests(5, &given);
  const auto answer = peer_->Upload(CallTo(kUpload), [&](std::string* bytes) -> absl::StatusOr<bool> {
    const auto more = few(bytes);
    if (*more) return true;
    EXPECT_TRUE(entered.WaitForNotificationWithTimeout(absl::Seconds(60)));
    return absl::DataLossError("the file cannot be read");
  });
  EXPECT_EQ(answer.status(), absl::DataLossError("the file cannot be read"));
  EXPECT_TRUE(ended.WaitForNotificationWithTimeout(absl::Seconds(60)));
  Close();
}

TEST_P(PeerTest, CancellationAndDeadlineEndAnUploadThatIsNotRead) {
  std::atomic<int> told = 0;
  absl::Notification entered;
  Handlers handlers;
  handlers.upload = [&](rpc::Call& call, rpc::RequestStream&) -> absl::StatusOr<UploadResponse> {
    if (!entered.HasBeenNotified()) entered.Notify();
    EXPECT_TRUE(Eventually([&] { return call.Cancelled(); }));
    ++told;
    return UploadResponse();
  };
  Open(handlers);
  int given = 0;
  PeerCall call = CallTo(kUpload);
  const auto cancellation = std::make_shared<rpc::Cancellation>();
  call.cancellation = cancellation;
  std::thread canceller([&] {
    entered.WaitForNotification();
    cancellation->Cancel();
  });
  EXPECT_EQ(peer_->Upload(call, Requests(5, &given)).status().code(), absl::StatusCode::kCancelled);
  canceller.join();
  call.cancellation = nullptr;
  // On a busy machine a call may spend its time on the way to its handler: the next one has more.
  for (absl::Duration limit = absl::Milliseconds(200); told < 2 && limit < absl::Minutes(2); limit *= 2) {
    call.deadline = absl::Now() + limit;
    EXPECT_EQ(peer_->Upload(call, Requests(5, &given)).status().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(process_->pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
  }
  EXPECT_EQ(told, 2);
  Close();
}

TEST_P(PeerTest, AnAnswerOfAnotherTypeIsAnError) {
  Handlers handlers;
  handlers.get = [](rpc::Call&, const GetProductRequest&) -> absl::StatusOr<Product> {
    Product product;
    product.set_name("\xe4\xba\xa7\xe5\x93\x81");
    return product;
  };
  Open(handlers);
  google::protobuf::Timestamp wrong;             // its first field is a number, not text
  catalog::v1::BatchGetProductsResponse nested;  // its first field is a message, which the text is not
  EXPECT_TRUE(peer_->CallBlocking(CallTo(kGetProduct), GetRequest(), &wrong).ok()) << "kept as an unknown field";
  EXPECT_EQ(peer_->CallBlocking(CallTo(kGetProduct), GetRequest(), &nested).code(), absl::StatusCode::kInternal);
}

INSTANTIATE_TEST_SUITE_P(Both, PeerTest, ::testing::Values(Road::kLocal, Road::kRemote),
                         [](const auto& info) { return info.param == Road::kLocal ? "Local" : "Remote"; });

// A handler that calls its own process, where it has the only worker.
TEST(LocalPeer, AWorkerThatWaitsRunsTheCallItself) {
  std::unique_ptr<Peer> peer;
  std::atomic<int> inner_calls = 0;
  std::thread::id outer, inner;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest& request) -> absl::StatusOr<Product> {
    Product product;
    product.set_name(request.name());
    if (call.language == "inner") {
      inner = std::this_thread::get_id();
      ++inner_calls;
      return product;
    }
    outer = std::this_thread::get_id();
    PeerCall own = CallTo(kGetProduct);
    own.language = "inner";
    own.deadline = absl::Now() + absl::Seconds(60);
    const absl::Status status = peer->CallBlocking(own, request, &product);
    if (!status.ok()) return status;
    return product;
  };
  GrpcProcess process(handlers, 1);
  peer = rpc::MakeLocalPeer(process.table(), process.pipeline(), process.tokens());
  Product product;
  const absl::Status status = peer->CallBlocking(CallTo(kGetProduct), GetRequest(), &product);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(inner_calls, 1);
  EXPECT_EQ(inner, outer);
}

TEST(RemotePeer, FindsItsTargetByName) {
  GrpcProcess process;
  process.StartServer();
  const auto peer =
      rpc::MakeRemotePeer(absl::StrCat("dns:///localhost:", process.server().port()), {}, &process.tokens());
  Product product;
  const absl::Status status = peer->CallBlocking(CallTo(kGetProduct), GetRequest(), &product);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(RemotePeer, SendsAGivenAuthorization) {
  GrpcProcess process;
  process.StartServer();
  PeerCall call = CallTo(kGetProduct);
  call.principal = {};
  Product product;
  const auto known = rpc::MakeRemotePeer(process.target(), {}, nullptr, process.Bearer());
  EXPECT_TRUE(known->CallBlocking(call, GetRequest(), &product).ok());
  const auto unknown = rpc::MakeRemotePeer(process.target(), {}, nullptr, "Bearer so1.forged");
  EXPECT_EQ(unknown->CallBlocking(call, GetRequest(), &product).code(), absl::StatusCode::kUnauthenticated);
}

TEST(RemotePeer, APeerThatIsAwayIsUnavailableAndComesBack) {
  int port = 0;
  {
    GrpcProcess process;
    process.StartServer();
    port = process.server().port();
  }
  GrpcProcess process;
  const auto peer = rpc::MakeRemotePeer(absl::StrCat("127.0.0.1:", port), {}, &process.tokens());
  Product product;
  EXPECT_EQ(peer->CallBlocking(CallTo(kGetProduct), GetRequest(), &product).code(), absl::StatusCode::kUnavailable);
  rpc::GrpcServer::Options options;
  options.address = absl::StrCat("127.0.0.1:", port);
  process.StartServer(options);
  EXPECT_TRUE(Eventually([&] {
    PeerCall call = CallTo(kGetProduct);
    call.retry = true;
    return peer->CallBlocking(call, GetRequest(), &product).ok();
  }));
}

TEST(RemotePeer, MayEndAsSoonAsItsCallsHave) {
  GrpcProcess process;
  process.StartServer();
  for (int i = 0; i < 200; ++i) {
    const auto peer = rpc::MakeRemotePeer(process.target(), {}, &process.tokens());
    Product product;
    ASSERT_TRUE(peer->CallBlocking(CallTo(kGetProduct), GetRequest(), &product).ok());
  }
}

TEST(PeerCall, TakesTheSoonerDeadline) {
  rpc::Call call;
  call.deadline = absl::Now() + absl::Seconds(2);
  EXPECT_EQ(PeerCall::From(call, kGetProduct).deadline, call.deadline);
  EXPECT_EQ(PeerCall::From(call, kGetProduct, absl::Minutes(1)).deadline, call.deadline);
  EXPECT_LT(PeerCall::From(call, kGetProduct, absl::Milliseconds(10)).deadline, call.deadline);
}

}  // namespace
}  // namespace storeops::testing
