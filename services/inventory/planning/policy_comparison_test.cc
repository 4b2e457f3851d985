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

absl::StatusOr<PolicyComparison> Compare(const std::vector<double>& history, uint64_t seed,
                                         const std::optional<SupplyOffer>& offer = std::nullopt) {
  const auto year = DrawYear(history, 52, seed, {}, offer);
  if (!year.ok()) return year.status();
  return CompareOn(*year, [] { return absl::OkStatus(); });
}

std::vector<double> UnevenWeeks() {
  std::vector<double> history;
  for (int week = 0; week < 60; ++week) history.push_back((week * 7919) % 23);
  return history;
}

TEST(DrawnYear, EvenDemandIsServedByBoth) {
  const SupplyOffer offer{.price_minor = 100, .minimum_quantity = 0, .pack_size = 1, .stated_lead_days = 7, .seen = {}};
  const auto comparison = Compare(std::vector<double>(30, 10), 1, offer);
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(comparison->suggested.demand, 520);
  EXPECT_EQ(comparison->suggested.fill_rate, 1);
  EXPECT_EQ(comparison->min_max.fill_rate, 1);
  EXPECT_GT(comparison->suggested.orders, 10);
}

TEST(DrawnYear, TheSameSeedDrawsTheSame) {
  const auto served = [&](uint64_t seed) {
    const auto comparison = Compare(UnevenWeeks(), seed);
    EXPECT_TRUE(comparison.ok()) << comparison.status();
    return comparison.ok() ? comparison->suggested.served : 0;
  };
  EXPECT_EQ(served(7), served(7));
  EXPECT_NE(served(7), served(8));
}

TEST(DrawnYear, NothingIsDrawnFromNothing) { EXPECT_FALSE(Compare({}, 1).ok()); }

TEST(CoverForAll, IsTheLeastThatServesAsMuch) {
  std::vector<DrawnYear> years;
  for (const uint64_t seed : {1, 2, 3}) {
    auto year = DrawYear(UnevenWeeks(), 52, seed, {}, std::nullopt);
    ASSERT_TRUE(year.ok()) << year.status();
    years.push_back(*std::move(year));
  }
  const auto served = [](const CoverForAll& all) {
    double sum = 0;
    for (const SimulationResult& result : all.results) sum += result.served;
    return sum;
  };
  const auto most = FindCoverForAll(years, 1e9, [] { return absl::OkStatus(); });
  ASSERT_TRUE(most.ok()) << most.status();
  EXPECT_EQ(most->cover, 0);
  ASSERT_EQ(most->results.size(), 3u);
  const auto stop = [] { return absl::CancelledError("gone"); };
  EXPECT_TRUE(absl::IsCancelled(FindCoverForAll(years, 1e9, stop).status()));
  EXPECT_TRUE(absl::IsCancelled(CompareOn(years[0], stop).status()));
  const auto some = FindCoverForAll(years, served(*most) * 0.9, [] { return absl::OkStatus(); });
  ASSERT_TRUE(some.ok()) << some.status();
  EXPECT_GT(some->cover, 0);
  EXPECT_GE(served(*some), served(*most) * 0.9);
  EXPECT_LT(some->results[0].average_stock, most->results[0].average_stock);
}

}  // namespace
}  // namespace storeops::inventory::planning
