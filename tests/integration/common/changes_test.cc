#include "common/changes/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif
#include "tests/support/eventually.h"
#include "tests/support/test_database.h"

namespace storeops::changes {
namespace {

using ::storeops::testing::Eventually;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

Change MakeChange(const std::string& subject, int64_t version, const std::string& type = "test/Thing",
                  absl::Time time = absl::Now()) {
  Change change;
  change.set_type(type);
  change.set_subject(subject);
  change.set_kind(version == 1 ? Change::CREATED : Change::UPDATED);
  change.set_version(version);
  *change.mutable_time() = ToTimestamp(time);
  change.set_actor("users/1");
  change.set_resource(absl::StrCat(subject, "@", version, std::string("\0\xff", 2)));
  return change;
}

class ChangesTest : public ::testing::Test {
 protected:
  ChangesTest() : test_database_({&migrations::common()}, 32), database_(test_database_.database()) {
    EXPECT_TRUE(database_.Execute(Soon(), "CREATE TABLE things (id INT PRIMARY KEY, version BIGINT NOT NULL)").ok());
  }

  void Write(const std::vector<Change>& changes) {
    const absl::Status written =
        database_.Transact(Soon(), [&](db::Session& session) { return WriteOutbox(session, changes); });
    ASSERT_TRUE(written.ok()) << written;
  }
  void WriteMany(int from, int to, const std::string& type = "test/Thing") {
    std::vector<Change> changes;
    for (int i = from; i <= to; ++i) changes.push_back(MakeChange(absl::StrCat("things/", i), 1, type));
    Write(changes);
  }
  // Each in a transaction of its own.
  void WriteEach(int from, int to) {
    for (int i = from; i <= to; ++i) WriteMany(i, i);
  }
  int Sequence(Feed& feed) {
    const auto count = feed.SequenceOnce(Soon());
    EXPECT_TRUE(count.ok()) << count.status();
    return count.value_or(-1);
  }
  Batch Read(Feed& feed, int64_t after, int limit = 1000, const std::vector<std::string>& types = {}) {
    const auto batch = feed.Read(after, limit, types, Soon());
    EXPECT_TRUE(batch.ok()) << batch.status();
    return batch.value_or(Batch{});
  }
  static std::vector<std::string> Subjects(const Batch& batch) {
    std::vector<std::string> subjects;
    for (const Change& change : batch.changes) subjects.push_back(change.subject());
    return subjects;
  }
  // All of a feed, checked for gaps.
  std::vector<Change> ReadAll(Feed& feed) {
    std::vector<Change> all;
    for (int64_t after = 0;;) {
      const Batch batch = Read(feed, after, 500);
      if (batch.changes.empty()) return all;
      for (const Change& change : batch.changes) {
        EXPECT_EQ(change.sequence(), static_cast<int64_t>(all.size()) + 1);
        all.push_back(change);
      }
      after = batch.read_through;
    }
  }

  testing::TestDatabase test_database_;
  db::Database& database_;
};

TEST_F(ChangesTest, GivesCommittedChangesTheirSequenceAndKeepsWhatTheySay) {
  Feed feed(database_, "catalog", {});
  Change written = MakeChange("things/7", 3, "test/Thing", absl::FromUnixMicros(1'700'000'000'123'456));
  written.set_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  Write({written});
  EXPECT_THAT(Read(feed, 0).changes, IsEmpty());
  EXPECT_EQ(Sequence(feed), 1);
  EXPECT_EQ(Sequence(feed), 0);

  const Batch batch = Read(feed, 0);
  ASSERT_EQ(batch.changes.size(), 1u);
  EXPECT_EQ(batch.read_through, 1);
  Change read = batch.changes[0];
  EXPECT_EQ(read.id().size(), 22u);
  EXPECT_EQ(read.source(), "catalog");
  EXPECT_EQ(read.sequence(), 1);
  read.clear_id();
  read.clear_source();
  read.clear_sequence();
  EXPECT_EQ(read.SerializeAsString(), written.SerializeAsString());
  EXPECT_EQ(*feed.LastSequence(Soon()), 1);
}

TEST_F(ChangesTest, TakesEveryNumberOfChangesAndTransactionsThatTheStatementShapesLeave) {
  Feed feed(database_, "catalog", {});
  int64_t last = 0;
  for (const int count : {1, 2, 16, 17, 256, 257, 1000}) {
    for (const bool at_once : {true, false}) {
      at_once ? WriteMany(1, count) : WriteEach(1, count);
      EXPECT_EQ(Sequence(feed), count);
      last += count;
      EXPECT_EQ(*feed.LastSequence(Soon()), last);
    }
  }
  WriteMany(1, 1100);
  EXPECT_EQ(Sequence(feed), 1000);
  EXPECT_EQ(Sequence(feed), 100);
  EXPECT_EQ(ReadAll(feed).size(), static_cast<size_t>(last) + 1100);
}

TEST_F(ChangesTest, PassesOverOpenTransactionsAndNeverWaitsForThem) {
  Feed feed(database_, "catalog", {});
  absl::Notification written, go_on;
  std::thread slow([&] {
    const absl::Status status = database_.Transact(absl::Now() + absl::Minutes(2), [&](db::Session& session) {
      const absl::Status result = WriteOutbox(session, {MakeChange("slow", 1)});
      if (!written.HasBeenNotified()) written.Notify();
      go_on.WaitForNotification();
      return result;
    });
    EXPECT_TRUE(status.ok()) << status;
  });
  written.WaitForNotification();
  // Rows with higher ids overtake; whatever number the statements hold, none may touch the open row.
  int expected = 0;
  for (const int count : {1, 3, 40, 300}) {
    WriteEach(1, count);
    EXPECT_EQ(Sequence(feed), count);  // a wait for the open row would end in an error
    expected += count;
  }
  go_on.Notify();
  slow.join();
  EXPECT_EQ(Sequence(feed), 1);
  const std::vector<Change> all = ReadAll(feed);
  ASSERT_EQ(all.size(), static_cast<size_t>(expected) + 1);
  EXPECT_EQ(all.back().subject(), "slow");
}

TEST_F(ChangesTest, LosesNothingWithManyCommittersAndSequencersOfWhichOneIsKilledAgainAndAgain) {
  constexpr int kCommitters = 16;
  constexpr int kThings = 20;
  constexpr int kWritesEach = 60;
  for (int i = 0; i < kThings; ++i) {
    ASSERT_TRUE(database_.Execute(Soon(), "INSERT INTO things (id, version) VALUES (?, 0)", {i}).ok());
  }
  // Three sequencers, each as its own process would be: one connection of its own.
  db::Options one = test_database_.options();
  one.max_connections = 1;
  std::vector<std::unique_ptr<db::Database>> databases;
  std::vector<std::unique_ptr<Feed>> feeds;
  Feed::Options options;
  options.poll_interval = absl::Milliseconds(2);
  for (int i = 0; i < 3; ++i) {
    databases.push_back(std::make_unique<db::Database>(one));
    feeds.push_back(std::make_unique<Feed>(*databases.back(), "catalog", options));
    feeds.back()->Start();
  }
  std::atomic<bool> done{false};
  std::atomic<int> kills{0};
  std::thread killer([&] {
    absl::BitGen random;
    while (!done) {
      const auto id = databases[2]->Query(Soon(), "SELECT CONNECTION_ID()");
      if (!id.ok()) continue;
      absl::SleepFor(absl::Microseconds(absl::Uniform(random, 0, 8000)));  // real time: a random point of its work
      if (database_.Execute(Soon(), absl::StrCat("KILL ", id->Int(0, 0))).ok()) ++kills;
    }
  });

  std::atomic<int> committed{0};
  std::atomic<int> rolled_back{0};
  std::vector<std::thread> committers;
  for (int i = 0; i < kCommitters; ++i) {
    committers.emplace_back([&, i] {
      absl::BitGen random;
      for (int n = 0; n < kWritesEach; ++n) {
        const int thing = absl::Uniform(random, 0, kThings);
        const bool slow = i < 3;
        const bool fails = n % 7 == 3;
        const absl::Status status = database_.Transact(Soon(), [&](db::Session& session) -> absl::Status {
          RETURN_IF_ERROR(session.Execute("UPDATE things SET version = version + 1 WHERE id = ?", {thing}).status());
          ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT version FROM things WHERE id = ?", {thing}));
          RETURN_IF_ERROR(WriteOutbox(session, {MakeChange(absl::StrCat("things/", thing), rows.Int(0, 0))}));
          // Held open while others commit and are sequenced.
          if (slow) absl::SleepFor(absl::Milliseconds(absl::Uniform(random, 1, 15)));  // real time: a slow commit
          return fails ? absl::DataLossError("rolled back") : absl::OkStatus();
        });
        EXPECT_EQ(status.code(), fails ? absl::StatusCode::kDataLoss : absl::StatusCode::kOk) << status;
        ++(fails ? rolled_back : committed);
        feeds[i % 3]->Notify();
      }
    });
  }
  for (std::thread& committer : committers) committer.join();
  EXPECT_TRUE(Eventually([&] {
    const auto last = feeds[0]->LastSequence(Soon());
    return last.ok() && *last == committed;
  }));
  done = true;
  killer.join();
  for (auto& feed : feeds) feed->Stop();

  EXPECT_GT(kills, 10);
  EXPECT_GT(rolled_back, 0);
  const std::vector<Change> all = ReadAll(*feeds[0]);  // gapless
  EXPECT_EQ(all.size(), static_cast<size_t>(committed));
  std::map<std::string, int64_t> versions;
  std::set<std::string> ids;
  for (const Change& change : all) {
    EXPECT_TRUE(ids.insert(change.id()).second);
    EXPECT_EQ(change.version(), ++versions[change.subject()]) << change.subject();  // each, in its own order
  }
  const auto rest = database_.Query(Soon(), "SELECT COUNT(*) FROM outbox_groups");
  EXPECT_EQ(rest->Int(0, 0), 0);
}

TEST_F(ChangesTest, ReadsByTypeAndSaysHowFarItLooked) {
  Feed feed(database_, "catalog", {});
  WriteMany(1, 3, "test/A");
  WriteMany(4, 6, "test/B");
  WriteMany(7, 9, "test/C");
  EXPECT_EQ(Sequence(feed), 9);

  const Batch b = Read(feed, 0, 100, {"test/B"});
  EXPECT_THAT(Subjects(b), ElementsAre("things/4", "things/5", "things/6"));
  EXPECT_EQ(b.read_through, 9);
  const Batch part = Read(feed, 0, 4, {"test/A", "test/C"});
  EXPECT_THAT(Subjects(part), ElementsAre("things/1", "things/2", "things/3", "things/7"));
  EXPECT_EQ(part.read_through, 7);
  const Batch none = Read(feed, 2, 100, {"test/D"});
  EXPECT_THAT(none.changes, IsEmpty());
  EXPECT_EQ(none.read_through, 9);
  const Batch end = Read(feed, 9);
  EXPECT_THAT(end.changes, IsEmpty());
  EXPECT_EQ(end.read_through, 9);
  EXPECT_TRUE(absl::IsInvalidArgument(feed.Read(0, 1, std::vector<std::string>(51, "test/A"), Soon()).status()));
}

TEST_F(ChangesTest, PrunesWhatIsOldFromTheStartAndTellsWhoComesTooLate) {
  Feed::Options options;
  options.retention = absl::Hours(1);
  Feed feed(database_, "catalog", options);
  const absl::Time now = absl::Now();
  std::vector<Change> changes;
  for (int i = 1; i <= 10; ++i) {
    // 1 to 4 and 6 are old; 6 stays because the feed has no holes.
    const bool old = i <= 4 || i == 6;
    changes.push_back(MakeChange(absl::StrCat("things/", i), 1, "test/Thing", old ? now - absl::Hours(2) : now));
  }
  Write(changes);
  EXPECT_EQ(Sequence(feed), 10);
  EXPECT_EQ(*feed.Prune(now, 3, Soon()), 3);
  EXPECT_EQ(*feed.Prune(now, 3, Soon()), 1);
  EXPECT_EQ(*feed.Prune(now, 3, Soon()), 0);

  EXPECT_EQ(Read(feed, 4).changes.size(), 6u);
  const absl::Status pruned = feed.Read(3, 10, {}, Soon()).status();
  EXPECT_TRUE(absl::IsOutOfRange(pruned)) << pruned;
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(pruned, &info));
  EXPECT_EQ(info.reason(), "FEED_PRUNED");
  EXPECT_EQ(info.metadata().at("oldest_sequence"), "5");
  EXPECT_EQ(info.metadata().at("last_sequence"), "10");

  EXPECT_EQ(*feed.Prune(now + absl::Hours(3), 100, Soon()), 6);
  EXPECT_TRUE(absl::IsOutOfRange(feed.Read(9, 10, {}, Soon()).status()));
  EXPECT_EQ(Read(feed, 10).read_through, 10);
  const absl::Status beyond = feed.Read(11, 10, {}, Soon()).status();
  ASSERT_TRUE(GetDetail(beyond, &info)) << beyond;
  EXPECT_EQ(info.reason(), "FEED_REWOUND");
  // The order goes on where it was.
  WriteMany(11, 11);
  EXPECT_EQ(Sequence(feed), 1);
  EXPECT_EQ(Read(feed, 10).read_through, 11);
}

TEST_F(ChangesTest, WakesFollowersAtOnceAndSequencesTheRestWhenItStops) {
  Feed::Options options;
  options.poll_interval = absl::Minutes(10);
  Feed feed(database_, "catalog", options);
  feed.Start();
  std::unique_ptr<FeedSource> source = MakeLocalFeedSource(feed, {});
  absl::Notification seen;
  std::thread follower([&] {
    const absl::Status status = source->Follow({}, [&](const Batch& batch) {
      if (batch.read_through >= 1 && !seen.HasBeenNotified()) seen.Notify();
      return true;
    });
    EXPECT_TRUE(status.ok()) << status;
  });
  WriteMany(1, 1);
  feed.Notify();
  EXPECT_TRUE(seen.WaitForNotificationWithTimeout(absl::Seconds(60)));
  source->Stop();
  follower.join();
  WriteMany(2, 2);
  feed.Stop();
  EXPECT_EQ(*feed.LastSequence(Soon()), 2);
  EXPECT_FALSE(feed.AwaitAfter(5, Soon()));
}

TEST_F(ChangesTest, StopsWhileOthersGoOnWriting) {
  Feed feed(database_, "catalog", {});
  feed.Start();
  std::atomic<bool> writing{true};
  std::vector<std::thread> writers;
  for (int writer = 1; writer <= 4; ++writer) {
    writers.emplace_back([&, writer] {
      while (writing) WriteMany(writer, writer);
    });
  }
  EXPECT_TRUE(feed.AwaitAfter(100, Soon()));
  absl::Notification stopped;
  std::thread stopper([&] {
    feed.Stop();
    stopped.Notify();
  });
  EXPECT_TRUE(stopped.WaitForNotificationWithTimeout(absl::Seconds(60)));
  writing = false;
  for (std::thread& thread : writers) thread.join();
  stopper.join();
}

TEST_F(ChangesTest, FindsWhatAnotherProcessSequenced) {
  Feed::Options options;
  options.poll_interval = absl::Milliseconds(10);
  Feed mine(database_, "catalog", options);
  Feed other(database_, "catalog", {});
  WriteMany(1, 1);
  EXPECT_EQ(Sequence(other), 1);
  mine.Start();
  const absl::Time deadline = Soon();
  EXPECT_TRUE(mine.AwaitAfter(0, deadline));
  EXPECT_LT(absl::Now(), deadline);
  EXPECT_EQ(Read(mine, 0).changes.size(), 1u);
}

// The tables as they were before change_log: nothing that was in them is lost, and the order goes on.
TEST(FeedMigrationTest, KeepsTheFeedAndWhatWaitedForIt) {
  db::MigrationSet before = migrations::common();
  before.migrations.resize(2);
  testing::TestDatabase test_database({&before}, 4);
  db::Database& database = test_database.database();
  const std::string columns = "change_id, type, subject, kind, version, time, actor, traceparent, resource) VALUES (";
  const std::string values = "'test/Thing', ?, 1, 1, '2026-01-02 03:04:05', 'users/1', '', 'text')";
  ASSERT_TRUE(database
                  .Execute(Soon(),
                           absl::StrCat("INSERT INTO changes (sequence, outbox_id, ", columns, "41, 7, ?, ", values),
                           {std::string(22, 'a'), "things/1"})
                  .ok());
  for (const char waiting : {'c', 'b'}) {
    ASSERT_TRUE(database
                    .Execute(Soon(), absl::StrCat("INSERT INTO outbox (", columns, "?, ", values),
                             {std::string(22, waiting), absl::StrCat("things/", std::string(1, waiting))})
                    .ok());
  }
  ASSERT_TRUE(database.Execute(Soon(), "UPDATE feed_position SET last_sequence = 41").ok());

  ASSERT_TRUE(db::Migrate(database, {&migrations::common()}, Soon()).ok());
  Feed feed(database, "catalog", {});
  ASSERT_EQ(*feed.SequenceOnce(Soon()), 2);
  const auto batch = feed.Read(40, 10, {}, Soon());
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ(batch->changes.size(), 3u);
  EXPECT_EQ(batch->changes[0].id(), std::string(22, 'a'));
  EXPECT_EQ(batch->changes[0].sequence(), 41);
  EXPECT_EQ(batch->changes[0].resource(), "text");
  EXPECT_EQ(batch->changes[1].subject(), "things/c");
  EXPECT_EQ(batch->changes[2].subject(), "things/b");
  EXPECT_EQ(batch->changes[2].sequence(), 43);
}

// A consumer that counts, in its own table, how often each change was applied.
class ConsumerTest : public ChangesTest {
 protected:
  ConsumerTest() : feed_(database_, "catalog", FastOptions()) {
    EXPECT_TRUE(database_
                    .Execute(Soon(),
                             "CREATE TABLE applied (change_id VARCHAR(32) COLLATE utf8mb4_bin PRIMARY KEY, "
                             "sequence BIGINT NOT NULL)")
                    .ok());
    feed_.Start();
  }
  static Feed::Options FastOptions() {
    Feed::Options options;
    options.poll_interval = absl::Milliseconds(5);
    return options;
  }
  static absl::Status Insert(db::Session& session, const Batch& batch) {
    for (const Change& change : batch.changes) {
      RETURN_IF_ERROR(
          session.Execute("INSERT INTO applied (change_id, sequence) VALUES (?, ?)", {change.id(), change.sequence()})
              .status());
    }
    return absl::OkStatus();
  }
  std::unique_ptr<Consumer> MakeConsumer(
      std::function<absl::Status(db::Session&, const Batch&)> apply,
      Consumer::Rebuild rebuild = [] { return absl::OkStatus(); }, telemetry::Telemetry* telemetry = nullptr) {
    Consumer::Options options;
    options.name = "copy";
    options.source = "catalog";
    options.telemetry = telemetry;
    return std::make_unique<Consumer>(options, MakeLocalFeedSource(feed_, {}),
                                      DatabaseCursor(database_, "copy", "catalog"),
                                      ApplyInTransaction(database_, "copy", "catalog", std::move(apply)), rebuild);
  }
  int64_t Applied() {
    const auto rows = database_.Query(Soon(), "SELECT COUNT(*) FROM applied");
    return rows.ok() ? rows->Int(0, 0) : -1;
  }

  Feed feed_;
};

TEST_F(ConsumerTest, AppliesEachChangeOnceOverRestartsAtRandomPoints) {
  constexpr int kRestarts = 30;
  constexpr int kChangesEach = 50;
  std::atomic<int64_t> calls{0};
  const auto apply = [&](db::Session& session, const Batch& batch) -> absl::Status {
    RETURN_IF_ERROR(Insert(session, batch));
    // A second application would be a duplicate key. Every fifth time it fails after having written.
    if (++calls % 5 == 0) return absl::UnavailableError("as if the process had died");
    return absl::OkStatus();
  };
  absl::BitGen random;
  for (int restart = 0; restart < kRestarts; ++restart) {
    // Two replicas of one consumer, which may not apply anything twice between them either.
    auto consumer = MakeConsumer(apply);
    auto twin = MakeConsumer(apply);
    consumer->Start();
    twin->Start();
    const int64_t stop_at = calls + absl::Uniform(random, 0, 4);
    for (int i = 0; i < kChangesEach; i += 5) WriteMany(i, i + 4);
    const int64_t written = (restart + 1) * kChangesEach;
    EXPECT_TRUE(
        Eventually([&] { return calls >= stop_at || consumer->position() == written || twin->position() == written; }));
    consumer->Stop();
    twin->Stop();
  }
  auto last = MakeConsumer(apply);
  last->Start();
  EXPECT_TRUE(last->AwaitPosition(kRestarts * kChangesEach, Soon()));
  EXPECT_EQ(Applied(), kRestarts * kChangesEach);
  const auto cursor = DatabaseCursor(database_, "copy", "catalog")();
  EXPECT_EQ(*cursor, kRestarts * kChangesEach);
}

TEST_F(ConsumerTest, GoesOnAfterFailuresAndShowsHowFarItIs) {
  telemetry::Telemetry telemetry;
  std::atomic<int> failures{3};
  auto consumer = MakeConsumer(
      [&](db::Session& session, const Batch& batch) -> absl::Status {
        if (failures-- > 0) return absl::InternalError("not now");
        return Insert(session, batch);
      },
      [] { return absl::OkStatus(); }, &telemetry);
  WriteMany(1, 5);
  EXPECT_FALSE(consumer->AwaitPosition(1, absl::Now()));
  consumer->Start();
  EXPECT_TRUE(consumer->AwaitPosition(5, Soon()));
  EXPECT_EQ(consumer->position(), 5);
  EXPECT_EQ(Applied(), 5);
  const std::string metrics = telemetry.Render();
  EXPECT_THAT(metrics,
              ::testing::HasSubstr("storeops_consumer_failures_total{consumer=\"copy\",source=\"catalog\"} 3"));
  EXPECT_THAT(metrics, ::testing::HasSubstr("storeops_consumer_lag_seconds"));
}

TEST_F(ConsumerTest, IsBuiltAnewWhenItComesTooLate) {
  WriteMany(1, 20);
  EXPECT_TRUE(Eventually([&] { return *feed_.LastSequence(Soon()) == 20; }));
  EXPECT_EQ(*feed_.Prune(absl::Now() + absl::Hours(24 * 30), 10, Soon()), 10);
  std::atomic<int> rebuilds{0};
  auto consumer = MakeConsumer(Insert, [&]() -> absl::Status {
    if (++rebuilds == 1) return absl::UnavailableError("the first try fails");
    return database_
        .Execute(Soon(),
                 "INSERT INTO feed_cursors (consumer, source, sequence, update_time) VALUES ('copy', 'catalog', 15, ?)",
                 {absl::Now()})
        .status();
  });
  consumer->Start();
  EXPECT_TRUE(consumer->AwaitPosition(20, Soon()));
  EXPECT_EQ(rebuilds, 2);
  EXPECT_EQ(Applied(), 5);
}

}  // namespace
}  // namespace storeops::changes
