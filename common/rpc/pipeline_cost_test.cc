// Expensive calls on their way through the pipeline.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "tests/support/pipeline_fixture.h"

namespace storeops::rpc {
namespace {

class PipelineCostTest : public PipelineTest {
 protected:
  void SetUp() override {
    PipelineTest::SetUp();
    lanes_ = &own_lanes_;
    Start({});
    cost_ = [](const Call&, const google::protobuf::Message& request) -> absl::StatusOr<absl::Duration> {
      if (request.GetDescriptor() == StreamChangesRequest::descriptor()) return absl::Seconds(1);
      const auto& list = static_cast<const catalog::v1::ListProductsRequest&>(request);
      if (list.filter() == "refused") return InvalidField("filter", "costs too much");
      return list.filter() == "cheap" ? kInteractiveCost : kInteractiveCost + absl::Nanoseconds(1);
    };
    unary_ = [this](Call&, const google::protobuf::Message& request) -> absl::StatusOr<Reply> {
      if (request.GetDescriptor() == catalog::v1::ListProductsRequest::descriptor()) ++handled_;
      return Reply(std::make_unique<catalog::v1::ListProductsResponse>());
    };
  }
  // Its calls have ended before the lanes go.
  void TearDown() override { pipeline_ = nullptr; }

  static catalog::v1::ListProductsRequest List(const std::string& filter = "") {
    catalog::v1::ListProductsRequest request;
    request.set_filter(filter);
    return request;
  }
  // Of users/7, as MakeCall.
  std::unique_ptr<Outcome> BeginList() {
    auto outcome = std::make_unique<Outcome>();
    pipeline_->Serve(MakeCall(kList, List()), outcome->Callback());
    return outcome;
  }
  CostLane::Slot TakePlace() {
    auto slot = own_lanes_.database.TryEnter({"storeops.catalog.v1", "users/7"});
    EXPECT_TRUE(slot.ok());
    return *std::move(slot);
  }
  void AwaitWaiting(int count) {
    while (own_lanes_.database.waiting() < count) std::this_thread::yield();
  }

  CostLanes own_lanes_{{.name = "database", .waiting_of_caller = 2}, {.name = "compute"}};
};

TEST_F(PipelineCostTest, ExpensiveCallsWaitWithoutAWorker) {
  CostLane::Slot place = TakePlace();
  const auto first = BeginList(), second = BeginList();
  AwaitWaiting(2);
  EXPECT_FALSE(first->ended.HasBeenNotified());
  EXPECT_EQ(handled_, 0);
  // There is one worker, and it is free: for other methods and for cheap calls of the same one.
  EXPECT_TRUE(Serve(MakeCall(kGet, Get())).ok());
  EXPECT_TRUE(Serve(MakeCall(kList, List("cheap"))).ok());
  EXPECT_EQ(handled_, 1);
  const absl::Status surplus = Serve(MakeCall(kList, List()));
  EXPECT_EQ(Reason(surplus), "TOO_MANY_EXPENSIVE_CALLS") << surplus;
  EXPECT_TRUE(SaysWhenToRetry(surplus));
  place.Release();
  EXPECT_TRUE(first->Await().ok()) << first->status;
  EXPECT_TRUE(second->Await().ok()) << second->status;
  EXPECT_EQ(handled_, 3);
}

TEST_F(PipelineCostTest, ACallThatCostsTooMuchIsRefused) {
  const absl::Status refused = Serve(MakeCall(kList, List("refused")));
  EXPECT_EQ(testing::WrongField(refused), "filter") << refused;
  EXPECT_EQ(handled_, 0);
}

TEST_F(PipelineCostTest, ACallThatIsNotWantedAnyMoreLeavesItsPlace) {
  CostLane::Slot place = TakePlace();
  Incoming incoming = MakeCall(kList, List());
  const auto gone = std::make_shared<Cancellation>();
  incoming.cancellation = gone;
  Outcome outcome;
  pipeline_->Serve(std::move(incoming), outcome.Callback());
  const auto other = BeginList();
  AwaitWaiting(2);
  gone->Cancel();
  const auto late = BeginList();  // needs its place in the queue
  EXPECT_EQ(outcome.Await().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(handled_, 0);
  place.Release();
  EXPECT_TRUE(other->Await().ok());
  EXPECT_TRUE(late->Await().ok());
}

TEST_F(PipelineCostTest, AStreamGivesWayWhileItsCallerReads) {
  absl::Notification writing, go_on;
  int messages = 0;
  stream_ = [&](Call&, const google::protobuf::Message&, ReplyStream& out) -> absl::Status {
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(own_lanes_.database.running(), 1);
      if (!out.Write(StreamChangesResponse())) return absl::OkStatus();
      ++messages;
    }
    return absl::OkStatus();
  };
  // A caller that takes its time.
  class SlowReader final : public ReplyStream {
   public:
    SlowReader(absl::Notification& writing, absl::Notification& go_on) : writing_(writing), go_on_(go_on) {}
    bool Write(const google::protobuf::Message&) override {
      if (!writing_.HasBeenNotified()) writing_.Notify();
      go_on_.WaitForNotification();
      return true;
    }

   private:
    absl::Notification& writing_;
    absl::Notification& go_on_;
  };
  Outcome outcome;
  pipeline_->ServeStream(MakeCall(kChanges, Changes()), std::make_shared<SlowReader>(writing, go_on),
                         outcome.StreamCallback());
  writing.WaitForNotification();
  EXPECT_EQ(own_lanes_.database.running(), 0);
  EXPECT_TRUE(Serve(MakeCall(kList, List())).ok());
  go_on.Notify();
  EXPECT_TRUE(outcome.Await().ok()) << outcome.status;
  EXPECT_EQ(messages, 2);
  EXPECT_EQ(own_lanes_.database.running(), 0);
}

}  // namespace
}  // namespace storeops::rpc
