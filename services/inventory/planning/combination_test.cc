#include "services/inventory/planning/combination.h"

#include <vector>

#include "gtest/gtest.h"
#include "services/inventory/planning/intermittent.h"
#include "services/inventory/planning/theta.h"

namespace storeops::inventory::planning {
namespace {

TEST(CombinationTest, ByHand) {
  Forecast first, second;
  first.level = 10;
  first.trend = 2;
  first.carried = 0.4;
  first.error_variance = 9;
  second.level = 4;
  second.error_variance = 25;
  const Forecast mean = MeanOf(first, second);
  EXPECT_DOUBLE_EQ(mean.At(1), (12 + 4) / 2.0);
  EXPECT_DOUBLE_EQ(mean.At(3), (16 + 4) / 2.0);
  EXPECT_DOUBLE_EQ(mean.error_variance, 16);  // of the mean deviation of 3 and 5
  EXPECT_DOUBLE_EQ(mean.VarianceAt(2), 16 * (1 + 0.04));
}

TEST(CombinationTest, LiesBetweenItsParts) {
  const std::vector<double> series = {3, 0, 4, 6, 0, 7, 9, 8, 0, 11, 12, 10};
  const double theta = FitTheta(series).At(2), tsb = FitTsb(series).At(2);
  EXPECT_NEAR(FitCombination(series).At(2), (theta + tsb) / 2, 1e-9);
}

}  // namespace
}  // namespace storeops::inventory::planning
