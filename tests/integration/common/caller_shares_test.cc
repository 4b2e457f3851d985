// What one caller, and one address, may have of the workers and streams of a process, over real sockets.
#include <grpcpp/support/sync_stream.h>

#include <atomic>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/rpc/grpc_status.h"
#include "tests/support/channel_from.h"
#include "tests/support/eventually.h"
#include "tests/support/grpc_process.h"
#include "tests/support/status_details.h"

namespace storeops::testing {
namespace {

using rpc::FromGrpcStatus;

bool SaysWhenToComeBack(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  return GetDetail(status, &retry);
}

// An open stream of a caller.
class OpenStream {
 public:
  OpenStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& authorization) : channel_(channel) {
    context_.AddMetadata("authorization", authorization);
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    StreamChangesRequest request;
    request.set_source("catalog");
    reader_.reset(grpc::internal::ClientReaderFactory<StreamChangesResponse>::Create(
        channel_.get(),
        {"/storeops.changes.v1.ChangeService/StreamChanges", grpc::internal::RpcMethod::SERVER_STREAMING}, &context_,
        request));
    StreamChangesResponse response;
    taken_ = reader_->Read(&response);
    if (!taken_) status_ = FromGrpcStatus(reader_->Finish());
  }
  ~OpenStream() {
    if (!taken_) return;
    context_.TryCancel();
    reader_->Finish();
  }
  // Taken by the server, or why not.
  bool taken() const { return taken_; }
  const absl::Status& status() const { return status_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<StreamChangesResponse>> reader_;
  bool taken_ = false;
  absl::Status status_;
};

// Writes one message and waits for the end.
absl::Status StayOpen(rpc::Call& call, const StreamChangesRequest&, rpc::ReplyStream& out) {
  absl::Notification cancelled;
  const auto interest = call.cancellation->OnCancel([&cancelled] { cancelled.Notify(); });
  EXPECT_TRUE(out.Write(StreamChangesResponse()));
  cancelled.WaitForNotification();
  return absl::OkStatus();
}

class StreamSharesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    process_.StartServer();
    here_ = ChannelFrom("127.0.0.1", process_.server().port());
    there_ = ChannelFrom("127.0.0.2", process_.server().port());
  }
  // All must be taken.
  void Open(int count, const std::shared_ptr<grpc::Channel>& channel, const std::string& caller) {
    for (int i = 0; i < count; ++i) {
      streams_.emplace_back(channel, process_.Bearer(caller));
      ASSERT_TRUE(streams_.back().taken()) << caller << " " << i << ": " << streams_.back().status();
    }
  }
  void ExpectRefused(const std::shared_ptr<grpc::Channel>& channel, const std::string& caller,
                     const std::string& reason) {
    const OpenStream refused(channel, process_.Bearer(caller));
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(Reason(refused.status()), reason) << refused.status();
    EXPECT_TRUE(SaysWhenToComeBack(refused.status()));
  }

  static Handlers Stay() {
    Handlers handlers;
    handlers.stream = StayOpen;
    return handlers;
  }
  GrpcProcess process_{Stay()};  // 256 streams
  std::shared_ptr<grpc::Channel> here_, there_;
  std::list<OpenStream> streams_;
};

TEST_F(StreamSharesTest, OneCallerLeavesStreamsForOthers) {
  Open(64, here_, "users/1");
  ExpectRefused(here_, "users/1", "TOO_MANY_STREAMS_OF_CALLER");
  ExpectRefused(there_, "users/1", "TOO_MANY_STREAMS_OF_CALLER");
  Open(1, here_, "users/2");
  // The places of those that left are free again.
  streams_.pop_front();
  EXPECT_TRUE(Eventually([&] { return OpenStream(here_, process_.Bearer("users/1")).taken(); }));
}

TEST_F(StreamSharesTest, OneAddressLeavesStreamsForOthers) {
  Open(64, here_, "users/1");
  Open(64, here_, "users/2");
  ExpectRefused(here_, "users/3", "TOO_MANY_STREAMS_OF_ADDRESS");
  Open(1, there_, "users/3");
  // What services open, or pass on, is not of their address.
  Open(1, here_, "services/inventory");
  const OpenStream relayed(here_, "Bearer " + process_.tokens().MintRelayed({"users/4", "", {"*"}}, absl::Minutes(1)));
  EXPECT_TRUE(relayed.taken()) << relayed.status();
}

TEST_F(StreamSharesTest, PeopleLeaveStreamsForServices) {
  Open(64, here_, "users/1");
  Open(64, here_, "users/2");
  Open(64, there_, "users/3");
  ExpectRefused(there_, "users/4", "TOO_MANY_STREAMS");
  Open(64, here_, "services/inventory");
}

TEST_F(StreamSharesTest, UploadsCountLikeStreams) {
  Open(64, here_, "users/1");
  grpc::ClientContext context;
  context.AddMetadata("authorization", process_.Bearer("users/1"));
  UploadResponse response;
  const grpc::internal::RpcMethod method("/testing.v1.UploadService/Upload",
                                         grpc::internal::RpcMethod::CLIENT_STREAMING);
  const std::unique_ptr<grpc::ClientWriter<UploadRequest>> writer(
      grpc::internal::ClientWriterFactory<UploadRequest>::Create(here_.get(), method, &context, &response));
  writer->WritesDone();
  EXPECT_EQ(Reason(FromGrpcStatus(writer->Finish())), "TOO_MANY_STREAMS_OF_CALLER");
}

// Eight workers; calls wait in their handler until released.
class SharedWorkersTest : public ::testing::Test {
 protected:
  SharedWorkersTest() {
    handlers_.get = [this](rpc::Call& call, const GetProductRequest& request) -> absl::StatusOr<Product> {
      Product product;
      product.set_name(request.name());
      if (request.name() != "products/1") return product;
      ++held_;
      release_.WaitForNotification();
      (void)call;
      return product;
    };
    process_ = std::make_unique<GrpcProcess>(handlers_, /*threads=*/8);
    process_->StartServer();
  }
  ~SharedWorkersTest() {
    release_.Notify();
    for (auto& thread : threads_) thread.join();
  }

  absl::Status Get(const std::string& caller, const std::string& name, absl::Duration limit) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", process_->Bearer(caller));
    context.set_deadline(absl::ToChronoTime(absl::Now() + limit));
    Product product;
    return FromGrpcStatus(CallUnary(*process_->Connect(), context, kGetProduct, GetRequest(name), &product));
  }
  void Hold(const std::string& caller) {
    threads_.emplace_back([this, caller] { EXPECT_TRUE(Get(caller, "products/1", absl::Seconds(60)).ok()); });
  }

  Handlers handlers_;
  std::atomic<int> held_{0};
  absl::Notification release_;
  std::unique_ptr<GrpcProcess> process_;
  std::vector<std::thread> threads_;
};

TEST_F(SharedWorkersTest, OneCallerLeavesWorkersForOthers) {
  for (int i = 0; i < 20; ++i) Hold("users/1");
  ASSERT_TRUE(Eventually([&] { return process_->pipeline().in_flight() == 20 && held_ == 4; })) << held_;
  EXPECT_TRUE(Get("users/2", "products/2", absl::Seconds(30)).ok()) << "all workers are taken";
  EXPECT_EQ(held_, 4) << "half of the workers";
}

}  // namespace
}  // namespace storeops::testing
