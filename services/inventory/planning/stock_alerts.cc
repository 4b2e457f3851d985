#include "services/inventory/planning/stock_alerts.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace storeops::inventory::planning {
namespace {

// What counts days must not leave the calendar.
constexpr double kMaxDays = 100000;

std::string Date(absl::CivilDay day) { return absl::FormatCivilTime(day); }

class Finder {
 public:
  Finder(const StockFacts& facts, const AlertRules& rules)
      : facts_(facts), rules_(rules), free_(facts.on_hand - facts.reserved) {}

  std::vector<StockAlert> Find() {
    if (!OutOfStock()) {
      StockOutSoon();
      BelowSafety();
    }
    Overstock();
    DeadStock();
    ExpiringLots();
    return std::move(alerts_);
  }

 private:
  void Add(AlertKind kind, int64_t pieces, std::optional<absl::CivilDay> day, std::string reason,
           absl::string_view lot = "") {
    alerts_.push_back({kind, pieces, day, std::string(lot), std::move(reason)});
  }

  bool OutOfStock() {
    if (free_ > 0 || (facts_.demand_per_day <= 0 && free_ == 0)) return false;
    Add(AlertKind::kOutOfStock, -free_, facts_.today,
        absl::StrCat("on hand ", facts_.on_hand, ", reserved ", facts_.reserved, ", incoming ", facts_.incoming));
    return true;
  }

  void StockOutSoon() {
    const std::optional<double> cover = DaysOfCover(free_, facts_.demand_per_day);
    if (!cover.has_value()) return;
    const bool arrives = facts_.incoming > 0 && facts_.next_arrival.has_value();
    const double wait = arrives ? static_cast<double>(std::max<int64_t>(0, *facts_.next_arrival - facts_.today))
                                : facts_.lead_time_days;
    if (*cover >= wait) return;
    const auto missing = static_cast<int64_t>(std::ceil((wait - *cover) * facts_.demand_per_day));
    Add(AlertKind::kStockOutSoon, missing, facts_.today + static_cast<int64_t>(*cover),
        absl::StrFormat("%d free pieces last %.1f days at %.3g a day; %s in %.1f days", free_, *cover,
                        facts_.demand_per_day, arrives ? "the next arrival is" : "an order of today would arrive",
                        wait));
  }

  void BelowSafety() {
    if (free_ >= facts_.safety_stock) return;
    Add(AlertKind::kBelowSafety, facts_.safety_stock - free_, std::nullopt,
        absl::StrCat(free_, " free pieces, safety stock ", facts_.safety_stock));
  }

  void Overstock() {
    const int64_t pieces = free_ + facts_.incoming;
    const std::optional<double> cover = DaysOfCover(pieces, facts_.demand_per_day);
    if (!cover.has_value() || *cover <= rules_.overstock_days) return;
    const auto enough = static_cast<int64_t>(std::ceil(rules_.overstock_days * facts_.demand_per_day));
    if (pieces <= enough) return;
    Add(AlertKind::kOverstock, pieces - enough, std::nullopt,
        absl::StrFormat("%d pieces with what is incoming last %.0f days at %.3g a day; more than %.0f days is too much",
                        pieces, *cover, facts_.demand_per_day, rules_.overstock_days));
  }

  void DeadStock() {
    const auto since = facts_.last_sale.has_value() ? facts_.last_sale : facts_.first_received;
    if (free_ <= 0 || !since.has_value() || facts_.today - *since < rules_.dead_after_days) return;
    Add(AlertKind::kDeadStock, free_, std::nullopt,
        absl::StrCat(free_, " free pieces, ", facts_.last_sale.has_value() ? "last sold " : "never sold, received ",
                     Date(*since)));
  }

  void ExpiringLots() {
    std::vector<LotOnHand> lots = facts_.lots;
    std::stable_sort(lots.begin(), lots.end(), [](const auto& a, const auto& b) { return a.expires < b.expires; });
    double sold = 0;  // of the lots before
    for (const LotOnHand& lot : lots) {
      const int64_t days = lot.expires - facts_.today + 1;  // today sells too
      const double can_sell = std::max(0.0, std::max<double>(0, days) * facts_.demand_per_day - sold);
      const auto left = static_cast<int64_t>(std::ceil(static_cast<double>(lot.pieces) - can_sell - 1e-9));
      sold += std::min(static_cast<double>(lot.pieces), can_sell);
      if (left <= 0 || days > rules_.expiry_horizon_days) continue;
      Add(AlertKind::kExpiringLot, left, lot.expires,
          absl::StrFormat("lot %s has %d pieces until %s; %d are left then at %.3g a day", lot.lot, lot.pieces,
                          Date(lot.expires), left, facts_.demand_per_day),
          lot.lot);
    }
  }

  const StockFacts& facts_;
  const AlertRules& rules_;
  const int64_t free_;
  std::vector<StockAlert> alerts_;
};

}  // namespace

std::optional<double> DaysOfCover(int64_t pieces, double demand_per_day) {
  if (demand_per_day <= 0) return std::nullopt;
  return std::min(kMaxDays, static_cast<double>(std::max<int64_t>(0, pieces)) / demand_per_day);
}

absl::string_view NameOf(AlertKind kind) {
  switch (kind) {
    case AlertKind::kOutOfStock:
      return "OUT_OF_STOCK";
    case AlertKind::kStockOutSoon:
      return "STOCK_OUT_SOON";
    case AlertKind::kBelowSafety:
      return "BELOW_SAFETY";
    case AlertKind::kOverstock:
      return "OVERSTOCK";
    case AlertKind::kDeadStock:
      return "DEAD_STOCK";
    case AlertKind::kExpiringLot:
      return "EXPIRING_LOT";
  }
  return "";
}

std::vector<StockAlert> FindStockAlerts(const StockFacts& facts, const AlertRules& rules) {
  return Finder(facts, rules).Find();
}

}  // namespace storeops::inventory::planning
