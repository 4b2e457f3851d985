// Streams on their way through the pipeline.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/pipeline_fixture.h"

namespace storeops::rpc {
namespace {

TEST_F(PipelineTest, AStreamWritesOnAThreadOfItsOwn) {
  const BusyWorker busy(workers_);
  const auto caller = std::this_thread::get_id();
  for (const char* authorization : {"", "Bearer slow-good"}) {
    stream_ = [&](Call& call, const google::protobuf::Message& request, ReplyStream& out) {
      EXPECT_NE(std::this_thread::get_id(), caller);
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
    EXPECT_NE(Reason(outcome.status), "");
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
    EXPECT_EQ(Reason(by_server.status), "SHUTTING_DOWN");
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

Incoming WithKey(Incoming incoming) {
  incoming.credentials.authorization = "Bearer slow-good";
  return incoming;
}

TEST_F(PipelineTest, AStreamEndsWithTheKeyOfItsCaller) {
  stream_ = AwaitCancellation;
  const auto collector = std::make_shared<Collector>();
  std::atomic<int> cuts = 0;
  Incoming incoming = WithKey(MakeCall(kChanges, Changes()));
  incoming.cut = [&cuts] { ++cuts; };
  Outcome by_key;
  pipeline_->ServeStream(std::move(incoming), collector, by_key.StreamCallback());
  collector->AwaitMessages(1);
  // Where keys cannot be looked up for a while, streams go on.
  keys_.Fail(absl::UnavailableError("no database"));
  for (const int before = keys_.asked(); keys_.asked() < before + 3;) std::this_thread::yield();
  EXPECT_FALSE(by_key.ended.HasBeenNotified());
  keys_.Fail(Unauthenticated("KEY_INVALID", "the API key is not valid"));
  EXPECT_EQ(by_key.Await().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(Reason(by_key.status), "KEY_INVALID");
  EXPECT_EQ(cuts, 1) << "the transport may wait for its client";
}

TEST_F(PipelineTest, AStreamEndsWhenItsKeyAllowsSomethingElse) {
  stream_ = AwaitCancellation;
  const auto collector = std::make_shared<Collector>();
  Outcome outcome;
  pipeline_->ServeStream(WithKey(MakeCall(kChanges, Changes())), collector, outcome.StreamCallback());
  collector->AwaitMessages(1);
  keys_.Allow({"catalog.*"});
  EXPECT_EQ(outcome.Await().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Reason(outcome.status), "PERMISSIONS_CHANGED");
  EXPECT_TRUE(SaysWhenToRetry(outcome.status));
}

TEST_F(PipelineTest, AnUploadEndsWithTheKeyOfItsCaller) {
  upload_ = [](Call&, RequestStream& requests) -> absl::StatusOr<Reply> {
    UploadRequest request;
    const auto more = requests.Read(&request);
    if (!more.ok()) return more.status();
    return Reply(std::make_unique<UploadResponse>());
  };
  absl::Notification reading, cut;
  Incoming incoming = WithKey(MakeCall(kUpload, UploadRequest()));
  incoming.cut = [&cut] { cut.Notify(); };
  Outcome outcome;
  const NextBytes next = [&](std::string*) -> absl::StatusOr<bool> {
    reading.Notify();
    cut.WaitForNotification();
    return absl::CancelledError("cut");
  };
  pipeline_->ServeUpload(std::move(incoming), next, outcome.Callback());
  reading.WaitForNotification();
  keys_.Fail(Unauthenticated("KEY_INVALID", "the API key is not valid"));
  EXPECT_EQ(Reason(outcome.Await()), "KEY_INVALID");
}

TEST_F(PipelineTest, StreamsAreLimitedInNumber) {
  stream_ = AwaitCancellation;
  Outcome first, second, refused, next;
  const auto cancellation = std::make_shared<Cancellation>();
  Incoming incoming = MakeCall(kChanges, Changes());
  incoming.cancellation = cancellation;
  const auto collector = std::make_shared<Collector>();
  pipeline_->ServeStream(incoming, collector, first.StreamCallback());
  pipeline_->ServeStream(incoming, collector, second.StreamCallback());
  pipeline_->ServeStream(incoming, std::make_shared<Collector>(), refused.StreamCallback());
  EXPECT_EQ(refused.Await().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(SaysWhenToRetry(refused.status));
  collector->AwaitMessages(2);  // both have written, and wait
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
