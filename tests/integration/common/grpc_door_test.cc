// The gRPC door over real sockets: what a client of any language sees.
#include <google/protobuf/dynamic_message.h>
#include <grpcpp/generic/generic_stub.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "common/rpc/grpc_bytes.h"
#include "common/rpc/grpc_status.h"
#include "google/rpc/error_details.pb.h"
#include "tests/support/grpc_process.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif

namespace storeops::testing {
namespace {

using rpc::FromGrpcStatus;

// One call of GetProduct as users/1 with every permission.
struct GetCall {
  explicit GetCall(const GrpcProcess& process) { context.AddMetadata("authorization", process.Bearer()); }

  absl::Status Run(grpc::Channel& channel, const std::string& name = "products/1") {
    return FromGrpcStatus(CallUnary(channel, context, kGetProduct, GetRequest(name), &product));
  }

  grpc::ClientContext context;
  Product product;
};

std::string Reason(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return GetDetail(status, &info) ? info.reason() : "";
}

TEST(GrpcDoor, TellsTheHandlerWhoCallsAndHow) {
  absl::Mutex mutex;  // ThreadSanitizer does not see what the answer orders
  rpc::Call seen;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest&) -> absl::StatusOr<Product> {
    absl::MutexLock lock(&mutex);
    seen = call;
    return Product();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  GetCall get(process);
  get.context.AddMetadata("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  get.context.AddMetadata("accept-language", "zh-CN,en;q=0.5");
  const absl::Status status = get.Run(*process.Connect());
  ASSERT_TRUE(status.ok()) << status;
  absl::MutexLock lock(&mutex);
  EXPECT_EQ(seen.principal.name, "users/1");
  EXPECT_TRUE(seen.principal.Has("catalog.products.read"));
  EXPECT_EQ(seen.trace.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(seen.trace.parent_span_id, "b7ad6b7169203331");
  EXPECT_EQ(seen.language.substr(0, 2), "zh");
  EXPECT_EQ(seen.peer_address, "127.0.0.1");
}

TEST(GrpcDoor, CallsOverIpv6CarryTheirAddress) {
  absl::Mutex mutex;
  std::string address;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest&) -> absl::StatusOr<Product> {
    absl::MutexLock lock(&mutex);
    address = call.peer_address;
    return Product();
  };
  GrpcProcess process(handlers);
  rpc::GrpcServer::Options options;
  options.address = "[::]:0";
  process.StartServer(options);
  const auto channel =
      grpc::CreateChannel(absl::StrCat("[::1]:", process.server().port()), grpc::InsecureChannelCredentials());
  if (!channel->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(2)))) {
    // A machine without IPv6: the door listens on IPv4 all the same.
    EXPECT_TRUE(GetCall(process).Run(*process.Connect()).ok());
    return;
  }
  ASSERT_TRUE(GetCall(process).Run(*channel).ok());
  absl::MutexLock lock(&mutex);
  EXPECT_EQ(address, "::1");
}

TEST(GrpcDoor, ErrorsKeepEveryDetail) {
  const std::vector<absl::Status> errors = {
      InvalidFields({{"product.title", "must not be empty"}, {"product.variants[1].sku", "已被使用"}}),
      ResourceNotFound("storeops/Product", "products/9"),
      ResourceExists("storeops/Product", "products/9", "there is such a product"),
      PreconditionFailed("PRODUCT_ARCHIVED", "products/9", "it is archived"),
      EtagMismatch("storeops/Product", "products/9", "7"),
      UnavailableRetry("the database is away", absl::Milliseconds(1500)),
      ExhaustedRetry("too many", absl::Seconds(2)),
      PermissionMissing("catalog.products.write"),
      WithReason(absl::OutOfRangeError("beyond the end"), "PAGE_BEYOND_END", {{"page", "7"}}),
  };
  Handlers handlers;
  handlers.get = [&](rpc::Call&, const GetProductRequest& request) -> absl::StatusOr<Product> {
    return errors[std::stoi(request.name())];
  };
  GrpcProcess process(handlers);
  process.StartServer();
  const auto channel = process.Connect();
  for (size_t i = 0; i < errors.size(); ++i) {
    EXPECT_EQ(GetCall(process).Run(*channel, std::to_string(i)), errors[i]) << DescribeStatus(errors[i]);
  }
}

TEST(GrpcDoor, ErrorsWithoutDetailsGetAReason) {
  Handlers handlers;
  handlers.get = [](rpc::Call&, const GetProductRequest&) -> absl::StatusOr<Product> {
    return absl::OutOfRangeError("beyond the end");
  };
  GrpcProcess process(handlers);
  process.StartServer();
  const absl::Status status = GetCall(process).Run(*process.Connect());
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_NE(Reason(status), "");
}

TEST(GrpcDoor, TooManyDetailsAreThinnedOutToFitTheTrailers) {
  Handlers handlers;
  handlers.get = [](rpc::Call&, const GetProductRequest&) -> absl::StatusOr<Product> {
    std::vector<FieldViolation> violations;
    for (int i = 0; i < 500; ++i) violations.push_back({absl::StrCat("items[", i, "].名称"), std::string(900, 'x')});
    return InvalidFields(violations);
  };
  GrpcProcess process(handlers);
  process.StartServer();
  const absl::Status status = GetCall(process).Run(*process.Connect());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(GetDetail(status, &bad_request));
  EXPECT_GE(bad_request.field_violations_size(), 1);
  EXPECT_EQ(bad_request.field_violations(0).field(), "items[0].名称");
  EXPECT_EQ(Reason(status), "INVALID_FIELDS");
}

// A request with `size` bytes of ballast in a field that the type does not know.
GetProductRequest WithBallast(size_t size) {
  std::string ballast(size, '\0');
  for (size_t i = 0; i < size; ++i) ballast[i] = static_cast<char>(i * 7);
  GetProductRequest request = GetRequest();
  request.GetReflection()->MutableUnknownFields(&request)->AddLengthDelimited(9999, ballast);
  return request;
}

void CopyBallast(const GetProductRequest& request, Product* product) {
  const auto& ballast = request.GetReflection()->GetUnknownFields(request);
  product->GetReflection()->MutableUnknownFields(product)->MergeFrom(ballast);
}

absl::Status CallWithBallast(const GrpcProcess& process, grpc::Channel& channel, size_t size) {
  grpc::ClientContext context;
  context.AddMetadata("authorization", process.Bearer());
  Product product;
  return FromGrpcStatus(CallUnary(channel, context, kGetProduct, WithBallast(size), &product));
}

TEST(GrpcDoor, BodiesOfAnySizeComeBackByteForByte) {
  Handlers handlers;
  handlers.get = [](rpc::Call&, const GetProductRequest& request) -> absl::StatusOr<Product> {
    Product product;
    CopyBallast(request, &product);
    return product;
  };
  GrpcProcess process(handlers);
  process.StartServer();
  const auto channel = process.Connect();
  for (const size_t size : {0, 1, 900, 1023, 1024, 1025, 65'536, 3'000'000}) {
    const GetProductRequest request = WithBallast(size);
    grpc::ClientContext context;
    context.AddMetadata("authorization", process.Bearer());
    grpc::ByteBuffer response;
    const auto status =
        CallUnary(*channel, context, kGetProduct, rpc::ToByteBuffer(request.SerializeAsString()), &response);
    ASSERT_TRUE(status.ok()) << size << ": " << status.error_message();
    Product expected;
    CopyBallast(request, &expected);
    EXPECT_TRUE(rpc::ToString(response) == expected.SerializeAsString()) << size;
  }
}

TEST(GrpcDoor, RefusesABodyThatIsNoMessage) {
  GrpcProcess process;
  process.StartServer();
  grpc::ClientContext context;
  context.AddMetadata("authorization", process.Bearer());
  grpc::ByteBuffer response;
  const auto status =
      CallUnary(*process.Connect(), context, kGetProduct, rpc::ToByteBuffer(std::string("\x0a\xff")), &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
  EXPECT_NE(Reason(FromGrpcStatus(status)), "");
}

TEST(GrpcDoor, RefusesWhoIsNotLetIn) {
  GrpcProcess process;
  process.StartServer();
  const auto channel = process.Connect();
  const auto call = [&](const std::string& authorization) {
    grpc::ClientContext context;
    if (!authorization.empty()) context.AddMetadata("authorization", authorization);
    Product product;
    return FromGrpcStatus(CallUnary(*channel, context, kGetProduct, GetRequest(), &product));
  };
  EXPECT_EQ(call("").code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(call("Bearer so1.forged").code(), absl::StatusCode::kUnauthenticated);
  const absl::Status weak = call(process.Bearer("users/2", {"inventory.*"}));
  EXPECT_EQ(weak.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Reason(weak), "PERMISSION_MISSING");
  EXPECT_TRUE(call(process.Bearer("users/3", {"catalog.*"})).ok());
}

TEST(GrpcDoor, UnknownMethodsAreUnimplemented) {
  GrpcProcess process;
  process.StartServer();
  const auto channel = process.Connect();
  for (const char* method : {"storeops.catalog.v1.ProductService/Nothing", "no.Such/Thing"}) {
    grpc::ClientContext context;
    Product product;
    const auto status = CallUnary(*channel, context, method, GetRequest(), &product);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << method;
  }
}

TEST(GrpcDoor, PassesTheDeadlineOn) {
  absl::Mutex mutex;
  absl::Time seen;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest&) -> absl::StatusOr<Product> {
    absl::MutexLock lock(&mutex);
    seen = call.deadline;
    return Product();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  // Sooner than the method's own limit of 30 s, by more than a call takes to arrive.
  const absl::Time deadline = absl::Now() + absl::Seconds(10);
  GetCall get(process);
  get.context.set_deadline(absl::ToChronoTime(deadline));
  ASSERT_TRUE(get.Run(*process.Connect()).ok());
  absl::MutexLock lock(&mutex);
  EXPECT_LE(seen, deadline + absl::Seconds(9));
  EXPECT_GE(seen, deadline - absl::Seconds(1));
}

TEST(GrpcDoor, AnExceededDeadlineReachesTheHandler) {
  std::atomic<bool> handler_knows = false;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest&) -> absl::StatusOr<Product> {
    EXPECT_TRUE(Eventually([&] { return call.Cancelled(); }));
    handler_knows = true;
    return Product();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  const auto channel = process.Connect();
  // On a busy machine a call may spend its time on the way to its handler: the next one has more.
  for (absl::Duration limit = absl::Milliseconds(200); !handler_knows && limit < absl::Minutes(2); limit *= 2) {
    GetCall get(process);
    get.context.set_deadline(absl::ToChronoTime(absl::Now() + limit));
    EXPECT_EQ(get.Run(*channel).code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(process.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
  }
  EXPECT_TRUE(handler_knows);
}

TEST(GrpcDoor, ACallersCancellationReachesTheHandler) {
  absl::Notification entered, handler_knows;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest&) -> absl::StatusOr<Product> {
    const auto interest = call.cancellation->OnCancel([&] { handler_knows.Notify(); });
    entered.Notify();
    EXPECT_TRUE(handler_knows.WaitForNotificationWithTimeout(absl::Seconds(60)));
    return Product();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  GetCall get(process);
  std::thread canceller([&] {
    entered.WaitForNotification();
    get.context.TryCancel();
  });
  EXPECT_EQ(get.Run(*process.Connect()).code(), absl::StatusCode::kCancelled);
  canceller.join();
}

TEST(GrpcDoor, RefusesMessagesBeyondItsLimit) {
  GrpcProcess process;
  rpc::GrpcServer::Options options;
  options.max_message_bytes = 100'000;
  process.StartServer(options);
  const auto channel = process.Connect();
  EXPECT_TRUE(CallWithBallast(process, *channel, 90'000).ok());
  EXPECT_EQ(CallWithBallast(process, *channel, 110'000).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(CallWithBallast(process, *channel, 90'000).ok()) << "the connection must survive";
}

// What is small on the wire may be huge once it is unpacked.
TEST(GrpcDoor, UnpacksNothing) {
  GrpcProcess process;
  process.StartServer();
  const auto channel = process.Connect();
  for (const auto algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    GetCall call(process);
    call.context.set_compression_algorithm(algorithm);
    EXPECT_EQ(call.Run(*channel, std::string(100'000, 'x')).code(), absl::StatusCode::kUnimplemented);
  }
  GetCall plain(process);
  EXPECT_TRUE(plain.Run(*channel).ok()) << "the connection must survive";
}

TEST(GrpcDoor, RefusesRequestsBeyondTheMethodsLimit) {
  GrpcProcess process;
  process.StartServer();
  const absl::Status status = CallWithBallast(process, *process.Connect(), 5 << 20);
  EXPECT_FALSE(status.ok());
  EXPECT_NE(Reason(status), "") << status;
}

TEST(GrpcDoor, RefusesMetadataBeyondItsLimit) {
  GrpcProcess process;
  process.StartServer();
  const auto channel = process.Connect();
  GetCall small(process), large(process);
  small.context.AddMetadata("x-note", std::string(10'000, 'x'));
  large.context.AddMetadata("x-note", std::string(20'000, 'x'));
  EXPECT_TRUE(small.Run(*channel).ok());
  EXPECT_FALSE(large.Run(*channel).ok());
  // gRPC may close the connection over it; the client connects anew.
  EXPECT_TRUE(Eventually([&] { return GetCall(process).Run(*channel).ok(); }));
}

// grpc.health.v1.HealthCheckResponse.ServingStatus, or minus the status code.
int HealthOf(grpc::Channel& channel, const std::string& service) {
  std::string request =
      service.empty() ? "" : absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
  grpc::ClientContext context;
  grpc::ByteBuffer response;
  const auto status =
      CallUnary(channel, context, "grpc.health.v1.Health/Check", rpc::ToByteBuffer(std::move(request)), &response);
  if (!status.ok()) return -status.error_code();
  const std::string bytes = rpc::ToString(response);
  return bytes.size() == 2 && bytes[0] == 0x08 ? bytes[1] : 0;
}

TEST(GrpcDoor, HealthSaysWhatItIsTold) {
  constexpr int kServing = 1, kNotServing = 2;
  GrpcProcess process;
  process.StartServer();
  const auto channel = process.Connect();
  for (const bool serving : {false, true, false, true}) {
    if (serving) process.server().SetServing(true);
    for (const char* service : {"", kProducts, kChanges}) {
      EXPECT_EQ(HealthOf(*channel, service), serving ? kServing : kNotServing) << service;
    }
    if (serving) process.server().SetServing(false);
  }
  EXPECT_EQ(HealthOf(*channel, "no.Such"), -grpc::StatusCode::NOT_FOUND);
}

// Asks in one of the two versions of the protocol, which have the same messages.
class ReflectionClient {
 public:
  explicit ReflectionClient(std::shared_ptr<grpc::Channel> channel, const std::string& version = "v1alpha")
      : stub_(channel), path_(absl::StrCat("/grpc.reflection.", version, ".ServerReflection/ServerReflectionInfo")) {}

  std::string Ask(const std::string& field, const std::string& value) {
    const auto message = New("grpc.reflection.v1alpha.ServerReflectionRequest");
    const auto* descriptor = message->GetDescriptor()->FindFieldByName(field);
    message->GetReflection()->SetString(message.get(), descriptor, value);
    grpc::ClientContext context;
    grpc::CompletionQueue queue;
    const auto stream = stub_.Call(&context, path_, &queue, nullptr);
    Await(queue);
    stream->Write(rpc::ToByteBuffer(message->SerializeAsString()), nullptr);
    Await(queue);
    grpc::ByteBuffer response;
    stream->Read(&response, nullptr);
    Await(queue);
    stream->WritesDone(nullptr);
    Await(queue);
    grpc::Status status;
    stream->Finish(&status, nullptr);
    Await(queue);
    EXPECT_TRUE(status.ok()) << status.error_message();
    queue.Shutdown();
    const auto answer = New("grpc.reflection.v1alpha.ServerReflectionResponse");
    EXPECT_TRUE(rpc::ParseByteBuffer(response, answer.get()).ok());
    return answer->DebugString();
  }

 private:
  static std::unique_ptr<google::protobuf::Message> New(const std::string& type) {
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
    return std::unique_ptr<google::protobuf::Message>(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  }
  static void Await(grpc::CompletionQueue& queue) {
    void* tag;
    bool ok;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    ASSERT_TRUE(ok);
  }

  grpc::GenericStub stub_;
  const std::string path_;
};

TEST(GrpcDoor, ReflectionShowsNoInternalFiles) {
  GrpcProcess process;
  process.StartServer();
  for (const char* version : {"v1", "v1alpha"}) {
    ReflectionClient reflection(process.Connect(), version);
    for (const auto& [field, value] : std::vector<std::pair<std::string, std::string>>{
             {"file_by_filename", "storeops/internal/v1/tokens.proto"},
             {"file_containing_symbol", "storeops.internal.v1.AccessToken"},
             {"file_containing_symbol", "storeops.internal.v1.AccessToken.permissions"},
             {"all_extension_numbers_of_type", "storeops.internal.v1.AccessToken"},
             {"file_by_filename", "no/such.proto"}}) {
      const std::string answer = reflection.Ask(field, value);
      EXPECT_NE(answer.find("error_code: 5"), std::string::npos) << answer;
      EXPECT_EQ(answer.find("file_descriptor_proto"), std::string::npos) << answer;
    }
    EXPECT_NE(reflection.Ask("file_containing_symbol", "google.rpc.BadRequest").find("file_descriptor_proto"),
              std::string::npos);
    EXPECT_NE(reflection.Ask("all_extension_numbers_of_type", "google.protobuf.MethodOptions").find("50001"),
              std::string::npos);
  }
}

TEST(GrpcDoor, ReflectionKnowsServicesAndFiles) {
  GrpcProcess process;
  process.StartServer();
  ReflectionClient reflection(process.Connect());
  const std::string services = reflection.Ask("list_services", "*");
  EXPECT_NE(services.find(kProducts), std::string::npos) << services;
  EXPECT_NE(services.find(kChanges), std::string::npos) << services;
  EXPECT_NE(services.find("grpc.health.v1.Health"), std::string::npos) << services;
  const std::string file = reflection.Ask("file_containing_symbol", kProducts);
  EXPECT_NE(file.find("SearchProducts"), std::string::npos);
  EXPECT_NE(file.find("file_descriptor_proto"), std::string::npos);
  EXPECT_NE(reflection.Ask("file_by_filename", "google/api/annotations.proto").find("file_descriptor_proto"),
            std::string::npos);
}

// A connection that pings as often as gRPC lets a client without calls, which is about once a second.
std::shared_ptr<grpc::Channel> ConnectAndPing(const GrpcProcess& process) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 500);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  const auto channel = process.Connect(arguments);
  EXPECT_TRUE(channel->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Seconds(60))));
  return channel;
}

TEST(GrpcDoor, PingsAtTheAllowedPaceAreWelcomeWithoutCalls) {
  GrpcProcess patient, strict;
  rpc::GrpcServer::Options options;
  options.min_ping_interval = absl::Milliseconds(400);
  patient.StartServer(options);
  strict.StartServer();  // 10 seconds
  const auto welcome = ConnectAndPing(patient);
  const auto unwelcome = ConnectAndPing(strict);
  EXPECT_TRUE(unwelcome->WaitForStateChange(GRPC_CHANNEL_READY, absl::ToChronoTime(absl::Now() + absl::Minutes(2))))
      << "more pings than a server suffers";
  EXPECT_EQ(welcome->GetState(false), GRPC_CHANNEL_READY) << "after as many";
}

TEST(GrpcDoor, OldConnectionsAreClosedWithoutLosingCalls) {
  GrpcProcess process;
  rpc::GrpcServer::Options options;
  options.max_connection_age = absl::Milliseconds(100);
  process.StartServer(options);
  const auto channel = process.Connect();
  const absl::Time end = absl::Now() + absl::Seconds(1);
  bool reconnected = false;
  while (absl::Now() < end || !reconnected) {
    ASSERT_LT(absl::Now(), end + absl::Seconds(60));
    ASSERT_TRUE(GetCall(process).Run(*channel).ok());
    if (channel->GetState(false) != GRPC_CHANNEL_READY) reconnected = true;
  }
}

TEST(GrpcDoor, ATakenPortIsAnError) {
  GrpcProcess process;
  process.StartServer();
  rpc::GrpcServer::Options options;
  options.address = process.target();
  const auto second = rpc::GrpcServer::Start(options, process.table(), process.pipeline());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(second.status().message().find(process.target()), absl::string_view::npos) << second.status();
}

TEST(GrpcDoor, TwoThousandCallsAtOnceAreAllAnswered) {
  constexpr int kCalls = 2000;
  GrpcProcess process;
  process.StartServer();
  grpc::GenericStub stub(process.Connect());
  struct State {
    grpc::ClientContext context;
    grpc::ByteBuffer request, response;
  };
  std::vector<std::unique_ptr<State>> states;
  std::atomic<int> right = 0, ended = 0;
  for (int i = 0; i < kCalls; ++i) {
    auto* state = states.emplace_back(std::make_unique<State>()).get();
    // A service: a person may not have as many waiting.
    state->context.AddMetadata("authorization", process.Bearer("services/peer"));
    state->request = rpc::ToByteBuffer(GetRequest(absl::StrCat("products/", i)));
    stub.UnaryCall(&state->context, absl::StrCat("/", kGetProduct), {}, &state->request, &state->response,
                   [&, state, i](const grpc::Status& status) {
                     Product product;
                     if (status.ok() && rpc::ParseByteBuffer(state->response, &product).ok() &&
                         product.name() == absl::StrCat("products/", i)) {
                       ++right;
                     }
                     ++ended;
                   });
  }
  EXPECT_TRUE(Eventually([&] { return ended == kCalls; }));
  EXPECT_EQ(right, kCalls);
}

}  // namespace
}  // namespace storeops::testing
