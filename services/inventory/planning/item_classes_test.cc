#include "services/inventory/planning/item_classes.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

using ::testing::ElementsAre;
using enum AbcClass;
using enum XyzClass;

TEST(AbcTest, CutsByShareOfRevenue) {
  // Of 1,000: 600 (0 before), 250 (60%), 100 (85%), 40 (95%), 10.
  EXPECT_THAT(ClassifyByRevenue({10, 600, 40, 250, 100}, {}), ElementsAre(kC, kA, kC, kA, kB));
}

TEST(AbcTest, AnItemInWhichACutFallsIsOfTheBetterClass) {
  EXPECT_THAT(ClassifyByRevenue({990, 10}, {}), ElementsAre(kA, kC));
  EXPECT_THAT(ClassifyByRevenue({100}, {}), ElementsAre(kA));
}

TEST(AbcTest, WithoutRevenueIsC) {
  EXPECT_THAT(ClassifyByRevenue({0, -50, 100}, {}), ElementsAre(kC, kC, kA));
  EXPECT_THAT(ClassifyByRevenue({0, 0}, {}), ElementsAre(kC, kC));
  EXPECT_TRUE(ClassifyByRevenue({}, {}).empty());
}

TEST(AbcTest, AmongEqualsTheFirstComesFirst) {
  // Four of 25%: before them 0, 25, 50, 75%; then the cut at 50% splits them in their order.
  EXPECT_THAT(ClassifyByRevenue({5, 5, 5, 5}, {0.5, 0.75}), ElementsAre(kA, kA, kB, kC));
}

TEST(XyzTest, CutsByVariation) {
  EXPECT_EQ(ClassifyByVariation({10, 10, 10}, {}), kX);
  EXPECT_EQ(ClassifyByVariation({5, 10, 15}, {}), kX);            // 5 / 10
  EXPECT_EQ(ClassifyByVariation({4, 10, 16}, {}), kY);            // 6 / 10
  EXPECT_EQ(ClassifyByVariation({0, 0, 30}, {}), kZ);             // 17.3 / 10
  EXPECT_EQ(ClassifyByVariation({0, 10, kMissing, 20}, {}), kY);  // 10 / 10
  EXPECT_EQ(ClassifyByVariation({0, 0}, {}), kZ);
  EXPECT_EQ(ClassifyByVariation({7}, {}), kZ);
}

}  // namespace
}  // namespace storeops::inventory::planning
