// The loop of everybody who reads a feed of this process and waits for more.
#ifndef STOREOPS_COMMON_CHANGES_FOLLOW_H_
#define STOREOPS_COMMON_CHANGES_FOLLOW_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/changes/changes.h"

namespace storeops::changes {

struct FollowPace {
  int batch_limit = 1000;
  // After a batch that was not full, the next one is read this much later at the earliest.
  absl::Duration gather = absl::ZeroDuration();
};

// Calls `on_batch` whenever the feed could be read on from `after`, until one of the two returns false (OK) or reading
// fails. `keep_going` is asked before each read and while waiting, at least every 100 ms; it is told how far was read.
absl::Status FollowFeed(Feed& feed, int64_t after, const std::vector<std::string>& types, Contents contents,
                        const FollowPace& pace, absl::FunctionRef<bool(int64_t read_through)> keep_going,
                        absl::FunctionRef<bool(const Batch&)> on_batch);

// Calls `on_page` with the live resources of a type after `after_id`, at least once, until there are no more, one of
// the two returns false (OK) or reading fails. Pages have at most `page_limit` resources and about 1 MiB (a single
// resource may be larger), and the sequence that the feed had at the start. NOT_FOUND if the feed offers no snapshot of
// the type.
absl::Status SnapshotFeed(Feed& feed, const std::string& type, std::string after_id, int page_limit,
                          absl::FunctionRef<bool()> keep_going, absl::FunctionRef<bool(const SnapshotPage&)> on_page);

}  // namespace storeops::changes

#endif  // STOREOPS_COMMON_CHANGES_FOLLOW_H_
