// What a planner has to look at, each with its reason in figures.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_STOCK_ALERTS_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_STOCK_ALERTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace storeops::inventory::planning {

// Days for which this stock lasts; nothing without demand.
std::optional<double> DaysOfCover(int64_t pieces, double demand_per_day);

struct LotOnHand {
  std::string lot;
  int64_t pieces = 0;
  absl::CivilDay expires;  // last day on which it can be sold
};

struct StockFacts {
  absl::CivilDay today;
  int64_t on_hand = 0;  // that can be sold
  int64_t reserved = 0;
  int64_t incoming = 0;
  std::optional<absl::CivilDay> next_arrival;  // of what is incoming
  int64_t safety_stock = 0;
  double demand_per_day = 0;
  double lead_time_days = 0;
  std::optional<absl::CivilDay> last_sale;
  std::optional<absl::CivilDay> first_received;
  std::vector<LotOnHand> lots;
};

struct AlertRules {
  double overstock_days = 180;    // of cover
  int64_t dead_after_days = 180;  // without a sale
  int64_t expiry_horizon_days = 60;
};

enum class AlertKind { kOutOfStock, kStockOutSoon, kBelowSafety, kOverstock, kDeadStock, kExpiringLot };
absl::string_view NameOf(AlertKind kind);

struct StockAlert {
  AlertKind kind = AlertKind::kOutOfStock;
  int64_t pieces = 0;                 // short, below, too many, dead, or left when the lot expires
  std::optional<absl::CivilDay> day;  // on which it happens
  std::string lot;
  std::string reason;
};

// In the order of AlertKind; lots in the order of their expiry.
// - out of stock: nothing is free, and there is demand or more is reserved than there is;
// - stock-out soon: what is free runs out before the next arrival, or before one ordered today would come; pieces are
//   those that will be missing until then;
// - below safety: what is free, if it is not out;
// - overstock: free and incoming pieces above overstock_days of demand; not with demand 0 (that is dead stock);
// - dead stock: something on hand, no sale (or, never sold, no receipt) for dead_after_days;
// - expiring lot: pieces of a lot that will not be sold by its last day at the demand of today, first expired first
//   out; only lots that expire within the horizon.
std::vector<StockAlert> FindStockAlerts(const StockFacts& facts, const AlertRules& rules);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_STOCK_ALERTS_H_
