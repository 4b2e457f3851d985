// Uploads on their way through the pipeline.
#include <gtest/gtest.h>

#include <deque>
#include <thread>

#include "tests/support/pipeline_fixture.h"

namespace storeops::rpc {
namespace {

// A transport's side of an upload: gives what the test sends, and waits for more.
class Sender {
 public:
  void Send(const google::protobuf::Message& request) { SendBytes(request.SerializeAsString()); }
  void SendBytes(std::string bytes) {
    absl::MutexLock lock(&mutex_);
    queue_.push_back(std::move(bytes));
  }
  void End(absl::Status status = absl::OkStatus()) {
    absl::MutexLock lock(&mutex_);
    end_ = std::move(status);
  }
  // What no handler has taken.
  size_t left() {
    absl::MutexLock lock(&mutex_);
    return queue_.size();
  }
  NextBytes Next() {
    return [this](std::string* bytes) -> absl::StatusOr<bool> {
      const auto news = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !queue_.empty() || end_.has_value(); };
      absl::MutexLock lock(&mutex_, absl::Condition(&news));
      if (!queue_.empty()) {
        *bytes = std::move(queue_.front());
        queue_.pop_front();
        return true;
      }
      if (!end_->ok()) return *end_;
      return false;
    };
  }

 private:
  absl::Mutex mutex_;
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> end_ ABSL_GUARDED_BY(mutex_);
};

UploadRequest Number(int64_t number, size_t bytes = 0) {
  UploadRequest request;
  request.set_number(number);
  request.set_data(std::string(bytes, 'x'));
  return request;
}

// Reads all; the sum of the numbers is its answer.
absl::StatusOr<Reply> Sum(Call&, RequestStream& requests) {
  auto response = std::make_unique<UploadResponse>();
  UploadRequest request;
  while (true) {
    const auto more = requests.Read(&request);
    if (!more.ok()) return more.status();
    if (!*more) return Reply(std::move(response));
    response->set_requests(response->requests() + request.number());
  }
}

class PipelineUploadTest : public PipelineTest {
 protected:
  Incoming MakeUpload(const std::vector<std::string>& permissions = {"*"}) {
    return MakeCall(kUpload, UploadRequest(), permissions);
  }
  absl::Status Upload(Sender& sender, UploadResponse* response = nullptr) {
    Outcome outcome;
    pipeline_->ServeUpload(MakeUpload(), sender.Next(), outcome.Callback());
    outcome.Await();
    if (response != nullptr) response->ParseFromString(outcome.binary);
    return outcome.status;
  }
};

TEST_F(PipelineUploadTest, IsReadOnAThreadOfItsOwnAndAnswered) {
  const BusyWorker busy(workers_);
  const auto caller = std::this_thread::get_id();
  upload_ = [&](Call& call, RequestStream& requests) {
    EXPECT_NE(std::this_thread::get_id(), caller);
    EXPECT_EQ(call.principal.name, "users/7");
    auto reply = Sum(call, requests);
    UploadRequest more;
    EXPECT_EQ(*requests.Read(&more), false) << "the end stays the end";
    return reply;
  };
  Sender sender;
  for (int i = 1; i <= 100; ++i) sender.Send(Number(i));
  sender.End();
  UploadResponse response;
  EXPECT_TRUE(Upload(sender, &response).ok());
  EXPECT_EQ(response.requests(), 5050);
  EXPECT_TRUE(pipeline_->AwaitIdle(absl::Now() + absl::Seconds(30)));
}

TEST_F(PipelineUploadTest, PassesTheSameChecksBeforeAnythingIsRead) {
  upload_ = [](Call&, RequestStream&) -> absl::StatusOr<Reply> {
    ADD_FAILURE() << "let in";
    return absl::InternalError("let in");
  };
  Incoming bad_key = MakeUpload();
  bad_key.credentials.authorization = "Bearer slow-bad";
  const struct {
    Incoming incoming;
    absl::StatusCode code;
  } cases[] = {{MakeUpload({"catalog.products.*"}), absl::StatusCode::kPermissionDenied},
               {bad_key, absl::StatusCode::kUnauthenticated},
               {MakeCall(kGet, Get()), absl::StatusCode::kUnimplemented},
               {MakeCall(kChanges, Changes()), absl::StatusCode::kUnimplemented}};
  for (const auto& c : cases) {
    Sender sender;
    sender.Send(Number(1));
    Outcome outcome;
    pipeline_->ServeUpload(c.incoming, sender.Next(), outcome.Callback());
    EXPECT_EQ(outcome.Await().code(), c.code);
    EXPECT_NE(Reason(outcome.status), "");
    EXPECT_EQ(sender.left(), 1u);
  }
  EXPECT_EQ(Serve(MakeUpload()).code(), absl::StatusCode::kUnimplemented);
}

TEST_F(PipelineUploadTest, WrongRequestsEndIt) {
  upload_ = Sum;
  const struct {
    std::string bytes;
    absl::StatusCode code;
    const char* reason;
  } cases[] = {{Number(-1).SerializeAsString(), absl::StatusCode::kInvalidArgument, "INVALID_FIELDS"},
               {Number(1, 100'000).SerializeAsString(), absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE"},
               {"\xff", absl::StatusCode::kInvalidArgument, "MALFORMED_BODY"}};
  for (const auto& c : cases) {
    Sender sender;
    sender.Send(Number(1));
    sender.SendBytes(c.bytes);
    sender.Send(Number(3));
    const absl::Status status = Upload(sender);
    EXPECT_EQ(status.code(), c.code);
    EXPECT_EQ(Reason(status), c.reason);
    EXPECT_EQ(sender.left(), 1u);
    // Streams are few here, and this one may still count after it was answered.
    EXPECT_TRUE(pipeline_->AwaitIdle(absl::Now() + absl::Seconds(30)));
  }
}

TEST_F(PipelineUploadTest, ABrokenStreamIsNotTakenForAWholeOne) {
  upload_ = [](Call&, RequestStream& requests) {
    UploadRequest request;
    while (requests.Read(&request).value_or(false)) continue;
    EXPECT_FALSE(requests.Read(&request).ok()) << "the error stays";
    return Reply(std::make_unique<UploadResponse>());
  };
  Sender sender;
  sender.Send(Number(1));
  sender.End(absl::CancelledError("the caller has gone"));
  EXPECT_EQ(Upload(sender).code(), absl::StatusCode::kCancelled);
}

TEST_F(PipelineUploadTest, MayBeAnsweredBeforeItIsRead) {
  upload_ = [](Call&, RequestStream& requests) -> absl::StatusOr<Reply> {
    UploadRequest request;
    EXPECT_TRUE(requests.Read(&request).value_or(false));
    return PreconditionFailed("ENOUGH", "upload", "one is enough");
  };
  Sender sender;
  sender.Send(Number(1));
  sender.Send(Number(2));
  EXPECT_EQ(Reason(Upload(sender)), "ENOUGH");
  EXPECT_EQ(sender.left(), 1u);
}

TEST_F(PipelineUploadTest, EndsWithTheCallerOrTheDeadlineAndOutlastsAShutdown) {
  upload_ = Sum;
  const auto cancellation = std::make_shared<Cancellation>();
  Incoming incoming = MakeUpload();
  incoming.cancellation = cancellation;
  cancellation->Cancel();
  Sender sender;
  Outcome by_caller;
  pipeline_->ServeUpload(incoming, sender.Next(), by_caller.Callback());
  EXPECT_EQ(by_caller.Await().code(), absl::StatusCode::kCancelled);

  Incoming with_deadline = MakeUpload();
  with_deadline.deadline = clock_.Now() + absl::Seconds(9);
  absl::Notification entered;
  upload_ = [&](Call& call, RequestStream& requests) {
    entered.Notify();
    return Sum(call, requests);
  };
  Sender slow;
  Outcome late;
  pipeline_->ServeUpload(with_deadline, slow.Next(), late.Callback());
  entered.WaitForNotification();
  clock_.Advance(absl::Seconds(9));
  slow.Send(Number(1));
  EXPECT_EQ(late.Await().code(), absl::StatusCode::kDeadlineExceeded);

  upload_ = Sum;
  Sender last;
  last.Send(Number(1));
  Outcome under_way, refused;
  pipeline_->ServeUpload(MakeUpload(), last.Next(), under_way.Callback());
  pipeline_->StopAccepting();
  pipeline_->ServeUpload(MakeUpload(), last.Next(), refused.Callback());
  EXPECT_EQ(refused.Await().code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(under_way.ended.HasBeenNotified());
  last.Send(Number(2));
  last.End();
  EXPECT_TRUE(under_way.Await().ok()) << under_way.status;
}

}  // namespace
}  // namespace storeops::rpc
