#include "services/inventory/planning/stock_alerts.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::CivilDay kAlertDay(2026, 6, 1);

// 100 free pieces, 4 a day: 25 days; a delivery takes 10.
StockFacts UsualFacts() {
  StockFacts facts;
  facts.today = kAlertDay;
  facts.on_hand = 110;
  facts.reserved = 10;
  facts.safety_stock = 20;
  facts.demand_per_day = 4;
  facts.lead_time_days = 10;
  facts.last_sale = kAlertDay - 1;
  return facts;
}

std::vector<std::string> Alerts(const StockFacts& facts) {
  std::vector<std::string> texts;
  for (const StockAlert& alert : FindStockAlerts(facts, {})) {
    texts.push_back(absl::StrCat(NameOf(alert.kind), " ", alert.pieces,
                                 alert.day.has_value() ? " " + absl::FormatCivilTime(*alert.day) : "", alert.lot));
  }
  return texts;
}

TEST(DaysOfCoverTest, OfStockAndDemand) {
  EXPECT_DOUBLE_EQ(*DaysOfCover(100, 4), 25);
  EXPECT_DOUBLE_EQ(*DaysOfCover(-5, 4), 0);
  EXPECT_EQ(DaysOfCover(100, 0), std::nullopt);
}

TEST(StockAlertsTest, NoneWhenAllIsWell) { EXPECT_THAT(Alerts(UsualFacts()), IsEmpty()); }

TEST(StockAlertsTest, OutOfStock) {
  StockFacts facts = UsualFacts();
  facts.on_hand = 10;
  EXPECT_THAT(Alerts(facts), ElementsAre("OUT_OF_STOCK 0 2026-06-01"));
  facts.on_hand = 3;
  EXPECT_THAT(Alerts(facts), ElementsAre("OUT_OF_STOCK 7 2026-06-01"));
  facts.on_hand = 10;
  facts.demand_per_day = 0;
  EXPECT_THAT(Alerts(facts), ElementsAre("BELOW_SAFETY 20")) << "nobody asks for it";
}

TEST(StockAlertsTest, StockOutBeforeAnOrderOfTodayWouldCome) {
  StockFacts facts = UsualFacts();
  facts.on_hand = 40;  // 30 free: 7.5 days, 10 pieces short
  EXPECT_THAT(Alerts(facts), ElementsAre("STOCK_OUT_SOON 10 2026-06-08"));
  facts.on_hand = 50;  // exactly until it comes
  EXPECT_THAT(Alerts(facts), IsEmpty());
}

TEST(StockAlertsTest, TheNextArrivalDecides) {
  StockFacts facts = UsualFacts();
  facts.on_hand = 40;
  facts.incoming = 50;
  facts.next_arrival = kAlertDay + 5;
  EXPECT_THAT(Alerts(facts), IsEmpty());
  facts.next_arrival = kAlertDay + 9;
  EXPECT_THAT(Alerts(facts), ElementsAre("STOCK_OUT_SOON 6 2026-06-08"));
  EXPECT_EQ(FindStockAlerts(facts, {})[0].reason,
            "30 free pieces last 7.5 days at 4 a day; the next arrival is in 9.0 days");
}

TEST(StockAlertsTest, BelowSafety) {
  StockFacts facts = UsualFacts();
  facts.safety_stock = 130;
  EXPECT_THAT(Alerts(facts), ElementsAre("BELOW_SAFETY 30"));
}

TEST(StockAlertsTest, Overstock) {
  StockFacts facts = UsualFacts();
  facts.incoming = 630;  // 730 pieces, 720 are 180 days
  EXPECT_THAT(Alerts(facts), ElementsAre("OVERSTOCK 10"));
  facts.incoming = 620;
  EXPECT_THAT(Alerts(facts), IsEmpty());
}

TEST(StockAlertsTest, DeadStock) {
  StockFacts facts = UsualFacts();
  facts.demand_per_day = 0;
  facts.last_sale = kAlertDay - 179;
  EXPECT_THAT(Alerts(facts), IsEmpty());
  facts.last_sale = kAlertDay - 180;
  EXPECT_THAT(Alerts(facts), ElementsAre("DEAD_STOCK 100"));
  facts.last_sale.reset();
  EXPECT_THAT(Alerts(facts), IsEmpty()) << "nobody knows since when";
  facts.first_received = kAlertDay - 200;
  EXPECT_EQ(FindStockAlerts(facts, {})[0].reason, "100 free pieces, never sold, received 2025-11-13");
}

TEST(StockAlertsTest, LotsThatWillNotBeSoldInTime) {
  StockFacts facts = UsualFacts();
  // Ten days with today sell 40 of lot B's 60: 20 left. Lot A sells from then on, (30 - 10) * 4 = 80 of its 90 in 30
  // days.
  facts.lots = {{"A", 90, kAlertDay + 29}, {"B", 60, kAlertDay + 9}, {"C", 500, kAlertDay + 200}};
  EXPECT_THAT(Alerts(facts), ElementsAre("EXPIRING_LOT 20 2026-06-10B", "EXPIRING_LOT 10 2026-06-30A"));
  facts.lots = {{"old", 5, kAlertDay - 1}};
  EXPECT_THAT(Alerts(facts), ElementsAre("EXPIRING_LOT 5 2026-05-31old"));
}

}  // namespace
}  // namespace storeops::inventory::planning
