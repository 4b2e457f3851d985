#include "services/inventory/planning/policy_comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace storeops::inventory::planning {
namespace {

TEST(LeadTimePeriods, HaveTheMeanAndSpread) {
  EXPECT_THAT(LeadTimePeriods({2, 0}), ::testing::Each(2));
  const std::vector<int> spread = LeadTimePeriods({3, 1});
  // The eighths of a normal curve lie at -1.53, -0.89, -0.49, -0.16 and the same above.
  EXPECT_THAT(spread, ::testing::UnorderedElementsAre(1, 2, 3, 3, 3, 3, 4, 5));
  EXPECT_THAT(LeadTimePeriods({0.2, 0.01}), ::testing::Each(0));
}

TEST(CompareOnDrawnYear, EvenDemandIsServedByBoth) {
  const std::vector<double> history(30, 10);
  PlanningRules rules;
  const SupplyOffer offer{.price_minor = 100, .minimum_quantity = 0, .pack_size = 1, .stated_lead_days = 7, .seen = {}};
  const auto comparison = CompareOnDrawnYear(history, 52, 1, rules, offer);
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(comparison->suggested.demand, 520);
  EXPECT_EQ(comparison->suggested.fill_rate, 1);
  EXPECT_EQ(comparison->min_max.fill_rate, 1);
  EXPECT_GT(comparison->suggested.orders, 10);
}

TEST(CompareOnDrawnYear, TheSameSeedDrawsTheSameYear) {
  std::vector<double> history;
  for (int week = 0; week < 60; ++week) history.push_back((week * 7919) % 23);
  const auto served = [&](uint64_t seed) {
    const auto comparison = CompareOnDrawnYear(history, 52, seed, {}, std::nullopt);
    EXPECT_TRUE(comparison.ok()) << comparison.status();
    return comparison.ok() ? comparison->suggested.served : 0;
  };
  EXPECT_EQ(served(7), served(7));
  EXPECT_NE(served(7), served(8));
}

TEST(CompareOnDrawnYear, NothingIsDrawnFromNothing) {
  EXPECT_FALSE(CompareOnDrawnYear({}, 52, 1, {}, std::nullopt).ok());
}

}  // namespace
}  // namespace storeops::inventory::planning
