#include "services/inventory/planning/grid_search.h"

#include <cmath>

#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

constexpr double kTenths[] = {0, 0.25, 0.5, 0.75, 1};
constexpr double kOne[] = {0.5};

TEST(GridSearchTest, FindsTheLeastBetweenTheValuesOfTheGrid) {
  const auto least = FindLeast<2>({Axis(kTenths), Axis(kTenths)}, [](const std::array<double, 2>& at) {
    return std::pow(at[0] - 0.3, 2) + std::pow(at[1] - 0.6, 2);
  });
  // Each search narrows 0.5 by 0.618^8 = 0.021.
  EXPECT_NEAR(least.at[0], 0.3, 0.011);
  EXPECT_NEAR(least.at[1], 0.6, 0.011);
}

TEST(GridSearchTest, StaysWithinItsBounds) {
  const auto least = FindLeast<1>({Axis(kTenths)}, [](const std::array<double, 1>& at) { return -at[0]; });
  EXPECT_EQ(least.at[0], 1);
}

TEST(GridSearchTest, OneValueIsKept) {
  const auto least = FindLeast<1>({Axis(kOne)}, [](const std::array<double, 1>& at) { return at[0]; });
  EXPECT_EQ(least.at[0], 0.5);
}

}  // namespace
}  // namespace storeops::inventory::planning
