#include "services/catalog/availability/availability_memory.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::UnorderedElementsAre;

TEST(AvailabilityMemoryTest, AVersionReplacesOnlyAnOlderOne) {
  AvailabilityMemory memory;
  memory.Put({.sku = "A", .version = 3, .in_stock = true});
  memory.Put({.sku = "A", .version = 2, .in_stock = false});
  memory.Put({.sku = "B", .version = 1, .in_stock = true});
  memory.Put({.sku = "B", .version = 2, .in_stock = false});
  memory.Put({.sku = "C", .version = 1, .in_stock = true});
  EXPECT_THAT(memory.FindInStock({"A", "B", "C", "D", "A"}), UnorderedElementsAre("A", "C"));
  EXPECT_EQ(memory.Version("A"), 3);
  EXPECT_EQ(memory.Version("D"), 0);
  EXPECT_EQ(memory.bytes(), 3u * 160);
  memory.Clear();
  EXPECT_EQ(memory.Version("A"), 0);
  EXPECT_EQ(memory.bytes(), 0u);
}

}  // namespace
}  // namespace storeops::catalog
