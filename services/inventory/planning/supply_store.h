// What is there and what comes of some SKUs, as planning reads it.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_SUPPLY_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_SUPPLY_STORE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "services/inventory/planning/demand_store.h"
#include "services/inventory/planning/stock_alerts.h"
#include "services/inventory/stock/stock_level.h"

namespace storeops::inventory {

// Of one level.
struct LevelSupply {
  StockCounters counters;
  int64_t stated_safety_stock = 0;
  std::vector<planning::LotOnHand> lots;  // for sale, with a date
  std::optional<absl::CivilDay> first_received;
  std::optional<absl::CivilDay> next_arrival;  // of what suppliers still owe
};

// All levels of the range, as they are on the day `today`.
absl::StatusOr<absl::btree_map<StockKey, LevelSupply>> ReadSupply(db::Database& database, const SkuRange& range,
                                                                  absl::CivilDay today, absl::Time deadline);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_SUPPLY_STORE_H_
