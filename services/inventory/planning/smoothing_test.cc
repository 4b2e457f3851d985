#include "services/inventory/planning/smoothing.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

constexpr Method kSimple = Method::kExponentialSmoothing;

// Saudi Arabia's oil production 1996 to 2007 in million tonnes (Hyndman and Athanasopoulos, "Forecasting: Principles
// and Practice", first edition, section 7.1), started at its first value. The forecasts are those that statsmodels'
// tests give.
const std::vector<double>& Oil() {
  static const auto& values = *new std::vector<double>{446.6565, 454.4733, 455.6630, 423.6322, 456.2713, 440.5881,
                                                       425.3325, 485.1494, 506.0482, 526.7920, 514.2689, 494.2110};
  return values;
}

TEST(SimpleSmoothingTest, OilProduction) {
  EXPECT_NEAR(Smooth(Oil(), {.alpha = 0.2}, {Oil()[0], 0, {}}, kSimple).At(1), 484.802468, 1e-3);
  EXPECT_NEAR(Smooth(Oil(), {.alpha = 0.6}, {Oil()[0], 0, {}}, kSimple).At(1), 501.837461, 1e-3);
  // Fitted there together with the start: alpha 0.891998, level 447.47844.
  EXPECT_NEAR(Smooth(Oil(), {.alpha = 0.891998}, {447.478440, 0, {}}, kSimple).At(5), 496.493543, 1e-3);
}

// Air passengers of Australia 1990 to 2004 in millions (the same, section 7.2), from statsmodels' tests.
const std::vector<double>& Air() {
  static const auto& values =
      *new std::vector<double>{17.5534, 21.8601, 23.8866,   26.9293,   26.8885,   28.8314,   30.0751,  30.9535,
                               30.1857, 31.5797, 32.577569, 33.477398, 39.021581, 41.386432, 41.596552};
  return values;
}

TEST(HoltTest, AirPassengers) {
  const SmoothingStart start{Air()[0], Air()[1] - Air()[0], {}};
  const Forecast forecast = Smooth(Air(), {.alpha = 0.8, .beta = 0.2}, start, Method::kHolt);
  EXPECT_NEAR(forecast.trend, 1.83655482, 1e-5);
  const double expected[] = {43.76, 45.59, 47.43, 49.27, 51.10};
  for (int step = 1; step <= 5; ++step) EXPECT_NEAR(forecast.At(step), expected[step - 1], 0.005) << step;
}

TEST(DampedHoltTest, LivestockAsRsEts) {
  // Sheep in Asia 1970 to 2000 in millions; the R package forecast's ets(model = "AAN", damped = TRUE, phi = 0.98),
  // whose states statsmodels' tests give: the last level 414.1814574903921, mean squared error 195.4397924865488.
  const std::vector<double> sheep = {263.917747, 268.307222, 260.662556, 266.639419, 277.515778, 283.834045, 290.309028,
                                     292.474198, 300.830694, 309.286657, 318.331081, 329.37239,  338.883998, 339.244126,
                                     328.600632, 314.255385, 314.459695, 321.413779, 329.789292, 346.385165, 352.297882,
                                     348.370515, 417.562922, 417.12357,  417.749459, 412.233904, 411.946817, 394.697075,
                                     401.49927,  408.270468, 414.2428};
  const Forecast forecast = Smooth(sheep, {.alpha = 0.97402626, .beta = 0.00010006, .damping = 0.98},
                                   {252.59039965, 6.90265918, {}}, Method::kDampedHolt);
  EXPECT_NEAR(forecast.level, 414.18145749, 2e-3);
  EXPECT_NEAR(forecast.error_variance, 195.43979249, 1e-2);
}

TEST(HoltWintersTest, OneCycleByHand) {
  // Level 10, trend 1, season +2 -2; alpha 0.5, beta 0.4, gamma 0.3.
  // 15: expected 10 + 1 + 2 = 13, e = 2: level 12, trend 1.4, season +2.6.
  //  9: expected 12 + 1.4 - 2 = 11.4, e = -2.4: level 12.2, trend 0.92, season -2.72.
  const Forecast forecast =
      Smooth({15, 9}, {.alpha = 0.5, .beta = 0.4, .gamma = 0.3}, {10, 1, {2, -2}}, Method::kHoltWinters);
  EXPECT_NEAR(forecast.level, 12.2, 1e-12);
  EXPECT_NEAR(forecast.trend, 0.92, 1e-12);
  EXPECT_NEAR(forecast.At(1), 12.2 + 0.92 + 2.6, 1e-12);
  EXPECT_NEAR(forecast.At(2), 12.2 + 2 * 0.92 - 2.72, 1e-12);
  EXPECT_NEAR(forecast.At(3), 12.2 + 3 * 0.92 + 2.6, 1e-12);
  EXPECT_NEAR(forecast.error_variance, (4 + 5.76) / 2, 1e-12);
}

TEST(HoltWintersTest, ContinuesWhatRepeatsItself) {
  // 20 + t with a season of four; the series ends in the middle of a cycle, and two periods are missing.
  const double season[] = {5, -3, 0, -2};
  std::vector<double> series;
  for (int t = 1; t <= 18; ++t) series.push_back(20 + t + season[(t - 1) % 4]);
  series[9] = series[5] = kMissing;
  const Forecast forecast = FitHoltWinters(series, 4);
  for (int step = 1; step <= 6; ++step) {
    EXPECT_NEAR(forecast.At(step), 20 + 18 + step + season[(18 + step - 1) % 4], 0.2) << step;
  }
}

TEST(HoltWintersTest, NeedsTwoCycles) {
  EXPECT_TRUE(SupportsSeason({1, 2, 3, 4}, 2));
  EXPECT_FALSE(SupportsSeason({1, 2, 3}, 2));
  EXPECT_FALSE(SupportsSeason({1, 2, 3, 4}, 1));
  EXPECT_TRUE(SupportsSeason({1, kMissing, 3, 4}, 2));
  EXPECT_FALSE(SupportsSeason({1, kMissing, 3, kMissing}, 2));
}

TEST(SmoothingTest, AMissingPeriodHasNoErrorButTakesTime) {
  const Forecast without = Smooth({4, 8}, {.alpha = 0.5}, {4, 0, {}}, kSimple);
  const Forecast with = Smooth({4, kMissing, 8, kMissing}, {.alpha = 0.5}, {4, 0, {}}, kSimple);
  EXPECT_DOUBLE_EQ(with.level, without.level);
  EXPECT_EQ(with.errors, 2);
  const Forecast trended = Smooth({kMissing, kMissing}, {.alpha = 0.5, .beta = 0.5}, {10, 3, {}}, Method::kHolt);
  EXPECT_DOUBLE_EQ(trended.At(1), 19);
}

TEST(SmoothingTest, TheFittedConstantsAreTheBest) {
  const Forecast fitted = FitExponentialSmoothing(Air());
  double start = 0;
  for (int i = 0; i < 10; ++i) start += Air()[i] / 10;
  for (double alpha = 0.02; alpha < 0.98; alpha += 0.005) {
    const double error = Smooth(Air(), {.alpha = alpha}, {start, 0, {}}, kSimple).error_variance;
    EXPECT_GE(error, fitted.error_variance * 0.9999) << alpha;
  }
}

TEST(SmoothingTest, FollowsATrendAndDampsIt) {
  std::vector<double> series;
  for (int t = 1; t <= 30; ++t) series.push_back(5 + 2 * t);
  EXPECT_NEAR(FitHolt(series, false).At(4), 5 + 2 * 34, 1e-6);
  const Forecast damped = FitHolt(series, true);
  EXPECT_LT(damped.At(4), 5 + 2 * 34);
  EXPECT_GT(damped.At(4), 5 + 2 * 31);
}

TEST(SmoothingTest, NothingKnownIsNoDemand) {
  EXPECT_EQ(FitExponentialSmoothing({}).At(1), 0);
  EXPECT_EQ(FitHolt({kMissing, kMissing}, true).At(3), 0);
}

TEST(ForecastTest, NeverBelowNone) {
  const Forecast forecast = Smooth({}, {}, {5, -2, {}}, Method::kHolt);
  EXPECT_EQ(forecast.At(2), 1);
  EXPECT_EQ(forecast.At(3), 0);
  EXPECT_EQ(forecast.Over(4), 3 + 1);
  EXPECT_DOUBLE_EQ(forecast.Over(1.5), 3 + 0.5);
}

TEST(ForecastTest, VarianceOfSimpleSmoothing) {
  Forecast forecast;
  forecast.method = kSimple;
  forecast.alpha = 0.3;
  forecast.error_variance = 10;
  EXPECT_DOUBLE_EQ(forecast.VarianceAt(1), 10);
  EXPECT_DOUBLE_EQ(forecast.VarianceAt(5), 10 * (1 + 4 * 0.09));  // 1 + (h - 1) alpha^2
  // Johnston and Harrison 1986: L (1 + alpha (L - 1) + alpha^2 (L - 1) (2L - 1) / 6), L = 4:
  // 4 * (1 + 0.9 + 0.09 * 3 * 7 / 6) = 8.86.
  EXPECT_NEAR(forecast.VarianceOver(4), 88.6, 1e-9);
  // Half of the fifth on top: 5 * (1 + 1.2 + 0.09 * 4 * 9 / 6) = 13.7; 8.86 + (13.7 - 8.86) / 2 = 11.28.
  EXPECT_NEAR(forecast.VarianceOver(4.5), 112.8, 1e-9);
}

TEST(ForecastTest, VarianceOfATrendAndASeason) {
  Forecast holt;
  holt.method = Method::kHolt;
  holt.alpha = 0.5;
  holt.beta = 0.2;
  holt.error_variance = 1;
  // 1 + (0.5 + 0.1)^2 + (0.5 + 0.2)^2
  EXPECT_NEAR(holt.VarianceAt(3), 1 + 0.36 + 0.49, 1e-12);
  Forecast naive;
  naive.method = Method::kSeasonalNaive;
  naive.season = {1, 2, 3};
  naive.error_variance = 2;
  EXPECT_NEAR(naive.VarianceAt(3), 2, 1e-12);
  EXPECT_NEAR(naive.VarianceAt(4), 4, 1e-12) << "the season's second cycle";
  Forecast croston;
  croston.method = Method::kCroston;
  croston.alpha = 0.5;
  croston.error_variance = 3;
  EXPECT_NEAR(croston.VarianceOver(2.5), 7.5, 1e-12);
}

}  // namespace
}  // namespace storeops::inventory::planning
