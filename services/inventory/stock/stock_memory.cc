#include "services/inventory/stock/stock_memory.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/time/clock.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "prometheus/gauge.h"
#include "services/inventory/stock/stock_messages.h"
#include "services/inventory/stock/stock_store.h"

namespace storeops::inventory {
namespace {

constexpr int kPage = 2000;
constexpr absl::Duration kPageLimit = absl::Seconds(30);

}  // namespace

void StockMemory::Start(db::Database& database, changes::Feed& feed, telemetry::Telemetry* telemetry) {
  if (telemetry != nullptr) {
    loaded_gauge_ = &telemetry->Gauge("storeops_stock_memory_loaded",
                                      "1: stock is read from memory; 0: from the database, until it is loaded.");
  }
  consumer_ = std::make_unique<changes::Consumer>(
      changes::Consumer::Options{"stock-memory", feed.source(), telemetry},
      changes::MakeLocalFeedSource(feed, {kStockLevelType}),
      [this, &database, &feed]() -> absl::StatusOr<int64_t> {
        if (!loaded()) RETURN_IF_ERROR(Load(database, feed));
        return position_.load();
      },
      [this](const changes::Batch& batch) { return Apply(batch); },
      // Loaded again when it is to go on.
      [this] {
        SetLoaded(false);
        return absl::OkStatus();
      });
  consumer_->Start();
}

void StockMemory::Stop() {
  if (consumer_ != nullptr) consumer_->Stop();
}

absl::Status StockMemory::Load(db::Database& database, changes::Feed& feed) {
  // What is committed from here on comes with the feed.
  ASSIGN_OR_RETURN(const int64_t position, feed.LastSequence(absl::Now() + kPageLimit));
  for (Part& part : parts_) {
    absl::MutexLock lock(&part.mutex);
    part.levels.clear();
  }
  StockKey after;
  while (true) {
    ASSIGN_OR_RETURN(const auto levels, ScanLevels(database, after, kPage, absl::Now() + kPageLimit));
    Written(levels);
    if (levels.size() < kPage) break;
    after = levels.back().key;
  }
  position_ = position;
  SetLoaded(true);
  return absl::OkStatus();
}

absl::Status StockMemory::Apply(const changes::Batch& batch) {
  std::vector<StockLevel> levels;
  for (const changes::Change& change : batch.changes) {
    v1::StockLevel message;
    if (!message.ParseFromString(change.resource())) return STOREOPS_BUG("a stock level cannot be read");
    levels.push_back(FromMessage(message));
  }
  Written(levels);
  position_ = batch.read_through;
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
  for (const StockLevel& level : levels) {
    Part& part = PartOf(level.key.sku);
    absl::MutexLock lock(&part.mutex);
    std::vector<StockLevel>& of_sku = part.levels[level.key.sku];
    const auto place = std::lower_bound(
        of_sku.begin(), of_sku.end(), level.key.location_id,
        [](const StockLevel& present, int64_t location_id) { return present.key.location_id < location_id; });
    if (place == of_sku.end() || place->key.location_id != level.key.location_id) {
      of_sku.insert(place, level);
    } else if (place->version < level.version) {
      *place = level;
    }
  }
}

StockMemory::Part& StockMemory::PartOf(const std::string& sku) const { return parts_[absl::HashOf(sku) % kParts]; }

void StockMemory::SetLoaded(bool loaded) {
  loaded_.store(loaded, std::memory_order_release);
  if (loaded_gauge_ != nullptr) loaded_gauge_->Set(loaded ? 1 : 0);
}

}  // namespace storeops::inventory
