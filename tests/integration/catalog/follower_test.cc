// A follower of the catalog's products over gRPC, with a database of its own.
#include "common/changes/follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/changes/peer_feed_source.h"
#include "prometheus/counter.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/test_database.h"

namespace storeops::testing {
namespace {

using catalog::v1::Product;
using changes::Change;
using changes::Follower;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr char kProductType[] = "catalog.storeops/Product";

class FollowerTest : public ::testing::Test {
 protected:
  // Title by name of product.
  using Titles = std::map<std::string, std::string>;

  FollowerTest() : mine_({&migrations::common()}) {
    StartSource();
    for (const char* table : {"CREATE TABLE copies (name VARCHAR(64) PRIMARY KEY, title VARCHAR(300) NOT NULL)",
                              "CREATE TABLE applied (change_id VARCHAR(32) COLLATE utf8mb4_bin PRIMARY KEY)",
                              "CREATE TABLE applied_times (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(300))"}) {
      EXPECT_TRUE(mine_.database().Execute(Soon(), table).ok());
    }
  }

  void StartSource() {
    source_ = std::make_unique<ServiceProcess>(site_, std::vector<ModuleInfo>{catalog::CatalogModule()});
    source_->Start();
    peer_ = rpc::MakeRemotePeer(source_->StartGrpc(), {}, &source_->tokens());
  }
  static absl::Time Soon() { return absl::Now() + absl::Seconds(60); }

  // Applies changes as a real follower would, and notes each: a second application breaks a unique key.
  absl::Status Apply(db::Session& session, absl::Span<const Change> changes) {
    for (const Change& change : changes) {
      Product product;
      if (!product.ParseFromString(change.resource())) return absl::DataLossError("no product");
      if (absl::StrContains(product.title(), "poison") && poison_works_) {
        ++poisoned_;
        return absl::InternalError("cannot digest it");
      }
      if (!change.id().empty()) {
        RETURN_IF_ERROR(session.Execute("INSERT INTO applied (change_id) VALUES (?)", {change.id()}).status());
      }
      RETURN_IF_ERROR(session.Execute("INSERT INTO applied_times (title) VALUES (?)", {product.title()}).status());
      if (change.kind() == Change::DELETED || change.kind() == Change::EXPUNGED) {
        RETURN_IF_ERROR(session.Execute("DELETE FROM copies WHERE name = ?", {change.subject()}).status());
        continue;
      }
      RETURN_IF_ERROR(session
                          .Execute("INSERT INTO copies (name, title) VALUES (?, ?) "
                                   "ON DUPLICATE KEY UPDATE title = VALUES(title)",
                                   {change.subject(), product.title()})
                          .status());
    }
    return absl::OkStatus();
  }

  std::unique_ptr<Follower> MakeFollower(Follower::LaterChanges later = Follower::LaterChanges::kSupersede,
                                         Follower::Apply apply = nullptr) {
    Follower::Options options;
    options.name = "copies";
    options.source = "catalog";
    options.types = {kProductType};
    options.later = later;
    options.max_attempts = 3;
    options.first_pause = absl::Milliseconds(1);
    options.telemetry = &telemetry_;
    if (apply == nullptr) {
      apply = [this](db::Session& session, absl::Span<const Change> changes) { return Apply(session, changes); };
    }
    auto source = changes::MakePeerFeedSource(*peer_, "catalog", {kProductType},
                                              {"services/analytics", "analytics", {"changes.read", "*.read"}});
    return std::make_unique<Follower>(options, mine_.database(), std::move(source), std::move(apply));
  }

  std::string Create(const std::string& sku, const std::string& title) {
    const auto product = CreateProduct(*source_, MakeProduct(sku, title));
    EXPECT_TRUE(product.ok()) << product.status();
    return product.ok() ? product->name() : "";
  }
  void SetTitle(const std::string& name, const std::string& title) {
    const auto product = Retitle(*source_, name, title);
    EXPECT_TRUE(product.ok()) << product.status();
  }
  void Remove(const std::string& name) {
    const auto product = Delete(*source_, name);
    EXPECT_TRUE(product.ok()) << product.status();
  }

  // All that was written so far has its sequence; the last one.
  int64_t Sequenced() {
    EXPECT_TRUE(Eventually([&] {
      const auto rows = source_->database().Query(Soon(), "SELECT COUNT(*) FROM outbox_groups");
      return rows.ok() && rows->Int(0, 0) == 0;
    }));
    return source_->runtime().feed().LastSequence(Soon()).value_or(-1);
  }
  void AwaitAll(const Follower& follower) { EXPECT_TRUE(follower.AwaitSequence(Sequenced(), Soon())); }

  static Titles ReadTitles(db::Database& database, const std::string& sql) {
    Titles titles;
    const auto rows = database.Query(Soon(), sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (size_t row = 0; rows.ok() && row < rows->size(); ++row) titles[rows->Text(row, 0)] = rows->Text(row, 1);
    return titles;
  }
  Titles SourceTitles() {
    return ReadTitles(source_->database(),
                      "SELECT CONCAT('products/', id), title FROM products WHERE delete_time IS NULL");
  }
  Titles Copies() { return ReadTitles(mine_.database(), "SELECT name, title FROM copies"); }
  std::vector<std::string> AppliedTitles() {
    std::vector<std::string> titles;
    for (const auto& [id, title] :
         ReadTitles(mine_.database(), "SELECT CAST(id + 1000 AS CHAR), title FROM applied_times")) {
      titles.push_back(title);
    }
    return titles;
  }
  std::vector<changes::StoredDeadLetter> DeadLetters() {
    auto letters = changes::ListDeadLetters(mine_.database(), 0, 100, Soon());
    EXPECT_TRUE(letters.ok()) << letters.status();
    return letters.ok() ? *std::move(letters) : std::vector<changes::StoredDeadLetter>();
  }
  int64_t DeadLettersByState() {
    const auto rows = mine_.database().Query(Soon(), "SELECT dead_letters FROM followers");
    return rows.ok() && rows->size() == 1 ? rows->Int(0, 0) : -1;
  }
  double Snapshots() {
    return telemetry_
        .Counter("storeops_follower_snapshots_total", "Snapshots that a follower began.",
                 {{"follower", "copies"}, {"source", "catalog"}})
        .Value();
  }
  // Removes the changes so far from the feed, as if they were too old.
  void PruneFeed() {
    Sequenced();
    const auto pruned = source_->runtime().feed().Prune(absl::Now() + absl::Hours(24 * 30), 10'000, Soon());
    EXPECT_TRUE(pruned.ok() && *pruned > 0) << pruned.status();
  }
  // The source's tables as a backup has them.
  void BackUp() {
    for (const char* table : kTables) {
      EXPECT_TRUE(source_->database()
                      .Execute(Soon(), absl::StrCat("CREATE TABLE saved_", table, " AS SELECT * FROM ", table))
                      .ok());
    }
  }
  // Goes back to it: no process runs meanwhile.
  void Restore() {
    peer_.reset();
    source_.reset();
    db::Options options;
    options.address = TestServer();
    options.database = site_.prefix() + "catalog";
    db::Database database(options);
    for (const char* table : kTables) {
      EXPECT_TRUE(database.Execute(Soon(), absl::StrCat("DELETE FROM ", table)).ok());
      EXPECT_TRUE(database.Execute(Soon(), absl::StrCat("INSERT INTO ", table, " SELECT * FROM saved_", table)).ok());
    }
    StartSource();
  }

  static constexpr const char* kTables[] = {"products", "resource_keys", "change_log", "feed", "feed_position"};

  const Site site_;
  std::unique_ptr<ServiceProcess> source_;
  std::unique_ptr<rpc::Peer> peer_;
  TestDatabase mine_;
  telemetry::Telemetry telemetry_;
  std::atomic<bool> poison_works_{true};
  std::atomic<int> poisoned_{0};
};

TEST_F(FollowerTest, BeginsWithASnapshotAndAppliesEachChangeAfterItOnce) {
  for (int i = 0; i < 450; ++i) Create(absl::StrCat("SKU-", i), absl::StrCat("thing ", i));
  const std::string gone = Create("GONE", "gone before");
  Remove(gone);
  PruneFeed();  // what is not in the feed any more comes with the snapshot
  auto follower = MakeFollower();
  follower->Start();
  AwaitAll(*follower);
  EXPECT_EQ(Copies(), SourceTitles());
  EXPECT_EQ(Copies().size(), 450u);
  EXPECT_EQ(AppliedTitles().size(), 450u);

  const std::string later = Create("LATER", "later");
  SetTitle(later, "later still");
  const std::string brief = Create("BRIEF", "brief");
  Remove(brief);
  AwaitAll(*follower);
  EXPECT_EQ(Copies(), SourceTitles());
  const auto applied = AppliedTitles();
  EXPECT_THAT(std::vector<std::string>(applied.end() - 4, applied.end()),
              ElementsAre("later", "later still", "brief", "brief"));
  EXPECT_EQ(Snapshots(), 1);
}

TEST_F(FollowerTest, TwoReplicasRestartedAtRandomPointsApplyEachChangeOnce) {
  std::vector<std::string> names;
  for (int i = 0; i < 250; ++i) names.push_back(Create(absl::StrCat("SKU-", i), absl::StrCat("thing ", i)));
  absl::BitGen random;
  for (int restart = 0; restart < 12; ++restart) {
    auto one = MakeFollower();
    auto other = MakeFollower();
    one->Start();
    other->Start();
    for (int i = 0; i < 8; ++i) {
      const size_t which = absl::Uniform<size_t>(random, 0, names.size());
      if (absl::Bernoulli(random, 0.2)) {
        Remove(names[which]);
        names[which] = Create(absl::StrCat("NEW-", restart, "-", i), "new");
      } else {
        SetTitle(names[which], absl::StrCat("title ", restart, " ", i));
      }
    }
    one->Stop();
    other->Stop();
  }
  auto last = MakeFollower();
  last->Start();
  AwaitAll(*last);
  EXPECT_EQ(Copies(), SourceTitles());
  EXPECT_THAT(DeadLetters(), IsEmpty());
}

TEST_F(FollowerTest, ReadsASnapshotAgainWhenTheFeedWasPrunedBeyondItsPlace) {
  const std::string stays = Create("STAYS", "stays");
  const std::string changes = Create("CHANGES", "before");
  const std::string goes = Create("GOES", "goes");
  auto follower = MakeFollower();
  follower->Start();
  AwaitAll(*follower);
  follower->Stop();
  SetTitle(changes, "after");
  Remove(goes);
  const std::string comes = Create("COMES", "comes");
  PruneFeed();

  auto again = MakeFollower();
  again->Start();
  AwaitAll(*again);
  EXPECT_THAT(Copies(), UnorderedElementsAre(Pair(stays, "stays"), Pair(changes, "after"), Pair(comes, "comes")));
  EXPECT_EQ(Snapshots(), 2);
  const auto applied = AppliedTitles();
  // What had not changed was not applied again. The title of what is missing is not known.
  EXPECT_THAT(std::vector<std::string>(applied.begin() + 3, applied.end()), UnorderedElementsAre("after", "comes", ""));
}

TEST_F(FollowerTest, ReadsASnapshotAgainWhenTheSourceWasRestoredToAnEarlierTime) {
  const std::string thing = Create("THING", "first");
  Sequenced();
  BackUp();
  SetTitle(thing, "second");
  SetTitle(thing, "third");
  const std::string lost = Create("LOST", "lost by the restore");
  auto follower = MakeFollower();
  follower->Start();
  AwaitAll(*follower);
  SetTitle(thing, "fourth");  // its last change has a sequence that it knows
  AwaitAll(*follower);
  follower->Stop();
  ASSERT_THAT(Copies(), UnorderedElementsAre(Pair(thing, "fourth"), Pair(lost, "lost by the restore")));

  // The feed ends before the follower's place.
  Restore();
  auto again = MakeFollower();
  again->Start();
  EXPECT_TRUE(Eventually([&] { return Copies() == SourceTitles(); }));
  EXPECT_THAT(Copies(), UnorderedElementsAre(Pair(thing, "first")));
}

TEST_F(FollowerTest, TheFeedIsAnotherOneIfItHasAnotherChangeInItsPlace) {
  const std::string thing = Create("THING", "first");
  Sequenced();
  BackUp();
  SetTitle(thing, "second");
  auto follower = MakeFollower();
  follower->Start();
  AwaitAll(*follower);
  SetTitle(thing, "third");
  AwaitAll(*follower);
  follower->Stop();
  Restore();
  // As many changes as were lost, and one more.
  for (int i = 0; i < 3; ++i) Create(absl::StrCat("OTHER-", i), "other");
  const int64_t end = Sequenced();
  auto again = MakeFollower();
  again->Start();
  EXPECT_TRUE(Eventually([&] { return Copies() == SourceTitles(); }));
  EXPECT_TRUE(again->AwaitSequence(end, Soon()));
  EXPECT_EQ(Copies().at(thing), "first");
  EXPECT_EQ(Snapshots(), 2);
}

TEST_F(FollowerTest, AChangeThatAlwaysFailsBecomesADeadLetterAndTheRestGoesOn) {
  const std::string bad = Create("BAD", "good at first");
  auto follower = MakeFollower();
  follower->Start();
  AwaitAll(*follower);
  SetTitle(bad, "poison");
  const std::string good = Create("GOOD", "good");
  AwaitAll(*follower);
  EXPECT_THAT(Copies(), UnorderedElementsAre(Pair(bad, "good at first"), Pair(good, "good")));
  const auto letters = DeadLetters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].follower, "copies");
  EXPECT_EQ(letters[0].change.subject(), bad);
  EXPECT_EQ(letters[0].attempts, 3);
  EXPECT_THAT(letters[0].error, HasSubstr("cannot digest it"));
  EXPECT_THAT(telemetry_.Render(),
              HasSubstr("storeops_follower_dead_letters{follower=\"copies\",source=\"catalog\"} 1"));

  // A retry that fails leaves it.
  const auto failed = follower->RetryDeadLetters(bad, Soon());
  EXPECT_EQ(Reason(failed.status()), "DEAD_LETTER_FAILED") << failed.status();
  EXPECT_EQ(DeadLetters()[0].attempts, 4);
  // A later change of the same resource supersedes it.
  SetTitle(bad, "good again");
  AwaitAll(*follower);
  EXPECT_EQ(Copies().at(bad), "good again");
  EXPECT_THAT(DeadLetters(), IsEmpty());
  EXPECT_EQ(DeadLettersByState(), 0);
  EXPECT_EQ(*follower->RetryDeadLetters(bad, Soon()), 0);
}

TEST_F(FollowerTest, ARetryAppliesADeadLetter) {
  const std::string bad = Create("BAD", "poison");  // already in the snapshot
  const std::string good = Create("GOOD", "good");
  auto follower = MakeFollower();
  follower->Start();
  AwaitAll(*follower);
  EXPECT_THAT(Copies(), UnorderedElementsAre(Pair(good, "good")));
  ASSERT_EQ(DeadLetters().size(), 1u);
  poison_works_ = false;
  EXPECT_EQ(*follower->RetryDeadLetters(bad, Soon()), 1);
  EXPECT_EQ(Copies(), SourceTitles());
  EXPECT_THAT(DeadLetters(), IsEmpty());
  Remove(bad);
  AwaitAll(*follower);
  EXPECT_EQ(Copies(), SourceTitles());
}

TEST_F(FollowerTest, TheRemovalOfAResourceSupersedesItsDeadLetter) {
  const std::string bad = Create("BAD", "poison");
  auto follower = MakeFollower();
  follower->Start();
  AwaitAll(*follower);
  ASSERT_EQ(DeadLetters().size(), 1u);
  Remove(bad);
  AwaitAll(*follower);
  EXPECT_THAT(DeadLetters(), IsEmpty());
  EXPECT_THAT(Copies(), IsEmpty());
}

TEST_F(FollowerTest, LaterChangesWaitBehindADeadLetterIfEachCounts) {
  const std::string bad = Create("BAD", "one");
  auto follower = MakeFollower(Follower::LaterChanges::kWait);
  follower->Start();
  AwaitAll(*follower);
  SetTitle(bad, "two poison");
  SetTitle(bad, "three");
  const std::string good = Create("GOOD", "good");
  SetTitle(bad, "four");
  AwaitAll(*follower);
  EXPECT_THAT(Copies(), UnorderedElementsAre(Pair(bad, "one"), Pair(good, "good")));
  const auto letters = DeadLetters();
  ASSERT_EQ(letters.size(), 3u);
  EXPECT_EQ(letters[1].attempts, 0);
  EXPECT_EQ(DeadLettersByState(), 3);
  // A restart does not lose or repeat what waits.
  follower->Stop();
  follower = MakeFollower(Follower::LaterChanges::kWait);
  follower->Start();
  SetTitle(good, "better");
  AwaitAll(*follower);
  EXPECT_EQ(DeadLetters().size(), 3u);
  poison_works_ = false;
  EXPECT_EQ(*follower->RetryDeadLetters(bad, Soon()), 3);
  EXPECT_EQ(Copies(), SourceTitles());
  EXPECT_THAT(AppliedTitles(), ElementsAre("one", "good", "better", "two poison", "three", "four"));
  EXPECT_EQ(DeadLettersByState(), 0);
}

TEST_F(FollowerTest, StopsAtItsLimitOfDeadLetters) {
  auto make = [&] {
    Follower::Options options;
    options.name = "copies";
    options.source = "catalog";
    options.types = {kProductType};
    options.max_attempts = 1;
    options.max_dead_letters = 2;
    options.first_pause = absl::Milliseconds(1);
    options.telemetry = &telemetry_;
    return std::make_unique<Follower>(
        options, mine_.database(),
        changes::MakePeerFeedSource(*peer_, "catalog", {kProductType},
                                    {"services/analytics", "analytics", {"changes.read", "*.read"}}),
        [this](db::Session& session, absl::Span<const Change> changes) { return Apply(session, changes); });
  };
  const std::string first = Create("FIRST", "first");
  auto follower = make();
  follower->Start();
  AwaitAll(*follower);
  for (int i = 0; i < 3; ++i) Create(absl::StrCat("BAD-", i), "poison");
  const std::string good = Create("GOOD", "good");
  EXPECT_TRUE(Eventually([&] { return poisoned_ > 8; }));
  EXPECT_EQ(DeadLetters().size(), 2u);
  EXPECT_THAT(Copies(), UnorderedElementsAre(Pair(first, "first")));
  // Deleting one by command makes room.
  EXPECT_TRUE(*changes::DeleteDeadLetter(mine_.database(), DeadLetters()[0].id, Soon()));
  AwaitAll(*follower);
  EXPECT_THAT(Copies(), UnorderedElementsAre(Pair(first, "first"), Pair(good, "good")));
}

TEST_F(FollowerTest, OfOtherTypesNeedsAnotherName) {
  auto follower = MakeFollower();
  follower->Start();
  AwaitAll(*follower);
  follower->Stop();
  db::Database& database = mine_.database();
  changes::FollowerStore other("copies", "catalog", "catalog.storeops/Category");
  const absl::Status locked =
      database.Transact(Soon(), [&](db::Session& session) { return other.Lock(session, absl::Now()).status(); });
  EXPECT_TRUE(absl::IsFailedPrecondition(locked)) << locked;
  EXPECT_THAT(std::string(locked.message()), HasSubstr("give it another name"));
}

}  // namespace
}  // namespace storeops::testing
