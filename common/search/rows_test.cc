#include "common/search/rows.h"

#include <limits>
#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<uint32_t> Numbers(PackedNumbers numbers) {
  std::vector<uint32_t> list;
  for (const uint32_t number : numbers) list.push_back(number);
  return list;
}

TEST(RowTest, GivesBackWhatWasPacked) {
  const std::string long_key(1000, 'k');
  const std::string packed = Row::Pack({{3, "cup"}, {255, long_key}, {2, std::string(1, '\0')}},
                                       {0, 127, 128, 16'383, 16'384, std::numeric_limits<uint32_t>::max()}, {7});
  const Row row(packed.data());
  EXPECT_TRUE(row.present());
  EXPECT_EQ(row.Key(3), "cup");
  EXPECT_EQ(row.Key(255), long_key);
  EXPECT_EQ(row.Key(2), absl::string_view("\0", 1));
  EXPECT_EQ(row.Key(4), "") << "none";
  EXPECT_THAT(Numbers(row.facets()), ElementsAre(0, 127, 128, 16'383, 16'384, std::numeric_limits<uint32_t>::max()));
  EXPECT_THAT(Numbers(row.terms()), ElementsAre(7));
}

TEST(RowTest, MayHaveNothing) {
  const std::string packed = Row::Pack({}, {}, {});
  ASSERT_FALSE(packed.empty());
  EXPECT_EQ(Row(packed.data()).Key(1), "");
  EXPECT_THAT(Numbers(Row(packed.data()).facets()), IsEmpty());
  EXPECT_THAT(Numbers(Row(packed.data()).terms()), IsEmpty());
  EXPECT_FALSE(Row().present());
}

TEST(RowTest, HoldsManyValues) {
  std::vector<ValueId> many(300);
  for (ValueId i = 0; i < many.size(); ++i) many[i] = i;
  const std::string packed = Row::Pack({}, many, many);
  EXPECT_EQ(Numbers(Row(packed.data()).facets()), many);
  EXPECT_EQ(Numbers(Row(packed.data()).terms()), many);
}

std::string RowOf(const std::string& key) { return Row::Pack({{1, key}}, {}, {}); }

// Ids in a row, with gaps, and up to the last one there can be.
uint32_t RandomId(std::mt19937& random) {
  switch (random() % 3) {
    case 0:
      return random() % 700 + 1;
    case 1:
      return random() % 100'000 + 1;
    default:
      return std::numeric_limits<uint32_t>::max() - random() % 300;
  }
}

TEST(RowsTest, EqualAMapAfterRandomChanges) {
  std::mt19937 random(7);
  Rows rows;
  std::map<uint32_t, std::string> model;
  for (int round = 0; round < 5000; ++round) {
    const uint32_t id = RandomId(random);
    if (random() % 3 == 0) {
      rows.Set(id, "");
      model.erase(id);
    } else {
      const std::string key(random() % 40, static_cast<char>('a' + round % 26));
      rows.Set(id, RowOf(key));
      model[id] = key;
    }
    ASSERT_EQ(rows.size(), model.size());
    const uint32_t other = RandomId(random);
    ASSERT_EQ(rows.Find(other).present(), model.contains(other));
  }
  for (const auto& [id, key] : model) EXPECT_EQ(rows.Find(id).Key(1), key);
  auto expected = model.begin();
  rows.Visit([&](uint32_t id, Row row) {
    EXPECT_EQ(id, expected->first);
    EXPECT_EQ(row.Key(1), expected->second);
    return ++expected != model.end();
  });
  EXPECT_EQ(expected, model.end());
  for (const auto& [id, key] : model) rows.Set(id, "");
  EXPECT_EQ(rows.size(), 0);
  EXPECT_EQ(rows.Sample(10, [](Row) { FAIL(); }), 0);
}

TEST(RowsTest, SamplesAreSpread) {
  Rows rows;
  for (uint32_t id = 1; id <= 20'000; ++id) rows.Set(id, RowOf(absl::StrCat(id / 5000)));
  std::map<std::string, int> seen;
  const size_t count = rows.Sample(1000, [&](Row row) { ++seen[std::string(row.Key(1))]; });
  EXPECT_NEAR(count, 1000, 100);
  for (const char* part : {"0", "1", "2", "3"}) EXPECT_NEAR(seen[part], 250, 30) << part;
  EXPECT_EQ(rows.Sample(1'000'000, [](Row) {}), 20'000) << "all, if there are no more";
}

}  // namespace
}  // namespace storeops::search
