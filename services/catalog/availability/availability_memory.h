// Which SKUs are in stock, in memory.
#ifndef STOREOPS_SERVICES_CATALOG_AVAILABILITY_AVAILABILITY_MEMORY_H_
#define STOREOPS_SERVICES_CATALOG_AVAILABILITY_AVAILABILITY_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/catalog/availability/availability_store.h"

namespace storeops::catalog {

// Thread-safe.
class AvailabilityMemory {
 public:
  // Any order, any number of times: a version replaces only an older one.
  void Put(const SkuAvailability& availability);
  void Clear();

  // 0: the SKU is not here.
  int64_t Version(absl::string_view sku) const;
  // Those of `skus` that are in stock.
  absl::flat_hash_set<std::string> FindInStock(const std::vector<std::string>& skus) const;
  // Estimated memory: 160 bytes for each SKU.
  size_t bytes() const;

 private:
  struct State {
    int64_t version = 0;
    bool in_stock = false;
  };
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, State> skus_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_AVAILABILITY_AVAILABILITY_MEMORY_H_
