#include "services/inventory/stock/stock_memory.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "services/inventory/stock/stock_messages.h"
#include "services/inventory/stock/stock_store.h"

namespace storeops::inventory {
namespace {

constexpr int kPage = 2000;
constexpr absl::Duration kPageLimit = absl::Seconds(30);
// A level, its share of the map and the SKU twice; measured by footprint_bench.
constexpr size_t kBytesPerLevel = 280;

}  // namespace

void StockMemory::Start(db::Database& database, changes::Feed& feed, telemetry::Telemetry* telemetry) {
  replica_ = std::make_unique<changes::Replica>(
      changes::Replica::Options{.name = "stock-memory",
                                .types = {kStockLevelType},
                                .gauge = "storeops_stock_memory_loaded",
                                .help = "1: stock is read from memory; 0: from the database, until it is loaded.",
                                .telemetry = telemetry},
      feed,
      changes::Replica::State{
          .load = [this, &database](absl::FunctionRef<bool()> keep_going) { return Load(database, keep_going); },
          .apply = [this](const changes::Batch& batch) { return Apply(batch); },
          .bytes = [this] { return levels_ * kBytesPerLevel; },
          .clear = [this] { Clear(); }});
  replica_->Start();
}

void StockMemory::Stop() {
  if (replica_ != nullptr) replica_->Stop();
}

void StockMemory::Clear() {
  for (Part& part : parts_) {
    absl::MutexLock lock(&part.mutex);
    for (const auto& [sku, levels] : part.levels) levels_ -= levels.size();
    part.levels.clear();
  }
}

absl::Status StockMemory::Load(db::Database& database, absl::FunctionRef<bool()> keep_going) {
  StockKey after;
  while (keep_going()) {
    ASSIGN_OR_RETURN(const auto levels, ScanLevels(database, after, kPage, SteadyNow() + kPageLimit));
    Put(levels);
    if (levels.size() < kPage) break;
    after = levels.back().key;
  }
  return absl::OkStatus();
}

absl::Status StockMemory::Apply(const changes::Batch& batch) {
  std::vector<StockLevel> levels;
  for (const changes::Change& change : batch.changes) {
    v1::StockLevel message;
    if (!message.ParseFromString(change.resource())) return STOREOPS_BUG("a stock level cannot be read");
    levels.push_back(FromMessage(message));
  }
  Put(levels);
  return absl::OkStatus();
}

std::optional<std::vector<StockLevel>> StockMemory::Find(const std::string& sku) const {
  if (!loaded()) return std::nullopt;
  const Part& part = PartOf(sku);
  absl::ReaderMutexLock lock(&part.mutex);
  const auto found = part.levels.find(sku);
  return found == part.levels.end() ? std::vector<StockLevel>() : found->second;
}

void StockMemory::Written(const std::vector<StockLevel>& levels) {
  if (replica_ != nullptr && replica_->active()) Put(levels);
}

void StockMemory::Put(const std::vector<StockLevel>& levels) {
  for (const StockLevel& level : levels) {
    Part& part = PartOf(level.key.sku);
    absl::MutexLock lock(&part.mutex);
    std::vector<StockLevel>& of_sku = part.levels[level.key.sku];
    const auto place = std::lower_bound(
        of_sku.begin(), of_sku.end(), level.key.location_id,
        [](const StockLevel& present, int64_t location_id) { return present.key.location_id < location_id; });
    if (place == of_sku.end() || place->key.location_id != level.key.location_id) {
      of_sku.insert(place, level);
      ++levels_;
    } else if (place->version < level.version) {
      *place = level;
    }
  }
}

StockMemory::Part& StockMemory::PartOf(const std::string& sku) const { return parts_[absl::HashOf(sku) % kParts]; }

}  // namespace storeops::inventory
