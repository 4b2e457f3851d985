#include "services/inventory/planning/policy_simulation.h"

#include <cmath>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsNan;

SimulationResult RunMinMax(const std::vector<double>& path, const StockLevels& levels,
                           const SimulationOptions& options) {
  const auto result = Simulate({}, path, MinMaxRule(levels), options);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.value_or(SimulationResult());
}

TEST(SimulateTest, LostSalesByHand) {
  // min 4, max 10, lead time 2, stock 10.
  // 1: position 10. Demand 3, stock 7.        2: position 7. Demand 4, stock 3.
  // 3: position 3: order 7 for 5. Demand 2, stock 1. 4: position 8. Demand 5: 1 served, 4 lost.
  // 5: 7 arrive. Position 7. Demand 2, stock 5.     6: position 5. Demand 1, stock 4.
  SimulationOptions options;
  options.initial_stock = 10;
  const SimulationResult result = RunMinMax({3, 4, 2, 5, 2, 1}, {4, 10}, options);
  EXPECT_DOUBLE_EQ(result.demand, 17);
  EXPECT_DOUBLE_EQ(result.served, 13);
  EXPECT_DOUBLE_EQ(result.fill_rate, 13.0 / 17);
  EXPECT_EQ(result.orders, 1);
  EXPECT_EQ(result.ordered_pieces, 7);
  EXPECT_EQ(result.periods_short, 1);
  EXPECT_DOUBLE_EQ(result.cycle_service, 0.5) << "one of two cycles";
  // Begin and end of each: 10 7, 7 3, 3 1, 1 0, 7 5, 5 4.
  EXPECT_DOUBLE_EQ(result.average_stock, (17 + 10 + 4 + 1 + 12 + 9) / 2.0 / 6);
}

TEST(SimulateTest, BackordersAreServedFirst) {
  SimulationOptions options;
  options.initial_stock = 10;
  options.backorders = true;
  // As above until period 4: 4 are owed. 5: position 0 + 7 - 4 = 3 after arrival (7 less 4 owed): order 7.
  const SimulationResult result = RunMinMax({3, 4, 2, 5, 2, 1}, {4, 10}, options);
  EXPECT_DOUBLE_EQ(result.served, 13) << "when they were asked for";
  EXPECT_EQ(result.orders, 2);
  EXPECT_DOUBLE_EQ(result.average_stock, (17 + 10 + 4 + 1 + 4 + 1) / 2.0 / 6);
}

TEST(SimulateTest, ReviewPacksAndMinimum) {
  SimulationOptions options;
  options.review_periods = 2;
  options.lead_time_periods = {0};
  options.pack_size = 6;
  options.minimum_quantity = 8;
  // 1: nothing there, 5 wanted, minimum 8, packs: 12. Demand 4 and 4 leave 4. 3: 1 wanted: 12 again.
  const SimulationResult result = RunMinMax({4, 4, 4, 4}, {4, 5}, options);
  EXPECT_EQ(result.orders, 2);
  EXPECT_EQ(result.ordered_pieces, 24);
  EXPECT_DOUBLE_EQ(result.fill_rate, 1);
}

TEST(SimulateTest, LeadTimesComeInTurn) {
  SimulationOptions options;
  options.initial_stock = 2;
  options.lead_time_periods = {1, 3};
  // 1: order 2 for 2. 2: order 2 for 5. 3 and 4: position 2, nothing there.
  const SimulationResult result = RunMinMax({2, 2, 2, 2, 2}, {1, 2}, options);
  EXPECT_EQ(result.periods_short, 3);
}

TEST(SimulateTest, APeriodWithSomethingMissingIsSeenAsMissingUnlessMuchWasSold) {
  std::vector<double> last;
  SimulationOptions options;
  options.initial_stock = 4;
  ASSERT_TRUE(Simulate(
                  {9}, std::vector<double>{3, 3, 0},
                  [&last](Series history) {
                    last.assign(history.begin(), history.end());
                    return StockLevels{-1, 0};
                  },
                  options)
                  .ok());
  EXPECT_THAT(last, ElementsAre(9, 3, IsNan()));
  options.initial_stock = 8;
  ASSERT_TRUE(Simulate(
                  {2, 2}, std::vector<double>{1, 9, 0},
                  [&last](Series history) {
                    last.assign(history.begin(), history.end());
                    return StockLevels{-1, 0};
                  },
                  options)
                  .ok());
  EXPECT_THAT(last, ElementsAre(2, 2, 1, 7)) << "7 of 9 are more than the mean";
}

TEST(SimulateTest, Refuses) {
  const PolicyRule rule = MinMaxRule({1, 2});
  EXPECT_FALSE(Simulate({}, {}, rule, {}).ok());
  EXPECT_FALSE(Simulate({}, {1, kMissing}, rule, {}).ok());
  EXPECT_FALSE(Simulate({}, {1, -1}, rule, {}).ok());
  SimulationOptions options;
  options.lead_time_periods = {};
  EXPECT_FALSE(Simulate({}, {1}, rule, options).ok());
  options.lead_time_periods = {-1};
  EXPECT_FALSE(Simulate({}, {1}, rule, options).ok());
}

TEST(BootstrapDemandTest, StretchesOfHistory) {
  const std::vector<double> history = {1, 2, 3, kMissing, 4, 5};
  const auto path = BootstrapDemand(history, 11, 2, 42);
  ASSERT_EQ(path.size(), 11);
  for (size_t i = 0; i + 1 < path.size(); i += 2) EXPECT_EQ(path[i + 1], path[i] + 1);
  EXPECT_EQ(path, BootstrapDemand(history, 11, 2, 42));
  EXPECT_NE(path, BootstrapDemand(history, 11, 2, 43));
  EXPECT_THAT(BootstrapDemand({7}, 3, 4, 1), Each(7));
  EXPECT_TRUE(BootstrapDemand({kMissing}, 3, 4, 1).empty());
}

TEST(PlainMinMaxTest, ByHand) {
  // Mean 5; (2 + 1) * 5 * 1.5 = 22.5; four periods on top.
  const StockLevels levels = PlainMinMax({4, 6, kMissing}, 2, 1, 1.5, 4);
  EXPECT_EQ(levels.reorder_point, 23);
  EXPECT_EQ(levels.order_up_to, 43);
}

SuggestedRuleOptions Weekly(double level) {
  SuggestedRuleOptions options;
  options.lead_time = {2, 0};
  options.target.level = level;
  return options;
}

std::vector<double> Noise(int periods, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::poisson_distribution<int> demand(20);
  std::vector<double> values(periods);
  for (double& value : values) value = demand(random);
  return values;
}

TEST(SuggestedRuleTest, KeepsItsPromiseOnDemandThatStaysAsItWas) {
  // Orders every week, lead time two weeks: one stock-out in twenty cycles is what 95% promises.
  SimulationOptions options;
  options.initial_stock = 75;
  const auto result = Simulate(Noise(104, 1), Noise(2000, 2), SuggestedRule(Weekly(0.95)), options);
  ASSERT_TRUE(result.ok());
  EXPECT_GT(result->cycle_service, 0.91);
  EXPECT_GT(result->fill_rate, 0.98);
  // Poisson 20 over three weeks: 60 + 1.645 * 7.75 = 73 at most in position; two weeks of it on the way.
  EXPECT_LT(result->average_stock, 30);
}

TEST(SuggestedRuleTest, AHigherLevelHoldsMoreAndServesMore) {
  SimulationOptions options;
  options.initial_stock = 75;
  const auto low = Simulate(Noise(52, 1), Noise(500, 2), SuggestedRule(Weekly(0.8)), options);
  const auto high = Simulate(Noise(52, 1), Noise(500, 2), SuggestedRule(Weekly(0.99)), options);
  EXPECT_LT(low->average_stock, high->average_stock);
  EXPECT_LT(low->fill_rate, high->fill_rate);
}

TEST(SuggestedRuleTest, AnOrderBringsInTheDemandOfItsPeriods) {
  SimulationOptions options;
  options.initial_stock = 75;
  SuggestedRuleOptions rule = Weekly(0.95);
  rule.order_periods = 4;
  const auto result = Simulate(Noise(104, 1), Noise(400, 2), SuggestedRule(rule), options);
  ASSERT_TRUE(result.ok());
  EXPECT_NEAR(static_cast<double>(result->orders), 400 / 4, 15);
}

TEST(ComparePoliciesTest, FollowsDemandThatGrows) {
  // The rule of thumb was set on the year before and stays.
  std::vector<double> history = Noise(52, 1), path = Noise(52, 2);
  for (size_t i = 0; i < path.size(); ++i) path[i] = std::round(path[i] * (1 + static_cast<double>(i) / 20));
  SimulationOptions options;
  options.initial_stock = 100;
  SuggestedRuleOptions rule = Weekly(0.95);
  rule.order_periods = 4;
  const auto comparison = ComparePolicies(history, path, rule, options, [] { return absl::OkStatus(); });
  ASSERT_TRUE(comparison.ok());
  EXPECT_GT(comparison->suggested.fill_rate, comparison->min_max.fill_rate);
  EXPECT_GT(comparison->cover_as_good, 1.5);
  EXPECT_GE(comparison->min_max_as_good.served, comparison->suggested.served);
}

}  // namespace
}  // namespace storeops::inventory::planning
