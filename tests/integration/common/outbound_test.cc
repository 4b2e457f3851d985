#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/errors.h"
#include "common/outbound/queues.h"
#include "common/resource/job_write.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/test_database.h"

namespace storeops::outbound {
namespace {

using ::storeops::testing::Eventually;
using ::storeops::testing::Number;
using ::storeops::testing::Reason;
using ::storeops::testing::Soon;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kQueue[] = "letters";

// Targets that do what a test says, and remember what they got.
class Targets {
 public:
  absl::Status Deliver(const Message& message) {
    absl::MutexLock lock(&mutex_);
    deliveries_.push_back(message.key);
    ++under_way_[message.target];
    const auto released = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !hanging_.contains(message.target); };
    mutex_.Await(absl::Condition(&released));
    --under_way_[message.target];
    const auto failure = failures_.find(message.target);
    return failure == failures_.end() ? absl::OkStatus() : failure->second;
  }

  void Fail(const std::string& target, absl::Status failure) {
    absl::MutexLock lock(&mutex_);
    failures_[target] = std::move(failure);
  }
  void Heal(const std::string& target) {
    absl::MutexLock lock(&mutex_);
    failures_.erase(target);
    hanging_.erase(target);
  }
  void Hang(const std::string& target) {
    absl::MutexLock lock(&mutex_);
    hanging_[target] = true;
  }
  int under_way(const std::string& target) {
    absl::MutexLock lock(&mutex_);
    return under_way_[target];
  }
  // Keys, in the order of deliveries since the last call.
  std::vector<std::string> Take() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(deliveries_, {});
  }
  size_t size() {
    absl::MutexLock lock(&mutex_);
    return deliveries_.size();
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> deliveries_;
  std::map<std::string, absl::Status> failures_;
  std::map<std::string, bool> hanging_;
  std::map<std::string, int> under_way_;
};

// One process of the service.
struct Process {
  Process(const db::Options& options, const Clock& clock, const std::string& owner)
      : database(options),
        feed(database, "test", {}),
        ids(database),
        store{database, feed, clock, ids},
        tokens("a secret of at least thirty-two bytes"),
        queues(database, clock, tokens,
               {.service = "test", .owner = owner, .poll_interval = absl::Hours(1), .telemetry = &telemetry}) {}

  telemetry::Telemetry telemetry;
  db::Database database;
  changes::Feed feed;
  resource::IdAllocator ids;
  resource::Store store;
  resource::PageTokens tokens;
  Queues queues;
};

class OutboundTest : public ::testing::Test {
 protected:
  OutboundTest() : test_database_({&migrations::common()}) {}

  Handler MakeHandler() {
    return {.deliver = [this](const Message& message, absl::Time) { return targets_.Deliver(message); },
            .max_attempts = 3,
            .first_pause = absl::Seconds(10),
            .longest_pause = absl::Seconds(15),
            .time_limit = absl::Seconds(5),
            .max_wait = absl::ZeroDuration(),
            .breaker_failures = 5,
            .breaker_pause = absl::Seconds(60)};
  }
  std::unique_ptr<Process> MakeProcess(const std::string& owner) { return MakeProcess(owner, MakeHandler()); }
  std::unique_ptr<Process> MakeProcess(const std::string& owner, Handler handler) {
    auto process = std::make_unique<Process>(test_database_.options(), clock_, owner);
    process->queues.Register(kQueue, std::move(handler));
    return process;
  }

  static absl::Status TryEnqueue(Process& process, const Message& message, absl::Duration delay = {}) {
    return process.database.Transact(
        Soon(), [&](db::Session& session) { return process.queues.Enqueue(session, message, delay); });
  }
  static void Enqueue(Process& process, const std::string& target, const std::string& key) {
    const absl::Status enqueued = TryEnqueue(process, {kQueue, target, key, "payload of " + key});
    ASSERT_TRUE(enqueued.ok()) << enqueued;
  }
  // What was delivered.
  std::vector<std::string> RunDue(Process& process, absl::Duration later = {}) {
    clock_.Advance(later);
    const auto ran = process.queues.RunDue();
    EXPECT_TRUE(ran.ok()) << ran.status();
    return targets_.Take();
  }
  static std::vector<v1::OutboundMessage> List(Process& process, State state = v1::OutboundMessage::STATE_UNSPECIFIED) {
    v1::ListMessagesRequest request;
    request.set_service("test");
    request.set_state(state);
    const auto response = process.queues.List(request, Soon());
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return {};
    return {response->messages().begin(), response->messages().end()};
  }
  int64_t Stored() { return Number(test_database_.database(), "SELECT COUNT(*) FROM outbound_messages"); }

  FakeClock clock_;
  testing::TestDatabase test_database_;
  Targets targets_;
};

TEST_F(OutboundTest, AMessageIsDeliveredOnceItsTransactionCommits) {
  const auto process = MakeProcess("a");
  std::vector<std::string> payloads;
  auto reader = MakeProcess("reader", {.deliver = [&](const Message& message, absl::Time) {
                              payloads.push_back(message.payload);
                              return absl::OkStatus();
                            }});
  const absl::Status undone = process->database.Transact(Soon(), [&](db::Session& session) -> absl::Status {
    EXPECT_TRUE(process->queues.Enqueue(session, {kQueue, "bank", "undone", ""}).ok());
    return absl::CancelledError("not after all");
  });
  EXPECT_TRUE(absl::IsCancelled(undone));
  EXPECT_THAT(RunDue(*process), IsEmpty());
  ASSERT_TRUE(TryEnqueue(*process, {kQueue, "bank", "later", std::string("\0\xff", 2)}, absl::Seconds(30)).ok());
  EXPECT_THAT(RunDue(*process, absl::Seconds(29)), IsEmpty());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(*reader->queues.RunDue(), 1);
  EXPECT_THAT(payloads, ElementsAre(std::string("\0\xff", 2)));
  EXPECT_EQ(Stored(), 0);
}

TEST_F(OutboundTest, TheCommitWakesTheThreads) {
  const auto process = MakeProcess("a");
  process->queues.Start();
  for (int i = 0; i < 3; ++i) {
    const absl::Status written =
        resource::RunJobWrite(process->store, "services/test", Soon(), [&](resource::Write& write) {
          return process->queues.Enqueue(write, {kQueue, "bank", absl::StrCat("key-", i), ""});
        });
    ASSERT_TRUE(written.ok()) << written;
    // The clock stands still, so it is not the poll that finds it.
    EXPECT_TRUE(Eventually([&] { return Stored() == 0; }));
  }
  process->queues.Stop();
  EXPECT_THAT(targets_.Take(), ElementsAre("key-0", "key-1", "key-2"));
}

TEST_F(OutboundTest, FailedAttemptsAreSpacedOutUntilTheMessageIsADeadLetter) {
  const auto process = MakeProcess("a");
  Enqueue(*process, "bank", "key");
  targets_.Fail("bank", absl::InternalError("no such form"));
  EXPECT_THAT(RunDue(*process), ElementsAre("key"));
  EXPECT_THAT(RunDue(*process), IsEmpty());
  EXPECT_THAT(RunDue(*process, absl::Seconds(4)), IsEmpty());
  EXPECT_THAT(RunDue(*process, absl::Seconds(6)), ElementsAre("key"));
  auto listed = List(*process, v1::OutboundMessage::WAITING);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].attempts(), 2);
  EXPECT_THAT(listed[0].last_error(), HasSubstr("no such form"));
  EXPECT_FALSE(listed[0].delivering());
  EXPECT_THAT(RunDue(*process, absl::Seconds(15)), ElementsAre("key"));
  EXPECT_THAT(RunDue(*process, absl::Hours(24)), IsEmpty());
  EXPECT_THAT(List(*process, v1::OutboundMessage::WAITING), IsEmpty());
  listed = List(*process, v1::OutboundMessage::DEAD);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].attempts(), 3);
  EXPECT_FALSE(listed[0].has_next_attempt_time());

  // All attempts again.
  for (int round = 0; round < 2; ++round) {
    const auto retried = process->queues.Retry(listed[0].name(), Soon());
    ASSERT_TRUE(retried.ok()) << retried.status();
    EXPECT_EQ(retried->state(), v1::OutboundMessage::WAITING);
    EXPECT_EQ(retried->attempts(), 0);
    if (round == 1) targets_.Heal("bank");
    EXPECT_THAT(RunDue(*process), ElementsAre("key"));
    EXPECT_EQ(Stored(), round == 0 ? 1 : 0);
  }
  EXPECT_TRUE(absl::IsNotFound(process->queues.Retry(listed[0].name(), Soon()).status()));
}

TEST_F(OutboundTest, ARefusalForGoodIsADeadLetterAtOnce) {
  const auto process = MakeProcess("a");
  Enqueue(*process, "bank", "key");
  targets_.Fail("bank", absl::FailedPreconditionError("closed account"));
  EXPECT_THAT(RunDue(*process), ElementsAre("key"));
  const auto dead = List(*process, v1::OutboundMessage::DEAD);
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].attempts(), 1);
  EXPECT_TRUE(process->queues.Delete(dead[0].name(), Soon()).ok());
  EXPECT_TRUE(absl::IsNotFound(process->queues.Delete(dead[0].name(), Soon())));
  EXPECT_TRUE(absl::IsNotFound(process->queues.Delete("outboundMessages/other.1", Soon())));
}

TEST_F(OutboundTest, WhileABreakerIsOpenMessagesWaitAndUseUpNoAttempts) {
  const auto process = MakeProcess("a");
  const auto replica = MakeProcess("b");
  for (int i = 0; i < 8; ++i) Enqueue(*process, "bank", absl::StrCat("key-", i));
  targets_.Fail("bank", absl::UnavailableError("away"));
  EXPECT_EQ(RunDue(*process).size(), 5u);
  // Neither this process nor another one asks.
  Enqueue(*process, "post", "other");
  EXPECT_THAT(RunDue(*process, absl::Seconds(59)), ElementsAre("other"));
  EXPECT_THAT(RunDue(*replica), IsEmpty());
  EXPECT_EQ(Reason(process->queues.DeliverNow(kQueue, "key-7", Soon())), "OUTBOUND_TARGET_OPEN");
  // One may look, and finds that it is still away.
  EXPECT_EQ(RunDue(*replica, absl::Seconds(1)).size(), 1u);
  EXPECT_THAT(RunDue(*process), IsEmpty());
  EXPECT_EQ(Number(test_database_.database(), "SELECT SUM(attempts) FROM outbound_messages"), 6);
  EXPECT_EQ(Number(test_database_.database(), "SELECT COUNT(*) FROM outbound_messages WHERE attempts = 0"), 2);
  targets_.Heal("bank");
  EXPECT_EQ(RunDue(*process, absl::Seconds(60)).size(), 8u);
  EXPECT_EQ(Stored(), 0);
  EXPECT_EQ(Number(test_database_.database(), "SELECT COUNT(*) FROM outbound_breakers"), 0);
}

TEST_F(OutboundTest, OneMessageTriesATargetThatFailed) {
  const auto process = MakeProcess("a");
  for (int i = 0; i < 7; ++i) Enqueue(*process, "bank", absl::StrCat("key-", i));
  targets_.Fail("bank", absl::DeadlineExceededError("no answer"));
  EXPECT_EQ(RunDue(*process).size(), 5u);
  targets_.Heal("bank");
  targets_.Hang("bank");
  clock_.Advance(absl::Seconds(60));
  std::thread probe([&] { EXPECT_TRUE(process->queues.DeliverNow(kQueue, "key-6", Soon()).ok()); });
  EXPECT_TRUE(Eventually([&] { return targets_.under_way("bank") == 1; }));
  EXPECT_THAT(RunDue(*process), ElementsAre("key-6"));
  EXPECT_EQ(Reason(process->queues.DeliverNow(kQueue, "key-5", Soon())), "OUTBOUND_TARGET_OPEN");
  targets_.Heal("bank");
  probe.join();
  EXPECT_EQ(RunDue(*process).size(), 6u);
}

TEST_F(OutboundTest, RefusalsOpenNoBreaker) {
  const auto process = MakeProcess("a");
  for (int i = 0; i < 12; ++i) Enqueue(*process, "bank", absl::StrCat("key-", i));
  for (const absl::Status& failure : {absl::UnavailableError("away"), absl::InvalidArgumentError("bad")}) {
    targets_.Fail("bank", failure);
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(process->queues.DeliverNow(kQueue, absl::StrCat("key-", i), Soon()).code(), failure.code());
    }
  }
  targets_.Fail("bank", absl::UnavailableError("away"));
  for (int i = 4; i < 8; ++i) {
    EXPECT_EQ(ReasonOf(process->queues.DeliverNow(kQueue, absl::StrCat("key-", i), Soon())), "");
  }
}

TEST_F(OutboundTest, ATargetThatHangsHoldsUpNoOther) {
  const auto process = MakeProcess("a");
  targets_.Hang("slow");
  for (int i = 0; i < 6; ++i) Enqueue(*process, "slow", absl::StrCat("slow-", i));
  process->queues.Start();
  EXPECT_TRUE(Eventually([&] { return targets_.under_way("slow") == 2; }));
  for (int i = 0; i < 20; ++i) Enqueue(*process, "bank", absl::StrCat("key-", i));
  process->queues.Wake();
  EXPECT_TRUE(Eventually([&] { return Stored() == 6; }));
  EXPECT_EQ(targets_.under_way("slow"), 2);
  targets_.Heal("slow");
  EXPECT_TRUE(Eventually([&] { return Stored() == 0; }));
  EXPECT_EQ(targets_.Take().size(), 26u);
}

TEST_F(OutboundTest, ReplicasDeliverEachMessageOnce) {
  const auto first = MakeProcess("a");
  const auto second = MakeProcess("b");
  constexpr int kMessages = 80;
  for (int i = 0; i < kMessages; ++i) Enqueue(*first, absl::StrCat("target-", i % 3), absl::StrCat("key-", i));
  first->queues.Start();
  second->queues.Start();
  EXPECT_TRUE(Eventually([&] { return Stored() == 0; }));
  auto keys = targets_.Take();
  EXPECT_EQ(keys.size(), size_t{kMessages});
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(std::unique(keys.begin(), keys.end()), keys.end());
}

TEST_F(OutboundTest, ALeaseThatEndedIsTakenOver) {
  const auto first = MakeProcess("a");
  const auto second = MakeProcess("b");
  Enqueue(*first, "bank", "key");
  targets_.Hang("bank");
  std::thread hanging([&] { EXPECT_TRUE(first->queues.DeliverNow(kQueue, "key", Soon()).ok()); });
  EXPECT_TRUE(Eventually([&] { return targets_.under_way("bank") == 1; }));
  EXPECT_THAT(RunDue(*second, absl::Seconds(34)), ElementsAre("key"));  // the first one's
  EXPECT_EQ(Reason(second->queues.DeliverNow(kQueue, "key", Soon())), "OUTBOUND_DELIVERING");
  ASSERT_TRUE(List(*second)[0].delivering());
  EXPECT_EQ(Reason(second->queues.Retry(List(*second)[0].name(), Soon()).status()), "MESSAGE_DELIVERING");
  EXPECT_EQ(Reason(second->queues.Delete(List(*second)[0].name(), Soon())), "MESSAGE_DELIVERING");
  // It fails there, which the first one does not undo.
  clock_.Advance(absl::Seconds(1));
  absl::Status taken_over;
  std::thread other([&] {
    taken_over = second->queues.DeliverNow(kQueue, "key", Soon(),
                                           [](const Message&, absl::Time) { return absl::InternalError("full"); });
  });
  other.join();
  EXPECT_EQ(taken_over.message(), "full");
  targets_.Heal("bank");
  hanging.join();
  const auto listed = List(*second);
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].attempts(), 2);
  EXPECT_THAT(listed[0].last_error(), HasSubstr("full"));
  EXPECT_THAT(RunDue(*first, absl::Minutes(1)), ElementsAre("key"));
  EXPECT_EQ(Stored(), 0);
}

TEST_F(OutboundTest, AMessageThatEndsTheProcessIsGivenUp) {
  const auto process = MakeProcess("a");
  Enqueue(*process, "bank", "key");
  // Three processes died while they delivered it.
  ASSERT_TRUE(process->database
                  .Execute(Soon(), "UPDATE outbound_messages SET attempts = 3, lease_owner = 'dead', due_time = ?",
                           {clock_.Now() + absl::Seconds(5)})
                  .ok());
  EXPECT_THAT(RunDue(*process), IsEmpty());
  EXPECT_THAT(List(*process, v1::OutboundMessage::DEAD), IsEmpty());
  EXPECT_THAT(RunDue(*process, absl::Seconds(5)), IsEmpty());
  EXPECT_EQ(List(*process, v1::OutboundMessage::DEAD).size(), 1u);
}

TEST_F(OutboundTest, ACallerDeliversAtOnce) {
  const auto process = MakeProcess("a");
  EXPECT_TRUE(absl::IsNotFound(process->queues.DeliverNow(kQueue, "key", Soon())));
  ASSERT_TRUE(TryEnqueue(*process, {kQueue, "bank", "key", ""}, absl::Hours(1)).ok());
  targets_.Fail("bank", absl::InternalError("full"));
  for (int i = 1; i <= 4; ++i) {
    EXPECT_EQ(process->queues.DeliverNow(kQueue, "key", Soon()).code(), absl::StatusCode::kInternal);
    EXPECT_EQ(List(*process)[0].state(), i < 3 ? v1::OutboundMessage::WAITING : v1::OutboundMessage::DEAD);
    EXPECT_EQ(List(*process)[0].attempts(), i);
  }
  EXPECT_THAT(RunDue(*process, absl::Hours(1)), ElementsAre("key", "key", "key", "key"));  // all by the caller
  targets_.Heal("bank");
  EXPECT_TRUE(process->queues.DeliverNow(kQueue, "key", Soon()).ok());
  EXPECT_EQ(Stored(), 0);

  // No more at a time than a target may have.
  targets_.Hang("bank");
  std::vector<std::thread> callers;
  for (int i = 0; i < 5; ++i) Enqueue(*process, "bank", absl::StrCat("key-", i));
  for (int i = 0; i < 4; ++i) {
    callers.emplace_back(
        [&, i] { EXPECT_TRUE(process->queues.DeliverNow(kQueue, absl::StrCat("key-", i), Soon()).ok()); });
  }
  EXPECT_TRUE(Eventually([&] { return targets_.under_way("bank") == 4; }));
  EXPECT_EQ(Reason(process->queues.DeliverNow(kQueue, "key-4", Soon())), "OUTBOUND_TARGET_BUSY");
  EXPECT_EQ(Reason(process->queues.DeliverNow(kQueue, "key-0", Soon())), "OUTBOUND_DELIVERING");
  EXPECT_EQ(RunDue(*process).size(), 5u);
  targets_.Heal("bank");
  for (std::thread& caller : callers) caller.join();
  EXPECT_THAT(RunDue(*process), ElementsAre("key-4"));
}

TEST_F(OutboundTest, ACallerTakesWhatAnotherProcessDeliversWhereTheTargetBearsIt) {
  Handler handler = MakeHandler();
  handler.callers_take_over = true;
  const auto first = MakeProcess("a", handler);
  const auto second = MakeProcess("b", handler);
  Enqueue(*first, "bank", "key");
  targets_.Hang("bank");
  absl::Status fenced;
  std::thread hangs([&] { fenced = first->queues.DeliverNow(kQueue, "key", Soon()); });
  EXPECT_TRUE(Eventually([&] { return targets_.under_way("bank") == 1; }));
  EXPECT_EQ(Reason(first->queues.DeliverNow(kQueue, "key", Soon())), "OUTBOUND_DELIVERING");
  const auto refuse = [](const Message&, absl::Time) { return absl::InternalError("full"); };
  EXPECT_EQ(second->queues.DeliverNow(kQueue, "key", Soon(), refuse).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(List(*second)[0].attempts(), 2);
  // The first one's result comes too late to remove it.
  targets_.Heal("bank");
  hangs.join();
  EXPECT_TRUE(fenced.ok()) << fenced;
  EXPECT_EQ(Stored(), 1);
  EXPECT_TRUE(second->queues.DeliverNow(kQueue, "key", Soon()).ok());
  EXPECT_EQ(Stored(), 0);
}

TEST_F(OutboundTest, ACallerWaitsForADeliveryOfItsTargetToEnd) {
  Handler handler = MakeHandler();
  handler.max_concurrent = 1;
  handler.max_wait = absl::Seconds(60);
  const auto process = MakeProcess("a", std::move(handler));
  targets_.Hang("bank");
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    Enqueue(*process, "bank", absl::StrCat("key-", i));
    callers.emplace_back(
        [&, i] { EXPECT_TRUE(process->queues.DeliverNow(kQueue, absl::StrCat("key-", i), Soon()).ok()); });
  }
  EXPECT_TRUE(Eventually([&] { return targets_.under_way("bank") == 1; }));
  targets_.Heal("bank");
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(Stored(), 0);
}

TEST_F(OutboundTest, StopWaitsForDeliveriesUnderWayAndBeginsNoMore) {
  const auto process = MakeProcess("a");
  targets_.Hang("bank");
  for (int i = 0; i < 5; ++i) Enqueue(*process, "bank", absl::StrCat("key-", i));
  process->queues.Start();
  EXPECT_TRUE(Eventually([&] { return targets_.under_way("bank") == 2; }));
  absl::Notification stopped;
  std::thread stop([&] {
    process->queues.Stop();
    stopped.Notify();
  });
  EXPECT_FALSE(stopped.HasBeenNotified());
  targets_.Heal("bank");
  stop.join();
  const int64_t left = Stored();
  EXPECT_EQ(targets_.Take().size() + static_cast<size_t>(left), 5u);
  EXPECT_EQ(Number(test_database_.database(), "SELECT COUNT(*) FROM outbound_messages WHERE lease_owner <> ''"), 0);
}

TEST_F(OutboundTest, MessagesOfOtherQueuesAreLeftAlone) {
  auto newer = std::make_unique<Process>(test_database_.options(), clock_, "newer");
  newer->queues.Register("parcels", MakeHandler());
  ASSERT_TRUE(TryEnqueue(*newer, {"parcels", "bank", "parcel", ""}).ok());
  const auto process = MakeProcess("a");
  Enqueue(*process, "bank", "key");
  EXPECT_THAT(RunDue(*process), ElementsAre("key"));
  EXPECT_THAT(RunDue(*newer), ElementsAre("parcel"));
}

TEST_F(OutboundTest, EverythingHasALimit) {
  Handler handler = MakeHandler();
  handler.max_messages = 3;
  const auto process = MakeProcess("a", handler);
  Message message{kQueue, "bank", "large", std::string(kMaxPayloadBytes, 'x')};
  ASSERT_TRUE(TryEnqueue(*process, message).ok());
  EXPECT_TRUE(absl::IsAlreadyExists(TryEnqueue(*process, message)));
  message.payload += "x";
  message.key = "too-large";
  EXPECT_EQ(Reason(TryEnqueue(*process, message)), "OUTBOUND_MESSAGE_TOO_LARGE");
  message.payload.clear();
  message.key = std::string(191, 'k');
  EXPECT_EQ(Reason(TryEnqueue(*process, message)), "OUTBOUND_MESSAGE_TOO_LARGE");
  clock_.Advance(absl::Seconds(10));  // the one that was there already is counted no more
  Enqueue(*process, "bank", "key-1");
  Enqueue(*process, "bank", "key-2");
  message.key = "key-3";
  const absl::Status full = TryEnqueue(*process, message);
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_EQ(Reason(full), "OUTBOUND_QUEUE_FULL");
  EXPECT_EQ(RunDue(*process).size(), 3u);
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(TryEnqueue(*process, message).ok());
}

TEST_F(OutboundTest, ListsPages) {
  const auto process = MakeProcess("a");
  for (int i = 0; i < 5; ++i) Enqueue(*process, "bank", absl::StrCat("key-", i));
  v1::ListMessagesRequest request;
  request.set_service("test");
  request.set_page_size(2);
  std::vector<std::string> keys;
  do {
    const auto page = process->queues.List(request, Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->messages_size(), 2);
    for (const auto& message : page->messages()) keys.push_back(message.key());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(keys, ElementsAre("key-0", "key-1", "key-2", "key-3", "key-4"));
}

TEST_F(OutboundTest, CountsByTarget) {
  const auto process = MakeProcess("a");
  Enqueue(*process, "post", "delivered");
  EXPECT_EQ(RunDue(*process).size(), 1u);
  Enqueue(*process, "post", "refused");
  targets_.Fail("post", absl::InvalidArgumentError("bad address"));
  EXPECT_EQ(RunDue(*process).size(), 1u);
  for (int i = 0; i < 6; ++i) Enqueue(*process, "bank", absl::StrCat("key-", i));
  targets_.Fail("bank", absl::UnavailableError("away"));
  EXPECT_EQ(RunDue(*process).size(), 5u);
  clock_.Advance(absl::Seconds(7));
  ASSERT_TRUE(process->queues.UpdateGauges().ok());
  const std::string metrics = process->telemetry.Render();
  const auto of = [](const std::string& target) {
    return absl::StrCat("queue=\"letters\",service=\"test\",target=\"", target, "\"} ");
  };
  EXPECT_THAT(metrics, HasSubstr("storeops_outbound_waiting{" + of("bank") + "6"));
  EXPECT_THAT(metrics, HasSubstr("storeops_outbound_oldest_seconds{" + of("bank") + "7"));
  EXPECT_THAT(metrics, HasSubstr("storeops_outbound_breakers_open{" + of("bank") + "1"));
  EXPECT_THAT(metrics, HasSubstr("storeops_outbound_dead_letters{" + of("post") + "1"));
  EXPECT_THAT(metrics, HasSubstr("outcome=\"delivered\",queue=\"letters\",service=\"test\",target=\"post\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("outcome=\"retried\",queue=\"letters\",service=\"test\",target=\"bank\"} 5"));
  // Targets without messages go to 0; however many there are, few have labels.
  targets_.Heal("bank");
  EXPECT_EQ(RunDue(*process, absl::Minutes(5)).size(), 6u);
  for (int i = 0; i < 40; ++i) Enqueue(*process, absl::StrCat("host-", i), absl::StrCat("hook-", i));
  ASSERT_TRUE(process->queues.UpdateGauges().ok());
  EXPECT_THAT(process->telemetry.Render(), HasSubstr("storeops_outbound_waiting{" + of("bank") + "0"));
  EXPECT_THAT(process->telemetry.Render(), HasSubstr("storeops_outbound_waiting{" + of("other") + "10"));
}

// However many messages wait for a target, a look reads few rows.
TEST_F(OutboundTest, LookingForDueMessagesReadsFewRows) {
  const auto process = MakeProcess("a");
  Enqueue(*process, "bank", "key");
  Enqueue(*process, "post", "other");
  for (int i = 0; i < 13; ++i) {
    ASSERT_TRUE(process->database
                    .Execute(Soon(),
                             "INSERT INTO outbound_messages (queue, target, message_key, payload, state, attempts, "
                             "due_time, lease_owner, last_error, create_time) SELECT queue, target, "
                             "CONCAT(message_key, ?), payload, state, attempts, due_time, lease_owner, last_error, "
                             "create_time FROM outbound_messages WHERE target = 'bank'",
                             {absl::StrCat("-", i)})
                    .ok());
  }
  ASSERT_EQ(Stored(), (1 << 13) + 1);
  ASSERT_TRUE(process->database.Query(Soon(), "ANALYZE TABLE outbound_messages").ok());
  db::Options options = test_database_.options();
  options.max_connections = 1;  // the server counts for each connection
  db::Database database(options);
  const MessageStore store(database, "reader");
  const auto read = [&] {
    return Number(database,
                  "SELECT CAST(SUM(variable_value) AS SIGNED) FROM information_schema.session_status "
                  "WHERE variable_name IN ('HANDLER_READ_KEY', 'HANDLER_READ_NEXT', 'HANDLER_READ_RND_NEXT')");
  };
  read();
  const int64_t before = read();
  const int64_t own = read() - before;
  const int64_t start = read();
  const auto targets = store.DueTargets(kQueue, clock_.Now(), 64, Soon());
  ASSERT_TRUE(targets.ok()) << targets.status();
  EXPECT_EQ(targets->size(), 2u);
  const auto messages = store.DueMessages(kQueue, "post", clock_.Now(), 8, Soon());
  ASSERT_TRUE(messages.ok()) << messages.status();
  EXPECT_EQ(messages->size(), 1u);
  EXPECT_LE(read() - start - own, 40);
}

}  // namespace
}  // namespace storeops::outbound
