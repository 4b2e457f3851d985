#include "common/resource/ids.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"

namespace storeops::resource {
namespace {

constexpr int kMaxCount = 10'000;
constexpr int64_t kMaxBlock = 4'096;
// Others may empty a fresh block before its taker comes to it; more often than this is not chance.
constexpr int kMaxRefills = 16;

// The end of a new block of `size` ids of `kind`.
absl::StatusOr<int64_t> AdvanceCounter(db::Database& database, absl::string_view kind, int64_t size,
                                       absl::Time deadline) {
  int64_t end = 0;
  RETURN_IF_ERROR(database.Transact(deadline, [&](db::Session& session) -> absl::Status {
    RETURN_IF_ERROR(session
                        .Execute("INSERT INTO id_blocks (kind, next_id) VALUES (?, ?) "
                                 "ON DUPLICATE KEY UPDATE next_id = next_id + ?",
                                 {kind, size + 1, size})
                        .status());
    ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT next_id FROM id_blocks WHERE kind = ?", {kind}));
    if (rows.size() != 1) return STOREOPS_BUG("id_blocks lost a row that was just written");
    end = rows.Int(0, 0);
    return absl::OkStatus();
  }));
  return end;
}

}  // namespace

std::optional<std::vector<int64_t>> IdAllocator::TryTake(absl::string_view kind, int count) {
  absl::MutexLock lock(&mutex_);
  Block& block = blocks_[kind];
  if (block.end - block.next < count) return std::nullopt;
  std::vector<int64_t> ids;
  ids.reserve(count);
  for (int i = 0; i < count; ++i) ids.push_back(block.next++);
  return ids;
}

absl::Status IdAllocator::Refill(absl::string_view kind, int count, absl::Time deadline) {
  absl::MutexLock refill_lock(&refill_mutex_);
  int64_t size = 0;
  {
    absl::MutexLock lock(&mutex_);
    Block& block = blocks_[kind];
    if (block.end - block.next >= count) return absl::OkStatus();  // somebody else was faster
    size = std::max<int64_t>(block.size, count);
    block.size = std::min(block.size * 2, kMaxBlock);
  }
  ASSIGN_OR_RETURN(const int64_t end, AdvanceCounter(database_, kind, size, deadline));
  absl::MutexLock lock(&mutex_);
  Block& block = blocks_[kind];
  // What is left of the old block is used up first when the new one follows it directly.
  if (block.end != end - size) block.next = end - size;
  block.end = end;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<int64_t>> IdAllocator::Take(absl::string_view kind, int count, absl::Time deadline) {
  if (count < 0 || count > kMaxCount) {
    return STOREOPS_BUG(absl::StrCat("ids are taken at most ", kMaxCount, " at a time, not ", count));
  }
  for (int i = 0; i < kMaxRefills; ++i) {
    if (auto ids = TryTake(kind, count)) return *std::move(ids);
    RETURN_IF_ERROR(Refill(kind, count, deadline));
  }
  return absl::UnavailableError(absl::StrCat("ids of ", kind, " are taken faster than they are made"));
}

}  // namespace storeops::resource
