#include "common/rpc/json_cache.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace storeops::rpc {
namespace {

TEST(JsonCacheTest, StaysWithinItsLimitHoweverMuchIsAdded) {
  constexpr size_t kLimit = 16 * 1000;
  JsonCache cache(kLimit);
  std::vector<int> messages(1000);
  for (const int& message : messages) {
    EXPECT_EQ(*cache.Add(&message, std::string(100, 'x')), std::string(100, 'x'));
    EXPECT_LE(cache.bytes(), kLimit);
    EXPECT_NE(cache.Find(&message), nullptr) << "the newest stays";
  }
  EXPECT_GT(cache.bytes(), kLimit / 2);
  EXPECT_EQ(cache.Find(&messages[0]), nullptr);
}

TEST(JsonCacheTest, WhatIsReadStays) {
  JsonCache cache(16 * 1000);
  std::vector<int> messages(1000);
  cache.Add(&messages[0], std::string(100, 'a'));
  const JsonCache::Json taken = cache.Find(&messages[0]);
  for (size_t i = 1; i < messages.size(); ++i) {
    cache.Add(&messages[i], std::string(100, 'x'));
    ASSERT_EQ(cache.Find(&messages[0]), taken) << i;
  }
  cache.Remove(&messages[0]);
  EXPECT_EQ(cache.Find(&messages[0]), nullptr);
  EXPECT_EQ(*taken, std::string(100, 'a')) << "readers own what they took";
}

TEST(JsonCacheTest, TheFirstTextOfAMessageStays) {
  JsonCache cache(1 << 20);
  const int message = 0;
  const auto first = cache.Add(&message, "{}");
  EXPECT_EQ(cache.Add(&message, "{ }"), first);
  EXPECT_EQ(cache.bytes(), 2u + 128u);
  cache.Remove(&message);
  cache.Remove(&message);
  EXPECT_EQ(cache.bytes(), 0u);
}

TEST(JsonCacheTest, ATextThatIsTooLargeIsNotStored) {
  JsonCache cache(16 * 1000);
  const int message = 0;
  EXPECT_EQ(cache.Add(&message, std::string(873, 'x'))->size(), 873u);
  EXPECT_EQ(cache.bytes(), 0u);
  cache.Add(&message, std::string(872, 'x'));
  EXPECT_EQ(cache.bytes(), 1000u);
}

}  // namespace
}  // namespace storeops::rpc
