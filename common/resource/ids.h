// Short ascending ids, taken from the database in blocks: unique over all replicas, known before the insert. A restart
// skips the rest of a block.
#ifndef STOREOPS_COMMON_RESOURCE_IDS_H_
#define STOREOPS_COMMON_RESOURCE_IDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace storeops::resource {

class IdAllocator {
 public:
  explicit IdAllocator(db::Database& database) : database_(database) {}

  // `count` ids (at most 10,000) of a kind, e.g. "product", ascending. Takes a new block in a transaction of its own
  // when the present one is used up; blocks grow with demand, from 16 to 4,096. Not to be called inside a transaction:
  // when every connection is held by one that waits here, nobody goes on.
  absl::StatusOr<std::vector<int64_t>> Take(absl::string_view kind, int count, absl::Time deadline);
  // From the present block, without the database; nothing if that has fewer than `count` left.
  std::optional<std::vector<int64_t>> TryTake(absl::string_view kind, int count);
  // Makes TryTake of `count` succeed, others not being faster.
  absl::Status Refill(absl::string_view kind, int count, absl::Time deadline);

 private:
  struct Block {
    int64_t next = 0;
    int64_t end = 0;
    int64_t size = 16;  // of the next block
  };

  db::Database& database_;
  absl::Mutex refill_mutex_;  // held while the database is asked, so that one caller asks for all who wait
  absl::Mutex mutex_ ABSL_ACQUIRED_AFTER(refill_mutex_);  // never held while waiting for anything
  absl::flat_hash_map<std::string, Block> blocks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_IDS_H_
