#include "services/inventory/planning/method_reason.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace storeops::inventory::planning {
namespace {

using ::testing::HasSubstr;

MethodChoice Choice(Method chosen, const std::vector<std::pair<Method, double>>& errors) {
  MethodChoice choice;
  choice.pattern.demand_class = DemandClass::kSmooth;
  choice.forecast.method = chosen;
  for (const auto& [method, squared] : errors) {
    BackTestErrors& tried = choice.tried.emplace_back();
    tried.method = method;
    tried.mean_squared = squared;
    if (method == chosen) choice.chosen = static_cast<int>(choice.tried.size()) - 1;
  }
  return choice;
}

TEST(MethodReason, TellsWhatTheUsualMethodIsComparedWith) {
  const auto beaten =
      Choice(Method::kCombination, {{Method::kNaive, 1}, {Method::kTheta, 80}, {Method::kCombination, 100}});
  EXPECT_THAT(WhyChosen(beaten, {}), HasSubstr("Theta had 20% less squared error"));
  const auto best = Choice(Method::kCombination, {{Method::kTheta, 120}, {Method::kCombination, 100}});
  EXPECT_THAT(WhyChosen(best, {}), HasSubstr("none was off less"));
}

TEST(MethodReason, TellsByHowMuchAnotherIsBetter) {
  const auto better = Choice(Method::kHolt, {{Method::kCombination, 100}, {Method::kHolt, 60}});
  EXPECT_EQ(WhyChosen(better, {}), "Holt: 40% less squared error than the usual method, Theta and TSB");
  const auto simpler = Choice(Method::kMean, {{Method::kMean, 100.5}, {Method::kCombination, 100}});
  EXPECT_THAT(WhyChosen(simpler, {}), HasSubstr("as good"));
}

TEST(MethodReason, TellsWhatCouldNotBeTried) {
  EXPECT_THAT(WhyChosen(ChooseMethod({}, {}), {}), "nothing was sold");
  EXPECT_THAT(WhyChosen(ChooseMethod({1, 2, 3, 4, 5}, {}), {}), HasSubstr("too few periods"));
}

}  // namespace
}  // namespace storeops::inventory::planning
