#include "services/catalog/products/product_snapshot.h"

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {
namespace {

using Entry = ProductSnapshot::Entry;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Entry Live(int64_t id, int64_t version) {
  v1::Product product;
  product.set_name(absl::StrCat("products/", id));
  product.set_etag(absl::StrCat(version));
  return {id, version, rpc::EncodedMessage(product)};
}

Entry Deleted(int64_t id, int64_t version) { return {id, version, {}}; }

std::vector<int64_t> Ids(const std::vector<const Entry*>& entries) {
  std::vector<int64_t> ids;
  for (const Entry* entry : entries) ids.push_back(entry->id);
  return ids;
}

std::vector<Entry> Range(int64_t first, int64_t last, int64_t version = 1) {
  std::vector<Entry> entries;
  for (int64_t id = first; id <= last; ++id) entries.push_back(Live(id, version));
  return entries;
}

TEST(ProductSnapshotTest, EmptyHasNothing) {
  ProductSnapshot empty;
  EXPECT_EQ(empty.Find(1), nullptr);
  EXPECT_THAT(empty.After(0, 10), IsEmpty());
  EXPECT_EQ(empty.With({}), nullptr);
}

TEST(ProductSnapshotTest, KeepsTheNewestVersionWhateverTheOrder) {
  ProductMemory memory;
  memory.Apply({Live(7, 2), Live(7, 3), Live(7, 1)});
  EXPECT_EQ(memory.Get()->Find(7)->version, 3);
  memory.Apply({Live(7, 2)});
  EXPECT_EQ(memory.Get()->Find(7)->version, 3);
  memory.Apply({Deleted(7, 4)});
  EXPECT_FALSE(memory.Get()->Find(7)->live());
  memory.Apply({Live(7, 3)});
  EXPECT_FALSE(memory.Get()->Find(7)->live()) << "old news must not bring it back";
  memory.Apply({Live(7, 5)});
  EXPECT_TRUE(memory.Get()->Find(7)->live());
  EXPECT_EQ(memory.Get()->live_count(), 1);
}

TEST(ProductSnapshotTest, OldNewsMakesNoNewSnapshot) {
  ProductMemory memory;
  memory.Apply({Live(1, 2)});
  auto before = memory.Get();
  memory.Apply({Live(1, 2), Live(1, 1)});
  EXPECT_EQ(memory.Get(), before);
}

TEST(ProductMemoryTest, DropsDeletedEntriesAfterTheirTime) {
  FakeClock clock;
  ProductMemory memory(clock);
  memory.Apply(Range(1, 600));
  const size_t bytes_of_live = memory.Get()->bytes();
  for (int64_t id = 601; id <= 2000; ++id) memory.Apply({Live(id, 1), Deleted(id, 2)});
  memory.Apply({Deleted(300, 2), Deleted(301, 2), Deleted(302, 2)});
  clock.Advance(absl::Minutes(30));
  // Comes back; comes back and is deleted again.
  memory.Apply({Live(301, 3), Live(302, 3)});
  memory.Apply({Deleted(302, 4)});
  clock.Advance(absl::Minutes(30));
  memory.Apply({Live(1, 2)});

  auto snapshot = memory.Get();
  const struct {
    int64_t id;
    int64_t version;  // 0: not there
    bool live;
  } cases[] = {{1, 2, true},    {299, 1, true},  {300, 0, false}, {301, 3, true},
               {302, 4, false}, {601, 0, false}, {2000, 0, false}};
  for (const auto& one : cases) {
    const Entry* entry = snapshot->Find(one.id);
    ASSERT_EQ(entry == nullptr ? 0 : entry->version, one.version) << one.id;
    EXPECT_EQ(entry != nullptr && entry->live(), one.live) << one.id;
  }
  EXPECT_EQ(snapshot->live_count(), 598u);
  EXPECT_LE(snapshot->bytes(), bytes_of_live);
  EXPECT_EQ(snapshot->After(0, 10'000, /*deleted_too=*/true).size(), 599u);

  clock.Advance(absl::Minutes(30));
  memory.Apply({Live(2001, 1)});
  EXPECT_EQ(memory.Get()->Find(302), nullptr);
  EXPECT_TRUE(memory.Get()->Find(301)->live());
  memory.Apply({Live(300, 3)});
  EXPECT_TRUE(memory.Get()->Find(300)->live());
}

TEST(ProductSnapshotTest, ReadersKeepWhatTheyTook) {
  ProductMemory memory;
  memory.Apply(Range(1, 1000));
  auto old = memory.Get();
  memory.Apply(Range(1, 1000, 2));
  memory.Apply({Deleted(500, 3)});
  EXPECT_EQ(old->Find(500)->version, 1);
  EXPECT_EQ(old->live_count(), 1000);
  EXPECT_EQ(memory.Get()->live_count(), 999);
}

TEST(ProductSnapshotTest, PagesPassOverDeletedOnes) {
  ProductMemory memory;
  memory.Apply(Range(1, 600));
  memory.Apply({Deleted(256, 2), Deleted(257, 2), Deleted(600, 2)});
  auto snapshot = memory.Get();
  EXPECT_THAT(Ids(snapshot->After(254, 3)), ElementsAre(255, 258, 259));
  EXPECT_THAT(Ids(snapshot->After(254, 3, /*deleted_too=*/true)), ElementsAre(255, 256, 257));
  EXPECT_THAT(Ids(snapshot->After(598, 3)), ElementsAre(599));
  EXPECT_THAT(Ids(snapshot->After(600, 3)), IsEmpty());
}

// Against a plain map, over random batches of changes that come out of order and more than once.
TEST(ProductSnapshotTest, EqualsAMapAfterRandomChanges) {
  std::mt19937 random(17);
  ProductMemory memory;
  std::map<int64_t, std::pair<int64_t, bool>> model;  // id -> version, live
  for (int round = 0; round < 400; ++round) {
    std::vector<Entry> changes;
    for (int n = random() % 40 + (round % 50 == 0 ? 700 : 1); n > 0; --n) {
      const int64_t id = random() % 5000 + 1;
      const int64_t version = random() % 20 + 1;
      const bool live = random() % 4 != 0;
      changes.push_back(live ? Live(id, version) : Deleted(id, version));
      auto& known = model[id];
      // The first of equal versions within a batch wins or not: make them the same.
      if (known.first == version) changes.back() = known.second ? Live(id, version) : Deleted(id, version);
      if (known.first < version) known = {version, live};
    }
    memory.Apply(std::move(changes));
  }
  auto snapshot = memory.Get();
  auto entries = snapshot->After(0, 10000, /*deleted_too=*/true);
  ASSERT_EQ(entries.size(), model.size());
  size_t live = 0;
  auto expected = model.begin();
  for (const Entry* entry : entries) {
    EXPECT_EQ(entry->id, expected->first);
    EXPECT_EQ(entry->version, expected->second.first);
    EXPECT_EQ(entry->live(), expected->second.second);
    EXPECT_EQ(snapshot->Find(entry->id), entry);
    live += entry->live();
    ++expected;
  }
  EXPECT_EQ(snapshot->live_count(), live);
}

TEST(ProductMemoryTest, WritersAndReadersAtOnce) {
  ProductMemory memory;
  std::atomic<bool> done = false;
  std::thread reader([&] {
    size_t seen = 0;
    while (!done) {
      auto snapshot = memory.Get();
      ASSERT_GE(snapshot->live_count(), seen) << "a snapshot is never older than the one before";
      seen = snapshot->live_count();
      ASSERT_EQ(snapshot->After(0, 10000).size(), seen);
    }
  });
  std::vector<std::thread> writers;
  for (int w = 0; w < 3; ++w) {
    writers.emplace_back([&, w] {
      for (int64_t i = 0; i < 300; ++i) memory.Apply({Live(i * 3 + w + 1, 1)});
    });
  }
  for (auto& writer : writers) writer.join();
  done = true;
  reader.join();
  EXPECT_EQ(memory.Get()->live_count(), 900);
}

}  // namespace
}  // namespace storeops::catalog
