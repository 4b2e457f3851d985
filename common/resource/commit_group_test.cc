#include "common/resource/commit_group.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/worker_pool.h"
#include "common/rpc/method_table.h"
#include "google/protobuf/wrappers.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace storeops::resource {
namespace {

using google::protobuf::Int64Value;
using Member = CommitGroup::Member;

int64_t ValueOf(const google::protobuf::Message& message) { return static_cast<const Int64Value&>(message).value(); }
void SetValue(google::protobuf::Message* message, int64_t value) {
  static_cast<Int64Value*>(message)->set_value(value);
}

// A call whose request is a number.
class Caller {
 public:
  explicit Caller(int64_t value = 0, absl::Time deadline = absl::Now() + absl::Hours(1)) {
    request_.set_value(value);
    call_.deadline = deadline;
    call_.cancellation = cancellation_;
  }
  ~Caller() { Leave(); }
  void Leave() {
    if (thread_.joinable()) thread_.join();
  }

  void SetKey(const std::string& request_id, const std::string& body_hash) {
    call_.replay = rpc::ReplayKey{"users/7", "Test", request_id, body_hash};
  }
  void Cancel() { cancellation_->Cancel(); }

  // In a thread of its own.
  void Run(CommitGroup& group) {
    thread_ = std::thread([this, &group] {
      Int64Value response;
      const absl::Status status = group.Run(call_, request_, &response);
      End(status, response.value());
    });
  }
  absl::Status Join(CommitGroup& group, WorkerPool& workers) {
    return group.Join(call_, request_, std::make_unique<Int64Value>(), workers,
                      [this](const absl::StatusOr<rpc::Reply>& reply) {
                        Int64Value response;
                        if (reply.ok()) EXPECT_TRUE(reply->ToMessage(&response).ok());
                        End(reply.status(), response.value());
                      });
  }
  void End(const absl::Status& status, int64_t response) {
    if (++answers_ > 1) return;
    status_ = status;
    response_ = response;
    ended_.Notify();
  }

  const absl::Status& Await() {
    EXPECT_TRUE(ended_.WaitForNotificationWithTimeout(absl::Seconds(60)));
    return status_;
  }
  absl::StatusCode AwaitCode() { return Await().code(); }

  const rpc::Call& call() const { return call_; }
  int64_t value() const { return request_.value(); }
  int64_t response() const { return response_; }
  int answers() const { return answers_; }

 private:
  const std::shared_ptr<rpc::Cancellation> cancellation_ = std::make_shared<rpc::Cancellation>();
  rpc::Call call_;
  Int64Value request_;
  std::atomic<int> answers_{0};
  absl::Status status_;
  int64_t response_ = 0;
  absl::Notification ended_;
  std::thread thread_;
};

// As a database would have them.
class MapReplays final : public rpc::ReplayStore {
 public:
  absl::StatusOr<std::vector<Answer>> FindAll(absl::Span<const rpc::ReplayKey* const> keys, absl::Time) override {
    absl::MutexLock lock(&mutex_);
    std::vector<Answer> answers;
    for (const rpc::ReplayKey* key : keys) answers.push_back(Find(*key));
    return answers;
  }
  bool Has(const rpc::ReplayKey& key) {
    absl::MutexLock lock(&mutex_);
    return stored_.contains(key.request_id);
  }
  void Store(const rpc::ReplayKey& key, std::string response) {
    absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(stored_.try_emplace(key.request_id, key.body_hash, std::move(response)).second);
  }

 private:
  Answer Find(const rpc::ReplayKey& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto found = stored_.find(key.request_id);
    if (found == stored_.end()) return std::optional<std::string>();
    if (found->second.first != key.body_hash) return absl::InvalidArgumentError("reused");
    return std::optional<std::string>(found->second.second);
  }

  absl::Mutex mutex_;
  std::map<std::string, std::pair<std::string, std::string>> stored_ ABSL_GUARDED_BY(mutex_);
};

// Answers with the request's value and notes the groups; holds back the first while `hold`.
class CommitGroupTest : public ::testing::Test {
 protected:
  struct Group {
    std::vector<int64_t> values;  // of the requests
    absl::Time deadline;
    std::thread::id thread;
  };
  static constexpr int64_t kPoison = -1;  // fails the transaction

  ~CommitGroupTest() override {
    Release();
    first_.Leave();
  }
  void Release() {
    if (!go_on_.HasBeenNotified()) go_on_.Notify();
  }

  void Write(absl::Span<Member* const> members, absl::Time deadline) {
    Group group{{}, deadline, std::this_thread::get_id()};
    for (const Member* member : members) group.values.push_back(ValueOf(member->request));
    const bool poisoned = std::count(group.values.begin(), group.values.end(), kPoison) > 0;
    bool first = false;
    {
      absl::MutexLock lock(&mutex_);
      first = groups_.empty();
      groups_.push_back(std::move(group));
    }
    if (first) {
      held_.Notify();
      go_on_.WaitForNotification();
    }
    for (Member* member : members) {
      EXPECT_TRUE(member->status.ok());
      EXPECT_FALSE(member->again);
      if (poisoned) member->status = absl::DataLossError("poisoned");
      member->again = poisoned && members.size() > 1;
      SetValue(member->response, ValueOf(member->request));
      if (member->call->replay.has_value()) {
        replays_.Store(*member->call->replay, member->response->SerializeAsString());
      }
    }
  }
  // Holds back the only worker, with a group of one.
  void Hold() {
    EXPECT_TRUE(first_.Join(group_, one_worker_).ok());
    held_.WaitForNotification();
  }
  std::vector<Group> groups() {
    absl::MutexLock lock(&mutex_);
    return groups_;
  }
  std::vector<size_t> sizes() {
    std::vector<size_t> sizes;
    for (const Group& group : groups()) sizes.push_back(group.values.size());
    return sizes;
  }
  static WorkerPool::Options Threads(int threads, size_t queue_limit = 4096) {
    return {.threads = threads, .queue_limit = queue_limit};
  }

  Caller first_;  // before the group, which answers it
  absl::Mutex mutex_;
  std::vector<Group> groups_ ABSL_GUARDED_BY(mutex_);
  absl::Notification held_, go_on_;
  MapReplays replays_;
  WorkerPool one_worker_{Threads(1)};
  WorkerPool workers_{Threads(4)};
  CommitGroup group_{
      {.write = [this](absl::Span<Member* const> members, absl::Time deadline) { Write(members, deadline); },
       .alone = [](const google::protobuf::Message& request) { return ValueOf(request) == 1000; },
       .replays = &replays_}};
};

TEST_F(CommitGroupTest, ASingleCallerIsWrittenAtOnceWithItsOwnDeadline) {
  Release();
  for (int i = 0; i < 3; ++i) {
    Caller joined(7), runs(8);
    ASSERT_TRUE(joined.Join(group_, workers_).ok());
    EXPECT_TRUE(joined.Await().ok());
    EXPECT_EQ(joined.response(), 7);
    runs.Run(group_);
    EXPECT_TRUE(runs.Await().ok());
    EXPECT_EQ(runs.response(), 8);
    EXPECT_EQ(groups().back().deadline, runs.call().deadline);
  }
  EXPECT_EQ(sizes(), std::vector<size_t>(6, 1));
}

TEST_F(CommitGroupTest, CallersThatArriveDuringAWriteShareTheNextOnes) {
  Hold();
  std::deque<Caller> callers;
  for (size_t i = 0; i < CommitGroup::kMaxMembers + 10; ++i) {
    EXPECT_TRUE(callers.emplace_back(static_cast<int64_t>(i)).Join(group_, one_worker_).ok());
  }
  Release();
  for (Caller& caller : callers) {
    EXPECT_TRUE(caller.Await().ok());
    EXPECT_EQ(caller.response(), caller.value());
  }
  EXPECT_EQ(sizes(), (std::vector<size_t>{1, CommitGroup::kMaxMembers, 10}));
  EXPECT_EQ(groups()[1].values[0], 0);
}

TEST_F(CommitGroupTest, ThreadsWriteForEachOther) {
  Release();
  std::vector<std::thread> threads;
  for (int i = 0; i < 50; ++i) {
    threads.emplace_back([this] {
      for (int j = 0; j < 20; ++j) {
        Caller caller(j);
        caller.Run(group_);
        EXPECT_TRUE(caller.Await().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  size_t written = 0;
  for (const size_t size : sizes()) {
    EXPECT_LE(size, CommitGroup::kMaxMembers);
    written += size;
  }
  EXPECT_EQ(written, 1000u);
}

TEST_F(CommitGroupTest, AThreadWritesForCallersThatHaveNone) {
  Caller joined(1), runs(2);
  Hold();  // the only worker
  ASSERT_TRUE(joined.Join(group_, one_worker_).ok());
  runs.Run(group_);
  EXPECT_TRUE(runs.Await().ok());
  EXPECT_TRUE(joined.Await().ok());
  EXPECT_EQ(groups()[1].values, (std::vector<int64_t>{1, 2}));
}

TEST_F(CommitGroupTest, ASlowWriteDoesNotHoldUpTheNext) {
  Caller next(1);
  ASSERT_TRUE(first_.Join(group_, workers_).ok());
  held_.WaitForNotification();
  ASSERT_TRUE(next.Join(group_, workers_).ok());
  EXPECT_TRUE(next.Await().ok()) << "while the first is still at work";
}

TEST_F(CommitGroupTest, AFullQueueRefuses) {
  Caller refused, runs;
  Hold();
  std::deque<Caller> callers;
  for (size_t i = 0; i < CommitGroup::kMaxWaiting; ++i) {
    EXPECT_TRUE(callers.emplace_back().Join(group_, one_worker_).ok());
  }
  const absl::Status full = refused.Join(group_, one_worker_);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  google::rpc::RetryInfo retry;
  EXPECT_TRUE(GetDetail(full, &retry));
  runs.Run(group_);
  EXPECT_EQ(runs.AwaitCode(), absl::StatusCode::kResourceExhausted);
  Release();
  for (Caller& caller : callers) EXPECT_TRUE(caller.Await().ok());
  EXPECT_EQ(refused.answers(), 0);
}

TEST_F(CommitGroupTest, ACallerForWhomNoWorkerCanComeIsRefused) {
  WorkerPool full(Threads(1, 0));
  Caller caller, alone(1000);
  EXPECT_EQ(caller.Join(group_, full).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(alone.Join(group_, full).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(groups().empty());
}

TEST_F(CommitGroupTest, CallersWithoutTimeOrInterestAreLeftOut) {
  Caller past(1, absl::Now()), soon(2, absl::Now() + CommitGroup::kLeastTime / 2), cancelled(3);
  Caller patient(4, absl::Now() + absl::Minutes(1)), impatient(5, absl::Now() + CommitGroup::kTimeLimit);
  Hold();
  for (Caller* caller : {&past, &soon, &cancelled, &patient, &impatient}) {
    ASSERT_TRUE(caller->Join(group_, one_worker_).ok());
  }
  cancelled.Cancel();
  const absl::Time before = absl::Now();
  Release();
  EXPECT_EQ(past.AwaitCode(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(soon.AwaitCode(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(cancelled.AwaitCode(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(patient.Await().ok());
  EXPECT_TRUE(impatient.Await().ok());
  ASSERT_EQ(sizes(), (std::vector<size_t>{1, 2}));
  EXPECT_GE(groups()[1].deadline, before + CommitGroup::kTimeLimit) << "not that of the impatient one";
  EXPECT_LT(groups()[1].deadline, patient.call().deadline);
}

TEST_F(CommitGroupTest, AThreadWaitsNoLongerThanItsDeadline) {
  Caller late(1, absl::Now() + absl::Milliseconds(5)), gone(2);
  first_.Run(group_);
  held_.WaitForNotification();
  gone.Cancel();
  late.Run(group_);
  EXPECT_EQ(late.AwaitCode(), absl::StatusCode::kDeadlineExceeded);
  gone.Run(group_);
  EXPECT_EQ(gone.AwaitCode(), absl::StatusCode::kCancelled);
  EXPECT_EQ(groups().size(), 1u);
}

TEST_F(CommitGroupTest, AMemberThatFailsTheTransactionCostsTheOthersFewMore) {
  Hold();
  std::deque<Caller> callers;
  for (int64_t i = 0; i < 64; ++i) {
    ASSERT_TRUE(callers.emplace_back(i == 37 ? kPoison : i).Join(group_, one_worker_).ok());
  }
  Release();
  for (Caller& caller : callers) {
    EXPECT_EQ(caller.AwaitCode(), caller.value() == kPoison ? absl::StatusCode::kDataLoss : absl::StatusCode::kOk);
  }
  std::vector<size_t> sizes = this->sizes();
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  EXPECT_EQ(sizes, (std::vector<size_t>{64, 32, 32, 16, 16, 8, 8, 4, 4, 2, 2, 1, 1, 1}));
}

TEST_F(CommitGroupTest, EveryMemberMayFail) {
  Hold();
  std::deque<Caller> callers;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(callers.emplace_back(kPoison).Join(group_, one_worker_).ok());
  Release();
  for (Caller& caller : callers) EXPECT_EQ(caller.AwaitCode(), absl::StatusCode::kDataLoss);
  EXPECT_LE(groups().size(), 1 + 2 * callers.size());
}

TEST_F(CommitGroupTest, AfterAFailureThreadsWriteForThemselves) {
  Caller poison(kPoison), runs(2);
  Hold();
  ASSERT_TRUE(poison.Join(group_, one_worker_).ok());
  runs.Run(group_);
  EXPECT_TRUE(runs.Await().ok());
  Release();
  EXPECT_EQ(poison.AwaitCode(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(groups()[1].values, (std::vector<int64_t>{kPoison, 2}));
  EXPECT_EQ(groups()[2].values, std::vector<int64_t>{2});
  EXPECT_EQ(groups()[2].thread, groups()[1].thread);
}

TEST_F(CommitGroupTest, SomeAreAlwaysAlone) {
  Caller alone(1000), other(1), runs(1000);
  Hold();
  ASSERT_TRUE(alone.Join(group_, one_worker_).ok());
  ASSERT_TRUE(other.Join(group_, one_worker_).ok());
  runs.Run(group_);
  EXPECT_TRUE(runs.Await().ok()) << "it waits for nobody";
  Release();
  EXPECT_TRUE(alone.Await().ok());
  EXPECT_TRUE(other.Await().ok());
  EXPECT_EQ(sizes(), std::vector<size_t>(4, 1));
}

TEST_F(CommitGroupTest, RepeatedCallsGetTheStoredAnswer) {
  Caller repeated(1), other_body(2), earlier(3), twin(4), twin_again(4);
  earlier.SetKey("r-earlier", "c");
  repeated.SetKey("r-earlier", "c");
  other_body.SetKey("r-earlier", "d");
  twin.SetKey("r-twin", "e");
  twin_again.SetKey("r-twin", "e");
  Release();
  ASSERT_TRUE(first_.Join(group_, workers_).ok());
  EXPECT_TRUE(first_.Await().ok());
  ASSERT_TRUE(earlier.Join(group_, one_worker_).ok());
  EXPECT_TRUE(earlier.Await().ok());
  absl::Notification release;
  ASSERT_TRUE(one_worker_.TrySubmit([&] { release.WaitForNotification(); }));
  for (Caller* caller : {&repeated, &other_body, &twin, &twin_again}) {
    ASSERT_TRUE(caller->Join(group_, one_worker_).ok());
  }
  release.Notify();
  EXPECT_TRUE(repeated.Await().ok());
  EXPECT_EQ(repeated.response(), 3) << "what was answered then";
  EXPECT_EQ(other_body.AwaitCode(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(twin.Await().ok());
  EXPECT_TRUE(twin_again.Await().ok());
  EXPECT_EQ(twin_again.response(), 4);
  EXPECT_EQ(sizes(), (std::vector<size_t>{1, 1, 1})) << "the first, the earlier one, one of the twins";
}

// A store that fails as databases do, and callers of all kinds: each is answered once, and what is answered OK is
// committed once.
class CommitGroupModelTest : public ::testing::TestWithParam<int> {
 protected:
  enum Kind { kGood, kRefused, kFailing, kConflicting, kLacksIds, kUnreachable, kKinds };
  static constexpr int kThreads = 6;
  static constexpr int kCallsEach = 120;
  static constexpr int kKeys = 40;

  static Kind KindOf(const google::protobuf::Message& request) { return static_cast<Kind>(ValueOf(request) % kKinds); }

  void Write(absl::Span<Member* const> members) {
    absl::MutexLock lock(&mutex_);
    const absl::Status failure = FailureOf(members);
    for (Member* member : members) {
      member->status = failure;
      member->again = members.size() > 1 && !failure.ok() && !absl::IsUnavailable(failure);
      if (!failure.ok()) continue;
      if (KindOf(member->request) == kRefused) {
        member->status = absl::FailedPreconditionError("refused");
      } else if (KindOf(member->request) == kLacksIds && members.size() > 1) {
        member->status = absl::UnavailableError("no ids");
        member->again = true;
      } else {
        Commit(*member);
      }
    }
  }
  absl::Status FailureOf(absl::Span<Member* const> members) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    for (const Member* member : members) {
      if (member->call->replay.has_value() && replays_.Has(*member->call->replay)) {
        return absl::AlreadyExistsError("committed by a twin");
      }
      switch (KindOf(member->request)) {
        case kFailing:
          return absl::InternalError("cannot be written");
        case kConflicting:
          if (conflicts_.insert(ValueOf(member->request)).second) return absl::AbortedError("a conflict");
          break;
        case kUnreachable:
          return absl::UnavailableError("no database");
        default:
          break;
      }
    }
    return absl::OkStatus();
  }
  void Commit(Member& member) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    SetValue(member.response, ++last_);
    ++committed_[ValueOf(member.request)];
    if (member.call->replay.has_value()) {
      replays_.Store(*member.call->replay, member.response->SerializeAsString());
    }
  }

  // One caller of a kind that the dice choose.
  std::unique_ptr<Caller> MakeCaller(std::mt19937& dice, int64_t number, bool unreachable) {
    const int kinds = unreachable ? kKinds : kUnreachable;
    const int64_t kind = dice() % 3 != 0 ? kGood : static_cast<int64_t>(dice() % kinds);
    absl::Time deadline = absl::Now() + absl::Hours(1);
    if (dice() % 8 == 0) deadline = absl::Now() + absl::Microseconds(dice() % 20'000) - absl::Milliseconds(1);
    auto caller = std::make_unique<Caller>(number * kKinds + kind, deadline);
    if (dice() % 4 == 0) {
      const std::string key = absl::StrCat(dice() % kKeys);
      caller->SetKey(key, dice() % 10 == 0 ? "other" : "same");
    }
    return caller;
  }

  void Check(Caller& caller) {
    absl::Status status = caller.Await();
    EXPECT_EQ(caller.answers(), 1);
    const bool keyed = caller.call().replay.has_value();
    int64_t response = caller.response();
    if (keyed && !status.ok()) {
      const auto answer = replays_.AnswerAfter(caller.call(), status);
      Int64Value stored;
      status = answer.ok() ? answer->ToMessage(&stored) : answer.status();
      response = stored.value();
    }
    absl::MutexLock lock(&mutex_);
    const auto found = committed_.find(caller.value());
    const int commits = found == committed_.end() ? 0 : found->second;
    EXPECT_LE(commits, 1);
    if (keyed && status.ok()) {
      EXPECT_EQ(responses_.try_emplace(caller.call().replay->request_id, response).first->second, response);
    } else {
      EXPECT_EQ(commits, status.ok() ? 1 : 0) << status;
    }
    if (status.ok()) EXPECT_GT(response, 0);
    if (!keyed) CheckCode(caller, status.code());
  }
  void CheckCode(const Caller& caller, absl::StatusCode code) {
    if (code == absl::StatusCode::kDeadlineExceeded || code == absl::StatusCode::kCancelled) {
      EXPECT_TRUE(caller.call().Cancelled() || caller.call().deadline < absl::Now() + absl::Minutes(30));
      return;
    }
    Int64Value request;
    request.set_value(caller.value());
    const Kind kind = KindOf(request);
    if (unreachable_ && code == absl::StatusCode::kUnavailable) return;
    const std::map<Kind, absl::StatusCode> expected = {{kRefused, absl::StatusCode::kFailedPrecondition},
                                                       {kFailing, absl::StatusCode::kInternal}};
    const auto found = expected.find(kind);
    // One that is refused may be alone in its conflict.
    if (kind == kConflicting && code == absl::StatusCode::kAborted) return;
    EXPECT_EQ(code, found == expected.end() ? absl::StatusCode::kOk : found->second);
  }

  absl::Mutex mutex_;
  std::map<int64_t, int> committed_ ABSL_GUARDED_BY(mutex_);
  std::set<int64_t> conflicts_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> responses_ ABSL_GUARDED_BY(mutex_);
  int64_t last_ ABSL_GUARDED_BY(mutex_) = 0;
  bool unreachable_ = false;
  MapReplays replays_;
};

TEST_P(CommitGroupModelTest, EachIsAnsweredOnceAndOkIsCommitted) {
  unreachable_ = GetParam() % 4 == 0;
  std::vector<std::vector<std::unique_ptr<Caller>>> callers(kThreads);
  {
    WorkerPool workers({.threads = 3, .queue_limit = 4096});
    CommitGroup group({.write = [this](absl::Span<Member* const> members, absl::Time) { Write(members); },
                       .alone = [](const google::protobuf::Message& request) { return ValueOf(request) % 37 == 0; },
                       .replays = &replays_});
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        std::mt19937 dice(GetParam() * kThreads + thread);
        for (int i = 0; i < kCallsEach; ++i) {
          callers[thread].push_back(MakeCaller(dice, thread * kCallsEach + i + 1, unreachable_));
          Caller& caller = *callers[thread].back();
          if (dice() % 12 == 0) caller.Cancel();
          if (dice() % 5 == 0) {
            caller.Run(group);
          } else {
            EXPECT_TRUE(caller.Join(group, workers).ok());
          }
          if (dice() % 12 == 0) caller.Cancel();
          // Now and then few, now and then many at once.
          if (dice() % 10 == 0) caller.Await();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& some : callers) {
      for (const auto& caller : some) caller->Await();
    }
  }
  for (const auto& some : callers) {
    for (const auto& caller : some) Check(*caller);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CommitGroupModelTest, ::testing::Range(1, 13));

}  // namespace
}  // namespace storeops::resource
