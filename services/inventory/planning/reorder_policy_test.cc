#include "services/inventory/planning/reorder_policy.h"

#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

TEST(EconomicOrderQuantityTest, ChopraAndMeindl) {
  // 1,000 a month, 4,000 for an order, 500 each at 20% a year: sqrt(2 * 12000 * 4000 / 100) = 979.8, theirs 980.
  EXPECT_NEAR(*EconomicOrderQuantity(12000, {4000, 100}), 979.8, 0.05);
}

TEST(EconomicOrderQuantityTest, NothingWithoutCostsOrDemand) {
  EXPECT_EQ(EconomicOrderQuantity(0, {4000, 100}), std::nullopt);
  EXPECT_EQ(EconomicOrderQuantity(10, {0, 100}), std::nullopt);
  EXPECT_EQ(EconomicOrderQuantity(10, {4000, 0}), std::nullopt);
}

TEST(ReorderPolicyTest, PeriodicReview) {
  // Chopra and Meindl: 2,500 a week, deviation 500, lead time 2 weeks, review every 4, 90%: deviation 1,225 over six
  // weeks, safety 1,570, order up to 16,570.
  PolicyInput input;
  input.demand_of_period = {2500, 500.0 * 500};
  input.lead_time = {2, 0};
  input.review_periods = 4;
  input.target.level = 0.90;
  const auto policy = MakePolicy(input);
  ASSERT_TRUE(policy.ok());
  EXPECT_NEAR(policy->safety.safety, 1570, 1);
  EXPECT_NEAR(static_cast<double>(policy->order_up_to), 16570, 1);
  EXPECT_EQ(policy->reorder_point, policy->order_up_to);
  EXPECT_DOUBLE_EQ(policy->order_quantity, 10000);
}

TEST(ReorderPolicyTest, ContinuousReviewOrdersTheEconomicQuantity) {
  PolicyInput input;
  input.demand_of_period = {2500, 500.0 * 500};
  input.lead_time = {2, 0};
  input.target.level = 0.90;
  input.costs = OrderCosts{100, 0.5};  // sqrt(2 * 2500 * 100 / 0.5) = 1000
  const auto policy = MakePolicy(input);
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy->reorder_point, 5907);
  EXPECT_EQ(policy->order_up_to, 6907);
  EXPECT_DOUBLE_EQ(policy->order_quantity, 1000);
}

TEST(ReorderPolicyTest, AnEconomicQuantityAboveTheReviewsDemandComesOnTop) {
  PolicyInput input;
  input.demand_of_period = {10, 0};
  input.lead_time = {3, 0};
  input.review_periods = 1;
  input.costs = OrderCosts{45, 1};  // sqrt(2 * 10 * 45) = 30, 20 above the 10 of a review
  const auto policy = MakePolicy(input);
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy->reorder_point, 40);
  EXPECT_EQ(policy->order_up_to, 60);
}

TEST(ReorderPolicyTest, NoDemandNeedsNoStock) {
  const auto policy = MakePolicy(PolicyInput{});
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy->reorder_point, 0);
  EXPECT_EQ(policy->order_up_to, 1);
  PolicyInput wrong;
  wrong.target.level = 1;
  EXPECT_FALSE(MakePolicy(wrong).ok());
}

}  // namespace
}  // namespace storeops::inventory::planning
