// Follows the resources of another service: a snapshot first, then their changes, each applied once and in order.
//
// The follower's place, the versions that it has applied and its dead letters are rows of its own service's database
// (see FollowerStore), written in the transaction in which the changes are applied. It reads a snapshot again when the
// source's feed was pruned beyond its place (FEED_PRUNED) or went back after a restore (FEED_REWOUND). Models:
// client-go's Reflector (list, watch, relist), the copy phase of Vitess VStream.
#ifndef STOREOPS_COMMON_CHANGES_FOLLOWER_H_
#define STOREOPS_COMMON_CHANGES_FOLLOWER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/background_thread.h"
#include "common/base/backoff.h"
#include "common/changes/changes.h"
#include "common/changes/follower_store.h"

namespace storeops::changes {

// Thread-safe. Any number of replicas may run the same follower: the lock of its row lets one apply at a time.
class Follower {
 public:
  // What happens to changes of a resource that has a dead letter.
  enum class LaterChanges {
    kSupersede,  // they are applied, and the dead letter is deleted: for followers of state
    kWait,       // they become dead letters behind it: for followers to which each change counts
  };

  struct Options {
    std::string name;    // at most 64 bytes, unique in the following service, e.g. "products"
    std::string source;  // the service that is followed, e.g. "catalog"
    // Of resources, 1 to 50; snapshots are read in this order. Fixed for a name: a follower of other types gets another
    // name, and with it a snapshot, so that two versions of a program can run side by side.
    std::vector<std::string> types;
    LaterChanges later = LaterChanges::kSupersede;
    // A change that fails so often becomes a dead letter, and the others go on. Attempts are spaced out to about 20 s
    // in all.
    int max_attempts = 8;
    // With so many dead letters, the follower stops at the next failure instead of adding to them.
    int max_dead_letters = 1000;
    absl::Duration first_pause = absl::Milliseconds(100);  // after a failure; doubles to 5 s
    telemetry::Telemetry* telemetry = nullptr;             // may be null
    // Runs in the transaction that completes a snapshot, when all that the source has is applied. Must have no effect
    // but through the session, since the transaction can be repeated. May be null.
    std::function<absl::Status(db::Session&)> completed = nullptr;
  };
  // Applies changes in the follower's transaction, at most 1,000, in order. Each resource's versions ascend. Kinds:
  // SNAPSHOT, CREATED, UPDATED and UNDELETED carry a live resource; DELETED and EXPUNGED are sent only for a resource
  // that was applied as live. A resource missing from a later snapshot is EXPUNGED without id, sequence and time.
  // Must have no effect but through the session, since the transaction can be repeated. An error rolls the transaction
  // back; the changes are then applied one by one to find those that fail.
  using Apply = std::function<absl::Status(db::Session&, absl::Span<const Change>)>;

  // `database`: the following service's own; it outlives the follower.
  Follower(Options options, db::Database& database, std::unique_ptr<FeedSource> source, Apply apply);
  ~Follower() { Stop(); }

  void Start() { thread_.Start(); }
  void Stop() { thread_.Stop(); }

  // Applies all dead letters of a resource, in order, and deletes them: all or none. How many were applied; 0 if there
  // are none, or later changes have superseded them. FAILED_PRECONDITION with reason DEAD_LETTER_FAILED.
  absl::StatusOr<int> RetryDeadLetters(const std::string& subject, absl::Time deadline);

  // Everything up to this sequence of the source is applied, by this process or another; -1 until the first snapshot is
  // complete, and while one is read because the source was restored.
  int64_t sequence() const;
  // True once sequence() >= `sequence`; false at the deadline.
  bool AwaitSequence(int64_t sequence, absl::Time deadline) const;

  const Options& options() const { return options_; }

 private:
  // Changes that are applied in one transaction, and how the state moves on with them.
  struct Part {
    absl::Span<const Change> changes;
    // False: another replica has moved the state elsewhere.
    absl::FunctionRef<bool(const FollowerState&)> due;
    // All are applied.
    absl::FunctionRef<void(FollowerState&)> advance;
    // Those up to this one are applied.
    absl::FunctionRef<void(FollowerState&, const Change&)> advance_to;
  };
  // What of a part is to be applied.
  struct News {
    std::vector<Change> changes;
    absl::flat_hash_set<std::string> dead;  // subjects that have dead letters
    std::vector<std::string> gone;          // those of them that were removed since, and that was all
  };

  void Run();
  // From the stored place on, until stopping or a failure.
  absl::Status Continue();
  absl::Status BeginSnapshot(const FollowerState& expected, bool rewound);
  absl::Status Copy(FollowerState state);
  absl::Status CopyType(const FollowerState& from);
  absl::Status RemoveMissing(const FollowerState& from);
  absl::Status FollowChanges(const FollowerState& from);
  std::string TypeAfter(const std::string& type) const;

  // One transaction that begins with the lock of the state and ends with its new value. ABORTED if `due` is false.
  absl::StatusOr<FollowerState> Move(absl::FunctionRef<bool(const FollowerState&)> due,
                                     absl::FunctionRef<absl::Status(db::Session&, FollowerState&)> body);
  absl::Status ApplyPart(const Part& part);
  absl::StatusOr<News> SelectNews(db::Session& session, const FollowerState& state,
                                  absl::Span<const Change> changes) const;
  absl::Status ApplyNews(db::Session& session, FollowerState& state, News news, const Part& part,
                         absl::Status* failure) const;
  absl::Status ApplyOne(db::Session& session, FollowerState& state, const Change& change, News& news,
                        absl::Status* failure) const;
  // OK: look at `failure`, which is that of the changes and leaves the transaction as it was before them.
  absl::Status TryApply(db::Session& session, absl::Span<const Change> changes, absl::Status* failure) const;
  absl::Status NoteApplied(db::Session& session, FollowerState& state, absl::Span<const Change> applied,
                           const absl::flat_hash_set<std::string>& dead) const;
  absl::Status DeleteDeadLetters(db::Session& session, FollowerState& state, const std::string& subject) const;
  absl::Status Bury(db::Session& session, FollowerState& state, const Change& change, absl::string_view error,
                    int attempts) const;
  void Reached(const FollowerState& state);
  void Failed(const absl::Status& status);

  const Options options_;
  const FollowerStore store_;
  db::Database& database_;
  const std::unique_ptr<FeedSource> source_;
  const Apply apply_;
  prometheus::Gauge* lag_gauge_ = nullptr;
  prometheus::Gauge* dead_letters_gauge_ = nullptr;
  prometheus::Counter* failures_ = nullptr;
  prometheus::Counter* snapshots_ = nullptr;
  // Used by the follower's thread alone.
  Backoff backoff_;
  absl::Time last_success_;
  mutable absl::Mutex mutex_;
  int64_t sequence_ ABSL_GUARDED_BY(mutex_) = -1;
  BackgroundThread thread_;
};

}  // namespace storeops::changes

#endif  // STOREOPS_COMMON_CHANGES_FOLLOWER_H_
