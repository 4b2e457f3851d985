// What one caller of WatchStock is sent.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_WATCH_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_WATCH_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/changes/changes.h"
#include "services/inventory/stock/stock_level.h"
#include "storeops/inventory/v1/stock_service.pb.h"

namespace storeops::inventory {

class StockWatch {
 public:
  // No SKUs: all of them. Location 0: all of them.
  StockWatch(std::set<std::string> skus, int64_t location_id) : skus_(std::move(skus)), location_id_(location_id) {}

  // The levels as they are, read after the position from which the feed is followed.
  v1::WatchStockResponse First(const std::vector<StockLevel>& levels);
  // What changed, each level once, as it became. The feed still brings what was committed before the first levels were
  // read: that is left out. Empty if there is no news.
  v1::WatchStockResponse Changed(const changes::Batch& batch) const;

 private:
  bool Wanted(const StockKey& key) const;
  bool IsNews(const StockLevel& level) const;

  const std::set<std::string> skus_;
  const int64_t location_id_;
  absl::flat_hash_map<StockKey, int64_t> first_versions_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_WATCH_H_
