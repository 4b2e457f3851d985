// A service's own change feed: written with the change, put in a gapless order, read by whoever follows.
#ifndef STOREOPS_COMMON_CHANGES_CHANGES_H_
#define STOREOPS_COMMON_CHANGES_CHANGES_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/background_thread.h"
#include "common/base/backoff.h"
#include "common/db/database.h"
#include "storeops/changes/v1/changes.pb.h"

namespace storeops::changes {

using Change = storeops::changes::v1::Change;

// Writes changes for the feed; to be called in the transaction of the change itself. `id`, `source` and `sequence` are
// not read: ids are made here.
absl::Status WriteOutbox(db::Session& session, absl::Span<const Change> changes);

// What a reader wants of each change: all of it, or all but the resource, which is most of the work of reading.
enum class Contents { kWhole, kHeads };

// A part of a feed.
struct Batch {
  std::vector<Change> changes;  // in sequence order
  int64_t read_through = 0;     // everything up to here was considered
};

// A place in a feed.
struct FeedPosition {
  int64_t sequence = 0;  // of the last change considered
  // The last change received, which is the same one only in the same feed; empty: unknown.
  std::string last_change_id = {};
  int64_t last_change_sequence = 0;
};

// Moves a position to the end of a batch.
inline void Advance(FeedPosition& position, const Batch& batch) {
  position.sequence = batch.read_through;
  if (batch.changes.empty()) return;
  position.last_change_id = batch.changes.back().id();
  position.last_change_sequence = batch.changes.back().sequence();
}

// A live resource as a change of kind SNAPSHOT, and its id in the order of its type's snapshot.
struct SnapshotResource {
  std::string id;
  Change change;
};

// Live resources of one type.
struct SnapshotPage {
  std::vector<Change> resources;
  std::string after_id;  // of the last one: the next page begins after it
  int64_t sequence = 0;  // every change up to this one is contained
};

class FeedTail;

// Gives committed changes their sequence and serves reads of the feed. Any number of processes may run one on the
// same database: the row lock of feed_position lets one work at a time. Thread-safe.
class Feed {
 public:
  struct Options {
    // How soon changes committed by other processes are found.
    absl::Duration poll_interval = absl::Milliseconds(200);
    // Rounds begin no closer to each other than this, so that under load each of them, and each batch that consumers
    // read, carries more. The first change after a pause waits for nothing.
    absl::Duration gather_interval = absl::Milliseconds(25);
    // A round ends with the transaction that reaches it.
    int batch_size = 1000;
    absl::Duration retention = absl::Hours(24 * 7);
    telemetry::Telemetry* telemetry = nullptr;  // may be null
  };

  // `source` is the service's name, e.g. "catalog".
  Feed(db::Database& database, std::string source, Options options);
  ~Feed();

  // Starts the sequencer's thread.
  void Start() { thread_.Start(); }
  // Gives what waits in the outbox its sequence once more, so that a clean stop leaves nothing behind.
  void Stop() { thread_.Stop(); }

  // To be called after a commit that wrote to the outbox: the sequencer looks at once.
  void Notify() { thread_.Wake(); }

  // One round, in the calling thread: how many changes got their sequence.
  absl::StatusOr<int> SequenceOnce(absl::Time deadline);

  // Changes after `after`, at most `limit`, of `types` (empty: all, 50 at most), without waiting. OUT_OF_RANGE with
  // reason FEED_PRUNED if `after` lies before the oldest change kept, FEED_REWOUND if it lies beyond the newest.
  absl::StatusOr<Batch> Read(int64_t after, int limit, const std::vector<std::string>& types, absl::Time deadline,
                             Contents contents = Contents::kWhole);
  // OUT_OF_RANGE with reason FEED_REWOUND if the feed has another change at the last change's place.
  absl::Status CheckPosition(const FeedPosition& position, absl::Time deadline);

  // Reads the live resources of a type after `after_id` ("": from the first), in ascending order of their ids, which
  // may be the type's own, at most `limit`; none: the end.
  using ReadSnapshot = std::function<absl::StatusOr<std::vector<SnapshotResource>>(const std::string& after_id,
                                                                                   int limit, absl::Time deadline)>;
  // Before calls are served.
  void OfferSnapshot(std::string type, ReadSnapshot read) { snapshots_[std::move(type)] = std::move(read); }
  // Null: there is no snapshot of this type.
  const ReadSnapshot* FindSnapshot(const std::string& type) const;

  // Returns when there may be changes after `after`, or at `deadline`; false when the feed stops. Knows of changes that
  // got their sequence in another process only while the sequencer's thread runs.
  bool AwaitAfter(int64_t after, absl::Time deadline);
  // The last sequence given so far.
  absl::StatusOr<int64_t> LastSequence(absl::Time deadline);

  // Removes changes older than the retention from the feed's start, at most `limit`; how many.
  absl::StatusOr<int64_t> Prune(absl::Time now, int limit, absl::Time deadline);

  const std::string& source() const { return source_; }

 private:
  struct Position {
    int64_t last = 0;    // sequence given last
    int64_t oldest = 1;  // sequence of the oldest change kept, last + 1 if there is none
  };
  absl::StatusOr<Position> ReadPosition(absl::Time deadline);
  absl::StatusOr<db::Rows> ReadRows(int64_t after, int64_t through, int limit, const std::vector<std::string>& types,
                                    Contents contents, absl::Time deadline);
  // From memory, if all that is asked for is there: heads only.
  absl::StatusOr<std::optional<Batch>> ReadTail(int64_t after, int limit, const std::vector<std::string>& types,
                                                absl::Time deadline);
  void Learn(int64_t last_sequence);
  void WakeReaders();
  void Run();

  db::Database& database_;
  const std::string source_;
  const Options options_;
  const int batch_size_;
  prometheus::Gauge* last_sequence_gauge_ = nullptr;
  prometheus::Gauge* waiting_gauge_ = nullptr;
  const std::unique_ptr<FeedTail> tail_;
  std::map<std::string, ReadSnapshot> snapshots_;
  absl::Mutex mutex_;
  int64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;  // as far as this process knows
  BackgroundThread thread_;                            // the sequencer
};

// Where a consumer reads from: the service's own feed, or a peer's by its stream.
class FeedSource {
 public:
  virtual ~FeedSource() = default;
  // Calls `on_batch` with what comes after `after`, batch by batch, waiting for more, until it returns false or Stop is
  // called (OK) or the source fails. OUT_OF_RANGE as Feed::Read and Feed::CheckPosition.
  virtual absl::Status Follow(const FeedPosition& after, const std::function<bool(const Batch&)>& on_batch) = 0;
  // Calls `on_page` with the live resources of a type after `after_id`, page by page, at least once, until it returns
  // false or Stop is called or there are no more (OK), or the source fails. Each page has the sequence of the start.
  // NOT_FOUND: the source offers no snapshot of the type.
  virtual absl::Status Snapshot(const std::string& type, const std::string& after_id,
                                const std::function<bool(const SnapshotPage&)>& on_page) = 0;
  // Makes a Follow under way return soon. It cannot be followed again.
  virtual void Stop() = 0;
};

std::unique_ptr<FeedSource> MakeLocalFeedSource(Feed& feed, std::vector<std::string> types,
                                                Contents contents = Contents::kWhole);

// Follows a source in a thread of its own and applies each change once; on failure it goes on from the stored cursor,
// with growing pauses up to 5 s. Started and stopped once.
class Consumer {
 public:
  struct Options {
    std::string name;    // of the consumer, e.g. "search"
    std::string source;  // of the feed, e.g. "catalog"
    telemetry::Telemetry* telemetry = nullptr;
    // Its thread gives way to calls and other work while the processors are busy, and rests after each batch
    // (BackgroundThread::RestAfter): for what may come later then.
    bool gives_way = false;
  };
  // Reads the cursor: where to go on.
  using LoadCursor = std::function<absl::StatusOr<int64_t>()>;
  // Applies a batch and stores `batch.read_through` as the cursor, both or neither.
  using Apply = std::function<absl::Status(const Batch&)>;
  // The cursor lies before the oldest change kept: build anew, then store the cursor that matches.
  using Rebuild = std::function<absl::Status()>;

  Consumer(Options options, std::unique_ptr<FeedSource> source, LoadCursor load, Apply apply, Rebuild rebuild);

  void Start() { thread_.Start(); }
  void Stop() { thread_.Stop(); }
  // For the functions above: long work asks between its steps whether to return, and may rest. False when stopping.
  bool Stopping() const { return thread_.Stopping(); }
  bool Rest(absl::Duration duration) { return thread_.WaitFor(duration); }
  // Everything up to here is applied.
  int64_t position() const;
  // True once position() >= `sequence`; false at the deadline.
  bool AwaitPosition(int64_t sequence, absl::Time deadline) const;

 private:
  absl::Status FollowFromCursor();
  void Reached(int64_t position);
  void Run();

  const Options options_;
  const std::unique_ptr<FeedSource> source_;
  const LoadCursor load_;
  const Apply apply_;
  const Rebuild rebuild_;
  prometheus::Gauge* lag_gauge_ = nullptr;
  prometheus::Counter* failures_ = nullptr;
  // Used by one thread at a time.
  Backoff backoff_;
  absl::Time last_success_;
  mutable absl::Mutex mutex_;
  int64_t position_ ABSL_GUARDED_BY(mutex_) = 0;
  BackgroundThread thread_;
};

// Cursor in the consuming service's own database (feed_cursors): `apply` runs in the transaction that moves it.
Consumer::LoadCursor DatabaseCursor(db::Database& database, std::string consumer, std::string source);
Consumer::Apply ApplyInTransaction(db::Database& database, std::string consumer, std::string source,
                                   std::function<absl::Status(db::Session&, const Batch&)> apply);
// After building anew: in the transaction that does so.
absl::Status SetDatabaseCursor(db::Session& session, const std::string& consumer, const std::string& source,
                               int64_t sequence, absl::Time now);

}  // namespace storeops::changes

#endif  // STOREOPS_COMMON_CHANGES_CHANGES_H_
