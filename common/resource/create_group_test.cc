#include "common/resource/create_group.h"

#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "google/protobuf/empty.pb.h"
#include "gtest/gtest.h"

namespace storeops::resource {
namespace {

using Member = CreateGroup::Member;

// A caller in a thread of its own.
class Caller {
 public:
  explicit Caller(absl::Time deadline = absl::InfiniteFuture())
      : cancellation_(std::make_shared<rpc::Cancellation>()) {
    call_.deadline = deadline;
    call_.cancellation = cancellation_;
  }
  ~Caller() { Join(); }

  void Start(CreateGroup& group) {
    thread_ = std::thread([this, &group] { group.Run(member_); });
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  void Cancel() { cancellation_->Cancel(); }
  const absl::Status& status() const { return member_.part.status; }
  const Member* member() const { return &member_; }

 private:
  std::shared_ptr<rpc::Cancellation> cancellation_;
  rpc::Call call_;
  google::protobuf::Empty request_, response_;
  Member member_{call_, request_, &response_};
  std::thread thread_;
};

// Notes the groups; the first is held until told to go on.
class CreateGroupTest : public ::testing::Test {
 protected:
  void Write(absl::Span<Member* const> members) {
    bool first = false;
    {
      absl::MutexLock lock(&mutex_);
      first = groups_.empty();
      groups_.push_back({members.begin(), members.end()});
    }
    if (!first) return;
    held_.Notify();
    go_on_.WaitForNotification();
  }
  size_t group_count() {
    absl::MutexLock lock(&mutex_);
    return groups_.size();
  }
  void AwaitGroups(size_t count) {
    const auto there = [&] { return groups_.size() >= count; };
    absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(20)));
  }

  absl::Mutex mutex_;
  std::vector<std::vector<Member*>> groups_;
  absl::Notification held_, go_on_;
  CreateGroup group_{[this](absl::Span<Member* const> members) { Write(members); }};
};

TEST_F(CreateGroupTest, AnyoneAloneLeadsAtOnce) {
  go_on_.Notify();
  for (int i = 0; i < 3; ++i) {
    Caller caller;
    caller.Start(group_);
  }
  ASSERT_EQ(groups_.size(), 3u);
  for (const auto& members : groups_) EXPECT_EQ(members.size(), 1u);
}

TEST_F(CreateGroupTest, EveryoneIsServedOnceWhateverTheirNumber) {
  go_on_.Notify();
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([this] {
      for (int j = 0; j < 20; ++j) {
        Caller caller;
        caller.Start(group_);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  size_t served = 0;
  for (const auto& members : groups_) {
    EXPECT_LE(members.size(), CreateGroup::kMaxMembers);
    served += members.size();
  }
  EXPECT_EQ(served, 2000u);
}

TEST_F(CreateGroupTest, AHeldLeaderDoesNotHoldUpTheNext) {
  Caller held, next;
  held.Start(group_);
  held_.WaitForNotification();
  next.Start(group_);
  AwaitGroups(2);  // while the first leader is still at work
  EXPECT_EQ(groups_[1], std::vector<Member*>{const_cast<Member*>(next.member())});
  go_on_.Notify();
}

TEST_F(CreateGroupTest, WhoWaitsInVainIsNotWritten) {
  Caller held;
  held.Start(group_);
  held_.WaitForNotification();
  Caller late(absl::Now() - absl::Seconds(1)), gone;
  gone.Cancel();
  late.Start(group_);
  late.Join();
  gone.Start(group_);
  gone.Join();
  EXPECT_EQ(late.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(gone.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(group_count(), 1u);
  go_on_.Notify();
}

}  // namespace
}  // namespace storeops::resource
