// Keeps what this process reads products from - the snapshot in memory, the SKUs in stock and the search index - in
// step with the database: loaded in the background after the start, then following the service's own change feed.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_FOLLOWER_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_FOLLOWER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "common/base/background_thread.h"
#include "common/changes/replica.h"
#include "common/jobs/operations.h"
#include "common/jobs/poller.h"
#include "common/resource/resource.h"
#include "common/resource/write.h"
#include "common/search/index.h"
#include "common/telemetry/telemetry.h"
#include "services/catalog/availability/availability_memory.h"
#include "services/catalog/availability/in_stock.h"
#include "services/catalog/products/product_snapshot.h"

namespace storeops::catalog {

// Until the snapshot is loaded, the database stands in for it: it is never behind, and only slower. So the process can
// serve at once, however many products there are, and nobody ever reads from a snapshot that is half full.
//
// The snapshot is always at least as new as the index, and documents are made from it (or the database) only: so news
// may come to the index late, twice or out of order and never take it back. The same is true of the SKUs in stock.
class ProductFollower {
 public:
  // All must outlive this object. While products take more than `max_bytes` in memory, the database stands in for the
  // snapshot, also where the index is built.
  ProductFollower(resource::Resource& products, const resource::Store& store, ProductMemory& memory,
                  telemetry::Telemetry* telemetry, size_t max_bytes);
  ~ProductFollower() { Stop(); }

  // Opens the index below `folder`: from then on there are answers, from the database and from the index as it is.
  absl::Status Open(const std::string& folder);
  // Begins to load the snapshot and to follow. An index that is missing or damaged is built once it is known whether
  // that fits.
  void Start();
  void Stop();

  // What a writer of this process has committed.
  void Committed(std::vector<ProductSnapshot::Entry> entries);

  // The newest snapshot, with every product in it; null until it is loaded.
  std::shared_ptr<const ProductSnapshot> Snapshot() const;
  // A snapshot that has at least the products with these ids that are live: the newest, or until that is loaded one
  // made for the purpose.
  absl::StatusOr<std::shared_ptr<const ProductSnapshot>> SnapshotOf(const std::vector<int64_t>& ids,
                                                                    absl::Time deadline) const;

  // Decides about products with these SKUs, by what is in stock now. Unknown until all stock was copied from inventory
  // once, which is noticed within a second.
  absl::StatusOr<InStock> InStockOf(const std::vector<std::string>& skus, absl::Time deadline) const;
  bool stock_known() const { return stock_known_.load(); }

  // The products that these changes tell of, among others, in order: by themselves or by the availability of a SKU.
  absl::StatusOr<std::vector<int64_t>> IdsIn(const changes::Batch& heads) const;
  // A snapshot in which the products that these changes tell of are at least as new as told: for consumers of the feed,
  // which need to read no more than its heads.
  absl::StatusOr<std::shared_ptr<const ProductSnapshot>> SnapshotWith(const changes::Batch& heads);

  // UNAVAILABLE while the index is being built.
  absl::StatusOr<search::Result> Search(const search::Query& query);

  // Reads every product from the database again and writes it to the snapshot and the index, while both stay in use.
  // Returns the number of live products. The work of an operation: goes on from its checkpoint.
  absl::StatusOr<int64_t> Reindex(jobs::OperationContext& context);

 private:
  absl::Status OpenIndex(const std::string& folder);
  // Everything in the database, into the memory.
  absl::Status LoadMemory(absl::FunctionRef<bool()> keep_going);
  absl::Status LoadProducts(absl::FunctionRef<bool()> keep_going);
  absl::Status LoadAvailability(absl::FunctionRef<bool()> keep_going);
  // Whether the memory has what it tells of, as new as told.
  bool Knows(const changes::Change& head, const ProductSnapshot& present) const;
  absl::Status ApplyToMemory(const changes::Batch& heads);
  // Reads the next `count` changes of products.
  absl::Status ApplyProducts(int64_t first_sequence, int count);
  absl::Status ApplyAvailability(const std::vector<std::string>& skus);

  absl::Status LearnStockKnown();
  // As stored, whether or not the stock is known.
  absl::StatusOr<InStock> StoredInStock(const std::vector<std::string>& skus, absl::Time deadline) const;

  // Holds those of these products that are live.
  absl::StatusOr<std::shared_ptr<const ProductSnapshot>> ReadSnapshot(const std::vector<int64_t>& ids,
                                                                      absl::Time deadline) const;

  // A sound index with a cursor: builds one if need be, once it is known whether products fit into
  // memory.
  absl::Status EnsureIndex();
  // The next ones in order of id; by the database, if `memory` is null.
  absl::StatusOr<std::vector<int64_t>> LiveIds(const ProductSnapshot* memory, int64_t after) const;
  absl::Status BuildIndex() ABSL_EXCLUSIVE_LOCKS_REQUIRED(index_mutex_);
  // Writes these products to the index as the snapshot has them, not committed.
  absl::Status UpdateIndex(const std::vector<int64_t>& ids, const ProductSnapshot& snapshot)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(index_mutex_);
  absl::Status ApplyToIndex(const changes::Batch& batch);
  absl::Status WriteToIndex(const changes::Batch& batch);
  // One step of Reindex: rows with id > *after. False: there are none.
  absl::StatusOr<bool> ReindexPage(int64_t* after, int64_t* live);
  // Rebuilds the index when a search finds it damaged.
  void RunRepairs();

  resource::Resource& products_;
  db::Database& database_;
  changes::Feed& feed_;
  ProductMemory& memory_;
  AvailabilityMemory availability_;
  telemetry::Telemetry* const telemetry_;

  std::unique_ptr<search::Index> index_;
  absl::Mutex index_mutex_;   // one writer at a time
  changes::Replica replica_;  // the snapshot and the SKUs in stock
  std::unique_ptr<changes::Consumer> index_consumer_;
  BackgroundThread repairs_;
  std::atomic<bool> stock_known_{false};  // true stays
  jobs::Poller stock_known_poller_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_FOLLOWER_H_
