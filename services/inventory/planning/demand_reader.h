// From orders and the ledger to the demand for a SKU at each location.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_READER_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "services/inventory/planning/demand_series.h"
#include "services/inventory/planning/demand_store.h"
#include "services/inventory/planning/supply_store.h"

namespace storeops::inventory {

// The days that are looked at, and the periods into which they are summed.
struct DemandWindow {
  absl::CivilDay begin;
  absl::CivilDay end;  // no longer in it
  int period_days = planning::kDaysPerWeek;
};

struct LocationDemand {
  std::vector<planning::DatedQuantity> quantities;
  std::optional<absl::CivilDay> last_sale;
};

// What is known of a SKU. Pieces of orders that say nowhere where they were promised (imported ones, and what nobody
// could promise) count at the main location: of those where the SKU has a level, or else of all, the first to take
// from.
struct SkuDemand {
  absl::btree_map<int64_t, LocationDemand> by_location;  // also those that have a level and no sale
  int64_t lines = 0;
  // Of the last year, less what was taken back; revenue of orders in the shop's main currency only.
  int64_t revenue_minor = 0;
  int64_t pieces = 0;
};

class DemandReader {
 public:
  DemandReader(db::Database& database, DemandWindow window) : database_(database), window_(window) {}

  // Once, before anything else.
  absl::Status Prepare(absl::Time deadline);
  // Once, where revenue is asked for: it looks at every order. Without it there is none.
  absl::Status PrepareRevenue(absl::Time deadline);
  // What SKUs of the range have besides orders; Read and the series are for these until the next range.
  absl::Status Load(const SkuRange& range, absl::Time deadline);
  absl::StatusOr<SkuDemand> Read(const std::string& sku, absl::Time deadline) const;

  absl::StatusOr<planning::DemandSeries> SeriesAt(const std::string& sku, int64_t location_id,
                                                  const SkuDemand& demand) const;
  // Of all locations together: days without stock are those on which no level had any.
  absl::StatusOr<planning::DemandSeries> SeriesOfAll(const std::string& sku, const SkuDemand& demand) const;

  const DemandWindow& window() const { return window_; }
  const absl::btree_map<StockKey, LevelSupply>& supply() const { return supply_; }
  const std::string& currency() const { return currencies_.main; }
  bool IsLive(int64_t location_id) const { return ranks_.contains(location_id); }

 private:
  std::vector<int64_t> LevelsOf(const std::string& sku) const;
  std::vector<planning::DayRange> OutOfStock(const std::string& sku, int64_t location_id) const;
  planning::DemandSeriesOptions SeriesOptions() const;

  db::Database& database_;
  const DemandWindow window_;
  OrderCurrencies currencies_;
  absl::flat_hash_map<int64_t, size_t> ranks_;  // of live locations
  int64_t first_location_ = 0;
  absl::btree_map<StockKey, LevelSupply> supply_;
  absl::btree_map<StockKey, std::vector<planning::StockTurn>> turns_;
  absl::flat_hash_map<std::string, std::vector<UnknownReturn>> returns_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_READER_H_
