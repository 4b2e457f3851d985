// Answers of committed writes, by which a retried write is recognized (AIP-155 request_id): table `replays`.
#ifndef STOREOPS_COMMON_RESOURCE_REPLAY_H_
#define STOREOPS_COMMON_RESOURCE_REPLAY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/rpc/method_table.h"

namespace storeops::resource {

// What a write is to be answered with when it is retried.
struct ReplayEntry {
  const rpc::ReplayKey* key;
  std::string response;  // serialized
  absl::Time time;
};

// Stores answers in the transaction of their writes. ALREADY_EXISTS if a key has an answer already.
absl::Status StoreReplays(db::Session& session, std::vector<ReplayEntry> entries);

// Answers are stored for at least 24 hours.
class DatabaseReplayStore final : public rpc::ReplayStore {
 public:
  explicit DatabaseReplayStore(db::Database& database) : database_(database) {}
  // One statement for all keys of one principal and method.
  absl::StatusOr<std::vector<Answer>> FindAll(absl::Span<const rpc::ReplayKey* const> keys,
                                              absl::Time deadline) override;
  // Removes answers older than `before`, at most `limit`; returns how many.
  absl::StatusOr<int64_t> Prune(absl::Time before, int limit, absl::Time deadline);

 private:
  db::Database& database_;
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_REPLAY_H_
