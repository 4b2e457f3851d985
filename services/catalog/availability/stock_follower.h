// Follows inventory's stock levels, and the locations from which it ships.
#ifndef STOREOPS_SERVICES_CATALOG_AVAILABILITY_STOCK_FOLLOWER_H_
#define STOREOPS_SERVICES_CATALOG_AVAILABILITY_STOCK_FOLLOWER_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/module/module.h"

namespace storeops::catalog {

// In the catalog's change feed: a SKU came into stock or went out of stock.
inline constexpr char kSkuAvailabilityType[] = "catalog.storeops/SkuAvailability";

// "skuAvailabilities/A-1" -> "A-1"; empty for other names.
std::string SkuOfAvailability(absl::string_view name);

// Keeps stock_units, stock_locations and sku_availability in step with inventory, by follower "stock-levels". A SKU
// that comes into stock or goes out of stock is a change of its own in the catalog's feed, written in the same
// transaction; no product is written. Other changes of stock cost a few upserts and two queries for a batch of up
// to 200. `known` runs in the transaction in which the stock becomes known; once.
void FollowStock(Environment& environment, std::function<absl::Status(db::Session&)> known);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_AVAILABILITY_STOCK_FOLLOWER_H_
