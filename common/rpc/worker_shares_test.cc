#include "common/rpc/worker_shares.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace storeops::rpc {
namespace {

using Kind = WorkerShares::Caller::Kind;

class WorkerSharesTest : public ::testing::Test {
 protected:
  static WorkerShares::Caller Caller(const std::string& name) { return {Kind::kCaller, name}; }

  // A task that notes its start and stays until released.
  WorkerShares::Task Staying(std::string note) {
    return [this, note = std::move(note)](const absl::Status& place) {
      if (!place.ok()) return Refused(place);
      Started(note);
      release_.WaitForNotification();
    };
  }
  WorkerShares::Task Short(std::string note) {
    return [this, note = std::move(note)](const absl::Status& place) { place.ok() ? Started(note) : Refused(place); };
  }
  void Submit(const WorkerShares::Caller& caller, WorkerShares::Task task, Urgency urgency = Urgency::kInteractive) {
    shares_.Submit(caller, std::move(task), urgency, WorkerPool::kNobody);
  }

  void Started(const std::string& note) {
    absl::MutexLock lock(&mutex_);
    started_.push_back(note);
  }
  void Refused(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    refused_.push_back(status);
  }
  bool AwaitStarted(size_t count) {
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return started_.size() >= count; };
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30));
  }
  std::vector<std::string> started() {
    absl::MutexLock lock(&mutex_);
    return started_;
  }
  std::vector<absl::Status> refused() {
    absl::MutexLock lock(&mutex_);
    return refused_;
  }

  absl::Mutex mutex_;
  std::vector<std::string> started_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Status> refused_ ABSL_GUARDED_BY(mutex_);
  absl::Notification release_;
  WorkerPool workers_{{.threads = 8}};
  WorkerShares shares_{workers_, {.max_waiting = 6, .max_waiting_of_caller = 4, .max_waiting_of_address = 1}};
};

TEST_F(WorkerSharesTest, ACallerHasHalfOfTheWorkersAndSomePlaces) {
  for (int i = 0; i < 8; ++i) Submit(Caller("a"), Staying("a"));
  EXPECT_TRUE(refused().empty());
  Submit(Caller("a"), Staying("a"));
  ASSERT_EQ(refused().size(), 1u);
  EXPECT_EQ(refused()[0].code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(refused()[0]), "TOO_MANY_CALLS_OF_CALLER");
  EXPECT_EQ(refused()[0].message(), "one caller can have at most 4 calls at work and 4 waiting");
  google::rpc::RetryInfo retry;
  EXPECT_TRUE(GetDetail(refused()[0], &retry));
  for (int i = 0; i < 4; ++i) Submit(Caller("b"), Staying("b"));
  ASSERT_TRUE(AwaitStarted(8));
  EXPECT_EQ(std::count(started_.begin(), started_.end(), "b"), 4);
  // Two places are left for all.
  for (int i = 0; i < 3; ++i) Submit(Caller("b"), Staying("b"));
  ASSERT_EQ(refused().size(), 2u);
  EXPECT_EQ(ReasonOf(refused()[1]), "OVERLOADED");
  release_.Notify();
  EXPECT_TRUE(AwaitStarted(14)) << "those that waited run, too";
}

TEST_F(WorkerSharesTest, AnAddressHasLess) {
  const WorkerShares::Caller address = {Kind::kAddress, "ip:10.0.0.1"};
  for (int i = 0; i < 4; ++i) Submit(address, Staying("x"));
  ASSERT_TRUE(AwaitStarted(2));
  ASSERT_EQ(refused().size(), 1u);
  EXPECT_EQ(ReasonOf(refused()[0]), "TOO_MANY_CALLS_OF_ADDRESS");
  Submit({Kind::kAddress, "ip:10.0.0.2"}, Short("y"));
  ASSERT_TRUE(AwaitStarted(3));
  EXPECT_EQ(started().back(), "y");
  release_.Notify();
  EXPECT_TRUE(AwaitStarted(4));
}

TEST_F(WorkerSharesTest, TheMostUrgentOfACallerIsNext) {
  WorkerPool two({.threads = 2});  // one of them for each caller
  WorkerShares shares(two, {});
  const auto submit = [&](WorkerShares::Task task, Urgency urgency) {
    shares.Submit(Caller("a"), std::move(task), urgency, WorkerPool::kNobody);
  };
  submit(Staying("first"), Urgency::kInteractive);
  submit(Short("background"), Urgency::kBackground);
  submit(Short("batch"), Urgency::kBatch);
  submit(Short("interactive"), Urgency::kInteractive);
  release_.Notify();
  ASSERT_TRUE(AwaitStarted(4));
  EXPECT_EQ(started(), (std::vector<std::string>{"first", "interactive", "batch", "background"}));
}

TEST_F(WorkerSharesTest, SlowBatchCallsLeaveTheCallerItsInteractiveOnes) {
  for (int i = 0; i < 4; ++i) Submit(Caller("a"), Staying("batch"), Urgency::kBatch);
  ASSERT_TRUE(AwaitStarted(2));
  Submit(Caller("a"), Short("interactive"));
  ASSERT_TRUE(AwaitStarted(3));
  EXPECT_EQ(started().back(), "interactive");
  release_.Notify();
  EXPECT_TRUE(AwaitStarted(5));
}

TEST_F(WorkerSharesTest, ServicesHaveNoShare) {
  for (int i = 0; i < 8; ++i) Submit({}, Staying("service"));
  EXPECT_TRUE(AwaitStarted(8));
  release_.Notify();
}

}  // namespace
}  // namespace storeops::rpc
