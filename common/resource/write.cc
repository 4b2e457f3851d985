#include "common/resource/write.h"

#include <map>
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
// Statements come in few shapes: as many as this, or a multiple.
constexpr size_t kIdsAtOnce = 16;

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
  Add(id, version, kind, after, DescribeChanges(before, after, after_json).SerializeAsString());
}

void Write::RecordCreation(int64_t id, int64_t version, const Message& after, const Message& told) {
  Add(id, version, Change::CREATED, after, DescribeChanges(nullptr, told).SerializeAsString());
}

void Write::Add(int64_t id, int64_t version, Change::Kind kind, const Message& after, std::string fields) {
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
  entry.fields = std::move(fields);
  entries_.push_back(std::move(entry));
}

void Write::AfterCommit(std::function<void()> action) { after_commit_.push_back(std::move(action)); }

// What RunWrite does with a Write, which is nobody else's business.
class WriteRunner {
 public:
  static absl::Status Finish(db::Session& session, absl::Span<JointWrite* const> writes) {
    RETURN_IF_ERROR(WriteHistory(session, writes));
    return WriteReplays(session, writes);
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
  static absl::Status WriteHistory(db::Session& session, absl::Span<JointWrite* const> writes) {
    std::vector<db::Value> rows;
    std::vector<Change> changes;
    for (JointWrite* joint : writes) {
      Write& write = *joint->write;
      for (Write::Entry& entry : write.entries_) {
        const Change& change = entry.change;
        rows.insert(rows.end(), {db::Value(change.type()), db::Value(entry.id), db::Value(int64_t{change.version()}),
                                 db::Value(static_cast<int>(change.kind())), db::Value(write.now_),
                                 db::Value(change.actor()), db::Value(std::move(entry.fields))});
        changes.push_back(std::move(entry.change));
      }
    }
    if (changes.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(session.InsertRows("history (type, resource_id, version, kind, time, actor, fields)", 7, rows));
    return changes::WriteOutbox(session, changes);
  }

  static absl::Status WriteReplays(db::Session& session, absl::Span<JointWrite* const> writes) {
    std::vector<db::Value> rows;
    for (const JointWrite* joint : writes) {
      if (!joint->call->replay.has_value()) continue;
      const rpc::ReplayKey& key = *joint->call->replay;
      rows.insert(rows.end(),
                  {db::Value(key.principal), db::Value(key.method), db::Value(key.request_id), db::Value(key.body_hash),
                   db::Value(joint->response->SerializeAsString()), db::Value(joint->write->now_)});
    }
    return session.InsertRows("replays (principal, method, request_id, body_hash, response, create_time)", 6, rows);
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

absl::Status CommitTogether(const Store& store, absl::Span<JointWrite* const> writes, absl::Time deadline,
                            absl::FunctionRef<absl::Status()> body) {
  for (JointWrite* joint : writes) joint->write = nullptr;
  RETURN_IF_ERROR(store.database.Transact(deadline, [&](db::Session& session) -> absl::Status {
    for (JointWrite* joint : writes) {
      joint->response->Clear();
      joint->status = absl::OkStatus();
      joint->write = std::make_unique<Write>(store, *joint->call, session);
    }
    RETURN_IF_ERROR(body());
    std::vector<JointWrite*> going_on;
    for (JointWrite* joint : writes) {
      if (joint->status.ok()) going_on.push_back(joint);
    }
    return WriteRunner::Finish(session, going_on);
  }));
  for (JointWrite* joint : writes) {
    if (joint->status.ok()) WriteRunner::Committed(store, *joint->write);
  }
  return absl::OkStatus();
}

absl::Status PassOverAnswered(db::Session& session, absl::Span<JointWrite* const> writes) {
  // A group's calls are mostly those of one or a few callers.
  std::map<std::pair<std::string, std::string>, std::map<std::string, JointWrite*>> by_caller;
  const auto pass_over = [](JointWrite& write) {
    write.status = absl::AlreadyExistsError("the same request was answered before");
  };
  for (JointWrite* write : writes) {
    if (!write->call->replay.has_value()) continue;
    const rpc::ReplayKey& key = *write->call->replay;
    if (!by_caller[{key.principal, key.method}].try_emplace(key.request_id, write).second) pass_over(*write);
  }
  for (const auto& [caller, by_id] : by_caller) {
    const size_t shape = by_id.size() == 1 ? 1 : (by_id.size() + kIdsAtOnce - 1) / kIdsAtOnce * kIdsAtOnce;
    std::string sql = "SELECT request_id FROM replays WHERE principal = ? AND method = ? AND request_id IN (?";
    for (size_t i = 1; i < shape; ++i) sql += ", ?";
    std::vector<db::Value> values = {caller.first, caller.second};
    for (const auto& [id, write] : by_id) values.emplace_back(id);
    while (values.size() < shape + 2) values.push_back(values.back());
    ASSIGN_OR_RETURN(const db::Rows rows, session.Query(sql + ")", absl::MakeConstSpan(values)));
    for (size_t i = 0; i < rows.size(); ++i) pass_over(*by_id.at(rows.Text(i, 0)));
  }
  return absl::OkStatus();
}

absl::Status Conclude(const Store& store, JointWrite& write) {
  if (write.status.ok()) return absl::OkStatus();
  write.response->Clear();
  if (!write.call->replay.has_value()) return write.status;
  return AnswerOfTwin(store, *write.call, write.status, write.response);
}

absl::Status RunWrite(const Store& store, const rpc::Call& call, Message* response,
                      absl::FunctionRef<absl::Status(Write&)> body) {
  JointWrite only{&call, response, nullptr, absl::OkStatus()};
  JointWrite* const writes[] = {&only};
  for (int i = 0; i <= kMaxRefills; ++i) {
    only.status = CommitTogether(store, writes, call.deadline, [&] { return body(*only.write); });
    if (only.status.ok() || only.write == nullptr) break;
    ASSIGN_OR_RETURN(const bool again, WriteRunner::FetchIds(store, *only.write));
    if (!again) break;
  }
  return Conclude(store, only);
}

absl::StatusOr<std::optional<std::string>> DatabaseReplayStore::Find(const rpc::ReplayKey& key, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows, database_.Query(deadline,
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
