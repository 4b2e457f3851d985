#include "services/catalog/prices/repricing.h"

#include <limits>
#include <optional>
#include <random>

#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using PriceChange = RepricingRule::Change;
using Direction = RepricingRule::Direction;
using Outcome = RepricingOutcome;
constexpr auto kNone = std::nullopt;

RepricingRule Rule(PriceChange change, int64_t value, int64_t step = 1, int64_t ending = 0,
                   Direction direction = Direction::kNearest) {
  RepricingRule rule;
  rule.change = change;
  rule.value = value;
  rule.step = step;
  rule.ending = ending;
  rule.direction = direction;
  return rule;
}

struct RepricingCase {
  const char* what;
  RepricingRule rule;
  std::optional<int64_t> price, cost;
  Outcome outcome;
  int64_t minor;
};

void Check(const RepricingCase& one) {
  const Repriced found = Reprice(one.rule, one.price, one.cost);
  EXPECT_EQ(static_cast<int>(found.outcome), static_cast<int>(one.outcome)) << one.what;
  EXPECT_EQ(found.minor, one.minor) << one.what;
}

TEST(RepriceTest, ChangesPrices) {
  const RepricingCase cases[] = {
      {"a tenth off", Rule(PriceChange::kPercent, -1000), 1000, kNone, Outcome::kChanged, 900},
      {"a tenth more", Rule(PriceChange::kPercent, 1000), 1000, kNone, Outcome::kChanged, 1100},
      {"half up: 2.5 is 3", Rule(PriceChange::kPercent, -5000), 5, kNone, Outcome::kChanged, 3},
      {"below half down", Rule(PriceChange::kPercent, -5001), 5, kNone, Outcome::kChanged, 2},
      {"all of it", Rule(PriceChange::kPercent, -10'000), 1000, kNone, Outcome::kChanged, 0},
      {"more than all", Rule(PriceChange::kPercent, -10'001), 100'000, kNone, Outcome::kOutOfRange, 0},
      {"nothing", Rule(PriceChange::kPercent, 0), 1000, kNone, Outcome::kUnchanged, 1000},
      {"too little to see", Rule(PriceChange::kPercent, 1), 1000, kNone, Outcome::kUnchanged, 1000},
      {"an amount", Rule(PriceChange::kAmount, -250), 1000, kNone, Outcome::kChanged, 750},
      {"an amount that leaves nothing", Rule(PriceChange::kAmount, -1000), 1000, kNone, Outcome::kChanged, 0},
      {"an amount that leaves less", Rule(PriceChange::kAmount, -1001), 1000, kNone, Outcome::kOutOfRange, 0},
      {"a margin", Rule(PriceChange::kMargin, 4000), 5, 600, Outcome::kChanged, 1000},
      {"a margin, half up", Rule(PriceChange::kMargin, 2500), 5, 2, Outcome::kChanged, 3},
      {"a margin without a price", Rule(PriceChange::kMargin, 5000), kNone, 300, Outcome::kChanged, 600},
      {"a margin without a cost", Rule(PriceChange::kMargin, 5000), 100, kNone, Outcome::kNoCost, 0},
      {"no price", Rule(PriceChange::kAmount, 5), kNone, 100, Outcome::kNoPrice, 0},
      {"too much", Rule(PriceChange::kPercent, 10'000'000), kMaxRepriced, kNone, Outcome::kOutOfRange, 0},
      {"very much too much", Rule(PriceChange::kPercent, 10'000'000), std::numeric_limits<int64_t>::max(), kNone,
       Outcome::kOutOfRange, 0},
      {"a cost beyond all measure", Rule(PriceChange::kMargin, 9999), 1, std::numeric_limits<int64_t>::max(),
       Outcome::kOutOfRange, 0},
      {"the most", Rule(PriceChange::kAmount, 1), kMaxRepriced - 1, kNone, Outcome::kChanged, kMaxRepriced},
      {"more than that", Rule(PriceChange::kAmount, 1), kMaxRepriced, kNone, Outcome::kOutOfRange, 0},
  };
  for (const RepricingCase& one : cases) Check(one);
}

TEST(RepriceTest, Rounds) {
  const auto to = [](int64_t step, int64_t ending, Direction direction = Direction::kNearest) {
    return Rule(PriceChange::kAmount, 0, step, ending, direction);
  };
  const RepricingCase cases[] = {
      {"to .99, down", to(100, 99), 1030, kNone, Outcome::kChanged, 999},
      {"to .99, up", to(100, 99), 1060, kNone, Outcome::kChanged, 1099},
      {"as near: up", to(100, 99), 1049, kNone, Outcome::kChanged, 1099},
      {"is one", to(100, 99), 1099, kNone, Outcome::kUnchanged, 1099},
      {"below the first", to(100, 99), 20, kNone, Outcome::kChanged, 99},
      {"to .05", to(5, 0), 1002, kNone, Outcome::kChanged, 1000},
      {"to .05, up", to(5, 0), 1003, kNone, Outcome::kChanged, 1005},
      {"to ten, as near: up", to(10, 0), 1005, kNone, Outcome::kChanged, 1010},
      {"always up", to(100, 99, Direction::kUp), 1001, kNone, Outcome::kChanged, 1099},
      {"always down", to(100, 99, Direction::kDown), 1098, kNone, Outcome::kChanged, 999},
      {"down, but there is none", to(100, 99, Direction::kDown), 98, kNone, Outcome::kChanged, 99},
      {"down to nothing", to(100, 0, Direction::kDown), 98, kNone, Outcome::kChanged, 0},
      {"whole units", to(100, 0), 1250, kNone, Outcome::kChanged, 1300},
  };
  for (const RepricingCase& one : cases) Check(one);
}

TEST(RepriceTest, KeepsAFloor) {
  RepricingRule rule = Rule(PriceChange::kPercent, -5000);
  rule.not_below_cost = true;
  Check({"above", rule, 1000, 400, Outcome::kChanged, 500});
  Check({"at the cost", rule, 1000, 600, Outcome::kChanged, 600});
  Check({"no cost", rule, 1000, kNone, Outcome::kNoCost, 0});
  EXPECT_TRUE(Reprice(rule, 1000, 600).raised_to_floor);
  EXPECT_FALSE(Reprice(rule, 1000, 500).raised_to_floor);
  rule.step = 100;
  rule.ending = 99;
  Check({"at the first .99 above the cost", rule, 1000, 600, Outcome::kChanged, 699});
  Check({"rounding down goes not below it", rule, 1020, 505, Outcome::kChanged, 599});
  rule = Rule(PriceChange::kPercent, -5000);
  rule.min_margin_basis_points = 2500;
  Check({"at the least margin, rounded up", rule, 1000, 400, Outcome::kChanged, 534});
  rule.not_below_cost = true;
  Check({"both", rule, 1000, 400, Outcome::kChanged, 534});
  Check({"beyond all measure", rule, 1000, std::numeric_limits<int64_t>::max(), Outcome::kOutOfRange, 0});
}

// Whatever the rule, a price has its form, is not below the floor, and lies within a step of what was wanted.
TEST(RepriceTest, HoldsItsPromises) {
  std::mt19937_64 random(3);
  const auto upto = [&](int64_t n) { return std::uniform_int_distribution<int64_t>(0, n)(random); };
  for (int i = 0; i < 100'000; ++i) {
    RepricingRule rule = Rule(static_cast<PriceChange>(upto(1)), upto(20'000) - 10'000, 1 + upto(200));
    rule.ending = upto(rule.step - 1);
    rule.direction = static_cast<Direction>(upto(2));
    rule.not_below_cost = upto(1) == 0;
    if (upto(1) == 0) rule.min_margin_basis_points = upto(9000);
    const int64_t price = upto(100'000), cost = upto(100'000);
    const Repriced found = Reprice(rule, price, cost);
    if (found.outcome == Outcome::kOutOfRange) {
      ASSERT_TRUE(rule.change == PriceChange::kAmount && price + rule.value < 0);
      continue;
    }
    ASSERT_GE(found.minor, 0);
    ASSERT_EQ((found.minor - rule.ending) % rule.step, 0);
    ASSERT_GE(found.minor, rule.not_below_cost ? cost : 0);
    ASSERT_GE(found.minor * (10'000 - rule.min_margin_basis_points),
              rule.min_margin_basis_points > 0 ? cost * 10'000 : 0);
    const double wanted =
        rule.change == PriceChange::kAmount ? price + rule.value : price * (10'000.0 + rule.value) / 10'000;
    if (found.raised_to_floor || found.minor == rule.ending) continue;
    ASSERT_NEAR(found.minor, wanted, rule.step + 0.5);
  }
}

}  // namespace
}  // namespace storeops::catalog
