#include "services/catalog/prices/lowest_price.h"

#include <optional>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Days count from 0; the window is 30 of them.
constexpr int64_t kDay = 86'400'000'000;
constexpr int64_t Day(double day) { return static_cast<int64_t>(day * kDay); }
const PriceQuestion kAnybody{"EUR", "", "", 0};

PriceStep Step(double day, std::optional<int64_t> minor) { return {Day(day), minor}; }
PriceFacts::OfBase Base(double day, std::optional<int64_t> minor) { return {Day(day), minor}; }
PriceFacts::OfPrice Price(double day, std::optional<int64_t> minor, int64_t start = kEver, int64_t end = kForever,
                          int64_t list = 1, int64_t min_quantity = 1) {
  return {Day(day), list, min_quantity, start, end, minor};
}
PriceFacts::OfList ListOn(double day, bool active = true, bool live = true, int64_t id = 1) {
  PriceFacts::OfList fact;
  fact.since = Day(day);
  fact.terms.list_id = id;
  fact.terms.currency = "EUR";
  fact.terms.active = active;
  fact.live = live;
  return fact;
}

TEST(PriceTimelineTest, NothingIsKnownOfNothing) { EXPECT_THAT(PriceTimeline({}, kAnybody, Day(9)), IsEmpty()); }

TEST(PriceTimelineTest, FollowsTheVariantsOwnPrice) {
  PriceFacts facts;
  facts.base = {Base(0, 100), Base(2, 100), Base(3, 90), Base(4, std::nullopt), Base(5, 95), Base(9, 80)};
  EXPECT_THAT(PriceTimeline(facts, kAnybody, Day(9)),
              ElementsAre(Step(0, 100), Step(3, 90), Step(4, std::nullopt), Step(5, 95)));
}

TEST(PriceTimelineTest, ListsHoldFromWhenTheyWereWrittenAndWithinTheirTimes) {
  PriceFacts facts;
  facts.base = {Base(0, 100)};
  facts.lists = {ListOn(1)};
  // Written on day 2 for days 1 to 5: nobody paid it on day 1. Raised on day 4, deleted on day 8.
  facts.prices = {Price(2, 90, Day(1), Day(5)), Price(3, 80, Day(6), Day(9)), Price(4, 95, Day(1), Day(5)),
                  Price(8, std::nullopt, Day(6), Day(9))};
  EXPECT_THAT(PriceTimeline(facts, kAnybody, Day(20)),
              ElementsAre(Step(0, 100), Step(2, 90), Step(4, 95), Step(5, 100), Step(6, 80), Step(8, 100)));
}

TEST(PriceTimelineTest, AListThatWasSwitchedOffDidNotHold) {
  PriceFacts facts;
  facts.base = {Base(0, 100)};
  facts.prices = {Price(1, 70)};
  facts.lists = {ListOn(1, false), ListOn(10, true), ListOn(12, true, false), ListOn(14, true, true),
                 ListOn(15, false)};
  EXPECT_THAT(PriceTimeline(facts, kAnybody, Day(20)),
              ElementsAre(Step(0, 100), Step(10, 70), Step(12, 100), Step(14, 70), Step(15, 100)));
}

TEST(PriceTimelineTest, IsOfOnePieceAndOfTheChannelAskedFor) {
  PriceFacts facts;
  facts.base = {Base(0, 100)};
  facts.lists = {ListOn(0), ListOn(0, true, true, 2)};
  facts.lists[1].terms.channels = {"channels/web"};
  facts.prices = {Price(1, 50, kEver, kForever, 1, 10), Price(2, 60, kEver, kForever, 2)};
  EXPECT_THAT(PriceTimeline(facts, kAnybody, Day(9)), ElementsAre(Step(0, 100)));
  EXPECT_THAT(PriceTimeline(facts, {"EUR", "channels/web", "", 0}, Day(9)), ElementsAre(Step(0, 100), Step(2, 60)));
}

struct Expected {
  std::optional<int64_t> present;
  bool reduced;
  double reduced_since;
  std::optional<int64_t> before, lowest;
  double lowest_since, window_start;
  bool complete;
};

TEST(FindLowestPriceTest, LooksAtTheDaysBeforeTheReduction) {
  struct Case {
    const char* what;
    std::vector<PriceStep> steps;
    double at;
    Expected expected;
  };
  const auto none = std::nullopt;
  const Case cases[] = {
      {"nothing is known", {}, 100, {none, false, 0, none, none, 0, 70, false}},
      {"never changed", {Step(0, 100)}, 100, {100, false, 0, none, 100, 0, 70, true}},
      {"known for a short time", {Step(90, 100)}, 100, {100, false, 0, none, 100, 90, 70, false}},
      {"reduced", {Step(0, 100), Step(90, 80)}, 100, {80, true, 90, 100, 100, 0, 60, true}},
      {"a price from before the window is in force when it begins",
       {Step(0, 70), Step(65, 100), Step(90, 80)},
       100,
       {80, true, 90, 100, 70, 0, 60, true}},
      {"one that ended before it is not",
       {Step(0, 70), Step(59, 100), Step(90, 80)},
       100,
       {80, true, 90, 100, 100, 59, 60, true}},
      {"nor one that ended when it began",
       {Step(0, 70), Step(60, 100), Step(90, 80)},
       100,
       {80, true, 90, 100, 100, 60, 60, true}},
      {"a raise just before the reduction does not help",
       {Step(0, 100), Step(85, 150), Step(90, 110)},
       100,
       {110, true, 90, 150, 100, 0, 60, true}},
      {"an earlier sale within the window counts",
       {Step(0, 100), Step(70, 60), Step(75, 100), Step(90, 80)},
       100,
       {80, true, 90, 100, 60, 70, 60, true}},
      {"the reduction is long ago", {Step(0, 100), Step(20, 80)}, 200, {80, true, 20, 100, 100, 0, -10, false}},
      {"reduced twice: the last one counts",
       {Step(0, 100), Step(80, 90), Step(90, 80)},
       100,
       {80, true, 90, 90, 90, 80, 60, true}},
      {"raised", {Step(0, 80), Step(90, 100)}, 100, {100, false, 0, none, 80, 0, 70, true}},
      {"raised before the window", {Step(0, 80), Step(50, 100)}, 100, {100, false, 0, none, 100, 50, 70, true}},
      {"not for sale in between",
       {Step(0, 100), Step(50, none), Step(90, 80)},
       100,
       {80, true, 90, 100, none, 0, 60, true}},
      {"not for sale any more", {Step(0, 100), Step(90, none)}, 100, {none, false, 0, none, 100, 0, 70, true}},
      {"sold for the first time", {Step(90, none), Step(95, 80)}, 100, {80, false, 0, none, 80, 95, 70, false}},
  };
  for (const Case& one : cases) {
    const LowestPrice found = FindLowestPrice(one.steps, Day(one.at), Day(30));
    const Expected& expected = one.expected;
    EXPECT_EQ(found.present, expected.present) << one.what;
    EXPECT_EQ(found.reduced, expected.reduced) << one.what;
    if (expected.reduced) {
      EXPECT_EQ(found.reduced_since, Day(expected.reduced_since)) << one.what;
    }
    EXPECT_EQ(found.before, expected.before) << one.what;
    EXPECT_EQ(found.lowest, expected.lowest) << one.what;
    if (expected.lowest.has_value()) {
      EXPECT_EQ(found.lowest_since, Day(expected.lowest_since)) << one.what;
    }
    EXPECT_EQ(found.window_start, Day(expected.window_start)) << one.what;
    EXPECT_EQ(found.complete, expected.complete) << one.what;
  }
}

// Against asking for the price of every day.
TEST(FindLowestPriceTest, AgreesWithTheLowestOfAllDays) {
  std::mt19937 random(7);
  const auto upto = [&](int n) { return std::uniform_int_distribution<int>(0, n)(random); };
  for (int round = 0; round < 500; ++round) {
    std::vector<std::optional<int64_t>> by_day(100);
    std::optional<int64_t> price = 50 + upto(50);
    PriceFacts facts;
    for (int day = 0; day < 100; ++day) {
      if (day == 0 || upto(9) == 0) {
        price = upto(6) == 0 ? std::nullopt : std::optional<int64_t>(50 + upto(50));
        facts.base.push_back(Base(day, price));
      }
      by_day[day] = price;
    }
    const auto steps = PriceTimeline(facts, kAnybody, Day(100));
    const LowestPrice found = FindLowestPrice(steps, Day(100), Day(30));
    int last = 99;  // the first day of the present price
    while (last > 0 && by_day[last - 1] == by_day[99]) --last;
    int before = last - 1;
    while (before >= 0 && !by_day[before].has_value()) --before;
    const bool reduced = by_day[99].has_value() && before >= 0 && *by_day[before] > *by_day[99];
    ASSERT_EQ(found.reduced, reduced) << round;
    const int end = reduced ? last : 100;
    std::optional<int64_t> lowest;
    for (int day = std::max(0, end - 30); day < end; ++day) {
      if (by_day[day].has_value() && (!lowest.has_value() || *by_day[day] < *lowest)) lowest = by_day[day];
    }
    ASSERT_EQ(found.lowest, lowest) << round;
  }
}

}  // namespace
}  // namespace storeops::catalog
