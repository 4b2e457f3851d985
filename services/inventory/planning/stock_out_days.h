// On which days there was nothing to sell, from when stock ran dry and came back.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_STOCK_OUT_DAYS_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_STOCK_OUT_DAYS_H_

#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "services/inventory/planning/demand_series.h"

namespace storeops::inventory::planning {

// From this day on (some hour of it) there is nothing to sell, or there is again.
struct StockTurn {
  absl::CivilDay day;
  bool out = false;
};

// `turns` in the order of time. Days on which stock ran dry or came back belong to a range; one that did not end lasts
// until the day before `end`. Ranges ascend and do not touch each other.
std::vector<DayRange> StockOutDays(absl::Span<const StockTurn> turns, absl::CivilDay end);

// The days from `begin` to before `end` that are in a range of each of the lists: nothing was to be had anywhere. None
// without lists.
std::vector<DayRange> OutEverywhere(absl::Span<const std::vector<DayRange>> lists, absl::CivilDay begin,
                                    absl::CivilDay end);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_STOCK_OUT_DAYS_H_
