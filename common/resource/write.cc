#include "common/resource/write.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/history.h"
#include "google/api/resource.pb.h"

namespace storeops::resource {
namespace {

using changes::Change;
using google::protobuf::Message;

// Each refill doubles the block, so this many serve any body.
constexpr int kMaxRefills = 16;

std::string NameOf(const Message& resource) {
  return resource.GetReflection()->GetString(resource, resource.GetDescriptor()->FindFieldByName("name"));
}

std::string TypeOf(const Message& resource) {
  return resource.GetDescriptor()->options().GetExtension(google::api::resource).type();
}

}  // namespace

Write::Write(const Store& store, const rpc::Call& call, db::Session& session)
    : store_(store),
      call_(call),
      session_(session),
      now_(absl::FromUnixMicros(absl::ToUnixMicros(store.clock.Now()))) {}

absl::StatusOr<std::vector<int64_t>> Write::TakeIds(absl::string_view kind, int count) {
  if (auto ids = store_.ids.TryTake(kind, count)) return *std::move(ids);
  needed_ids_ = NeededIds{std::string(kind), count};
  return absl::UnavailableError(absl::StrCat("no ids of ", kind, " at hand"));
}

void Write::Record(int64_t id, int64_t version, Change::Kind kind, const Message* before, const Message& after,
                   const FieldJson* after_json) {
  Entry entry;
  entry.id = id;
  entry.change.set_type(TypeOf(after));
  entry.change.set_subject(NameOf(after));
  entry.change.set_kind(kind);
  entry.change.set_version(version);
  *entry.change.mutable_time() = ToTimestamp(now_);
  entry.change.set_actor(call_.principal.name);
  if (!call_.trace.trace_id.empty()) entry.change.set_traceparent(call_.trace.ToHeader());
  if (kind != Change::EXPUNGED) {
    if (HasSecrets(*after.GetDescriptor())) {
      const std::unique_ptr<Message> shown(after.New());
      shown->CopyFrom(after);
      ClearSecrets(shown.get());
      entry.change.set_resource(shown->SerializeAsString());
    } else {
      entry.change.set_resource(after.SerializeAsString());
    }
  }
  entry.fields = DescribeChanges(before, after, after_json).SerializeAsString();
  entries_.push_back(std::move(entry));
}

void Write::AfterCommit(std::function<void()> action) { after_commit_.push_back(std::move(action)); }

// What RunWrite does with a Write, which is nobody else's business.
class WriteRunner {
 public:
  static absl::Status Finish(Write& write, const Message& response) {
    RETURN_IF_ERROR(WriteHistory(write));
    return WriteReplay(write, response);
  }

  static void Committed(const Store& store, Write& write) {
    if (!write.entries_.empty()) store.feed.Notify();
    for (const auto& action : write.after_commit_) action();
  }

  // True if the body failed for want of ids, which are there now.
  static absl::StatusOr<bool> FetchIds(const Store& store, const Write& write) {
    if (!write.needed_ids_.has_value()) return false;
    RETURN_IF_ERROR(store.ids.Refill(write.needed_ids_->kind, write.needed_ids_->count, write.call_.deadline));
    return true;
  }

 private:
  static absl::Status WriteHistory(Write& write) {
    if (write.entries_.empty()) return absl::OkStatus();
    std::vector<db::Value> rows;
    std::vector<Change> changes;
    rows.reserve(write.entries_.size() * 7);
    changes.reserve(write.entries_.size());
    for (Write::Entry& entry : write.entries_) {
      const Change& change = entry.change;
      rows.insert(rows.end(), {db::Value(change.type()), db::Value(entry.id), db::Value(int64_t{change.version()}),
                               db::Value(static_cast<int>(change.kind())), db::Value(write.now_),
                               db::Value(change.actor()), db::Value(std::move(entry.fields))});
      changes.push_back(std::move(entry.change));
    }
    RETURN_IF_ERROR(write.session_.InsertRows(
        "history (type, resource_id, version, kind, time, actor, fields)", 7, rows));
    return changes::WriteOutbox(write.session_, changes);
  }

  static absl::Status WriteReplay(Write& write, const Message& response) {
    if (!write.call_.replay.has_value()) return absl::OkStatus();
    const rpc::ReplayKey& key = *write.call_.replay;
    return write.session_
        .Execute("INSERT INTO replays (principal, method, request_id, body_hash, response, create_time) "
                 "VALUES (?, ?, ?, ?, ?, ?)",
                 {key.principal, key.method, key.request_id, key.body_hash, response.SerializeAsString(), write.now_})
        .status();
  }
};

namespace {

// A write with a request_id failed. Maybe the same request was committed by another caller while this one waited for
// its locks, or by this very one before the connection broke: then that is the answer.
absl::Status AnswerOfTwin(const Store& store, const rpc::Call& call, absl::Status failure, Message* response) {
  const auto found = DatabaseReplayStore(store.database).Find(*call.replay, call.deadline);
  if (!found.ok()) return found.status().code() == absl::StatusCode::kInvalidArgument ? found.status() : failure;
  if (!found->has_value()) return failure;
  if (!response->ParseFromString(**found)) return absl::InternalError("a stored answer cannot be read");
  return absl::OkStatus();
}

}  // namespace

absl::Status RunWrite(const Store& store, const rpc::Call& call, Message* response,
                      absl::FunctionRef<absl::Status(Write&)> body) {
  absl::Status status;
  for (int i = 0; i <= kMaxRefills; ++i) {
    std::unique_ptr<Write> write;
    status = store.database.Transact(call.deadline, [&](db::Session& session) -> absl::Status {
      response->Clear();
      write = std::make_unique<Write>(store, call, session);
      RETURN_IF_ERROR(body(*write));
      return WriteRunner::Finish(*write, *response);
    });
    if (status.ok()) {
      WriteRunner::Committed(store, *write);
      return status;
    }
    if (write == nullptr) break;
    ASSIGN_OR_RETURN(const bool again, WriteRunner::FetchIds(store, *write));
    if (!again) break;
  }
  response->Clear();
  return call.replay.has_value() ? AnswerOfTwin(store, call, std::move(status), response) : status;
}

absl::StatusOr<std::optional<std::string>> DatabaseReplayStore::Find(const rpc::ReplayKey& key, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline,
                                   "SELECT body_hash, response FROM replays "
                                   "WHERE principal = ? AND method = ? AND request_id = ?",
                                   {key.principal, key.method, key.request_id}));
  if (rows.empty()) return std::nullopt;
  if (rows.Text(0, 0) != key.body_hash) {
    return WithReason(InvalidField("request_id", "was used before with another request: choose a new one"),
                      "REQUEST_ID_REUSED");
  }
  return std::optional<std::string>(rows.Text(0, 1));
}

absl::StatusOr<int64_t> DatabaseReplayStore::Prune(absl::Time before, int limit, absl::Time deadline) {
  return database_.Execute(deadline, "DELETE FROM replays WHERE create_time < ? LIMIT ?", {before, limit});
}

}  // namespace storeops::resource
