#include "common/resource/create_group.h"

#include <algorithm>
#include <atomic>
#include <deque>
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
  explicit Caller(absl::Time deadline = absl::InfiniteFuture()) : cancellation_(std::make_shared<rpc::Cancellation>()) {
    call_.deadline = deadline;
    call_.cancellation = cancellation_;
  }
  ~Caller() { Join(); }

  void Start(CreateGroup& group) {
    thread_ = std::thread([this, &group] {
      group.Run(member_);
      served_ = true;
    });
  }
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  bool served() const { return served_; }
  void Cancel() { cancellation_->Cancel(); }
  // Without a thread. False: nobody was there to join.
  bool TryJoin(CreateGroup& group) {
    member_.done = [this] { done_.Notify(); };
    if (group.TryJoin(member_)) return true;
    member_.done = nullptr;
    return false;
  }
  void AwaitDone() { EXPECT_TRUE(done_.WaitForNotificationWithTimeout(absl::Seconds(60))); }
  const absl::Status& status() const { return member_.part.status; }
  const Member* member() const { return &member_; }

 private:
  std::shared_ptr<rpc::Cancellation> cancellation_;
  rpc::Call call_;
  google::protobuf::Empty request_, response_;
  Member member_{call_, request_, &response_};
  std::atomic<bool> served_{false};
  absl::Notification done_;
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
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(60)));
  }

  // Has `caller` join one of `waiting`; who waits too long leads, and another one waits in its place.
  void Join(Caller& caller, std::deque<Caller>& waiting, bool gone = false) {
    while (!caller.TryJoin(group_)) {
      std::this_thread::yield();
      if (!waiting.empty()) {
        if (!waiting.back().served()) continue;
        waiting.back().Join();  // its stack goes: there may be thousands of them
      }
      waiting.emplace_back();
      if (gone) waiting.back().Cancel();
      waiting.back().Start(group_);
    }
  }
  bool WereTogether(const Caller& caller, const std::deque<Caller>& others) {
    absl::MutexLock lock(&mutex_);
    for (const auto& members : groups_) {
      if (std::count(members.begin(), members.end(), caller.member()) == 0) continue;
      return std::any_of(others.begin(), others.end(), [&](const Caller& other) {
        return std::count(members.begin(), members.end(), other.member()) == 1;
      });
    }
    return false;
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

TEST_F(CreateGroupTest, WhoJoinsIsWrittenWithThoseWhoWait) {
  Caller held, joined, alone;
  EXPECT_FALSE(alone.TryJoin(group_)) << "nobody waits";
  std::deque<Caller> waiting;
  held.Start(group_);
  held_.WaitForNotification();
  Join(joined, waiting);
  go_on_.Notify();
  joined.AwaitDone();
  for (Caller& caller : waiting) caller.Join();
  EXPECT_TRUE(joined.status().ok());
  EXPECT_TRUE(WereTogether(joined, waiting));
}

TEST_F(CreateGroupTest, WhoJoinedDoesNotDependOnTheCallerWhoLeads) {
  Caller held, joined;
  std::deque<Caller> waiting;
  held.Start(group_);
  held_.WaitForNotification();
  Join(joined, waiting, /*gone=*/true);
  go_on_.Notify();
  joined.AwaitDone();
  for (Caller& caller : waiting) {
    caller.Join();
    EXPECT_EQ(caller.status().code(), absl::StatusCode::kCancelled);
  }
  EXPECT_TRUE(joined.status().ok());
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(groups_.size(), 2u);
}

TEST_F(CreateGroupTest, WhoJoinsInVainIsTold) {
  Caller held, gone;
  gone.Cancel();
  std::deque<Caller> waiting;
  held.Start(group_);
  held_.WaitForNotification();
  Join(gone, waiting);
  go_on_.Notify();
  gone.AwaitDone();
  EXPECT_EQ(gone.status().code(), absl::StatusCode::kCancelled);
}

TEST_F(CreateGroupTest, EveryoneWhoJoinsIsServedOnce) {
  std::deque<Caller> joined, waiting;
  Caller held;
  held.Start(group_);
  held_.WaitForNotification();
  for (int i = 0; i < 200; ++i) {
    joined.emplace_back();
    Join(joined.back(), waiting);
    if (i == 100) go_on_.Notify();
  }
  for (Caller& caller : joined) caller.AwaitDone();
  for (Caller& caller : waiting) caller.Join();
  absl::MutexLock lock(&mutex_);
  size_t served = 0;
  for (const auto& members : groups_) {
    EXPECT_LE(members.size(), CreateGroup::kMaxMembers);
    served += members.size();
  }
  EXPECT_EQ(served, 1 + joined.size() + waiting.size());
}

}  // namespace
}  // namespace storeops::resource
