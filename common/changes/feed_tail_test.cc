#include "common/changes/feed_tail.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace storeops::changes {
namespace {

// A feed as the database has it.
class Table {
 public:
  void Add(int count) {
    for (; count > 0; --count) {
      Change change;
      change.set_sequence(++last_);
      change.set_type(absl::StrCat("type", last_ * last_ % 7 % 3));
      rows_[last_] = change;
    }
  }
  void PruneThrough(int64_t sequence) { rows_.erase(rows_.begin(), rows_.upper_bound(sequence)); }
  int64_t last() const { return last_; }

  std::vector<Change> After(int64_t after, int limit) {
    ++reads;
    std::vector<Change> found;
    for (auto row = rows_.upper_bound(after); row != rows_.end() && found.size() < static_cast<size_t>(limit); ++row) {
      found.push_back(row->second);
    }
    return found;
  }

  int reads = 0;

 private:
  int64_t last_ = 0;
  std::map<int64_t, Change> rows_;
};

class FeedTailTest : public ::testing::Test {
 protected:
  std::optional<Batch> Read(int64_t after, int limit, const std::vector<std::string>& types) {
    auto batch = tail_.Read(
        after, table_.last(), limit, types,
        [this](int64_t from, int count) -> absl::StatusOr<std::vector<Change>> { return table_.After(from, count); });
    EXPECT_TRUE(batch.ok()) << batch.status();
    return *std::move(batch);
  }

  Table table_;
  FeedTail tail_;
};

// A follower that keeps what it was given.
struct Reader {
  std::vector<std::string> types;
  int limit;
  int64_t position = 0;
  std::vector<int64_t> seen;
};

TEST_F(FeedTailTest, EachFollowerSeesEachOfItsChangesOnce) {
  std::mt19937 random(3);
  std::vector<Reader> followers = {{{}, 1000}, {{"type1"}, 5}, {{"type0", "type2"}, 50}, {{"none"}, 10}};
  int alone = 0;
  for (int round = 0; round < 3000; ++round) {
    table_.Add(random() % 20 == 0 ? random() % 1500 : random() % 8);
    Reader& follower = followers[random() % followers.size()];
    for (int reads = random() % 4; reads > 0; --reads) {
      auto batch = Read(follower.position, follower.limit, follower.types);
      if (!batch.has_value()) {  // from the database then
        ++alone;
        batch.emplace();
        for (const Change& change : table_.After(follower.position, follower.limit)) {
          batch->read_through = change.sequence();
          const auto& types = follower.types;
          if (types.empty() || std::count(types.begin(), types.end(), change.type()) > 0) {
            batch->changes.push_back(change);
          }
        }
      }
      EXPECT_LE(batch->changes.size(), follower.limit);
      for (const Change& change : batch->changes) follower.seen.push_back(change.sequence());
      ASSERT_GE(batch->read_through, follower.position);
      follower.position = batch->read_through;
    }
  }
  EXPECT_GT(alone, 0);
  for (const Reader& follower : followers) {
    std::vector<int64_t> expected;
    for (const Change& change : table_.After(0, 1'000'000)) {
      const auto& types = follower.types;
      if (change.sequence() > follower.position) break;
      if (types.empty() || std::count(types.begin(), types.end(), change.type()) > 0) {
        expected.push_back(change.sequence());
      }
    }
    EXPECT_EQ(follower.seen, expected);
  }
}

TEST_F(FeedTailTest, FollowersShareOneRead) {
  table_.Add(10);
  ASSERT_TRUE(Read(0, 100, {}).has_value());
  table_.Add(100);
  table_.reads = 0;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Read(10, 1000, {})->changes.size(), 100);
  EXPECT_EQ(Read(110, 1000, {})->read_through, 110);
  EXPECT_EQ(table_.reads, 1);
}

TEST_F(FeedTailTest, LeavesTheDistantPastToTheDatabase) {
  table_.Add(FeedTail::kLimit + 1);
  EXPECT_FALSE(Read(0, 10, {}).has_value());
  EXPECT_TRUE(Read(1, 10, {}).has_value());
  EXPECT_FALSE(Read(table_.last() + 1, 10, {}).has_value());
}

TEST_F(FeedTailTest, WhatWasPrunedIsNotHere) {
  table_.Add(20);
  table_.PruneThrough(10);
  EXPECT_FALSE(Read(5, 10, {}).has_value());
  EXPECT_EQ(Read(10, 100, {})->changes.size(), 10);
  EXPECT_FALSE(Read(5, 10, {}).has_value());
  tail_.Clear();
  table_.PruneThrough(20);
  EXPECT_FALSE(Read(15, 10, {}).has_value());
}

TEST_F(FeedTailTest, AFetchHoldsUpOnlyReadersThatNeedIt) {
  table_.Add(10);
  ASSERT_TRUE(Read(0, 100, {}).has_value());
  table_.Add(5);
  absl::Notification fetching, fetch;
  std::atomic<int> fetches{0};
  const auto slow = [&](int64_t from, int count) -> absl::StatusOr<std::vector<Change>> {
    ++fetches;
    fetching.Notify();
    fetch.WaitForNotification();
    return table_.After(from, count);
  };
  const auto read = [&](int64_t after) { return tail_.Read(after, table_.last(), 100, {}, slow); };
  std::optional<Batch> first, second;
  std::thread at_the_end([&] { first = *read(10); });
  fetching.WaitForNotification();
  // What is in memory is served meanwhile, as far as it goes.
  const auto behind = read(3);
  ASSERT_TRUE(behind.ok() && behind->has_value());
  EXPECT_EQ((*behind)->read_through, 10);
  // The next one at the end waits for the same fetch.
  std::thread at_the_end_too([&] { second = *read(10); });
  fetch.Notify();
  at_the_end.join();
  at_the_end_too.join();
  EXPECT_EQ(first->read_through, 15);
  EXPECT_EQ(second->read_through, 15);
  EXPECT_EQ(fetches, 1);
}

TEST_F(FeedTailTest, WhatWasFetchedBeforeAClearIsDropped) {
  table_.Add(10);
  const auto clears = [&](int64_t from, int count) -> absl::StatusOr<std::vector<Change>> {
    tail_.Clear();  // as a pruning meanwhile does
    return table_.After(from, count);
  };
  const auto batch = tail_.Read(0, table_.last(), 100, {}, clears);
  ASSERT_TRUE(batch.ok());
  EXPECT_FALSE(batch->has_value());
}

}  // namespace
}  // namespace storeops::changes
