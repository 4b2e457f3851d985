#include "services/inventory/planning/stock_out_days.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace storeops::inventory::planning {
namespace {

constexpr absl::CivilDay Day(int day) { return absl::CivilDay(2026, 3, day); }

std::vector<std::string> Texts(const std::vector<DayRange>& ranges) {
  std::vector<std::string> texts;
  for (const DayRange& range : ranges) texts.push_back(absl::StrCat(range.first.day(), "-", range.last.day()));
  return texts;
}

TEST(StockOutDays, LastFromRunningDryToComingBack) {
  EXPECT_THAT(Texts(StockOutDays({}, Day(31))), ::testing::IsEmpty());
  EXPECT_THAT(Texts(StockOutDays({{Day(2), false}, {Day(5), true}, {Day(8), false}}, Day(31))),
              ::testing::ElementsAre("5-8"));
  EXPECT_THAT(Texts(StockOutDays({{Day(5), true}, {Day(8), false}, {Day(20), true}}, Day(31))),
              ::testing::ElementsAre("5-8", "20-30"));
}

TEST(StockOutDays, RangesThatTouchAreOne) {
  EXPECT_THAT(Texts(StockOutDays(
                  {{Day(5), true}, {Day(6), false}, {Day(6), true}, {Day(6), false}, {Day(7), true}, {Day(9), false}},
                  Day(31))),
              ::testing::ElementsAre("5-9"));
}

TEST(StockOutDays, WhatBeginsAfterTheEndIsNone) {
  EXPECT_THAT(Texts(StockOutDays({{Day(31), true}}, Day(31))), ::testing::IsEmpty());
}

TEST(OutEverywhere, IsWhatAllListsHave) {
  const std::vector<std::vector<DayRange>> lists = {{{Day(1), Day(10)}}, {{Day(5), Day(6)}, {Day(9), Day(20)}}};
  EXPECT_THAT(Texts(OutEverywhere(lists, Day(1), Day(31))), ::testing::ElementsAre("5-6", "9-10"));
  EXPECT_THAT(Texts(OutEverywhere(lists, Day(6), Day(10))), ::testing::ElementsAre("6-6", "9-9"));
  EXPECT_THAT(Texts(OutEverywhere({}, Day(1), Day(31))), ::testing::IsEmpty());
}

}  // namespace
}  // namespace storeops::inventory::planning
