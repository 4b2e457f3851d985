// What is for sale where, and which SKUs are in stock, in the catalog's database.
#ifndef STOREOPS_SERVICES_CATALOG_AVAILABILITY_AVAILABILITY_STORE_H_
#define STOREOPS_SERVICES_CATALOG_AVAILABILITY_AVAILABILITY_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"

namespace storeops::catalog {

struct StockUnits {
  std::string sku;
  int64_t location = 0;
  int64_t available = 0;
};
// No SKU and location twice.
absl::Status StoreStockUnits(db::Session& session, absl::Span<const StockUnits> units);

struct StockLocation {
  int64_t id = 0;
  bool sells = false;
};
// No location twice. Those for which `sells` is another than before; a location that was unknown did not sell.
absl::StatusOr<std::vector<int64_t>> StoreStockLocations(db::Session& session,
                                                         absl::Span<const StockLocation> locations);

// SKUs after `after` with units at this location, ascending, at most `limit`.
absl::StatusOr<std::vector<std::string>> ReadSkusAt(db::Session& session, int64_t location, const std::string& after,
                                                    int limit);
// Those of `skus` with units at a location that sells.
absl::StatusOr<absl::flat_hash_set<std::string>> FindSellable(db::Session& session,
                                                              const std::vector<std::string>& skus);

struct SkuAvailability {
  std::string sku;
  int64_t version = 0;
  bool in_stock = false;
  absl::Time update_time = absl::UnixEpoch();
};
using SkuAvailabilities = absl::flat_hash_map<std::string, SkuAvailability>;
// By SKU; those that were never in stock are missing.
absl::StatusOr<SkuAvailabilities> ReadAvailability(db::Session& session, const std::vector<std::string>& skus);
absl::StatusOr<SkuAvailabilities> ReadAvailability(db::Database& database, const std::vector<std::string>& skus,
                                                   absl::Time deadline);
// With SKU > after, ascending, at most `limit`.
absl::StatusOr<std::vector<SkuAvailability>> ScanAvailability(db::Database& database, const std::string& after,
                                                              int limit, absl::Time deadline);
absl::Status StoreAvailability(db::Session& session, absl::Span<const SkuAvailability> skus);

// Whether all stock was copied from inventory once. Never false again.
absl::StatusOr<bool> ReadStockKnown(db::Session& session);
absl::StatusOr<bool> ReadStockKnown(db::Database& database, absl::Time deadline);
// False: it was known already.
absl::StatusOr<bool> SetStockKnown(db::Session& session);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_AVAILABILITY_AVAILABILITY_STORE_H_
