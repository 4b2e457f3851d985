#include "services/inventory/planning/plain_methods.h"

#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

TEST(PlainMethodsTest, Mean) {
  // Errors of what was known before: 4 - 2, 9 - 3; (4 + 36) / 2.
  const Forecast forecast = MeanForecast({2, kMissing, 4, 9});
  EXPECT_DOUBLE_EQ(forecast.At(1), 5);
  EXPECT_DOUBLE_EQ(forecast.At(9), 5);
  EXPECT_DOUBLE_EQ(forecast.error_variance, 20);
}

TEST(PlainMethodsTest, Naive) {
  // Errors 2, 5; (4 + 25) / 2.
  const Forecast forecast = NaiveForecast({2, 4, kMissing, 9, kMissing});
  EXPECT_DOUBLE_EQ(forecast.At(1), 9);
  EXPECT_DOUBLE_EQ(forecast.error_variance, 14.5);
}

TEST(PlainMethodsTest, SeasonalNaive) {
  // Season of three, seven periods: the next is the second of a cycle. The fifth is missing: the second stands for it.
  const Forecast forecast = SeasonalNaiveForecast({1, 2, 3, 4, kMissing, 6, 8}, 3);
  EXPECT_DOUBLE_EQ(forecast.At(1), 2);
  EXPECT_DOUBLE_EQ(forecast.At(2), 6);
  EXPECT_DOUBLE_EQ(forecast.At(3), 8);
  EXPECT_DOUBLE_EQ(forecast.At(4), 2);
  // Errors 4 - 1, 6 - 3, 8 - 4: (9 + 9 + 16) / 3.
  EXPECT_DOUBLE_EQ(forecast.error_variance, 34.0 / 3);
}

TEST(PlainMethodsTest, WithoutASeasonOfHistoryTheLastPeriodRepeats) {
  EXPECT_DOUBLE_EQ(SeasonalNaiveForecast({1, 5}, 3).At(2), 5);
  EXPECT_DOUBLE_EQ(SeasonalNaiveForecast({1, 5}, 0).At(2), 5);
  EXPECT_DOUBLE_EQ(SeasonalNaiveForecast({kMissing, 5, 7}, 3).At(1), 7) << "a place that was never known";
  EXPECT_DOUBLE_EQ(SeasonalNaiveForecast({}, 3).At(1), 0);
}

}  // namespace
}  // namespace storeops::inventory::planning
