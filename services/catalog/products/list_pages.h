// Pages of a list that were asked for, ready to be sent again: while nothing changes, most callers ask for the same
// few.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_LIST_PAGES_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_LIST_PAGES_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/rpc/reply.h"

namespace storeops::catalog {

// The pages of one list that never changes. Thread-safe.
class ListPages {
 public:
  // Null if it is not here.
  std::shared_ptr<const rpc::EncodedList> Find(absl::string_view key) const {
    absl::ReaderMutexLock lock(&mutex_);
    const auto found = pages_.find(key);
    return found == pages_.end() ? nullptr : found->second;
  }

  void Keep(std::string key, std::shared_ptr<const rpc::EncodedList> page) {
    absl::MutexLock lock(&mutex_);
    if (pages_.size() >= kMaxPages) pages_.clear();  // cheap to make again
    pages_.insert_or_assign(std::move(key), std::move(page));
  }

 private:
  static constexpr size_t kMaxPages = 64;

  mutable absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::shared_ptr<const rpc::EncodedList>> pages_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_LIST_PAGES_H_
