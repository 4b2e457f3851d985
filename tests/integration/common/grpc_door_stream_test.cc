// Streams through the gRPC door over real sockets.
#include <grpcpp/support/sync_stream.h>

#include <atomic>
#include <optional>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "common/rpc/grpc_status.h"
#include "tests/support/grpc_process.h"

namespace storeops::testing {
namespace {

using rpc::FromGrpcStatus;

// A reader of StreamChanges that takes messages when told to.
class StreamReader {
 public:
  StreamReader(const GrpcProcess& process, absl::Time deadline = absl::Now() + absl::Seconds(60))
      : channel_(process.Connect()) {
    context_.AddMetadata("authorization", process.Bearer());
    context_.set_deadline(absl::ToChronoTime(deadline));
    StreamChangesRequest request;
    request.set_source("catalog");
    reader_.reset(grpc::internal::ClientReaderFactory<StreamChangesResponse>::Create(
        channel_.get(),
        {"/storeops.changes.v1.ChangeService/StreamChanges", grpc::internal::RpcMethod::SERVER_STREAMING}, &context_,
        request));
  }
  std::optional<StreamChangesResponse> Read() {
    StreamChangesResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    return response;
  }
  void Cancel() { context_.TryCancel(); }
  absl::Status Finish() { return FromGrpcStatus(reader_->Finish()); }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<StreamChangesResponse>> reader_;
};

StreamChangesResponse Message(int64_t number, size_t bytes = 0) {
  StreamChangesResponse response;
  response.set_read_through(number);
  if (bytes > 0) response.add_changes()->set_resource(std::string(bytes, '\xfe'));
  return response;
}

TEST(GrpcDoorStream, MessagesComeInOrderAndThenTheStatus) {
  Handlers handlers;
  handlers.stream = [](rpc::Call&, const StreamChangesRequest& request, rpc::ReplyStream& out) -> absl::Status {
    EXPECT_EQ(request.source(), "catalog");
    for (int i = 1; i <= 3000; ++i) {
      if (!out.Write(Message(i, i % 50))) return absl::InternalError("a write was refused");
    }
    return PreconditionFailed("FEED_BROKEN", "catalog", "the feed broke off");
  };
  GrpcProcess process(handlers);
  process.StartServer();
  StreamReader reader(process);
  for (int i = 1; i <= 3000; ++i) {
    const auto message = reader.Read();
    ASSERT_TRUE(message.has_value()) << i;
    ASSERT_EQ(message->SerializeAsString(), Message(i, i % 50).SerializeAsString());
  }
  EXPECT_FALSE(reader.Read().has_value());
  EXPECT_EQ(reader.Finish(), PreconditionFailed("FEED_BROKEN", "catalog", "the feed broke off"));
}

TEST(GrpcDoorStream, AnEmptyStreamEndsWell) {
  GrpcProcess process;
  process.StartServer();
  StreamReader reader(process);
  EXPECT_FALSE(reader.Read().has_value());
  EXPECT_TRUE(reader.Finish().ok());
}

// Writes messages of 64 KiB until refused.
struct EndlessWriter {
  std::atomic<int> written = 0;
  std::atomic<int64_t> write_start_us = 0;  // of the write under way
  absl::Notification ended;

  StreamHandler Handler() {
    return [this](rpc::Call&, const StreamChangesRequest&, rpc::ReplyStream& out) {
      while (true) {
        write_start_us = absl::ToUnixMicros(absl::Now());
        if (!out.Write(Message(written + 1, 65'536))) break;
        ++written;
      }
      ended.Notify();
      return absl::OkStatus();
    };
  }
  // Waits for a write that is held back; how many went before it, -1 if none is.
  int Halted() {
    for (const absl::Time end = absl::Now() + absl::Seconds(60); absl::Now() < end;) {
      const int before = written;
      const absl::Duration taken = absl::Now() - absl::FromUnixMicros(write_start_us);
      if (before > 0 && taken > absl::Milliseconds(200)) return before;
      absl::SleepFor(absl::Milliseconds(1));  // real time: a write is held back if it takes long
    }
    return -1;
  }
};

TEST(GrpcDoorStream, ASlowReaderHoldsTheWriterBack) {
  EndlessWriter writer;
  Handlers handlers;
  handlers.stream = writer.Handler();
  GrpcProcess process(handlers);
  process.StartServer();
  StreamReader reader(process);
  const int halted = writer.Halted();
  EXPECT_GT(halted, 0);
  EXPECT_LT(halted, 2000) << "128 MB for a reader that reads nothing";
  for (int i = 1; i <= halted + 100; ++i) {
    const auto message = reader.Read();
    ASSERT_TRUE(message.has_value());
    ASSERT_EQ(message->read_through(), i);
  }
  EXPECT_GE(writer.written, halted + 100 - 1);
  reader.Cancel();
  EXPECT_TRUE(writer.ended.WaitForNotificationWithTimeout(absl::Seconds(60)));
  EXPECT_EQ(reader.Finish().code(), absl::StatusCode::kCancelled);
}

TEST(GrpcDoorStream, CancellingFreesAWriterThatWaits) {
  EndlessWriter writer;
  Handlers handlers;
  handlers.stream = writer.Handler();
  GrpcProcess process(handlers);
  process.StartServer();
  StreamReader reader(process);
  ASSERT_GT(writer.Halted(), 0);
  reader.Cancel();
  EXPECT_TRUE(writer.ended.WaitForNotificationWithTimeout(absl::Seconds(60)));
  EXPECT_EQ(reader.Finish().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(process.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
}

TEST(GrpcDoorStream, TheDeadlineFreesAWriterThatWaits) {
  // On a busy machine a call may spend its time on the way to its handler: the next one has more.
  for (absl::Duration limit = absl::Milliseconds(500); limit < absl::Minutes(2); limit *= 2) {
    EndlessWriter writer;
    Handlers handlers;
    handlers.stream = writer.Handler();
    GrpcProcess process(handlers);
    process.StartServer();
    StreamReader reader(process, absl::Now() + limit);
    EXPECT_EQ(reader.Finish().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(process.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
    if (writer.ended.HasBeenNotified()) return;
  }
  ADD_FAILURE() << "no call reached its handler";
}

TEST(GrpcDoorStream, AHandlerThatWritesNothingHearsOfTheCancellation) {
  absl::Notification entered, knows;
  Handlers handlers;
  handlers.stream = [&](rpc::Call& call, const StreamChangesRequest&, rpc::ReplyStream&) {
    const auto interest = call.cancellation->OnCancel([&] { knows.Notify(); });
    entered.Notify();
    EXPECT_TRUE(knows.WaitForNotificationWithTimeout(absl::Seconds(60)));
    return absl::OkStatus();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  StreamReader reader(process);
  entered.WaitForNotification();
  reader.Cancel();
  EXPECT_EQ(reader.Finish().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(knows.WaitForNotificationWithTimeout(absl::Seconds(60)));
}

TEST(GrpcDoorStream, ManyReadersThatLeaveAtAnyMomentDoNoHarm) {
  Handlers handlers;
  handlers.stream = [](rpc::Call&, const StreamChangesRequest&, rpc::ReplyStream& out) {
    for (int i = 0; i < 200 && out.Write(Message(i, 100)); ++i) continue;
    return absl::OkStatus();
  };
  GrpcProcess process(handlers);
  process.StartServer();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&process, t] {
      for (int i = 0; i < 20; ++i) {
        StreamReader reader(process);
        const int leave_after = (i * 13 + t * 7) % 230;
        int read = 0;
        while (read < leave_after && reader.Read().has_value()) ++read;
        if (leave_after <= 200) reader.Cancel();
        const auto code = reader.Finish().code();
        if (leave_after > 200) {
          EXPECT_EQ(code, absl::StatusCode::kOk);
          EXPECT_EQ(read, 200);
        } else {  // all may have arrived, unread, before the cancellation
          EXPECT_TRUE(code == absl::StatusCode::kCancelled || code == absl::StatusCode::kOk) << code;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(process.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
}

}  // namespace
}  // namespace storeops::testing
