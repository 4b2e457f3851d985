// Shutting down: nothing that was accepted is dropped, and nothing can hold the server up for ever.
#include <grpcpp/support/sync_stream.h>

#include <atomic>

#include "absl/synchronization/notification.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/peer.h"
#include "tests/support/grpc_process.h"

namespace storeops::testing {
namespace {

using rpc::FromGrpcStatus;

absl::Status Get(const GrpcProcess& process, grpc::Channel& channel) {
  grpc::ClientContext context;
  context.AddMetadata("authorization", process.Bearer());
  Product product;
  return FromGrpcStatus(CallUnary(channel, context, kGetProduct, GetRequest(), &product));
}

TEST(Drain, AnIdleServerStopsAtOnce) {
  GrpcProcess process;
  process.StartServer();
  const auto channel = process.Connect();
  ASSERT_TRUE(Get(process, *channel).ok());
  process.server().Shutdown(absl::Now() + absl::Hours(1));  // waits for nothing
  EXPECT_EQ(Get(process, *channel).code(), absl::StatusCode::kUnavailable);
  process.server().Shutdown(absl::Now());  // once more does no harm
}

TEST(Drain, UnderLoadEveryCallIsAnsweredOrUnavailable) {
  std::atomic<int> handled = 0;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest&) -> absl::StatusOr<Product> {
    absl::SleepFor(absl::Milliseconds(1));  // real time: so that calls are under way when the server stops
    ++handled;
    EXPECT_FALSE(call.Cancelled()) << "an accepted call was dropped";
    return Product();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  std::atomic<int> answered = 0, refused = 0;
  std::atomic<bool> stop = false;
  std::vector<std::thread> callers;
  for (int i = 0; i < 16; ++i) {
    callers.emplace_back([&] {
      const auto peer = rpc::MakeRemotePeer(process.target(), {}, &process.tokens());
      while (!stop) {
        rpc::PeerCall call;
        call.method = kGetProduct;
        call.principal = {"users/1", "", {"*"}};
        Product product;
        const absl::Status status = peer->CallBlocking(std::move(call), GetRequest(), &product);
        if (status.ok()) {
          ++answered;
        } else {
          ++refused;
          EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
        }
      }
    });
  }
  EXPECT_TRUE(Eventually([&] { return answered > 500; }));
  process.server().Shutdown(absl::Now() + absl::Seconds(60));
  const int at_shutdown = refused;
  EXPECT_TRUE(Eventually([&] { return refused > at_shutdown + 16; }));
  stop = true;
  for (auto& caller : callers) caller.join();
  EXPECT_EQ(answered, handled);
}

TEST(Drain, ALateAnswerStillArrives) {
  absl::Notification entered, go_on;
  Handlers handlers;
  handlers.get = [&](rpc::Call&, const GetProductRequest&) -> absl::StatusOr<Product> {
    entered.Notify();
    go_on.WaitForNotification();
    return Product();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  absl::Status status;
  std::thread caller([&] { status = Get(process, *process.Connect()); });
  entered.WaitForNotification();
  std::thread shutdown([&] { process.server().Shutdown(absl::Now() + absl::Seconds(60)); });
  // New connections are refused: the shutdown is under way.
  EXPECT_TRUE(Eventually(
      [&] { return !process.Connect()->WaitForConnected(absl::ToChronoTime(absl::Now() + absl::Milliseconds(100))); }));
  go_on.Notify();
  shutdown.join();
  caller.join();
  EXPECT_TRUE(status.ok()) << status;
}

TEST(Drain, AHandlerThatBlocksCannotHoldTheServerUp) {
  absl::Notification entered, told, go_on;
  Handlers handlers;
  handlers.get = [&](rpc::Call& call, const GetProductRequest&) -> absl::StatusOr<Product> {
    const auto interest = call.cancellation->OnCancel([&] { told.Notify(); });
    entered.Notify();
    go_on.WaitForNotification();
    return Product();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  absl::Status status;
  std::thread caller([&] { status = Get(process, *process.Connect()); });
  entered.WaitForNotification();
  process.server().Shutdown(absl::Now() + absl::Milliseconds(200));
  EXPECT_TRUE(told.WaitForNotificationWithTimeout(absl::Seconds(60)));
  caller.join();
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(process.pipeline().in_flight(), 1);
  go_on.Notify();
  EXPECT_TRUE(process.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
}

TEST(Drain, StreamsThatWaitForNewsAreEnded) {
  absl::Notification entered;
  Handlers handlers;
  handlers.stream = [&](rpc::Call& call, const StreamChangesRequest&, rpc::ReplyStream& out) {
    EXPECT_TRUE(out.Write(StreamChangesResponse()));
    entered.Notify();
    EXPECT_TRUE(Eventually([&] { return call.Cancelled(); }));
    return absl::OkStatus();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  const auto channel = process.Connect();
  grpc::ClientContext context;
  context.AddMetadata("authorization", process.Bearer());
  StreamChangesRequest request;
  request.set_source("catalog");
  const std::unique_ptr<grpc::ClientReader<StreamChangesResponse>> reader(
      grpc::internal::ClientReaderFactory<StreamChangesResponse>::Create(
          channel.get(),
          {"/storeops.changes.v1.ChangeService/StreamChanges", grpc::internal::RpcMethod::SERVER_STREAMING}, &context,
          request));
  entered.WaitForNotification();
  process.server().Shutdown(absl::Now() + absl::Milliseconds(200));
  StreamChangesResponse response;
  EXPECT_TRUE(reader->Read(&response));
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_FALSE(reader->Finish().ok());
}

TEST(Drain, ThePipelineRefusesWhileTheDoorIsStillOpen) {
  GrpcProcess process;
  process.StartServer();
  const auto channel = process.Connect();
  ASSERT_TRUE(Get(process, *channel).ok());
  process.pipeline().StopAccepting();
  EXPECT_EQ(Get(process, *channel).code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace storeops::testing
