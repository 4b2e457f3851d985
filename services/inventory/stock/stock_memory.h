// Levels in memory, for reads. What this process commits is there before its caller hears of it; what others commit
// follows with the feed, a moment later.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_MEMORY_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_MEMORY_H_

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/changes/replica.h"
#include "common/db/database.h"
#include "common/telemetry/telemetry.h"
#include "services/inventory/stock/stock_level.h"

namespace storeops::inventory {

class StockMemory {
 public:
  // Loads all levels in the background, then follows the feed. Both outlive the memory.
  void Start(db::Database& database, changes::Feed& feed, telemetry::Telemetry* telemetry);
  void Stop();

  // The levels of a SKU, by location; none for one that was never there. Nothing before all are loaded: then the
  // database must be asked. Does not block.
  std::optional<std::vector<StockLevel>> Find(const std::string& sku) const;
  bool loaded() const { return replica_ != nullptr && replica_->loaded(); }

  // After a commit. What is there in a later version stays.
  void Written(const std::vector<StockLevel>& levels);

 private:
  // Readers are many: they share no lock but with those whose SKU has the same hash.
  static constexpr size_t kParts = 64;
  struct Part {
    mutable absl::Mutex mutex;
    absl::flat_hash_map<std::string, std::vector<StockLevel>> levels ABSL_GUARDED_BY(mutex);
  };

  absl::Status Load(db::Database& database, absl::FunctionRef<bool()> keep_going);
  absl::Status Apply(const changes::Batch& batch);
  void Put(const std::vector<StockLevel>& levels);
  void Clear();
  Part& PartOf(const std::string& sku) const;

  mutable std::array<Part, kParts> parts_;
  std::atomic<size_t> levels_{0};
  std::unique_ptr<changes::Replica> replica_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_MEMORY_H_
