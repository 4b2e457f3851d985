// The tables of a follower: its place in the source's changes, the versions that it has applied, its dead letters.
#ifndef STOREOPS_COMMON_CHANGES_FOLLOWER_STORE_H_
#define STOREOPS_COMMON_CHANGES_FOLLOWER_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/changes/changes.h"
#include "common/db/database.h"

namespace storeops::changes {

// A row of `followers`.
struct FollowerState {
  FeedPosition position;  // applied so far; while copying: where following begins
  int64_t snapshot = 0;   // snapshots begun so far
  bool copying = false;
  bool rewound = false;
  std::string copy_type;
  std::string copy_after_id;
  std::string failing;  // what failed last
  int attempts = 0;
  int dead_letters = 0;
};

struct StoredDeadLetter {
  int64_t id = 0;
  std::string follower;
  Change change;
  std::string error;
  int attempts = 0;
  absl::Time create_time;
};

// What a follower has applied of a resource.
struct FollowedResource {
  std::string type;
  int64_t version = 0;
  int64_t snapshot = 0;
};

class FollowerStore {
 public:
  FollowerStore(std::string follower, std::string source, std::string types)
      : follower_(std::move(follower)), source_(std::move(source)), types_(std::move(types)) {}

  // The row, which is made if it is missing; locked until the end of the transaction. FAILED_PRECONDITION if the stored
  // follower is of another source or other types.
  absl::StatusOr<FollowerState> Lock(db::Session& session, absl::Time now) const;
  absl::Status Save(db::Session& session, const FollowerState& state, absl::Time now) const;

  // By subject, of at most 1,000 subjects. None for subjects that are not live, as far as applied.
  absl::StatusOr<absl::flat_hash_map<std::string, FollowedResource>> ReadResources(
      db::Session& session, absl::Span<const std::string> subjects) const;
  absl::Status WriteResources(db::Session& session,
                              const absl::flat_hash_map<std::string, FollowedResource>& resources) const;
  absl::Status RemoveResources(db::Session& session, absl::Span<const std::string> subjects) const;
  // Resources that no snapshot since `snapshot` contained, as changes of kind EXPUNGED; at most `limit`.
  absl::StatusOr<std::vector<Change>> MissingFrom(db::Session& session, int64_t snapshot, int limit) const;
  // Counts the resource as contained in `snapshot`, if it is known at all.
  absl::Status MarkContained(db::Session& session, const std::string& subject, int64_t snapshot) const;

  absl::Status InsertDeadLetter(db::Session& session, const Change& change, absl::string_view error, int attempts,
                                absl::Time now) const;
  // Those of `subjects` that have dead letters.
  absl::StatusOr<absl::flat_hash_set<std::string>> WithDeadLetters(db::Session& session,
                                                                   absl::Span<const std::string> subjects) const;
  // In the order of changes.
  absl::StatusOr<std::vector<StoredDeadLetter>> DeadLettersOf(db::Session& session, const std::string& subject) const;
  absl::Status NoteRetry(db::Session& session, int64_t id, absl::string_view error) const;
  // How many were deleted.
  absl::StatusOr<int64_t> DeleteDeadLettersOf(db::Session& session, const std::string& subject) const;
  absl::Status DeleteAllDeadLetters(db::Session& session) const;

 private:
  const std::string follower_;
  const std::string source_;
  const std::string types_;
};

// Of all followers of a service.
absl::StatusOr<std::vector<StoredDeadLetter>> ListDeadLetters(db::Database& database, int64_t after_id, int limit,
                                                              absl::Time deadline);
absl::StatusOr<std::optional<StoredDeadLetter>> ReadDeadLetter(db::Database& database, int64_t id, absl::Time deadline);
// False: there is none.
absl::StatusOr<bool> DeleteDeadLetter(db::Database& database, int64_t id, absl::Time deadline);

}  // namespace storeops::changes

#endif  // STOREOPS_COMMON_CHANGES_FOLLOWER_STORE_H_
