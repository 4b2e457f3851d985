// Sales, what was taken back of them, and when there was nothing to sell, as planning reads them.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "services/inventory/planning/stock_out_days.h"
#include "services/inventory/stock/stock_level.h"

namespace storeops::inventory {

// SKUs from the first to the last, both included.
struct SkuRange {
  std::string first;
  std::string last;
};

// By SKU, behind `after`, at most `limit`: those that have an order line, and those that have that or a level.
absl::StatusOr<std::vector<std::string>> ListSoldSkus(db::Database& database, const std::string& prefix,
                                                      const std::string& after, int limit, absl::Time deadline);
absl::StatusOr<std::vector<std::string>> ListPlannedSkus(db::Database& database, const std::string& after, int limit,
                                                         absl::Time deadline);

struct SaleRow {
  absl::CivilDay day;  // UTC
  int64_t order_id = 0;
  int64_t quantity = 0;
  int64_t taken_back = 0;  // of quantity: cancelled or returned
  int64_t total_minor = 0;
};
inline constexpr int kSalesAtOnce = 20'000;
// Gives the SKU's order lines of orders placed from `begin` to before `end` by time; in parts, so that memory holds few
// of them.
absl::Status ReadSales(db::Database& database, const std::string& sku, absl::CivilDay begin, absl::CivilDay end,
                       absl::Time deadline, absl::FunctionRef<void(const SaleRow&)> take, int at_once = kSalesAtOnce);

// What came back without an order that is known, for money: pieces above 0, by SKU.
struct UnknownReturn {
  absl::CivilDay day;
  int64_t pieces = 0;
};
absl::StatusOr<absl::flat_hash_map<std::string, std::vector<UnknownReturn>>> ReadUnknownReturns(
    db::Database& database, const SkuRange& range, absl::CivilDay begin, absl::CivilDay end, absl::Time deadline);

// Where the pieces of orders were promised or left from: by order, the locations with their pieces.
using OrderPieces = absl::flat_hash_map<int64_t, std::vector<std::pair<int64_t, int64_t>>>;
absl::StatusOr<OrderPieces> ReadOrderPieces(db::Database& database, const std::string& sku, absl::Time deadline);

// When each level ran dry and came back before `end`, by what may be promised there: free pieces and those that the
// level's policy of today allows ahead. Nothing is known of the time before the first movement.
absl::StatusOr<absl::btree_map<StockKey, std::vector<planning::StockTurn>>> ReadStockTurns(db::Database& database,
                                                                                           const SkuRange& range,
                                                                                           absl::CivilDay end,
                                                                                           absl::Time deadline);

// The currency of most orders, "" if there are none; the orders of others.
struct OrderCurrencies {
  std::string main;
  absl::flat_hash_set<int64_t> other_orders;
};
absl::StatusOr<OrderCurrencies> ReadOrderCurrencies(db::Database& database, absl::Time deadline);

// Live locations; those that ship orders first, those to take from first at the front.
absl::StatusOr<std::vector<int64_t>> RankLocations(db::Database& database, absl::Time deadline);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_STORE_H_
