#include "services/inventory/planning/planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace storeops::inventory::planning {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Reason = ReplenishmentReason;

constexpr absl::CivilDay kToday(2026, 6, 1);

// Ten a week, every week: no variance but that of the lead time.
MethodChoice TenAWeek() {
  const std::vector<double> weeks(20, 10);
  return ChooseMethod(weeks, BackTestFor(7));
}

// A stated lead time of a week has a standard deviation of a quarter of it. Over lead time and review 20 are expected
// with a deviation of 10 * 0.25 = 2.5; 20 + 1.645 * 2.5 = 24.1, in whole pieces 25: safety 5, target 25.
PlanInput UsualPlan() {
  PlanInput input;
  input.today = kToday;
  input.offer =
      SupplyOffer{.price_minor = 250, .minimum_quantity = 0, .pack_size = 1, .stated_lead_days = 7, .seen = {}};
  input.on_hand = 12;
  input.last_sale = kToday - 3;
  return input;
}

PlannedItem Plan(const PlanInput& input, const MethodChoice& choice = TenAWeek()) {
  const auto item = PlanItem(choice, input);
  EXPECT_TRUE(item.ok()) << item.status();
  return item.value_or(PlannedItem());
}

std::vector<AlertKind> KindsOf(const PlannedItem& item) {
  std::vector<AlertKind> kinds;
  for (const StockAlert& alert : item.alerts) kinds.push_back(alert.kind);
  return kinds;
}

TEST(PlannerTest, BuysWhatIsMissingOverLeadTimeAndReview) {
  const PlannedItem item = Plan(UsualPlan());
  EXPECT_THAT(item.demand_per_day, DoubleNear(10.0 / 7, 1e-9));
  EXPECT_THAT(item.replenishment.forecast_over_lead_time, DoubleNear(10, 1e-9));
  EXPECT_THAT(item.replenishment.forecast_over_review, DoubleNear(10, 1e-9));
  EXPECT_THAT(item.replenishment.safety_stock, DoubleNear(5, 1e-9));
  EXPECT_EQ(item.replenishment.target, 25);
  EXPECT_EQ(item.replenishment.need, 13);
  EXPECT_EQ(item.replenishment.amount_minor, 13 * 250);
  EXPECT_EQ(item.reorder_point, 15);
  EXPECT_EQ(item.urgency, Urgency::kDue);
  EXPECT_EQ(item.expected, kToday + 7);
  EXPECT_EQ(item.order_by, kToday);
  EXPECT_THAT(item.days_of_cover, ::testing::Optional(DoubleNear(8.4, 1e-9)));
  EXPECT_THAT(item.explanation, HasSubstr("need 13; buy 13 in 13 packs (BELOW_TARGET); lead time 7.0 days"));
  EXPECT_THAT(item.alerts, ElementsAre());
}

TEST(PlannerTest, AboveTheOrderPointThereIsTime) {
  PlanInput input = UsualPlan();
  input.on_hand = 20;
  const PlannedItem item = Plan(input);
  EXPECT_EQ(item.replenishment.need, 5);
  EXPECT_EQ(item.urgency, Urgency::kLater);
  // Five above the order point of 15 last three and a half days.
  EXPECT_EQ(item.order_by, kToday + 3);
}

TEST(PlannerTest, ContinuousReviewOrdersAQuantityAtThePoint) {
  PlanInput input = UsualPlan();
  input.rules.continuous = true;
  input.rules.order_days = 28;
  // Over the lead time 10 with a deviation of 2.5: 14.1, so 15.
  PlannedItem item = Plan(input);
  EXPECT_EQ(item.replenishment.target, 15);
  EXPECT_EQ(item.replenishment.need, 3);
  EXPECT_EQ(item.replenishment.quantity, 40);
  EXPECT_THAT(item.replenishment.reasons, ElementsAre(Reason::kBelowTarget, Reason::kRaisedToEconomic));
  input.on_hand = 15;
  EXPECT_EQ(Plan(input).replenishment.quantity, 0);
}

TEST(PlannerTest, TheEconomicQuantityIsHarris) {
  PlanInput input = UsualPlan();
  input.rules.order_cost_minor = 1000;
  input.rules.holding_share = 0.2;
  // 520 a year: sqrt(2 * 521.43 * 1000 / (0.2 * 250)) with 365 / 7 weeks.
  EXPECT_EQ(Plan(input).replenishment.quantity, 145);
  input.rules.maximum_quantity = 100;
  EXPECT_EQ(Plan(input).replenishment.quantity, 100);
}

TEST(PlannerTest, PacksMinimumDraftsAndStatedSafety) {
  PlanInput input = UsualPlan();
  input.offer->pack_size = 6;
  input.offer->minimum_quantity = 20;
  EXPECT_EQ(Plan(input).replenishment.quantity, 24);
  input.drafted = 13;
  EXPECT_EQ(Plan(input).replenishment.quantity, 0);
  EXPECT_THAT(Plan(input).explanation, HasSubstr("of incoming 13 are in drafts"));
  input.stated_safety_stock = 8;
  EXPECT_EQ(Plan(input).replenishment.need, 3);
}

TEST(PlannerTest, LearnedLeadTimesCount) {
  PlanInput input = UsualPlan();
  input.offer->seen = {4, 21, 0};
  // Half of the way from 7 to 21; variance (4 * 1.75^2 + 4 * 4 / 8 * 14^2) / 8.
  const PlannedItem item = Plan(input);
  EXPECT_DOUBLE_EQ(item.lead_time.mean_days, 14);
  EXPECT_THAT(item.lead_time.deviation_days, DoubleNear(7.108, 1e-3));
  EXPECT_THAT(item.replenishment.forecast_over_lead_time, DoubleNear(20, 1e-9));
  // 30 expected with a deviation of 10 * 7.108 / 7: 30 + 1.645 * 10.154 = 46.7.
  EXPECT_EQ(item.replenishment.target, 47);
  EXPECT_EQ(item.urgency, Urgency::kUrgent);
  EXPECT_THAT(KindsOf(item), ElementsAre(AlertKind::kStockOutSoon, AlertKind::kBelowSafety));
}

TEST(PlannerTest, NothingFreeIsCritical) {
  PlanInput input = UsualPlan();
  input.reserved = 15;
  const PlannedItem item = Plan(input);
  EXPECT_EQ(item.urgency, Urgency::kCritical);
  EXPECT_EQ(item.replenishment.need, 28);
  EXPECT_THAT(KindsOf(item), ElementsAre(AlertKind::kOutOfStock));
}

TEST(PlannerTest, WithoutSupplierOrDemandNothingIsBought) {
  PlanInput input = UsualPlan();
  input.offer.reset();
  const PlannedItem unsold = Plan(input);
  EXPECT_EQ(unsold.replenishment.quantity, 0);
  EXPECT_GT(unsold.replenishment.need, 0);
  EXPECT_THAT(unsold.replenishment.reasons, ::testing::Contains(Reason::kNoSupplier));
  EXPECT_DOUBLE_EQ(unsold.lead_time.mean_days, 14);
  const PlannedItem quiet = Plan(UsualPlan(), ChooseMethod({}, BackTestFor(7)));
  EXPECT_EQ(quiet.replenishment.need, 0);
  EXPECT_EQ(quiet.days_of_cover, std::nullopt);
  PlanInput discontinued = UsualPlan();
  discontinued.rules.discontinued = true;
  EXPECT_EQ(Plan(discontinued).replenishment.quantity, 0);
}

TEST(PlannerTest, AnAbsurdPriceStopsNoPlan) {
  PlanInput input = UsualPlan();
  input.offer->price_minor = 1'000'000'000'000;
  input.offer->minimum_quantity = kMaxPieces;
  const PlannedItem item = Plan(input);
  EXPECT_EQ(item.replenishment.quantity, 0);
  EXPECT_THAT(item.replenishment.reasons, ::testing::Contains(Reason::kNoSupplier));
}

TEST(PlannerTest, ImmediateDeliveryNeedsNoStock) {
  PlanInput input = UsualPlan();
  input.rules.continuous = true;
  input.offer->stated_lead_days = 0;
  const PlannedItem item = Plan(input);
  EXPECT_EQ(item.replenishment.target, 0);
  EXPECT_EQ(item.urgency, Urgency::kLater);
}

}  // namespace
}  // namespace storeops::inventory::planning
