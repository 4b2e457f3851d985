// The newest changes of a feed in memory, without their resources: so that the many followers of one process read each
// of them from the database once between them.
#ifndef STOREOPS_COMMON_CHANGES_FEED_TAIL_H_
#define STOREOPS_COMMON_CHANGES_FEED_TAIL_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/changes/changes.h"

namespace storeops::changes {

// Thread-safe. A reader that finds it behind fetches from the database, one at a time and without the lock. Meanwhile,
// readers for which there is something in memory are served; the others wait for the fetch.
class FeedTail {
 public:
  static constexpr int64_t kLimit = 2048;

  // Reads at most `limit` heads of all types after `after`, in sequence order, from the database.
  using ReadHeads = absl::FunctionRef<absl::StatusOr<std::vector<Change>>(int64_t after, int limit)>;

  // As Feed::Read of heads, where the feed's last sequence is `last`. Nothing: what comes after `after` is not all
  // here, but in the database.
  absl::StatusOr<std::optional<Batch>> Read(int64_t after, int64_t last, int limit,
                                            const std::vector<std::string>& types, ReadHeads read_heads);
  void Clear();

 private:
  // Brings the tail up to `last`, if nobody does that already.
  absl::Status Fetch(int64_t after, int64_t last, ReadHeads read_heads) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Append(std::vector<Change> more, int64_t from) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Has(int64_t after) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::deque<Change> heads_ ABSL_GUARDED_BY(mutex_);  // without holes
  bool fetching_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t clears_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace storeops::changes

#endif  // STOREOPS_COMMON_CHANGES_FEED_TAIL_H_
