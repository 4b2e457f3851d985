// Levels, movements and lots as clients see them.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_MESSAGES_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_MESSAGES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/changes/changes.h"
#include "services/inventory/stock/stock_level.h"
#include "services/inventory/stock/stock_store.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {

// In the change feed.
inline constexpr char kStockLevelType[] = "inventory.storeops/StockLevel";

std::string LocationNameOf(const StockKey& key);

v1::StockLevel ToMessage(const StockLevel& level);
// With type, subject, version and resource.
changes::Change ToChange(const StockLevel& level);
// What ToMessage made.
StockLevel FromMessage(const v1::StockLevel& message);
v1::StockMovement ToMessage(const LedgerRow& row);
v1::StockLot ToMessage(const StockLot& lot);
// `levels` are those of the SKU, by location; shown as of `now`.
v1::SkuStock ToSkuStock(const std::string& sku, const std::vector<StockLevel>& levels, absl::Time now);

// "locations/12" of an annotated field, "" -> 0.
absl::StatusOr<int64_t> ParseLocation(absl::string_view name, absl::string_view field);
// "2026-12-31" -> its start in UTC; "" -> InfiniteFuture. INVALID_ARGUMENT naming `field`.
absl::StatusOr<absl::Time> ParseDay(absl::string_view day, absl::string_view field);
std::string FormatDay(absl::Time time);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_MESSAGES_H_
