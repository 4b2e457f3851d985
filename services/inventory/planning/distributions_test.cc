#include "services/inventory/planning/distributions.h"

#include <cmath>

#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

TEST(NormalTest, Tables) {
  EXPECT_NEAR(NormalDensity(0), 0.39894, 1e-5);
  EXPECT_NEAR(NormalProbability(1.96), 0.97500, 1e-5);
  EXPECT_NEAR(NormalQuantile(0.95), 1.64485, 1e-5);
  EXPECT_NEAR(NormalQuantile(0.99), 2.32635, 1e-5);
  EXPECT_TRUE(std::isfinite(NormalQuantile(1)));
  EXPECT_TRUE(std::isfinite(NormalQuantile(0)));
}

TEST(NormalTest, UnitLossAsInTextbooksTables) {
  const double table[][2] = {{0, 0.3989}, {0.5, 0.1978}, {1, 0.0833}, {1.5, 0.0293}, {2, 0.0085}, {-1, 1.0833}};
  for (const auto& [z, loss] : table) {
    EXPECT_NEAR(UnitNormalLoss(z), loss, 5e-5) << z;
    EXPECT_NEAR(UnitNormalLossInverse(UnitNormalLoss(z)), z, 1e-9);
  }
}

TEST(LeadTimeDemandTest, PoissonByHand) {
  // Mean 2: f(0) = 0.135335, f(1) = 0.270671, f(2) = 0.270671, f(3) = 0.180447.
  const LeadTimeDemand demand = LeadTimeDemand::FromMoments(2, 2);
  EXPECT_NEAR(demand.Probability(0), 0.135335, 1e-6);
  EXPECT_NEAR(demand.Probability(3), 0.857123, 1e-6);
  EXPECT_NEAR(demand.Probability(3.9), 0.857123, 1e-6);
  EXPECT_EQ(demand.StockForProbability(0.85), 3);
  EXPECT_EQ(demand.StockForProbability(0.86), 4);
  // Short of 2: 2 - 2 + 2 f(0) + f(1) = 0.541341. Of 1: 2 - 1 + f(0) = 1.135335. Of nothing: all.
  EXPECT_NEAR(demand.Shortfall(2), 0.541341, 1e-6);
  EXPECT_NEAR(demand.Shortfall(1), 1.135335, 1e-6);
  EXPECT_NEAR(demand.Shortfall(0), 2, 1e-9);
  EXPECT_EQ(demand.StockForShortfall(0.55), 2);
  EXPECT_EQ(demand.StockForShortfall(0.54), 3);
}

TEST(LeadTimeDemandTest, NegativeBinomialByHand) {
  // Mean 1, variance 2: r = 1, p = 0.5, the geometric distribution 0.5^(x + 1). P(x <= k) = 1 - 0.5^(k + 1); short of
  // k: 0.5^k.
  const LeadTimeDemand demand = LeadTimeDemand::FromMoments(1, 2);
  for (const int k : {0, 1, 2, 5}) {
    EXPECT_NEAR(demand.Probability(k), 1 - std::pow(0.5, k + 1), 1e-9);
    EXPECT_NEAR(demand.Shortfall(k), std::pow(0.5, k), 1e-9);
  }
  EXPECT_EQ(demand.StockForProbability(0.95), 4);  // 1 - 1/32 = 0.96875
  EXPECT_EQ(demand.StockForShortfall(0.1), 4);     // 1/16
}

TEST(LeadTimeDemandTest, ShortfallIsTheSumOfItsTerms) {
  const LeadTimeDemand demand = LeadTimeDemand::FromMoments(3.7, 19);
  double sum = 0;  // of P(x > k) from the stock on
  for (int k = 2000; k >= 6; --k) sum += 1 - demand.Probability(k);
  EXPECT_NEAR(demand.Shortfall(6), sum, 1e-9);
}

TEST(LeadTimeDemandTest, ManyPiecesAreNormal) {
  const LeadTimeDemand demand = LeadTimeDemand::FromMoments(1000, 100 * 100);
  EXPECT_EQ(demand.StockForProbability(0.95), 1165);  // 1000 + 164.485
  EXPECT_NEAR(demand.Shortfall(1100), 8.33, 0.005);   // 100 * 0.0833
  EXPECT_EQ(LeadTimeDemand::FromMoments(10, 0).StockForProbability(0.99), 10);
  EXPECT_DOUBLE_EQ(LeadTimeDemand::FromMoments(10, 0).Shortfall(4), 6);
}

TEST(LeadTimeDemandTest, WhatHappened) {
  // Sums of two: 1, 3, 5, missing twice, 9.
  const LeadTimeDemand demand = LeadTimeDemand::FromHistory({0, 1, 2, 3, kMissing, 4, 5}, 2, 4);
  EXPECT_DOUBLE_EQ(demand.mean(), 4.5);
  EXPECT_DOUBLE_EQ(demand.Probability(3), 0.5);
  EXPECT_DOUBLE_EQ(demand.Shortfall(4), (1 + 5) / 4.0);
  EXPECT_EQ(demand.StockForProbability(0.75), 5);
  // Too few stretches: by the moments of the periods, 2 * 2.5 and 2 * 3.5.
  const LeadTimeDemand few = LeadTimeDemand::FromHistory({0, 1, 2, 3, kMissing, 4, 5}, 2);
  EXPECT_DOUBLE_EQ(few.mean(), 5);
  EXPECT_DOUBLE_EQ(few.variance(), 7);
}

TEST(LeadTimeDemandTest, NoneNeedsNone) {
  const LeadTimeDemand demand = LeadTimeDemand::FromMoments(0, 5);
  EXPECT_EQ(demand.StockForProbability(0.999), 0);
  EXPECT_EQ(demand.StockForShortfall(0), 0);
  EXPECT_DOUBLE_EQ(demand.Shortfall(0), 0);
}

}  // namespace
}  // namespace storeops::inventory::planning
