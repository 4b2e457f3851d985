// Staged changes of prices whose time has come.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_STORE_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_STORE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace storeops::catalog {

// Ids of approved ones with a time up to `now`, the earliest first.
absl::StatusOr<std::vector<int64_t>> FindDueStagedPrices(db::Database& database, absl::Time now, int limit,
                                                         absl::Time deadline);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_STORE_H_
