#include "services/inventory/planning/intermittent.h"

#include <cmath>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

// Demands 6 after 2 periods, 3 after 3 more, then one period without.
const std::vector<double> kDemands = {0, 6, 0, 0, 3, 0};

TEST(CrostonTest, ByHand) {
  // Start: size 4, interval 2; alpha 0.2.
  // 6 after 2: size 4 + 0.2 * 2 = 4.4, interval 2. 3 after 3: size 4.4 - 0.28 = 4.12, interval 2.2.
  const Forecast croston = CrostonWith(kDemands, 0.2, {4, 2});
  EXPECT_NEAR(croston.At(1), 4.12 / 2.2, 1e-12);
  EXPECT_NEAR(croston.At(8), 4.12 / 2.2, 1e-12);
  // Errors against 2, 2, 2.2, 2.2, 2.2, 4.12 / 2.2 = 1.872727.
  const double squares = 4 + 16 + 4.84 + 4.84 + 0.64 + std::pow(4.12 / 2.2, 2);
  EXPECT_NEAR(croston.error_variance, squares / 6, 1e-12);
}

TEST(CrostonTest, SyntetosAndBoylanTakeOffTheBias) {
  const Forecast sba = CrostonWith(kDemands, 0.2, {4, 2}, Method::kSyntetosBoylan);
  EXPECT_NEAR(sba.At(1), 0.9 * 4.12 / 2.2, 1e-12);
}

TEST(CrostonTest, AMissingPeriodDoesNotLengthenTheInterval) {
  EXPECT_NEAR(CrostonWith({0, kMissing, 6, 0, 0, kMissing, 3, 0}, 0.2, {4, 2}).At(1), 4.12 / 2.2, 1e-12);
}

TEST(CrostonTest, ExpectedValueUnderSyntetosAndBoylansModel) {
  // Syntetos and Boylan 2001, 2005: with demands of mean 1 at random with probability 1 / p, Croston's mean forecast is
  // about (1 + alpha / (2 - alpha) * (p - 1) / p) / p; SBA's about 1 / p. p = 4, alpha = 0.3: 1.1324 / 4.
  std::mt19937_64 random(7);
  std::bernoulli_distribution demand(0.25);
  double croston = 0, sba = 0;
  constexpr int kRuns = 20000;
  for (int run = 0; run < kRuns; ++run) {
    std::vector<double> series(200);
    for (double& value : series) value = demand(random) ? 1 : 0;
    croston += CrostonWith(series, 0.3, {1, 4}).At(1) / kRuns;
    sba += CrostonWith(series, 0.3, {1, 4}, Method::kSyntetosBoylan).At(1) / kRuns;
  }
  EXPECT_NEAR(croston, 0.25 * (1 + 0.3 / 1.7 * 0.75), 0.01);
  EXPECT_NEAR(sba, 0.25, 0.013);
}

TEST(TsbTest, ByHand) {
  // Start: size 4, probability 0.5; alpha 0.2, beta 0.1.
  // Probability: 0.45, 0.505, 0.4545, 0.40905, 0.468145, 0.4213305. Size: 4.4, 4.12.
  const Forecast tsb = TsbWith(kDemands, 0.2, 0.1, {4, 0.5});
  EXPECT_NEAR(tsb.At(1), 4.12 * 0.4213305, 1e-12);
  EXPECT_NEAR(tsb.carried, 0.2 * 0.4213305 + 0.1 * (1 - 0.4213305), 1e-12);
}

TEST(TsbTest, GoesDownWhenNothingSells) {
  std::vector<double> series(20, 5);
  series.resize(60, 0);
  EXPECT_LT(FitTsb(series).At(1), 0.5);
  EXPECT_NEAR(FitCroston(series, Method::kCroston).At(1), 5, 1e-9) << "Croston's does not";
}

TEST(IntermittentTest, FittedStartsAndBounds) {
  // One demand in four: whatever alpha is, sizes and intervals stay as they are.
  std::vector<double> series;
  for (int i = 0; i < 10; ++i) series.insert(series.end(), {0, 0, 0, 8});
  EXPECT_NEAR(FitCroston(series, Method::kCroston).At(1), 2, 1e-9);
  const Forecast sba = FitCroston(series, Method::kSyntetosBoylan);
  EXPECT_NEAR(sba.At(1), 2 * (1 - sba.alpha / 2), 1e-9);
  EXPECT_EQ(FitCroston({0, 0, 0}, Method::kCroston).At(1), 0);
  EXPECT_EQ(FitTsb({}).At(1), 0);
  EXPECT_GT(FitCroston({9, 0, 0}, Method::kCroston).At(1), 2.9);
}

TEST(DemandPatternTest, FourClasses) {
  EXPECT_EQ(PatternOf({5, 6, 5, 4}).demand_class, DemandClass::kSmooth);
  EXPECT_EQ(PatternOf({1, 20, 1, 2}).demand_class, DemandClass::kErratic);
  EXPECT_EQ(PatternOf({0, 5, 0, 6, 0, 5}).demand_class, DemandClass::kIntermittent);
  EXPECT_EQ(PatternOf({0, 1, 0, 30, 0, 1}).demand_class, DemandClass::kLumpy);
  EXPECT_EQ(PatternOf({0, 0, kMissing}).demand_class, DemandClass::kNone);
}

TEST(DemandPatternTest, IntervalAndVariation) {
  // Six known periods, three demands: 2. Sizes 2, 4, 6: mean 4, variance 4: 0.25.
  const DemandPattern pattern = PatternOf({2, 0, kMissing, 4, 0, 6, 0});
  EXPECT_DOUBLE_EQ(pattern.interval, 2);
  EXPECT_DOUBLE_EQ(pattern.squared_cv, 0.25);
}

}  // namespace
}  // namespace storeops::inventory::planning
