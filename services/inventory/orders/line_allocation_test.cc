#include "services/inventory/orders/line_allocation.h"

#include <vector>

#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

StockLevel Level(int64_t on_hand, int64_t reserved, int64_t incoming, int64_t backorder, int64_t preorder) {
  StockLevel level;
  level.key = {"A", 1};
  level.counters = {on_hand, reserved, incoming, 0, 0};
  level.policy = {0, backorder, preorder};
  return level;
}

TEST(LineAllocationTest, WhatALevelCanPromiseAddsUpToItsHeadroom) {
  struct Case {
    StockLevel level;
    int64_t there, preorder, backorder;
  };
  for (const Case& c : {Case{Level(5, 2, 0, 0, 0), 3, 0, 0}, Case{Level(5, 2, 4, 7, 3), 3, 3, 7},
                        Case{Level(5, 2, 2, 7, 3), 3, 2, 7}, Case{Level(0, 1, 2, 7, 3), 0, 1, 7},
                        Case{Level(0, 4, 2, 7, 3), 0, 0, 5}, Case{Level(0, 9, 2, 7, 3), 0, 0, 0}}) {
    const Promisable promisable = PromisableOf(c.level);
    EXPECT_EQ(promisable.there, c.there);
    EXPECT_EQ(promisable.preorder, c.preorder);
    EXPECT_EQ(promisable.backorder, c.backorder);
    EXPECT_EQ(c.there + c.preorder + c.backorder, c.level.Headroom());
  }
}

TEST(LineAllocationTest, GivesBackTheLastLocationsPiecesAndThoseThatAreNotThereFirst) {
  v1::OrderLine line;
  line.set_sku("A");
  auto& first = *line.add_allocations();
  first.set_location("locations/1");
  first.set_quantity(3);
  auto& second = *line.add_allocations();
  second.set_location("locations/2");
  second.set_quantity(5);
  second.set_preordered(2);
  second.set_backordered(1);
  std::vector<Movement> movements;
  ReleaseLine(2, "lines[0]", line, movements);
  EXPECT_EQ(line.allocations(1).quantity(), 3);
  EXPECT_EQ(line.allocations(1).backordered(), 0);
  EXPECT_EQ(line.allocations(1).preordered(), 1);
  ReleaseLine(4, "", line, movements);
  ASSERT_EQ(line.allocations_size(), 1);
  EXPECT_EQ(line.allocations(0).quantity(), 2);
  ASSERT_EQ(movements.size(), 3u);
  EXPECT_EQ(movements[2].key.location_id, 1);
  EXPECT_EQ(movements[2].reserved, -1);
}

}  // namespace
}  // namespace storeops::inventory
