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

// Thread-safe. Whoever finds it behind brings it up to date while the others wait.
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
  absl::Status Extend(int64_t after, int64_t last, ReadHeads read_heads) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::deque<Change> heads_ ABSL_GUARDED_BY(mutex_);  // without holes
};

}  // namespace storeops::changes

#endif  // STOREOPS_COMMON_CHANGES_FEED_TAIL_H_
