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
  // Readers far behind use the database; the tail serves recent positions only.
  if (after > last || last - after > kLimit) return std::nullopt;
  absl::MutexLock lock(&mutex_);
  RETURN_IF_ERROR(Fetch(after, last, read_heads));
  if (!Has(after)) return std::nullopt;
  for (auto head = heads_.begin() + (after + 1 - heads_.front().sequence()); head != heads_.end(); ++head) {
    if (batch.changes.size() == static_cast<size_t>(limit)) break;
    batch.read_through = head->sequence();
    if (types.empty() || std::find(types.begin(), types.end(), head->type()) != types.end()) {
      batch.changes.push_back(*head);
    }
  }
  return batch;
}

bool FeedTail::Has(int64_t after) const {
  return !heads_.empty() && after + 1 >= heads_.front().sequence() && after < heads_.back().sequence();
}

void FeedTail::Clear() {
  absl::MutexLock lock(&mutex_);
  heads_.clear();
  ++clears_;
}

absl::Status FeedTail::Fetch(int64_t after, int64_t last, ReadHeads read_heads) {
  const auto settled = [this, after]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !fetching_ || Has(after); };
  mutex_.Await(absl::Condition(&settled));
  if (fetching_) return absl::OkStatus();
  if (!heads_.empty() && after > heads_.back().sequence()) heads_.clear();  // there would be a hole
  const int64_t from = heads_.empty() ? after : heads_.back().sequence();
  if (from >= last) return absl::OkStatus();
  const int64_t clears = clears_;
  fetching_ = true;
  mutex_.Unlock();
  absl::StatusOr<std::vector<Change>> more = read_heads(from, static_cast<int>(kLimit));
  mutex_.Lock();
  fetching_ = false;
  RETURN_IF_ERROR(more.status());
  if (clears == clears_) Append(*std::move(more), from);
  return absl::OkStatus();
}

void FeedTail::Append(std::vector<Change> more, int64_t from) {
  // Pruned meanwhile, or the database was taken back to another time.
  if (more.empty() || more.front().sequence() != from + 1) return heads_.clear();
  for (Change& head : more) heads_.push_back(std::move(head));
  STOREOPS_ASSERT(heads_.back().sequence() - heads_.front().sequence() + 1 == static_cast<int64_t>(heads_.size()));
  while (heads_.size() > static_cast<size_t>(kLimit)) heads_.pop_front();
}

}  // namespace storeops::changes
