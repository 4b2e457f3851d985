#include "common/changes/replica.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "tests/support/eventually.h"
#include "tests/support/test_database.h"

namespace storeops::changes {
namespace {

using ::storeops::testing::Eventually;
using ::storeops::testing::TestDatabase;
using ::testing::HasSubstr;

// A copy of a table of things: version by id.
class ReplicaTest : public ::testing::Test {
 protected:
  ReplicaTest() : test_database_({&migrations::common()}, 32), database_(test_database_.database()) {
    EXPECT_TRUE(database_.Execute(Soon(), "CREATE TABLE things (id INT PRIMARY KEY, version BIGINT NOT NULL)").ok());
    Feed::Options options;
    options.poll_interval = absl::Milliseconds(5);
    feed_ = std::make_unique<Feed>(database_, "catalog", options);
  }

  static absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

  // As another process would.
  void Write(int id, int64_t version) {
    Change change;
    change.set_type("test/Thing");
    change.set_subject(absl::StrCat(id));
    change.set_version(version);
    *change.mutable_time() = ToTimestamp(absl::Now());
    const absl::Status written = database_.Transact(Soon(), [&](db::Session& session) -> absl::Status {
      RETURN_IF_ERROR(session
                          .Execute("INSERT INTO things (id, version) VALUES (?, ?) "
                                   "ON DUPLICATE KEY UPDATE version = VALUES(version)",
                                   {id, version})
                          .status());
      return WriteOutbox(session, {change});
    });
    ASSERT_TRUE(written.ok()) << written;
  }

  void Put(int id, int64_t version) {
    absl::MutexLock lock(&mutex_);
    int64_t& present = things_[id];
    present = std::max(present, version);
  }
  int64_t Version(int id) {
    absl::MutexLock lock(&mutex_);
    const auto found = things_.find(id);
    return found == things_.end() ? 0 : found->second;
  }
  size_t Size() {
    absl::MutexLock lock(&mutex_);
    return things_.size();
  }

  std::unique_ptr<Replica> MakeReplica(size_t max_bytes = 1000) {
    Replica::Options options;
    options.name = "things";
    options.types = {"test/Thing"};
    options.gauge = "storeops_things_loaded";
    options.help = "1: loaded.";
    options.max_bytes = max_bytes;
    options.telemetry = &telemetry_;
    Replica::State state;
    state.load = [this](absl::FunctionRef<bool()> keep_going) -> absl::Status {
      ASSIGN_OR_RETURN(const db::Rows rows, database_.Query(Soon(), "SELECT id, version FROM things ORDER BY id"));
      if (after_reading_) after_reading_();
      for (size_t row = 0; row < rows.size() && keep_going(); ++row) {
        Put(static_cast<int>(rows.Int(row, 0)), rows.Int(row, 1));
      }
      return absl::OkStatus();
    };
    state.apply = [this](const Batch& batch) {
      if (before_apply_) before_apply_();
      for (const Change& change : batch.changes) Put(std::stoi(change.subject()), change.version());
      return absl::OkStatus();
    };
    state.bytes = [this] { return Size() * 10; };
    state.clear = [this] {
      absl::MutexLock lock(&mutex_);
      things_.clear();
    };
    return std::make_unique<Replica>(options, *feed_, state);
  }

  TestDatabase test_database_;
  db::Database& database_;
  telemetry::Telemetry telemetry_;
  std::unique_ptr<Feed> feed_;
  std::function<void()> after_reading_;
  std::function<void()> before_apply_;
  absl::Mutex mutex_;
  std::map<int, int64_t> things_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(ReplicaTest, LoadsThenFollows) {
  Write(1, 1);
  Write(2, 1);
  feed_->Start();
  auto replica = MakeReplica();
  EXPECT_FALSE(replica->loaded());
  EXPECT_FALSE(replica->AwaitSettled(absl::Now()));
  replica->Start();
  ASSERT_TRUE(replica->AwaitSettled(Soon()) && replica->loaded());
  EXPECT_EQ(Version(2), 1);
  Write(2, 2);
  Write(3, 1);
  EXPECT_TRUE(Eventually([&] { return Version(3) == 1; }));
  EXPECT_EQ(Version(2), 2);
  EXPECT_THAT(telemetry_.Render(), HasSubstr("storeops_things_loaded 1"));
}

TEST_F(ReplicaTest, ServesOnlyOnceItHasWhatReadersOfTheDatabaseCanHaveSeen) {
  Write(1, 1);
  // After its row was read, and before the feed's sequencer runs at all.
  after_reading_ = [this] {
    after_reading_ = nullptr;
    Write(1, 2);
  };
  auto replica = MakeReplica();
  std::atomic<bool> loaded_before_caught_up{false};
  before_apply_ = [&] { loaded_before_caught_up = replica->loaded(); };
  replica->Start();
  ASSERT_TRUE(replica->AwaitSettled(Soon()) && replica->loaded());
  EXPECT_EQ(Version(1), 2);
  EXPECT_FALSE(loaded_before_caught_up);
}

TEST_F(ReplicaTest, GivesUpItsMemoryBeyondItsBudget) {
  for (int id = 1; id <= 5; ++id) Write(id, 1);
  feed_->Start();
  auto replica = MakeReplica(/*max_bytes=*/50);
  replica->Start();
  ASSERT_TRUE(replica->AwaitSettled(Soon()) && replica->loaded());
  EXPECT_TRUE(replica->active());
  Write(6, 1);
  EXPECT_TRUE(Eventually([&] { return !replica->loaded(); }));
  EXPECT_FALSE(replica->active());  // writers leave it alone
  EXPECT_EQ(Size(), 0u);
  EXPECT_THAT(telemetry_.Render(), HasSubstr("storeops_things_loaded 0"));
  replica->Stop();

  // Nor is it loaded again before there is room.
  std::atomic<int> loads{0};
  after_reading_ = [&] { ++loads; };
  auto again = MakeReplica(/*max_bytes=*/50);
  again->Start();
  EXPECT_TRUE(Eventually([&] { return loads == 1 && !again->active() && Size() == 0; }));
  EXPECT_TRUE(again->AwaitSettled(Soon()));
  EXPECT_FALSE(again->loaded());
  again->Stop();
  auto roomy = MakeReplica(/*max_bytes=*/60);
  roomy->Start();
  EXPECT_TRUE(roomy->AwaitSettled(Soon()) && roomy->loaded());
}

TEST_F(ReplicaTest, WhoWaitsIsWokenByAStop) {
  absl::Notification reading, go_on;
  after_reading_ = [&] {
    reading.Notify();
    go_on.WaitForNotification();
  };
  auto replica = MakeReplica();
  replica->Start();
  reading.WaitForNotification();
  bool settled = true;
  std::thread waiter([&] { settled = replica->AwaitSettled(absl::InfiniteFuture()); });
  std::thread stopper([&] { replica->Stop(); });
  waiter.join();
  EXPECT_FALSE(settled);
  go_on.Notify();
  stopper.join();
}

}  // namespace
}  // namespace storeops::changes
