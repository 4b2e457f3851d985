#include "services/inventory/stock/stock_filters.h"

#include "common/base/status_macros.h"
#include "services/inventory/locations/location_store.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {

absl::StatusOr<StockFilters> StockFilters::Open(db::Database& database) {
  using resource::FilterField;
  using resource::FilterFields;
  const FilterField location = {
      .path = "location", .column = "location_id", .form = resource::FilterForm::kName, .names = kLocationNames};
  StockFilters filters;
  ASSIGN_OR_RETURN(
      filters.levels,
      FilterFields::Open(database, *v1::StockLevel::descriptor(), "stock_levels",
                         {location,
                          {.path = "available", .column = "(on_hand - reserved - damaged - quality_hold)"},
                          {.path = "shortfall",
                           .column = "GREATEST(0, safety_stock + reserved + damaged + quality_hold - on_hand)"}}));
  ASSIGN_OR_RETURN(filters.movements,
                   FilterFields::Open(database, *v1::StockMovement::descriptor(), "stock_movements", {location}));
  ASSIGN_OR_RETURN(
      filters.lots,
      FilterFields::Open(
          database, *v1::StockLot::descriptor(), "stock_lots",
          {location,
           {.path = "expire_date", .column = "expire_date", .form = resource::FilterForm::kDay, .nullable = true}}));
  return filters;
}

}  // namespace storeops::inventory
