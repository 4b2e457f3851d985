#include "services/inventory/stock/stock_level.h"

#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

TEST(StockLevelTest, ExpiredUnitsAreHeldAsFarAsTheyAreNotReserved) {
  struct Case {
    int64_t reserved;
    int64_t backorder_limit;
    int64_t held;
    int64_t available;
  };
  const absl::Time expire_time = absl::FromUnixSeconds(86'400);
  for (const Case& c :
       std::initializer_list<Case>{{0, 0, 6, 4}, {4, 0, 6, 0}, {7, 0, 3, 0}, {10, 0, 0, 0}, {7, 2, 5, -2}}) {
    StockLevel level;
    level.counters = {.on_hand = 10, .reserved = c.reserved};
    level.policy.backorder_limit = c.backorder_limit;
    level.expire_time = expire_time;
    level.expiring = 6;
    EXPECT_EQ(AsOf(level, expire_time - absl::Nanoseconds(1)).counters, level.counters);
    const StockLevel shown = AsOf(level, expire_time);
    EXPECT_EQ(shown.counters.quality_hold, c.held) << c.reserved;
    EXPECT_EQ(shown.counters.available(), c.available) << c.reserved;
    EXPECT_EQ(shown.expiring, 6 - c.held) << c.reserved;
  }
}

}  // namespace
}  // namespace storeops::inventory
