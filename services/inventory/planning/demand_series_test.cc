#include "services/inventory/planning/demand_series.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::IsNan;
using ::testing::NanSensitiveDoubleEq;

constexpr absl::CivilDay kMonday(2026, 6, 1);

DemandSeriesOptions Days(int64_t days, int period_days = 1) {
  DemandSeriesOptions options;
  options.begin = kMonday;
  options.end = kMonday + days;
  options.period_days = period_days;
  return options;
}

DemandSeries Make(std::vector<DatedQuantity> quantities, std::vector<DayRange> out,
                  const DemandSeriesOptions& options) {
  auto series = MakeDemandSeries(quantities, out, options);
  EXPECT_TRUE(series.ok()) << series.status();
  return *std::move(series);
}

TEST(DemandSeriesTest, BeginsWithTheFirstSaleAndKeepsLaterGaps) {
  const auto series = Make({{kMonday + 2, 5}, {kMonday + 4, 1}, {kMonday + 4, 2}}, {}, Days(6));
  EXPECT_EQ(series.begin, kMonday + 2);
  EXPECT_THAT(series.values, ElementsAre(5, 0, 3, 0));
}

TEST(DemandSeriesTest, BeginsWhenTheItemWasKnown) {
  auto options = Days(4);
  options.known_since = kMonday + 1;
  EXPECT_THAT(Make({{kMonday + 2, 5}}, {}, options).values, ElementsAre(0, 5, 0));
  options.known_since = kMonday - 30;
  EXPECT_THAT(Make({}, {}, options).values, ElementsAre(0, 0, 0, 0));
}

TEST(DemandSeriesTest, NothingSoldHasNoValues) {
  EXPECT_THAT(Make({}, {}, Days(4)).values, IsEmpty());
  EXPECT_THAT(Make({{kMonday + 9, 1}, {kMonday - 1, 1}}, {}, Days(4)).values, IsEmpty());
  EXPECT_THAT(Make({{kMonday, 3, 1}, {kMonday + 1, -3, 1}}, {}, Days(4)).values, IsEmpty());
}

TEST(DemandSeriesTest, ADayWithoutStockIsMissing) {
  const auto series = Make({{kMonday, 5}, {kMonday + 3, 1}}, {{kMonday + 1, kMonday + 2}}, Days(4));
  EXPECT_THAT(series.values, ElementsAre(5, IsNan(), IsNan(), 1));
}

TEST(DemandSeriesTest, ADayThatSoldOutCountsIfItSoldMoreThanTheMean) {
  // In stock 4 and 2, mean 3: the 4 of a day that ran dry are demand, 3 are not known to be.
  const std::vector<DayRange> out = {{kMonday + 1, kMonday + 2}};
  EXPECT_THAT(Make({{kMonday, 4}, {kMonday + 1, 4}, {kMonday + 2, 3}, {kMonday + 3, 2}}, out, Days(4)).values,
              ElementsAre(4, 4, IsNan(), 2));
  EXPECT_THAT(Make({{kMonday, 4}}, {{kMonday, kMonday + 1}}, Days(2)).values, ElementsAre(IsNan(), IsNan()))
      << "never in stock: no mean";
}

TEST(DemandSeriesTest, AWeekIsScaledToItsDaysInStock) {
  // Two weeks; of the first five days in stock sold 10: 10 / 5 * 7 = 14. Of the second three: missing.
  const std::vector<DayRange> out = {{kMonday + 5, kMonday + 6}, {kMonday + 10, kMonday + 13}};
  EXPECT_THAT(Make({{kMonday, 4}, {kMonday + 4, 6}, {kMonday + 8, 9}}, out, Days(14, 7)).values,
              ElementsAre(NanSensitiveDoubleEq(14), IsNan()));
}

TEST(DemandSeriesTest, WeeksAreCountedBackFromTheEnd) {
  // 16 days: the first two are left out.
  const auto series = Make({{kMonday, 100}, {kMonday + 2, 1}, {kMonday + 8, 2}, {kMonday + 9, 4}}, {}, Days(16, 7));
  EXPECT_EQ(series.begin, kMonday + 2);
  EXPECT_THAT(series.values, ElementsAre(3, 4));
}

TEST(DemandSeriesTest, WhatIsTakenBackComesOffItsSale) {
  const auto series = Make({{kMonday, 5, 1}, {kMonday + 1, 7, 2}, {kMonday + 3, -4, 1}}, {}, Days(4));
  EXPECT_THAT(series.values, ElementsAre(1, 7, 0, 0));
  EXPECT_EQ(series.taken_back, 4);
}

TEST(DemandSeriesTest, WithoutASaleItComesOffItsDayAndThoseBefore) {
  const auto series =
      Make({{kMonday, 5}, {kMonday + 1, 2}, {kMonday + 2, 1}, {kMonday + 1, -4}, {kMonday + 3, -9}}, {}, Days(4));
  // 4 on the second day: its 2, then 2 of the first. 9 on the fourth: 1 of the third, 3 of the first; 5 find none.
  EXPECT_THAT(series.values, IsEmpty());
  EXPECT_EQ(series.taken_back, 8);
  EXPECT_EQ(series.unmatched_taken_back, 5);
}

TEST(DemandSeriesTest, MoreThanWasSoldIsReported) {
  const auto series =
      Make({{kMonday, 5, 1}, {kMonday + 1, 1, 2}, {kMonday + 1, -7, 1}, {kMonday, -1, 77}}, {}, Days(2));
  EXPECT_THAT(series.values, ElementsAre(1));
  EXPECT_EQ(series.taken_back, 5);
  EXPECT_EQ(series.unmatched_taken_back, 3);
}

TEST(DemandSeriesTest, AOneOffBulkOrderCountsAsTheFence) {
  std::vector<DatedQuantity> quantities;
  for (int i = 0; i < 9; ++i) quantities.push_back({kMonday + i, 4, i + 1});
  quantities.push_back({kMonday + 9, 500, 10});
  // All quartiles are 4, the spread is taken as 2: 4 * 2^3 = 32.
  const auto series = Make(quantities, {}, Days(10));
  EXPECT_THAT(series.values, ElementsAre(4, 4, 4, 4, 4, 4, 4, 4, 4, 32));
  ASSERT_EQ(series.dampened.size(), 1);
  EXPECT_EQ(series.dampened[0].sale, 10);
  EXPECT_EQ(series.dampened[0].pieces, 500);
  auto raw = Days(10);
  raw.dampen_bulk = false;
  EXPECT_EQ(Make(quantities, {}, raw).values.back(), 500);
}

TEST(BulkFenceTest, TakesTheSpreadOfTheSizes) {
  // Sorted 1 2 3 4 6 8 9 12 12: Q1 = 3, Q3 = 9, 9 * 3^3 = 243.
  EXPECT_EQ(BulkFence({12, 1, 2, 3, 4, 6, 8, 9, 12}), 243);
}

TEST(BulkFenceTest, AHabitIsNoException) {
  EXPECT_EQ(BulkFence({4, 4, 4, 4, 4, 4, 4, 500, 500}), std::nullopt);
  EXPECT_EQ(BulkFence({4, 4, 4, 4, 4, 4, 500}), std::nullopt) << "too few sales";
  std::vector<double> sizes(100, 4);
  sizes[0] = sizes[1] = 500;
  EXPECT_EQ(BulkFence(sizes), 32) << "two of a hundred";
  sizes[2] = 500;
  EXPECT_EQ(BulkFence(sizes), std::nullopt) << "three of a hundred";
}

TEST(DemandSeriesTest, RefusesOtherRangesAndPeriods) {
  EXPECT_FALSE(MakeDemandSeries({}, {}, Days(0)).ok());
  EXPECT_FALSE(MakeDemandSeries({}, {}, Days(6, 7)).ok());
  EXPECT_FALSE(MakeDemandSeries({}, {}, Days(30, 30)).ok());
  EXPECT_FALSE(MakeDemandSeries({}, {}, Days(kMaxSeriesDays + 1)).ok());
}

}  // namespace
}  // namespace storeops::inventory::planning
