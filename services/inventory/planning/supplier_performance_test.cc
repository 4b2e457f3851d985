#include "services/inventory/planning/supplier_performance.h"

#include <vector>

#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

constexpr absl::CivilDay kPromised(2026, 6, 10);

SupplierLine Line(int64_t ordered, std::vector<LineReceipt> receipts, bool closed = false) {
  return {kPromised, ordered, std::move(receipts), closed};
}

TEST(SupplierPerformanceTest, EachKindOfLine) {
  const std::vector<SupplierLine> lines = {
      Line(10, {{kPromised, 10}}),                         // on time, in full
      Line(10, {{kPromised - 2, 6}, {kPromised + 3, 4}}),  // full, 3 days late
      Line(10, {{kPromised - 1, 8}}, /*closed=*/true),     // on time, short
      Line(10, {{kPromised, 5}}),                          // the rest is 20 days late by now
      Line(10, {}, /*closed=*/true),                       // nothing ever came
  };
  const SupplierPerformance result = RateSupplier(lines, kPromised + 20, {});
  EXPECT_EQ(result.lines, 5);
  EXPECT_DOUBLE_EQ(*result.on_time, 2.0 / 5);
  EXPECT_DOUBLE_EQ(*result.in_full, 2.0 / 5);
  EXPECT_DOUBLE_EQ(*result.on_time_in_full, 1.0 / 5);
  EXPECT_DOUBLE_EQ(*result.fill_rate, (10 + 6 + 8 + 5 + 0) / 50.0);
  EXPECT_DOUBLE_EQ(*result.mean_days_late, (3 + 20 + 20) / 3.0);
}

TEST(SupplierPerformanceTest, ALineWhoseTimeIsNotOverIsOpen) {
  const SupplierPerformance result = RateSupplier({Line(10, {{kPromised - 1, 5}})}, kPromised, {});
  EXPECT_EQ(result.lines, 0);
  EXPECT_EQ(result.open, 1);
  EXPECT_EQ(result.on_time, std::nullopt);
}

TEST(SupplierPerformanceTest, GraceAndTolerance) {
  PerformanceRules rules;
  rules.grace_days = 2;
  rules.full_from_share = 0.95;
  const SupplierPerformance result = RateSupplier({Line(100, {{kPromised + 2, 95}}, true)}, kPromised + 9, rules);
  EXPECT_DOUBLE_EQ(*result.on_time_in_full, 1);
  EXPECT_DOUBLE_EQ(*result.fill_rate, 0.95);
  EXPECT_EQ(result.mean_days_late, std::nullopt);
}

TEST(SupplierPerformanceTest, MoreThanOrderedIsNotBetter) {
  EXPECT_DOUBLE_EQ(*RateSupplier({Line(10, {{kPromised, 15}})}, kPromised, {}).fill_rate, 1);
}

TEST(SupplierPerformanceTest, WhatComesAfterALineIsFullDoesNotMakeItLate) {
  const auto result = RateSupplier({Line(10, {{kPromised + 5, 1}, {kPromised, 10}})}, kPromised + 9, {});
  EXPECT_DOUBLE_EQ(*result.on_time, 1);
}

}  // namespace
}  // namespace storeops::inventory::planning
