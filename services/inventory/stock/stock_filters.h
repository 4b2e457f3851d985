// What lists of stock can be filtered by.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_FILTERS_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_FILTERS_H_

#include "absl/status/statusor.h"
#include "common/resource/filter_sql.h"

namespace storeops::inventory {

struct StockFilters {
  resource::FilterFields levels, movements, lots;

  // INTERNAL if a field is filterable without an index.
  static absl::StatusOr<StockFilters> Open(db::Database& database);
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_FILTERS_H_
