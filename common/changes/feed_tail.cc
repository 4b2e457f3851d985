#include "common/changes/feed_tail.h"

#include <algorithm>
#include <utility>

#include "common/base/invariant.h"
#include "common/base/status_macros.h"

namespace storeops::changes {

absl::StatusOr<std::optional<Batch>> FeedTail::Read(int64_t after, int64_t last, int limit,
                                                    const std::vector<std::string>& types, ReadHeads read_heads) {
  Batch batch;
  batch.read_through = after;
  if (after == last) return batch;
  // Who is far behind has the database to himself and leaves the tail to the others.
  if (after > last || last - after > kLimit) return std::nullopt;
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Extend(after, last, read_heads));
  if (heads_.empty() || after + 1 < heads_.front().sequence() || after >= heads_.back().sequence()) return std::nullopt;
  for (auto head = heads_.begin() + (after + 1 - heads_.front().sequence()); head != heads_.end(); ++head) {
    if (batch.changes.size() == static_cast<size_t>(limit)) break;
    batch.read_through = head->sequence();
    if (types.empty() || std::find(types.begin(), types.end(), head->type()) != types.end()) {
      batch.changes.push_back(*head);
    }
  }
  return batch;
}

void FeedTail::Clear() {
  absl::MutexLock lock(&mutex_);
  heads_.clear();
}

absl::Status FeedTail::Extend(int64_t after, int64_t last, ReadHeads read_heads) {
  if (!heads_.empty() && after > heads_.back().sequence()) heads_.clear();  // there would be a hole
  const int64_t from = heads_.empty() ? after : heads_.back().sequence();
  if (from >= last) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::vector<Change> more, read_heads(from, static_cast<int>(kLimit)));
  // Pruned meanwhile, or the database was taken back to another time.
  if (more.empty() || more.front().sequence() != from + 1) {
    heads_.clear();
    return absl::OkStatus();
  }
  for (Change& head : more) heads_.push_back(std::move(head));
  STOREOPS_ASSERT(heads_.back().sequence() - heads_.front().sequence() + 1 == static_cast<int64_t>(heads_.size()));
  while (heads_.size() > static_cast<size_t>(kLimit)) heads_.pop_front();
  return absl::OkStatus();
}

}  // namespace storeops::changes
