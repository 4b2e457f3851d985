// Streams of requests through the gRPC door over real sockets.
#include <grpcpp/support/sync_stream.h>

#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "common/rpc/grpc_status.h"
#include "tests/support/grpc_process.h"

namespace storeops::testing {
namespace {

using rpc::FromGrpcStatus;

UploadRequest Chunk(int64_t number, size_t bytes = 0) {
  UploadRequest request;
  request.set_number(number);
  request.set_data(std::string(bytes, '\xfe'));
  return request;
}

// A client that sends when told to.
class Uploader {
 public:
  explicit Uploader(const GrpcProcess& process, absl::Time deadline = absl::Now() + absl::Seconds(60),
                    const std::string& authorization = "")
      : channel_(process.Connect()) {
    context_.AddMetadata("authorization", authorization.empty() ? process.Bearer() : authorization);
    context_.set_deadline(absl::ToChronoTime(deadline));
    writer_.reset(grpc::internal::ClientWriterFactory<UploadRequest>::Create(
        channel_.get(), {"/testing.v1.UploadService/Upload", grpc::internal::RpcMethod::CLIENT_STREAMING}, &context_,
        &response_));
  }
  bool Send(const UploadRequest& request) { return writer_->Write(request); }
  void Cancel() { context_.TryCancel(); }
  absl::Status Finish() {
    writer_->WritesDone();
    return FromGrpcStatus(writer_->Finish());
  }
  const UploadResponse& response() const { return response_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  UploadResponse response_;
  std::unique_ptr<grpc::ClientWriter<UploadRequest>> writer_;
};

TEST(GrpcDoorUpload, RequestsComeInOrderAndAreAnswered) {
  Handlers handlers;
  handlers.upload = [](rpc::Call& call, rpc::RequestStream& requests) -> absl::StatusOr<UploadResponse> {
    EXPECT_EQ(call.principal.name, "users/1");
    UploadRequest request;
    UploadResponse response;
    while (true) {
      const auto more = requests.Read(&request);
      if (!more.ok()) return more.status();
      if (!*more) return response;
      response.set_requests(response.requests() + 1);
      EXPECT_EQ(request.SerializeAsString(), Chunk(response.requests(), response.requests() % 50).SerializeAsString());
    }
  };
  GrpcProcess process(handlers);
  process.StartServer();
  Uploader uploader(process);
  for (int i = 1; i <= 3000; ++i) ASSERT_TRUE(uploader.Send(Chunk(i, i % 50))) << i;
  const absl::Status status = uploader.Finish();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(uploader.response().requests(), 3000);
}

TEST(GrpcDoorUpload, AnEmptyStreamIsOneToo) {
  GrpcProcess process;
  process.StartServer();
  Uploader uploader(process);
  EXPECT_TRUE(uploader.Finish().ok());
  EXPECT_EQ(uploader.response().requests(), 0);
}

TEST(GrpcDoorUpload, StrangersAreRefusedWhateverTheySend) {
  GrpcProcess process;
  process.StartServer();
  Uploader stranger(process, absl::Now() + absl::Seconds(60), "Bearer nonsense");
  while (stranger.Send(Chunk(1, 65'536))) continue;
  EXPECT_EQ(stranger.Finish().code(), absl::StatusCode::kUnauthenticated);
}

TEST(GrpcDoorUpload, AWrongOrLargeRequestIsTold) {
  GrpcProcess process;
  process.StartServer();
  Uploader wrong(process);
  ASSERT_TRUE(wrong.Send(Chunk(1)));
  wrong.Send(Chunk(-1));
  EXPECT_EQ(wrong.Finish().code(), absl::StatusCode::kInvalidArgument);
  Uploader large(process);
  large.Send(Chunk(1, 100'001));
  EXPECT_EQ(large.Finish().code(), absl::StatusCode::kResourceExhausted);
}

TEST(GrpcDoorUpload, AnEarlyAnswerEndsTheSending) {
  Handlers handlers;
  handlers.upload = [](rpc::Call&, rpc::RequestStream& requests) -> absl::StatusOr<UploadResponse> {
    UploadRequest request;
    EXPECT_TRUE(requests.Read(&request).value_or(false));
    return PreconditionFailed("ENOUGH", "upload", "one is enough");
  };
  GrpcProcess process(handlers);
  process.StartServer();
  Uploader uploader(process);
  while (uploader.Send(Chunk(1, 65'536))) continue;
  EXPECT_EQ(uploader.Finish(), PreconditionFailed("ENOUGH", "upload", "one is enough"));
  EXPECT_TRUE(process.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
}

// Reads one request each time the test says so.
struct SlowReader {
  std::atomic<int> allowed = 0;
  absl::Notification entered;  // a call that ends sooner never reaches its handler
  absl::Notification ended;
  absl::Status end;

  UploadHandler Handler() {
    return [this](rpc::Call&, rpc::RequestStream& requests) -> absl::StatusOr<UploadResponse> {
      entered.Notify();
      UploadResponse response;
      UploadRequest request;
      absl::StatusOr<bool> more = true;
      while (more.ok() && *more) {
        if (!Eventually([&] { return allowed > response.requests(); })) return absl::InternalError("forgotten");
        more = requests.Read(&request);
        response.set_requests(response.requests() + 1);
      }
      end = more.status();
      ended.Notify();
      if (!more.ok()) return more.status();
      return response;
    };
  }
};

TEST(GrpcDoorUpload, ASlowHandlerHoldsTheSenderBack) {
  SlowReader reader;
  Handlers handlers;
  handlers.upload = reader.Handler();
  GrpcProcess process(handlers);
  process.StartServer();
  Uploader uploader(process);
  constexpr int kChunks = 3000;  // 190 MB
  std::atomic<int> sent = 0;
  std::thread sender([&] {
    for (int i = 0; i < kChunks && uploader.Send(Chunk(i, 65'000)); ++i) ++sent;
  });
  reader.allowed = 1;
  int before = -1;
  EXPECT_TRUE(Eventually([&] {
    const int now = sent;
    const bool halted = now > 0 && now == before;
    before = now;
    absl::SleepFor(absl::Milliseconds(100));  // real time: it has halted if nothing moves for a while
    return halted;
  }));
  EXPECT_LT(sent, 1000) << "for a handler that has read one";
  reader.allowed = kChunks + 1;
  sender.join();
  EXPECT_TRUE(uploader.Finish().ok());
  EXPECT_EQ(sent, kChunks);
}

TEST(GrpcDoorUpload, CancellationFreesAHandlerThatWaits) {
  SlowReader reader;
  reader.allowed = 2;
  Handlers handlers;
  handlers.upload = reader.Handler();
  GrpcProcess process(handlers);
  process.StartServer();
  Uploader uploader(process);
  ASSERT_TRUE(uploader.Send(Chunk(1)));
  ASSERT_TRUE(reader.entered.WaitForNotificationWithTimeout(absl::Seconds(60)));
  uploader.Cancel();
  EXPECT_TRUE(reader.ended.WaitForNotificationWithTimeout(absl::Seconds(60)));
  EXPECT_EQ(reader.end.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(uploader.Finish().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(process.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
}

TEST(GrpcDoorUpload, TheDeadlineFreesAHandlerThatWaits) {
  // On a busy machine a call may spend its time on the way to its handler: the next one has more.
  for (absl::Duration limit = absl::Milliseconds(500); limit < absl::Minutes(2); limit *= 2) {
    SlowReader reader;
    reader.allowed = 2;
    Handlers handlers;
    handlers.upload = reader.Handler();
    GrpcProcess process(handlers);
    process.StartServer();
    const absl::Time deadline = absl::Now() + limit;
    Uploader uploader(process, deadline);
    uploader.Send(Chunk(1));
    EXPECT_TRUE(Eventually([&] { return absl::Now() > deadline; }, absl::Minutes(5)));
    const bool entered = reader.entered.HasBeenNotified();
    // Before Finish: the end of the requests would free the handler, too.
    if (entered) EXPECT_TRUE(reader.ended.WaitForNotificationWithTimeout(absl::Seconds(60)));
    EXPECT_EQ(uploader.Finish().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(process.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
    if (!entered) continue;
    EXPECT_FALSE(reader.end.ok());
    return;
  }
  ADD_FAILURE() << "no call reached its handler";
}

TEST(GrpcDoorUpload, ManySendersThatLeaveAtAnyMomentDoNoHarm) {
  GrpcProcess process;
  process.StartServer();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&process, t] {
      for (int i = 0; i < 20; ++i) {
        Uploader uploader(process);
        const int leave_after = (i * 13 + t * 7) % 230;
        for (int sent = 0; sent < leave_after; ++sent) uploader.Send(Chunk(sent, 100));
        if (leave_after <= 200) uploader.Cancel();
        const auto code = uploader.Finish().code();
        EXPECT_EQ(code, leave_after > 200 ? absl::StatusCode::kOk : absl::StatusCode::kCancelled) << leave_after;
        if (leave_after > 200) {
          EXPECT_EQ(uploader.response().requests(), leave_after);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(process.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
}

TEST(GrpcDoorUpload, AnUploadUnderWayOutlastsAShutdown) {
  absl::Notification entered;
  Handlers handlers;
  handlers.upload = [&](rpc::Call& call, rpc::RequestStream& requests) {
    entered.Notify();
    return CountUpload(call, requests);
  };
  GrpcProcess process(handlers);
  process.StartServer();
  Uploader uploader(process);
  ASSERT_TRUE(uploader.Send(Chunk(1)));
  entered.WaitForNotification();
  std::thread stopper([&] {
    process.pipeline().StopAccepting();
    process.server().Shutdown(absl::Now() + absl::Seconds(60));
  });
  EXPECT_TRUE(uploader.Send(Chunk(2)));
  const absl::Status status = uploader.Finish();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(uploader.response().requests(), 2);
  stopper.join();
}

}  // namespace
}  // namespace storeops::testing
