#include "common/jobs/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "google/protobuf/empty.pb.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/operations_fixture.h"

namespace storeops::jobs {
namespace {

using storeops::operations::v1::ListOperationsRequest;
using ::storeops::testing::Eventually;
using ::storeops::testing::Number;
using ::storeops::testing::Soon;
using Result = absl::StatusOr<std::unique_ptr<google::protobuf::Message>>;

// Counts to 1,000 with a checkpoint at each step, in the transaction that notes the step.
Result CountSteps(db::Database& database, OperationContext& context, int64_t stop_at) {
  int64_t step = 0;
  if (!context.checkpoint().empty() && !absl::SimpleAtoi(context.checkpoint(), &step)) {
    return absl::InternalError("bad checkpoint");
  }
  for (; step < 1000 && step < stop_at; ++step) {
    RETURN_IF_ERROR(database.Transact(Soon(), [&](db::Session& session) -> absl::Status {
      RETURN_IF_ERROR(
          session.Execute("INSERT INTO steps (step, attempt) VALUES (?, ?)", {step, context.attempt()}).status());
      return context.ProgressIn(session, step + 1, 1000, absl::StrCat(step + 1));
    }));
  }
  while (step == stop_at && step < 1000) pause();  // until it is killed
  return std::make_unique<google::protobuf::Empty>();
}

// This program, started once more as a process that takes up an operation and is killed in the midst of it.
class KilledProcess : public ::testing::Environment {
 public:
  void SetUp() override {
    const char* setting = std::getenv("STOREOPS_TEST_OPERATIONS_PROCESS");
    if (setting == nullptr) return;
    const std::vector<std::string> parts = absl::StrSplit(setting, '\n');
    db::Options options;
    options.address.socket = parts.at(0);
    options.address.user = parts.at(1);
    options.address.password = parts.at(2);
    options.database = parts.at(3);
    testing::OperationsProcess process(options, "killed");
    int64_t stop_at = 0;
    EXPECT_TRUE(absl::SimpleAtoi(parts.at(4), &stop_at));
    process.operations.Register(
        testing::OperationsFixture::kMethod, OperationLane::kEdit,
        [&](OperationContext& context) { return CountSteps(process.database, context, stop_at); });
    process.operations.Start();
    while (true) pause();
  }

  // Works until this step is reached.
  static pid_t Start(const db::Options& options, int64_t stop_at) {
    const std::string setting =
        absl::StrCat("STOREOPS_TEST_OPERATIONS_PROCESS=", options.address.socket, "\n", options.address.user, "\n",
                     options.address.password, "\n", options.database, "\n", stop_at);
    std::vector<char*> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
    environment.push_back(const_cast<char*>(setting.c_str()));
    environment.push_back(nullptr);
    char program[] = "/proc/self/exe";
    char* arguments[] = {program, nullptr};
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, program, nullptr, nullptr, arguments, environment.data()), 0);
    return pid;
  }
};

const ::testing::Environment* const kKilledProcess = ::testing::AddGlobalTestEnvironment(new KilledProcess);

class OperationsTest : public testing::OperationsFixture {
 protected:
  OperationsTest() {
    EXPECT_TRUE(test_database_.database()
                    .Execute(Soon(), "CREATE TABLE steps (step BIGINT PRIMARY KEY, attempt INT NOT NULL)")
                    .ok());
  }
  int64_t Steps() { return Number(test_database_.database(), "SELECT COUNT(*) FROM steps"); }
};

TEST_F(OperationsTest, DoesTheWorkAndKeepsItsResult) {
  operations().Register(kMethod, OperationLane::kEdit, [](OperationContext& context) -> Result {
    catalog::v1::GetProductRequest request;
    EXPECT_TRUE(request.ParseFromString(context.request()));
    EXPECT_EQ(context.creator(), "users/7");
    EXPECT_EQ(context.attempt(), 1);
    EXPECT_EQ(context.checkpoint(), "");
    RETURN_IF_ERROR(context.Progress(3, 3));
    auto product = std::make_unique<catalog::v1::Product>();
    product->set_name(request.name());
    return product;
  });
  operations().Start();
  const std::string name = Create("products/42");
  EXPECT_THAT(name, ::testing::StartsWith("operations/catalog."));
  const Operation done = Await(name);
  catalog::v1::Product product;
  ASSERT_TRUE(done.response().UnpackTo(&product)) << done.DebugString();
  EXPECT_EQ(product.name(), "products/42");
  const OperationMetadata metadata = Metadata(done);
  EXPECT_EQ(metadata.state(), OperationMetadata::SUCCEEDED);
  EXPECT_EQ(metadata.method(), kMethod);
  EXPECT_EQ(metadata.creator(), "users/7");
  EXPECT_EQ(metadata.progress_done(), 3);
  EXPECT_EQ(metadata.progress_total(), 3);
  EXPECT_EQ(metadata.attempts(), 1);
  EXPECT_TRUE(metadata.has_create_time() && metadata.has_start_time() && metadata.has_end_time());
  // Cancelling what is done changes nothing.
  const auto cancelled = operations().Cancel(name, Soon());
  EXPECT_EQ(cancelled->SerializeAsString(), done.SerializeAsString());
}

TEST_F(OperationsTest, ShowsProgressWhileItRuns) {
  absl::Notification reported, go_on;
  operations().Register(kMethod, OperationLane::kEdit, [&](OperationContext& context) -> Result {
    RETURN_IF_ERROR(context.Progress(40, 100, "half"));
    reported.Notify();
    go_on.WaitForNotification();
    RETURN_IF_ERROR(context.Progress(100, 100));
    return nullptr;
  });
  operations().Start();
  const std::string name = Create();
  reported.WaitForNotification();
  const OperationMetadata metadata = Metadata(Get(name));
  EXPECT_EQ(metadata.state(), OperationMetadata::RUNNING);
  EXPECT_EQ(metadata.progress_done(), 40);
  EXPECT_EQ(metadata.progress_total(), 100);
  // Wait answers at its time, done or not.
  EXPECT_FALSE(operations().Wait(name, absl::Now() + absl::Milliseconds(50), Soon())->done());
  go_on.Notify();
  const Operation done = Await(name);
  EXPECT_TRUE(done.response().Is<google::protobuf::Empty>());
  EXPECT_EQ(Metadata(done).progress_done(), 100);
}

TEST_F(OperationsTest, CancelsWhatIsQueuedAtOnce) {
  const std::string name = Create();
  const auto cancelled = operations().Cancel(name, Soon());
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_TRUE(cancelled->done());
  EXPECT_EQ(cancelled->error().code(), static_cast<int>(absl::StatusCode::kCancelled));
  EXPECT_EQ(Metadata(*cancelled).state(), OperationMetadata::CANCELLED);
  EXPECT_EQ(Metadata(*cancelled).attempts(), 0);
}

TEST_F(OperationsTest, CancelsWhatRunsHereOrElsewhere) {
  for (const bool elsewhere : {false, true}) {
    auto worker = NewProcess(elsewhere ? "far" : "near");
    absl::Notification running;
    worker->operations.Register(kMethod, OperationLane::kEdit, [&](OperationContext& context) -> Result {
      running.Notify();
      EXPECT_TRUE(Eventually([&] { return context.Cancelled(); }));
      return context.Progress(1, 2);
    });
    worker->operations.Start();
    const std::string name = Create();
    running.WaitForNotification();
    Operations& asked = elsewhere ? operations() : worker->operations;
    EXPECT_TRUE(Metadata(*asked.Cancel(name, Soon())).cancel_requested());
    const Operation done = Await(name);
    EXPECT_EQ(Metadata(done).state(), OperationMetadata::CANCELLED);
    EXPECT_EQ(done.error().code(), static_cast<int>(absl::StatusCode::kCancelled));
  }
}

// When the database's clock is set back, due times and leases are an hour ahead.
TEST_F(OperationsTest, DoesTheWorkThoughTheDatabasesClockIsSetBack) {
  const auto set_back = [&](const std::string& name, const std::string& more) {
    const auto moved = test_database_.database().Execute(
        Soon(),
        absl::StrCat("UPDATE operations SET lease_expire_time = lease_expire_time + INTERVAL 1 HOUR", more,
                     " WHERE CONCAT('operations/catalog.', id) = ?"),
        {name});
    EXPECT_TRUE(moved.ok() && *moved == 1) << moved.status();
  };
  const std::string queued = Create();
  set_back(queued, "");
  const std::string of_a_dead_process = Create();
  set_back(of_a_dead_process,
           absl::StrCat(", state = ", OperationMetadata::RUNNING, ", holder = 'dead', attempts = 1"));
  auto process = NewProcess("second", /*lease_term=*/absl::Milliseconds(400));
  process->operations.Register(kMethod, OperationLane::kEdit,
                               [](OperationContext&) -> Result { return std::make_unique<google::protobuf::Empty>(); });
  process->operations.Start();
  Await(queued);
  Await(of_a_dead_process);
  process->operations.Stop();
}

TEST_F(OperationsTest, GoesOnFromTheCheckpointAfterItsProcessWasKilled) {
  const std::string name = Create();
  const pid_t pid = KilledProcess::Start(options_, 100);
  ASSERT_TRUE(Eventually([&] { return Steps() == 100; }));
  EXPECT_EQ(Metadata(Get(name)).progress_done(), 100);
  ASSERT_EQ(kill(pid, SIGKILL), 0);
  ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
  ASSERT_EQ(*process_->database.Execute(Soon(), "UPDATE operations SET lease_expire_time = '2020-01-01'"), 1);

  operations().Register(kMethod, OperationLane::kEdit, [&](OperationContext& context) {
    EXPECT_EQ(context.checkpoint(), "100");
    EXPECT_EQ(context.attempt(), 2);
    return CountSteps(process_->database, context, 1000);
  });
  operations().Start();
  const OperationMetadata metadata = Metadata(Await(name));
  EXPECT_EQ(metadata.state(), OperationMetadata::SUCCEEDED);
  EXPECT_EQ(metadata.attempts(), 2);
  // A step done twice would have been a duplicate key.
  EXPECT_EQ(Steps(), 1000);
}

TEST_F(OperationsTest, GivesWorkBackWhenItStopsAndCountsThatAsNoAttempt) {
  auto worker = NewProcess("stopping");
  absl::Notification running;
  worker->operations.Register(kMethod, OperationLane::kEdit, [&](OperationContext& context) -> Result {
    for (int64_t i = 1;; ++i) {
      RETURN_IF_ERROR(context.Progress(i, 0, absl::StrCat("at ", i)));
      if (i == 10) running.Notify();
      std::this_thread::yield();
    }
  });
  worker->operations.Start();
  const std::string name = Create();
  running.WaitForNotification();
  worker->operations.Stop();
  const OperationMetadata waiting = Metadata(Get(name));
  EXPECT_EQ(waiting.state(), OperationMetadata::QUEUED);
  EXPECT_EQ(waiting.attempts(), 0);

  operations().Register(kMethod, OperationLane::kEdit, [&](OperationContext& context) -> Result {
    // Also what was reported last and not saved at once.
    EXPECT_EQ(context.checkpoint(), absl::StrCat("at ", waiting.progress_done()));
    return nullptr;
  });
  operations().Start();
  EXPECT_EQ(Metadata(Await(name)).attempts(), 1);
}

TEST_F(OperationsTest, WhoLostTheLeaseCanWriteNothing) {
  auto stalled = NewProcess("stalled");
  absl::Notification running, go_on, ended;
  stalled->operations.Register(kMethod, OperationLane::kEdit, [&](OperationContext& context) -> Result {
    running.Notify();
    go_on.WaitForNotification();
    const absl::Status in_transaction = stalled->database.Transact(Soon(), [&](db::Session& session) -> absl::Status {
      RETURN_IF_ERROR(session.Execute("INSERT INTO steps (step, attempt) VALUES (1, 1)").status());
      return context.ProgressIn(session, 9, 9, "stale");
    });
    EXPECT_TRUE(absl::IsAborted(in_transaction)) << in_transaction;
    EXPECT_TRUE(absl::IsAborted(context.Progress(9, 9, "stale")));
    EXPECT_TRUE(context.Cancelled());
    ended.Notify();
    auto product = std::make_unique<catalog::v1::Product>();
    product->set_name("stale");
    return product;
  });
  stalled->operations.Start();
  const std::string name = Create();
  running.WaitForNotification();
  // As if its process had been stopped for longer than the lease and another one had been faster.
  ASSERT_EQ(
      *process_->database.Execute(Soon(), "UPDATE operations SET attempts = 2, holder = 'other', checkpoint = 'fresh'"),
      1);
  go_on.Notify();
  ended.WaitForNotification();
  stalled->operations.Stop();
  EXPECT_EQ(Steps(), 0);
  EXPECT_EQ(Metadata(Get(name)).state(), OperationMetadata::RUNNING);

  // The other one dies.
  ASSERT_EQ(*process_->database.Execute(Soon(), "UPDATE operations SET lease_expire_time = '2020-01-01'"), 1);
  operations().Register(kMethod, OperationLane::kEdit, [](OperationContext& context) -> Result {
    EXPECT_EQ(context.checkpoint(), "fresh");
    EXPECT_EQ(context.attempt(), 3);
    return nullptr;
  });
  operations().Start();
  EXPECT_TRUE(Await(name).response().Is<google::protobuf::Empty>());
}

TEST_F(OperationsTest, KeepsItsLeaseForAsLongAsTheWorkTakes) {
  // Renewed when a third of it has passed, so that only a pause of four seconds would lose it.
  constexpr absl::Duration kLease = absl::Seconds(6);
  auto worker = NewProcess("slow", kLease);
  absl::Notification running, go_on;
  worker->operations.Register(kMethod, OperationLane::kEdit, [&](OperationContext&) -> Result {
    running.Notify();
    go_on.WaitForNotification();
    return nullptr;
  });
  worker->operations.Start();
  const std::string name = Create();
  running.WaitForNotification();
  std::atomic<int> taken{0};
  operations().Register(kMethod, OperationLane::kEdit, [&](OperationContext&) -> Result {
    ++taken;
    return nullptr;
  });
  operations().Start();
  // Until it was renewed twice.
  const auto start = process_->database.Query(Soon(), "SELECT lease_expire_time FROM operations");
  EXPECT_TRUE(Eventually([&] {
    const auto now = process_->database.Query(Soon(), "SELECT lease_expire_time FROM operations");
    return now->Time(0, 0) - start->Time(0, 0) > kLease / 2;
  }));
  EXPECT_EQ(taken, 0);
  go_on.Notify();
  EXPECT_EQ(Metadata(Await(name)).attempts(), 1);
}

TEST_F(OperationsTest, TriesAgainFiveTimesInAllWhatMayPass) {
  std::atomic<int> calls{0};
  operations().Register(kMethod, OperationLane::kEdit, [&](OperationContext& context) -> Result {
    EXPECT_EQ(context.attempt(), ++calls);
    return WithReason(absl::UnavailableError("the peer is away"), "PEER_AWAY");
  });
  operations().Start();
  const Operation done = Await(Create());
  EXPECT_EQ(calls, 5);
  EXPECT_EQ(Metadata(done).state(), OperationMetadata::FAILED);
  EXPECT_EQ(Metadata(done).attempts(), 5);
  EXPECT_EQ(done.error().code(), static_cast<int>(absl::StatusCode::kUnavailable));
  EXPECT_EQ(done.error().message(), "the peer is away");
  EXPECT_EQ(done.error().details_size(), 1);
}

TEST_F(OperationsTest, AnAttemptThatReportsNothingLeavesTheProgressOfTheOneBefore) {
  operations().Register(kMethod, OperationLane::kEdit, [&](OperationContext& context) -> Result {
    if (context.attempt() > 1) return InvalidField("file", "has a bad sixth row");
    RETURN_IF_ERROR(context.Progress(5, 10, "row 5"));
    return absl::UnavailableError("the peer is away");
  });
  operations().Start();
  const OperationMetadata metadata = Metadata(Await(Create()));
  EXPECT_EQ(metadata.attempts(), 2);
  EXPECT_EQ(metadata.progress_done(), 5);
  EXPECT_EQ(metadata.progress_total(), 10);
}

TEST_F(OperationsTest, EndsAtOnceWithWhatCannotPass) {
  std::atomic<int> calls{0};
  operations().Register(kMethod, OperationLane::kEdit, [&](OperationContext&) -> Result {
    ++calls;
    return InvalidField("file", "is not a CSV file");
  });
  operations().Start();
  const Operation done = Await(Create());
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(done.error().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
}

TEST_F(OperationsTest, GivesUpWhatKillsEveryProcess) {
  const std::string name = Create();
  ASSERT_EQ(*process_->database.Execute(Soon(),
                                        "UPDATE operations SET state = 2, attempts = 5, fruitless_attempts = 5, "
                                        "holder = 'dead', lease_expire_time = '2020-01-01'"),
            1);
  operations().Register(kMethod, OperationLane::kEdit, [](OperationContext&) -> Result {
    ADD_FAILURE() << "a sixth attempt";
    return nullptr;
  });
  operations().Start();
  const Operation done = Await(name);
  EXPECT_EQ(Metadata(done).state(), OperationMetadata::FAILED);
  EXPECT_EQ(Metadata(done).attempts(), 5);
}

TEST_F(OperationsTest, AttemptsThatMadeProgressDoNotCountForGivingUp) {
  // Each gets one step further and fails, at last five times at the same step.
  constexpr int kSteps = 12;
  operations().Register(kMethod, OperationLane::kEdit, [&](OperationContext& context) -> Result {
    int step = 0;
    if (!context.checkpoint().empty()) EXPECT_TRUE(absl::SimpleAtoi(context.checkpoint(), &step));
    if (step < kSteps) {
      RETURN_IF_ERROR(process_->database.Transact(Soon(), [&](db::Session& session) {
        return context.ProgressIn(session, step + 1, 100, absl::StrCat(step + 1));
      }));
    }
    return absl::UnavailableError("the peer is away");
  });
  operations().Start();
  const OperationMetadata metadata = Metadata(Await(Create()));
  EXPECT_EQ(metadata.state(), OperationMetadata::FAILED);
  EXPECT_EQ(metadata.progress_done(), kSteps);
  EXPECT_EQ(metadata.attempts(), kSteps + 5);
}

TEST_F(OperationsTest, WorkWhoseProcessDiesGoesOnAsLongAsItMakesProgress) {
  const std::string name = Create();
  for (int deaths = 1; deaths <= 7; ++deaths) {
    const pid_t pid = KilledProcess::Start(options_, 10 * deaths);
    ASSERT_TRUE(Eventually([&] { return Steps() == 10 * deaths; }));
    ASSERT_EQ(kill(pid, SIGKILL), 0);
    ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
    ASSERT_EQ(*process_->database.Execute(Soon(), "UPDATE operations SET lease_expire_time = '2020-01-01'"), 1);
  }
  operations().Register(kMethod, OperationLane::kEdit,
                        [&](OperationContext& context) { return CountSteps(process_->database, context, 1000); });
  operations().Start();
  const OperationMetadata metadata = Metadata(Await(name));
  EXPECT_EQ(metadata.state(), OperationMetadata::SUCCEEDED);
  EXPECT_EQ(metadata.attempts(), 8);
  EXPECT_EQ(Steps(), 1000);
}

TEST_F(OperationsTest, IsDoneOnceAmongManyProcesses) {
  std::atomic<int> runs{0};
  std::vector<std::unique_ptr<testing::OperationsProcess>> workers;
  for (int i = 0; i < 4; ++i) {
    workers.push_back(NewProcess(absl::StrCat("worker-", i)));
    workers.back()->operations.Register(kMethod, OperationLane::kEdit, [&](OperationContext&) -> Result {
      ++runs;
      return nullptr;
    });
    workers.back()->operations.Start();
  }
  std::vector<std::string> names;
  for (int i = 0; i < 40; ++i) names.push_back(Create());
  for (const std::string& name : names) EXPECT_EQ(Metadata(Await(name)).attempts(), 1);
  EXPECT_EQ(runs, 40);
}

TEST_F(OperationsTest, ListsNewestFirstPageByPageAndKnowsOnlyItsOwnNames) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) names.insert(names.begin(), Create());
  ListOperationsRequest request;
  request.set_service("catalog");
  request.set_page_size(2);
  std::vector<std::string> listed;
  for (int page = 0; page < 3; ++page) {
    const auto response = operations().List(request, Soon());
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->operations_size(), page < 2 ? 2 : 1);
    EXPECT_EQ(response->next_page_token().empty(), page == 2);
    for (const Operation& operation : response->operations()) listed.push_back(operation.name());
    request.set_page_token(response->next_page_token());
  }
  EXPECT_EQ(listed, names);
  request.set_page_token("made up");
  EXPECT_TRUE(absl::IsInvalidArgument(operations().List(request, Soon()).status()));

  for (const std::string name : {"operations/catalog.999999", "operations/inventory.1", "operations/catalog.",
                                 "operations/catalog.01", "operations/catalog.+1", "products/1", ""}) {
    EXPECT_TRUE(absl::IsNotFound(operations().Get(name, Soon()).status())) << name;
    EXPECT_TRUE(absl::IsNotFound(operations().Cancel(name, Soon()).status())) << name;
  }
  EXPECT_EQ(ServiceOfOperation("operations/catalog.17"), "catalog");
  EXPECT_EQ(ServiceOfOperation("operations/catalog"), "");
  EXPECT_EQ(ServiceOfOperation("products/catalog.17"), "");
}

TEST_F(OperationsTest, RemovesWhatEndedLongAgo) {
  const std::string waiting = Create();
  const std::string ended = Create();
  ASSERT_TRUE(operations().Cancel(ended, Soon()).ok());
  EXPECT_EQ(*operations().Prune(absl::Now() + absl::Hours(24 * 29), 10, Soon()), 0);
  EXPECT_EQ(*operations().Prune(absl::Now() + absl::Hours(24 * 31), 10, Soon()), 1);
  EXPECT_TRUE(absl::IsNotFound(operations().Get(ended, Soon()).status()));
  EXPECT_EQ(Metadata(Get(waiting)).state(), OperationMetadata::QUEUED);
}

}  // namespace
}  // namespace storeops::jobs
