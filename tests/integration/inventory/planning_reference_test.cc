// ListReplenishments against what a naive reading of the raw tables gives: every row of every table in memory, the
// formulas of docs/planning.md written out.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "services/inventory/planning/demand_series.h"
#include "services/inventory/planning/distributions.h"
#include "services/inventory/planning/method_choice.h"
#include "tests/support/planning_fixture.h"

namespace storeops::testing {
namespace {

using namespace inventory::planning;  // NOLINT: its mathematics is tested elsewhere; what it is fed is tested here

constexpr int kDays = 300;
constexpr int kSkus = 40;

struct Expected {
  double forecast_lead = 0, forecast_review = 0, safety = 0;
  int64_t position = 0, target = 0, need = 0, quantity = 0, amount = 0;
};

class PlanningReferenceTest : public PlanningFixture {
 protected:
  db::Rows Raw(const std::string& sql) {
    const auto rows = process_.database().Query(absl::Now() + absl::Seconds(30), sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.value_or(db::Rows());
  }
  int Roll(int below) { return static_cast<int>(random_() % static_cast<uint64_t>(below)); }

  // A shop with all that may happen to a SKU.
  void MakeShop() {
    acme_ = CreateSupplier(process_, "ACME", 10);
    zeta_ = CreateSupplier(process_, "ZETA", 21);
    std::vector<Sale> sales;
    for (int i = 0; i < kSkus; ++i) {
      const std::string sku = absl::StrCat("S-", 100 + i);
      const int often = 1 + Roll(20), most = 1 + Roll(30);
      for (int day = Roll(60); day < kDays; ++day) {
        if (Roll(often) != 0) continue;
        const int64_t quantity = Roll(80) == 0 ? most * 30 : 1 + Roll(most);
        sales.push_back({sku, day, quantity, Roll(8) == 0 ? 1 + Roll(static_cast<int>(quantity)) : 0, 500 + i});
      }
      if (i % 7 != 0) {
        EXPECT_TRUE(CreateSupplierItem(process_, i % 2 == 0 ? acme_ : zeta_, sku, 100 + i, Roll(50), Roll(13)).ok());
      }
    }
    for (size_t at = 0; at < sales.size(); at += 400) {
      Sell({sales.begin() + at, sales.begin() + std::min(at + 400, sales.size())});
    }
    for (int i = 0; i < kSkus; i += 2) {
      const std::string sku = absl::StrCat("S-", 100 + i);
      SetDay(20 + i);
      EXPECT_TRUE(Receive(process_, sku, berlin_, 40 + i).ok());
      if (i % 4 != 0) continue;
      SetDay(120 + i);
      EXPECT_TRUE(Adjust(process_, sku, berlin_, -(40 + i), inventory::v1::LOST).ok());
      SetDay(150 + 2 * i);
      EXPECT_TRUE(Receive(process_, sku, berlin_, 10 + Roll(60)).ok());
    }
    SetDay(kDays);
    EXPECT_TRUE(DraftPurchase(process_, acme_, berlin_, {{"S-102", 7}}).ok());
  }

  // By the ledger, movement after movement: days on which at some time nothing was free.
  std::vector<DayRange> OutDays(const std::string& sku) {
    std::vector<DayRange> out;
    std::map<absl::CivilDay, int64_t> least, last;
    int64_t free = 0;
    const db::Rows rows =
        Raw("SELECT sku, on_hand, reserved, damaged, quality_hold, time FROM stock_movements ORDER BY id");
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows.Text(i, 0) != sku) continue;
      free += rows.Int(i, 1) - rows.Int(i, 2) - rows.Int(i, 3) - rows.Int(i, 4);
      const absl::CivilDay day = absl::ToCivilDay(rows.Time(i, 5), absl::UTCTimeZone());
      const auto [place, fresh] = least.try_emplace(day, free);
      if (!fresh) place->second = std::min(place->second, free);
      last[day] = free;
    }
    if (least.empty()) return out;
    int64_t now = 1;
    for (absl::CivilDay day = least.begin()->first; day < Day(kDays); ++day) {
      const bool began_without = now <= 0;
      if (const auto moved = last.find(day); moved != last.end()) now = moved->second;
      if (began_without || now <= 0) out.push_back({day, day});
    }
    return out;
  }

  std::map<std::string, Expected> Compute() {
    std::map<std::string, std::vector<DatedQuantity>> sold;
    const db::Rows lines = Raw(
        "SELECT sku, place_time, quantity, cancelled_quantity, returned_quantity FROM order_lines ORDER BY order_id");
    for (size_t i = 0; i < lines.size(); ++i) {
      const absl::CivilDay day = absl::ToCivilDay(lines.Time(i, 1), absl::UTCTimeZone());
      const int64_t left = lines.Int(i, 2) - lines.Int(i, 3) - lines.Int(i, 4);
      if (left > 0) sold[lines.Text(i, 0)].push_back({day, left, static_cast<int64_t>(i) + 1});
      // Something was asked for on that day, if only to be taken back.
      if (lines.Int(i, 3) > 0) {
        sold[lines.Text(i, 0)].push_back({day, lines.Int(i, 3), static_cast<int64_t>(i + lines.size()) + 1});
        sold[lines.Text(i, 0)].push_back({day, -lines.Int(i, 3), static_cast<int64_t>(i + lines.size()) + 1});
      }
    }
    std::map<std::string, Expected> all;
    for (const auto& [sku, quantities] : sold) all[sku] = ComputeOne(sku, quantities);
    return all;
  }

  Expected ComputeOne(const std::string& sku, const std::vector<DatedQuantity>& quantities) {
    DemandSeriesOptions options;
    options.begin = Day(kDays) - 1095;
    options.end = Day(kDays);
    const auto series = MakeDemandSeries(quantities, OutDays(sku), options);
    EXPECT_TRUE(series.ok()) << series.status();
    BackTestOptions back_test;
    back_test.season_periods = 52;
    const MethodChoice choice = ChooseMethod(series->values, back_test);

    const db::Rows offer = Raw(
        "SELECT i.price_minor, i.min_quantity, i.pack_size, s.lead_time_days FROM supplier_items i JOIN suppliers s "
        "ON i.supplier = CONCAT('suppliers/', s.id) WHERE i.sku = '" +
        sku + "'");
    const bool sells = !offer.empty();
    // Nothing was received by purchase orders: what is stated, or 14 days, with a quarter of it as deviation.
    const double lead = (sells ? static_cast<double>(offer.Int(0, 3)) : 14) / 7;
    const double at_risk = lead + 1, expected = choice.forecast.Over(at_risk), each = expected / at_risk;
    const double variance = choice.VarianceOver(at_risk) + each * each * lead * lead / 16;

    Expected result;
    result.forecast_lead = choice.forecast.Over(lead);
    result.forecast_review = expected - result.forecast_lead;
    const auto point = LeadTimeDemand::FromMoments(expected, variance).StockForProbability(0.95);
    result.safety = std::max(0.0, static_cast<double>(point) - expected);
    result.target = static_cast<int64_t>(std::ceil(expected + result.safety - 1e-6));
    const db::Rows level =
        Raw("SELECT on_hand - damaged - quality_hold - reserved + incoming FROM stock_levels "
            "WHERE sku = '" +
            sku + "'");
    result.position = (level.empty() ? 0 : level.Int(0, 0)) + (sku == "S-102" ? 7 : 0);
    result.need = std::max<int64_t>(0, result.target - result.position);
    if (!sells || result.need == 0) return result;
    const int64_t pack = std::max<int64_t>(1, offer.Int(0, 2));
    result.quantity = (std::max(result.need, offer.Int(0, 1)) + pack - 1) / pack * pack;
    result.amount = result.quantity * offer.Int(0, 0);
    return result;
  }

  std::mt19937_64 random_{20260105};
  std::string acme_, zeta_;
};

TEST_F(PlanningReferenceTest, ListsSayWhatTheRawTablesSay) {
  ASSERT_NO_FATAL_FAILURE(MakeShop());
  const PlanningRun run = RunPlan();
  const std::map<std::string, Expected> expected = Compute();
  inventory::v1::ListReplenishmentsRequest all;
  all.set_include_enough(true);
  all.set_page_size(7);
  const auto listed = List(all);
  ASSERT_EQ(listed.size(), expected.size());
  EXPECT_EQ(run.item_count(), static_cast<int64_t>(listed.size()));
  int64_t wanted = 0, amount = 0;
  for (const Replenishment& one : listed) {
    SCOPED_TRACE(one.sku() + ": " + one.explanation());
    const Expected& should = expected.at(one.sku());
    EXPECT_NEAR(one.forecast_over_lead_time(), should.forecast_lead, 1e-6);
    EXPECT_NEAR(one.forecast_over_review(), should.forecast_review, 1e-6);
    EXPECT_NEAR(one.safety_stock(), should.safety, 1e-6);
    EXPECT_EQ(one.position(), should.position);
    EXPECT_EQ(one.target(), should.target);
    EXPECT_EQ(one.need(), should.need);
    EXPECT_EQ(one.quantity(), should.quantity);
    if (should.quantity > 0) {
      EXPECT_EQ(MoneyToMinor(one.amount()).value_or(-1), should.amount);
    }
    wanted += should.need > 0;
    amount += should.amount;
  }
  EXPECT_EQ(run.replenishment_count(), wanted);
  EXPECT_EQ(MoneyToMinor(run.amounts(0)).value_or(-1), amount);
  EXPECT_GT(wanted, 5);
}

}  // namespace
}  // namespace storeops::testing
