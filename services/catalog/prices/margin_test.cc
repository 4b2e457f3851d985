#include "services/catalog/prices/margin.h"

#include <limits>

#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(MarginTest, IsAPartOfThePrice) {
  struct Case {
    int64_t price, cost, minor, basis_points;
    bool below_cost;
  };
  const Case cases[] = {
      {1000, 600, 400, 4000, false},  {1000, 1000, 0, 0, false},
      {1000, 0, 1000, 10'000, false}, {1000, 1500, -500, -5000, true},
      {3, 2, 1, 3333, false},         {3, 1, 2, 6667, false},
      {3, 4, -1, -3333, true},        {3, 5, -2, -6667, true},
      {20'000, 19'999, 1, 1, false},  {20'000, 20'001, -1, -1, true},
      {40'001, 40'000, 1, 0, false},  {kMax, 1, kMax - 1, 10'000, false},
      {kMax, kMax, 0, 0, false},      {1, kMax, 1 - kMax, std::numeric_limits<int64_t>::min(), true},
  };
  for (const Case& one : cases) {
    const Margin margin = MarginOf(one.price, one.cost);
    EXPECT_EQ(margin.minor, one.minor) << one.price << " " << one.cost;
    EXPECT_EQ(margin.basis_points, one.basis_points) << one.price << " " << one.cost;
    EXPECT_EQ(margin.below_cost, one.below_cost) << one.price << " " << one.cost;
  }
}

TEST(MarginTest, OfNothingThereIsNoPart) {
  EXPECT_FALSE(MarginOf(0, 0).basis_points.has_value());
  EXPECT_EQ(MarginOf(0, 5).minor, -5);
  EXPECT_TRUE(MarginOf(0, 5).below_cost);
  EXPECT_FALSE(MarginOf(0, 0).below_cost);
}

}  // namespace
}  // namespace storeops::catalog
