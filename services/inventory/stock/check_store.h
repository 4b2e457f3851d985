// Sums and differences for the stock's check.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_CHECK_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_CHECK_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "services/inventory/stock/stock_level.h"

namespace storeops::inventory {

// What a level is by its own row and by others.
struct LevelSums {
  bool there = false;      // it has a row
  StockCounters counters;  // of that row
  StockCounters ledger;    // sums of its movements
  int64_t movements = 0;
  StockCounters lots;  // on hand, damaged and held in lots
};

struct CounterDifference {
  StockKey key;
  std::string counter;
  int64_t expected = 0;
  int64_t found = 0;
};

// Runs `body` in a transaction that sees the database as it is now, whatever is committed meanwhile.
absl::Status InSnapshot(db::Database& database, absl::Time deadline,
                        absl::FunctionRef<absl::Status(db::Session&)> body);

// All levels whose SKU comes after `after`, SKU by SKU, of at least `limit` levels if there are so many. `last` becomes
// the last SKU considered; empty when there are no more.
absl::StatusOr<absl::btree_map<StockKey, LevelSums>> SumLevels(db::Session& session, const std::string& after,
                                                               int limit, std::string* last);

// Over the differences of earlier checks: those that are there no more go, those that stay keep their first time.
absl::Status KeepDifferences(db::Database& database, const std::vector<CounterDifference>& differences, absl::Time now,
                             absl::Time deadline);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_CHECK_STORE_H_
