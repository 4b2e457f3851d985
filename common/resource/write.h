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
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/changes/changes.h"
#include "common/db/database.h"
#include "common/resource/field_json.h"
#include "common/resource/ids.h"
#include "common/rpc/call.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

// What the writes of one service share. Lives as long as the service.
struct Store {
  db::Database& database;
  changes::Feed& feed;
  const Clock& clock;
  IdAllocator& ids;
};

// A live resource as a change of kind SNAPSHOT, without its secrets.
changes::Change SnapshotOf(const google::protobuf::Message& resource, int64_t version);

// A write under way. A transaction that is retried begins with a fresh one.
class Write {
 public:
  Write(const Store& store, const rpc::Call& call, db::Session& session);

  db::Session& session() {
    session_used_ = true;
    return session_;
  }
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
  // A creation of which history shows only the fields of `told`, of the same type: for bulk that nobody edits, whose
  // full text history would keep a second time. Readers of the feed get `after` as ever.
  void RecordCreation(int64_t id, int64_t version, const google::protobuf::Message& after,
                      const google::protobuf::Message& told);
  // True if somebody asked for the session, e.g. a hook.
  bool session_used() const { return session_used_; }
  // True if TakeIds failed for want of ids.
  bool wants_ids() const { return needed_ids_.has_value(); }
  // Run after the commit, in order, in the calling thread; not run when nothing was committed.
  void AfterCommit(std::function<void()> action);

 private:
  friend class WriteRunner;
  struct Entry {
    int64_t id;
    changes::Change change;
    std::string fields;  // serialised HistoryEntry with `changes` only
  };
  void Add(int64_t id, int64_t version, changes::Change::Kind kind, const google::protobuf::Message& after,
           std::string fields);
  struct NeededIds {
    std::string kind;
    int count;
  };

  const Store& store_;
  const rpc::Call& call_;
  db::Session& session_;
  bool session_used_ = false;
  const absl::Time now_;
  std::vector<Entry> entries_;
  std::vector<std::function<void()>> after_commit_;
  std::optional<NeededIds> needed_ids_;
};

// Runs `body` in a transaction, then writes history, outbox and replay rows, commits, runs what was left for after the
// commit, and wakes the feed. `body` fills `response`, which must be empty at its start (it is cleared before a retry).
// If it fails because the same request was committed meanwhile (two calls with one request_id), nothing of it stays;
// rpc::ReplayStore::AnswerAfter has the answer of the call that came first.
absl::Status RunWrite(const Store& store, const rpc::Call& call, google::protobuf::Message* response,
                      absl::FunctionRef<absl::Status(Write&)> body);

// The write of one call among several in one transaction.
struct JointWrite {
  const rpc::Call* call;
  google::protobuf::Message* response;
  std::unique_ptr<Write> write;  // a fresh one for each attempt
  // Not OK: this one gave up. Of several, such a one must not have used the session.
  absl::Status status;
};

// RunWrite for several calls at once, with what follows the commit: each has its own Write, history, outbox rows and
// answer. `body` fills the responses and may end single writes by their status. The result is that of the transaction:
// when it is not OK, nothing is committed for anybody (save COMMIT_UNKNOWN, see db::Database::Transact). A single write
// that lacks ids (Write::TakeIds) runs again once they are fetched; one of several ends with UNAVAILABLE.
absl::Status CommitTogether(const Store& store, absl::Span<JointWrite* const> writes, absl::Time deadline,
                            absl::FunctionRef<absl::Status(db::Session&)> body);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_WRITE_H_
