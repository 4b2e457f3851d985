#include "common/resource/write.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/history.h"
#include "common/resource/replay.h"
#include "google/api/resource.pb.h"

namespace storeops::resource {
namespace {

using changes::Change;
using google::protobuf::Message;

// Each refill doubles the block, so this many serve any body.
constexpr int kMaxIdRefills = 16;

std::string NameOf(const Message& resource) {
  return resource.GetReflection()->GetString(resource, resource.GetDescriptor()->FindFieldByName("name"));
}

std::string TypeOf(const Message& resource) {
  return resource.GetDescriptor()->options().GetExtension(google::api::resource).type();
}

std::string SerializeForFeed(const Message& resource) {
  if (!HasSecrets(*resource.GetDescriptor())) return resource.SerializeAsString();
  const std::unique_ptr<Message> shown(resource.New());
  shown->CopyFrom(resource);
  ClearSecrets(shown.get());
  return shown->SerializeAsString();
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
    entry.change.set_resource(SerializeForFeed(after));
  }
  entry.fields = std::move(fields);
  entries_.push_back(std::move(entry));
}

changes::Change SnapshotOf(const Message& resource, int64_t version) {
  Change change;
  change.set_type(TypeOf(resource));
  change.set_subject(NameOf(resource));
  change.set_kind(Change::SNAPSHOT);
  change.set_version(version);
  change.set_resource(SerializeForFeed(resource));
  return change;
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

  static absl::Status FetchIds(const Store& store, const Write& write, absl::Time deadline) {
    return store.ids.Refill(write.needed_ids_->kind, write.needed_ids_->count, deadline);
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
    std::vector<ReplayEntry> entries;
    for (const JointWrite* joint : writes) {
      if (!joint->call->replay.has_value()) continue;
      entries.push_back({&*joint->call->replay, joint->response->SerializeAsString(), joint->write->now_});
    }
    return StoreReplays(session, std::move(entries));
  }
};

namespace {

absl::Status Commit(const Store& store, absl::Span<JointWrite* const> writes, absl::Time deadline,
                    absl::FunctionRef<absl::Status(db::Session&)> body) {
  for (JointWrite* joint : writes) joint->write = nullptr;
  RETURN_IF_ERROR(store.database.Transact(deadline, [&](db::Session& session) -> absl::Status {
    for (JointWrite* joint : writes) {
      joint->response->Clear();
      joint->status = absl::OkStatus();
      joint->write = std::make_unique<Write>(store, *joint->call, session);
    }
    RETURN_IF_ERROR(body(session));
    // What a single one wrote before it gave up goes with it.
    if (writes.size() == 1) RETURN_IF_ERROR(writes[0]->status);
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

}  // namespace

absl::Status CommitTogether(const Store& store, absl::Span<JointWrite* const> writes, absl::Time deadline,
                            absl::FunctionRef<absl::Status(db::Session&)> body) {
  for (int i = 0;; ++i) {
    absl::Status status = Commit(store, writes, deadline, body);
    if (status.ok() || i == kMaxIdRefills || writes.size() > 1) return status;
    const Write* const write = writes[0]->write.get();
    if (write == nullptr || !write->wants_ids()) return status;
    RETURN_IF_ERROR(WriteRunner::FetchIds(store, *write, deadline));
  }
}

absl::Status RunWrite(const Store& store, const rpc::Call& call, Message* response,
                      absl::FunctionRef<absl::Status(Write&)> body) {
  JointWrite only{&call, response, nullptr, absl::OkStatus()};
  JointWrite* const writes[] = {&only};
  absl::Status status = CommitTogether(store, writes, call.deadline, [&](db::Session&) { return body(*only.write); });
  if (!status.ok()) response->Clear();
  return status;
}

}  // namespace storeops::resource
