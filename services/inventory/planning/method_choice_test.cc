#include "services/inventory/planning/method_choice.h"

#include <cmath>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

BackTestOptions TwoOrigins() {
  BackTestOptions options;
  options.horizon = 2;
  options.origins = 2;
  options.step = 1;
  options.min_history = 3;
  return options;
}

TEST(BackTestTest, NaiveByHand) {
  // Origins after 3 and 4 periods. From 4: 8, 2 against 4, 4: residuals 4, -2. From 8: 2, 6: residuals -6, -2.
  const auto errors = BackTest({2, 6, 4, 8, 2, 6}, {Method::kNaive}, TwoOrigins());
  ASSERT_EQ(errors.size(), 1);
  EXPECT_EQ(errors[0].periods, 4);
  EXPECT_THAT(errors[0].residuals, ElementsAre(ElementsAre(4, -6), ElementsAre(-2, -2)));
  // Before the first origin the naive method was off by 4 and 2: mean 3, squared 10.
  EXPECT_DOUBLE_EQ(*errors[0].mase, (4 + 2 + 6 + 2) / 4.0 / 3);
  EXPECT_DOUBLE_EQ(*errors[0].rmsse, std::sqrt((16 + 4 + 36 + 4) / 4.0 / 10));
  // Demand 8 + 2 + 2 + 6 = 18; forecast 4 + 4 + 8 + 8 = 24.
  EXPECT_DOUBLE_EQ(*errors[0].wape, 14.0 / 18);
  EXPECT_DOUBLE_EQ(*errors[0].bias, 6.0 / 18);
  EXPECT_DOUBLE_EQ(errors[0].mean_squared, (16 + 4 + 36 + 4) / 4.0);
  // Totals off by 2 and -8.
  EXPECT_DOUBLE_EQ(errors[0].mean_squared_total, (4 + 64) / 2.0);
}

TEST(BackTestTest, MissingPeriodsAreNotCompared) {
  const auto errors = BackTest({2, 6, 4, kMissing, 2, 6}, {Method::kNaive}, TwoOrigins());
  EXPECT_EQ(errors[0].periods, 3);
  EXPECT_THAT(errors[0].residuals, ElementsAre(ElementsAre(-2), ElementsAre(-2, 2)));
  EXPECT_THAT(BackTest({2, 6, 4, 1, kMissing, kMissing, kMissing}, {Method::kNaive}, TwoOrigins()), IsEmpty());
}

TEST(BackTestTest, AScaleForSeriesWithoutAnyChange) {
  // The naive method was never off: the mean, 3.
  EXPECT_DOUBLE_EQ(*BackTest({3, 3, 3, 3, 6, 3}, {Method::kMean}, TwoOrigins())[0].mase, 2 * 3 / 4.0 / 3);
  const auto none = BackTest({0, 0, 0, 0, 0, 0}, {Method::kMean}, TwoOrigins());
  EXPECT_EQ(none[0].mase, std::nullopt);
  EXPECT_EQ(none[0].wape, std::nullopt);
}

TEST(BackTestTest, TooShort) { EXPECT_THAT(BackTest({1, 2, 3, 4}, {Method::kMean}, TwoOrigins()), IsEmpty()); }

TEST(ChooseMethodTest, TiesGoToTheSimpler) {
  const std::vector<double> flat(30, 5);
  const MethodChoice choice = ChooseMethod(flat, {});
  EXPECT_EQ(choice.forecast.method, Method::kMean);
  EXPECT_EQ(choice.errors()->method, Method::kMean);
  EXPECT_NE(choice.ErrorsOf(Method::kSeasonalNaive), nullptr);
}

TEST(ChooseMethodTest, WithoutAClearWinnerTheCombination) {
  std::vector<double> series;
  std::mt19937_64 random(5);
  std::normal_distribution<double> noise(0, 20);
  double level = 100;
  for (int t = 0; t < 52; ++t) {
    level += noise(random) / 4;
    series.push_back(std::max(0.0, level + noise(random)));
  }
  BackTestOptions options;
  options.as_good = 0;
  EXPECT_EQ(ChooseMethod(series, options).forecast.method, Method::kCombination);
  options.clearly_better = 0;
  const MethodChoice least = ChooseMethod(series, options);
  for (const BackTestErrors& errors : least.tried) {
    if (errors.method == Method::kNaive || errors.method == Method::kSeasonalNaive) continue;
    EXPECT_GE(errors.mean_squared, least.errors()->mean_squared) << NameOf(errors.method);
  }
}

TEST(ChooseMethodTest, AnItemThatNoLongerSellsIsNotForecastByItsLastPeriod) {
  // The naive method is always right about the last 30 periods, as it would be just before a sale.
  std::vector<double> series(20, 6);
  series.resize(50, 0);
  const MethodChoice choice = ChooseMethod(series, {});
  EXPECT_EQ(choice.ErrorsOf(Method::kNaive)->mean_squared, 0);
  EXPECT_NE(choice.forecast.method, Method::kNaive);
  EXPECT_LT(choice.forecast.At(1), 0.5);
}

TEST(ChooseMethodTest, FollowsATrend) {
  std::vector<double> rising;
  for (int t = 0; t < 40; ++t) rising.push_back(10 + 3 * t + (t % 2 == 0 ? 2 : -2));
  EXPECT_EQ(ChooseMethod(rising, {}).forecast.method, Method::kHolt);
}

TEST(ChooseMethodTest, FollowsASeason) {
  std::vector<double> days;
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise(0, 2);
  for (int t = 0; t < 70; ++t) days.push_back(40 + t + (t % 7 < 2 ? 30 : -12) + noise(random));
  BackTestOptions options;
  options.season_periods = 7;
  options.horizon = 5;
  const MethodChoice choice = ChooseMethod(days, options);
  EXPECT_EQ(choice.forecast.method, Method::kHoltWinters);
  EXPECT_LT(*choice.errors()->mase, *choice.ErrorsOf(Method::kSeasonalNaive)->mase);
}

TEST(ChooseMethodTest, NothingIsNeverTheAnswerToIntermittentDemand) {
  // 5 in one of four periods: forecasting 0 has the least absolute error, but covers nothing.
  std::vector<double> series;
  for (int i = 0; i < 13; ++i) series.insert(series.end(), {0, 0, 5, 0});
  const MethodChoice choice = ChooseMethod(series, {});
  EXPECT_EQ(choice.pattern.demand_class, DemandClass::kIntermittent);
  EXPECT_NEAR(choice.forecast.Over(4), 5, 1.5);
}

TEST(ChooseMethodTest, CandidatesSuitTheClass) {
  const std::vector<double> series(20, 1);
  EXPECT_THAT(CandidatesFor(DemandClass::kLumpy, series, 0), Contains(Method::kSyntetosBoylan));
  EXPECT_THAT(CandidatesFor(DemandClass::kSmooth, series, 0), Not(Contains(Method::kCroston)));
  EXPECT_THAT(CandidatesFor(DemandClass::kLumpy, series, 0), Not(Contains(Method::kHolt)));
  EXPECT_THAT(CandidatesFor(DemandClass::kSmooth, series, 0), Contains(Method::kTheta));
  EXPECT_THAT(CandidatesFor(DemandClass::kSmooth, series, 0), Not(Contains(Method::kHoltWinters)));
  EXPECT_THAT(CandidatesFor(DemandClass::kSmooth, series, 7), Contains(Method::kHoltWinters));
}

TEST(ChooseMethodTest, ShortSeries) {
  EXPECT_EQ(ChooseMethod({3, 4}, {}).forecast.method, Method::kMean);
  EXPECT_EQ(ChooseMethod({3, 4, 5, 4, 3}, {}).forecast.method, Method::kExponentialSmoothing);
  EXPECT_EQ(ChooseMethod({3, 0, 0, 4, 0}, {}).forecast.method, Method::kSyntetosBoylan);
  EXPECT_EQ(ChooseMethod({}, {}).forecast.At(1), 0);
  EXPECT_EQ(ChooseMethod({3, 4}, {}).errors(), nullptr);
}

TEST(MethodChoiceTest, IntervalsFromWhatTheBackTestWasOff) {
  MethodChoice choice;
  choice.forecast.level = 10;
  choice.forecast.error_variance = 4;
  choice.horizon = 1;
  choice.chosen = 0;
  choice.tried.resize(1);
  choice.tried[0].residuals = {{-4, -2, 0, 1, 3}};
  // Ends of 80%: a tenth of four places from each end, -4 + 0.4 * 2 and 3 - 0.4 * 2.
  EXPECT_DOUBLE_EQ(choice.IntervalAt(1, 0.8).low, 6.8);
  EXPECT_DOUBLE_EQ(choice.IntervalAt(1, 0.8).high, 12.2);
  // Five origins say nothing of 95%: 10 +- 1.96 * 2. Nor of a second step.
  EXPECT_NEAR(choice.IntervalAt(1, 0.95).high, 13.92, 0.001);
  EXPECT_NEAR(choice.IntervalAt(2, 0.8).low, 10 - 1.2816 * 2, 0.001);
}

TEST(MethodChoiceTest, VarianceIsRaisedToWhatWasSeen) {
  MethodChoice choice;
  choice.forecast.method = Method::kMean;
  choice.forecast.error_variance = 4;
  EXPECT_DOUBLE_EQ(choice.VarianceOver(3), 12);
  choice.horizon = 2;
  choice.chosen = 0;
  choice.tried.resize(1);
  choice.tried[0].mean_squared_total = 5;  // below the 8 that the method expects over two periods
  EXPECT_DOUBLE_EQ(choice.VarianceOver(3), 12);
  choice.tried[0].mean_squared_total = 16;
  EXPECT_DOUBLE_EQ(choice.VarianceOver(3), 24);
}

}  // namespace
}  // namespace storeops::inventory::planning
