#include "services/inventory/planning/planning_rules.h"

#include <gtest/gtest.h>

#include "common/base/money.h"

namespace storeops::inventory {
namespace {

using v1::PlanningSetting;

TEST(PlanningRulesTest, DefaultsStandWhereNobodySaysAnything) {
  const PlanningSetting resolved = PlanningSettings().Resolve("A", "locations/1");
  EXPECT_EQ(resolved.service_level_percent(), 95);
  EXPECT_EQ(resolved.policy(), PlanningSetting::PERIODIC);
  const planning::PlanningRules rules = ToRules(resolved, "EUR");
  EXPECT_EQ(rules.review_days, 7);
  EXPECT_EQ(rules.order_days, 7);
  EXPECT_DOUBLE_EQ(rules.target.level, 0.95);
  EXPECT_FALSE(rules.order_cost_minor.has_value());
  EXPECT_EQ(rules.alerts.dead_after_days, 180);
}

TEST(PlanningRulesTest, TheNarrowerSettingSaysMoreFieldByField) {
  PlanningSettings settings;
  const auto add = [&settings](const std::string& sku, const std::string& location, double level, int review) {
    PlanningSetting setting;
    setting.set_sku(sku);
    setting.set_location(location);
    if (level > 0) setting.set_service_level_percent(level);
    if (review > 0) setting.set_review_days(review);
    settings.Add(setting);
  };
  add("", "", 90, 14);
  add("", "locations/1", 92, 0);
  add("A", "", 0, 3);
  add("A", "locations/1", 99, 0);
  const auto level = [&](const char* sku, const char* location) {
    return settings.Resolve(sku, location).service_level_percent();
  };
  EXPECT_EQ(level("B", "locations/2"), 90);
  EXPECT_EQ(level("B", "locations/1"), 92);
  EXPECT_EQ(level("A", "locations/2"), 90);
  EXPECT_EQ(level("A", "locations/1"), 99);
  EXPECT_EQ(settings.Resolve("A", "locations/1").review_days(), 3);
  EXPECT_EQ(settings.Resolve("B", "locations/1").review_days(), 14);
}

TEST(PlanningRulesTest, ScopesDiffer) {
  EXPECT_NE(ScopeOf("", ""), ScopeOf("*", ""));
  EXPECT_NE(ScopeOf("A", ""), ScopeOf("", "locations/1"));
}

TEST(PlanningRulesTest, CostsCountInTheirCurrency) {
  PlanningSetting setting = PlanningSettings().Resolve("A", "");
  *setting.mutable_ordering_cost() = MoneyFromMinor(1500, "EUR");
  EXPECT_FALSE(ToRules(setting, "EUR").order_cost_minor.has_value());
  setting.set_holding_cost_percent(20);
  EXPECT_EQ(ToRules(setting, "EUR").order_cost_minor, 1500);
  EXPECT_EQ(ToRules(setting, "EUR").holding_share, 0.2);
  EXPECT_FALSE(ToRules(setting, "USD").order_cost_minor.has_value());
}

TEST(PlanningRulesTest, HalfAndAllAreNoServiceLevels) {
  PlanningSetting setting;
  EXPECT_TRUE(CheckSetting(setting).ok());
  for (const double level : {50.0, 100.0}) {
    setting.set_service_level_percent(level);
    EXPECT_FALSE(CheckSetting(setting).ok()) << level;
  }
  setting.set_service_level_percent(99.9);
  EXPECT_TRUE(CheckSetting(setting).ok());
}

}  // namespace
}  // namespace storeops::inventory
