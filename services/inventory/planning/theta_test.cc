#include "services/inventory/planning/theta.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "services/inventory/planning/smoothing.h"

namespace storeops::inventory::planning {
namespace {

TEST(ThetaTest, ByHand) {
  // Line through 2, 4, 9: slope 3.5, level 5 - 3.5 * 2 = -2. Theta 2: 4 - 1.5 = 2.5, 8 - 5 = 3, 18 - 8.5 = 9.5.
  // Smoothed with 0.5 from 2.5: 2.5, 2.75, 6.125. Next: (-2 + 3.5 * 4 + 6.125) / 2 = 9.0625; then half the slope more.
  const Forecast forecast = ThetaWith({2, 4, 9}, 0.5);
  EXPECT_NEAR(forecast.At(1), 9.0625, 1e-12);
  EXPECT_NEAR(forecast.At(2), 9.0625 + 1.75, 1e-12);
}

TEST(ThetaTest, IsSmoothingWithDrift) {
  // Hyndman and Billah 2003: smoothed level + b / 2 * (h - 1 + 1 / alpha - (1 - alpha)^n / alpha).
  const std::vector<double> series = {12, 15, 11, 19, 22, 18, 25, 24, 30, 28};
  const double slope = LineThrough(series).slope;
  for (const double alpha : {0.1, 0.4, 0.9}) {
    const double level = Smooth(series, {.alpha = alpha}, {series[0], 0, {}}, Method::kExponentialSmoothing).level;
    const double n = static_cast<double>(series.size());
    for (const int step : {1, 2, 7}) {
      const double expected = level + slope / 2 * (step - 1 + 1 / alpha - std::pow(1 - alpha, n) / alpha);
      EXPECT_NEAR(ThetaWith(series, alpha).At(step), expected, 1e-9) << alpha << " " << step;
    }
  }
}

TEST(ThetaTest, AStraightLineGoesOnAtHalfItsSlope) {
  // What is left for the second line has no trend of its own once it is smoothed.
  const Forecast forecast = FitTheta({10, 12, 14, kMissing, 18, 20});
  EXPECT_NEAR(forecast.At(2) - forecast.At(1), 1, 1e-9);
  EXPECT_GT(forecast.At(1), 19);
  EXPECT_EQ(FitTheta({}).At(1), 0);
}

}  // namespace
}  // namespace storeops::inventory::planning
