// One write: everything that a call commits together. The change itself, its history, its outbox row, and the answer
// by which a repetition is recognised go into one transaction or none of them does.
#ifndef STOREOPS_COMMON_RESOURCE_WRITE_H_
#define STOREOPS_COMMON_RESOURCE_WRITE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/clock.h"
#include "common/changes/changes.h"
#include "common/db/database.h"
#include "common/resource/field_json.h"
#include "common/resource/ids.h"
#include "common/rpc/call.h"
#include "common/rpc/method_table.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

// What the writes of one service share. Lives as long as the service.
struct Store {
  db::Database& database;
  changes::Feed& feed;
  const Clock& clock;
  IdAllocator& ids;
};

// A write under way. A transaction that is retried begins with a fresh one.
class Write {
 public:
  Write(const Store& store, const rpc::Call& call, db::Session& session);

  db::Session& session() { return session_; }
  const rpc::Call& call() const { return call_; }
  // One time for all that is written together, to the microsecond.
  absl::Time now() const { return now_; }

  // New ids of a kind, e.g. "product". When none are at hand, the error makes RunWrite roll back, fetch some, and run
  // the body again: a transaction never waits for a second connection.
  absl::StatusOr<std::vector<int64_t>> TakeIds(absl::string_view kind, int count);

  // Notes a change of a resource for history and outbox: before (null when created) and after, the latter as clients
  // see it. name, etag and the times of creation, update and deletion are not compared. `id` is the number in the
  // resource's name. `after_json`, if it is there already, spares an encoding.
  void Record(int64_t id, int64_t version, changes::Change::Kind kind, const google::protobuf::Message* before,
              const google::protobuf::Message& after, const FieldJson* after_json = nullptr);
  // Run after the commit, in order, in the calling thread; not run when nothing was committed.
  void AfterCommit(std::function<void()> action);

 private:
  friend class WriteRunner;
  struct Entry {
    int64_t id;
    changes::Change change;
    std::string fields;  // serialised HistoryEntry with `changes` only
  };
  struct NeededIds {
    std::string kind;
    int count;
  };

  const Store& store_;
  const rpc::Call& call_;
  db::Session& session_;
  const absl::Time now_;
  std::vector<Entry> entries_;
  std::vector<std::function<void()>> after_commit_;
  std::optional<NeededIds> needed_ids_;
};

// Runs `body` in a transaction, then writes history, outbox and replay rows, commits, runs what was left for after the
// commit, and wakes the feed. `body` fills `response`, which must be empty at its start (it is cleared before a retry).
// If the write fails because the same request was committed meanwhile (two callers with one request_id), nothing of it
// stays and `response` is the answer of the one that came first.
absl::Status RunWrite(const Store& store, const rpc::Call& call, google::protobuf::Message* response,
                      absl::FunctionRef<absl::Status(Write&)> body);

// Answers of committed writes, by request_id. Kept for 24 hours at least.
class DatabaseReplayStore final : public rpc::ReplayStore {
 public:
  explicit DatabaseReplayStore(db::Database& database) : database_(database) {}
  absl::StatusOr<std::optional<std::string>> Find(const rpc::ReplayKey& key, absl::Time deadline) override;
  // Removes answers older than `before`, at most `limit`; how many.
  absl::StatusOr<int64_t> Prune(absl::Time before, int limit, absl::Time deadline);

 private:
  db::Database& database_;
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_WRITE_H_
