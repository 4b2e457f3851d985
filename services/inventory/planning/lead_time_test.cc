#include "services/inventory/planning/lead_time.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

LeadTimePrior Stated(double days) {
  LeadTimePrior prior;
  prior.stated_days = days;
  return prior;
}

TEST(LeadTimeTest, WithoutReceiptsWhatIsStated) {
  const LeadTime lead = LearnLeadTime({}, Stated(8));
  EXPECT_DOUBLE_EQ(lead.mean_days, 8);
  EXPECT_DOUBLE_EQ(lead.deviation_days, 2);  // a quarter
  EXPECT_DOUBLE_EQ(lead.share_learned, 0);
}

TEST(LeadTimeTest, ByHand) {
  // Stated 8 with weight 4; receipts 12, 14, 16, 14: n 4, mean 14, SS 8.
  // Mean (32 + 56) / 8 = 11. Variance (4 * 4 + 8 + 4 * 4 / 8 * 36) / 8 = (16 + 8 + 72) / 8 = 12.
  const LeadTime lead = LearnLeadTime({12, 14, 16, 14}, Stated(8));
  EXPECT_DOUBLE_EQ(lead.mean_days, 11);
  EXPECT_NEAR(lead.deviation_days, std::sqrt(12), 1e-12);
  EXPECT_EQ(lead.receipts, 4);
  EXPECT_DOUBLE_EQ(lead.share_learned, 0.5);
}

TEST(LeadTimeTest, ManyReceiptsOutweighWhatIsStated) {
  std::vector<double> days;
  for (int i = 0; i < 200; ++i) days.push_back(i % 2 == 0 ? 19 : 21);
  const LeadTime lead = LearnLeadTime(days, Stated(5));
  EXPECT_NEAR(lead.mean_days, 20, 0.4);
  EXPECT_LT(lead.deviation_days, 2.6);
}

TEST(LeadTimeTest, WhatNobodyStatedCountsHalf) {
  // Default 14 with weight 2, one receipt of 5: (28 + 5) / 3.
  EXPECT_DOUBLE_EQ(LearnLeadTime({5}, {}).mean_days, 11);
  EXPECT_DOUBLE_EQ(LearnLeadTime({5, -3}, {}).mean_days, 11);
}

TEST(LeadTimeTest, SumsOfReceiptsSayTheSame) {
  const LeadTime all = LearnLeadTime({8, 12, 13}, Stated(10));
  const LeadTime sums = LearnFromSeen({3, 11, std::sqrt(7)}, Stated(10));
  EXPECT_NEAR(sums.mean_days, all.mean_days, 1e-12);
  EXPECT_NEAR(sums.deviation_days, all.deviation_days, 1e-12);
  EXPECT_EQ(sums.receipts, 3);
}

TEST(LeadTimeTest, InPeriods) {
  const MeanAndVariance weeks = LearnLeadTime({}, Stated(28)).InPeriods(7);
  EXPECT_DOUBLE_EQ(weeks.mean, 4);
  EXPECT_DOUBLE_EQ(weeks.variance, 1);  // 7 days are a week
}

}  // namespace
}  // namespace storeops::inventory::planning
