#include "services/inventory/stock/stock_watch.h"

#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {

v1::WatchStockResponse StockWatch::First(const std::vector<StockLevel>& levels) {
  v1::WatchStockResponse response;
  for (const StockLevel& level : levels) {
    if (!Wanted(level.key)) continue;
    *response.add_levels() = ToMessage(level);
    first_versions_[level.key] = level.version;
  }
  return response;
}

v1::WatchStockResponse StockWatch::Changed(const changes::Batch& batch) const {
  absl::flat_hash_map<std::string, v1::StockLevel> latest;
  for (const changes::Change& change : batch.changes) {
    v1::StockLevel level;
    if (level.ParseFromString(change.resource()) && IsNews(FromMessage(level))) {
      latest[change.subject()] = std::move(level);
    }
  }
  v1::WatchStockResponse response;
  for (auto& [subject, level] : latest) *response.add_levels() = std::move(level);
  return response;
}

bool StockWatch::Wanted(const StockKey& key) const {
  return (skus_.empty() || skus_.contains(key.sku)) && (location_id_ == 0 || key.location_id == location_id_);
}

bool StockWatch::IsNews(const StockLevel& level) const {
  const auto first = first_versions_.find(level.key);
  return Wanted(level.key) && (first == first_versions_.end() || level.version > first->second);
}

}  // namespace storeops::inventory
