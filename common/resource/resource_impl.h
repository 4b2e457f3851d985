// The engine's inside: what the resource*.cc files share.
#ifndef STOREOPS_COMMON_RESOURCE_RESOURCE_IMPL_H_
#define STOREOPS_COMMON_RESOURCE_RESOURCE_IMPL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/types/span.h"
#include "common/base/errors.h"
#include "common/resource/commit_group.h"
#include "common/resource/replay.h"
#include "common/resource/resource.h"
#include "common/resource/table_mapping.h"
#include "common/resource/unique_keys.h"

namespace storeops::resource {

class Resource::Impl {
 public:
  using Message = google::protobuf::Message;
  using Item = Page::Item;

  Impl(const Store& store, const PageTokens& tokens, const Message& prototype, Hooks hooks, TableMapping mapping,
       FilterFields filter_fields)
      : store_(store),
        tokens_(tokens),
        prototype_(prototype),
        hooks_(std::move(hooks)),
        mapping_(std::move(mapping)),
        unique_keys_(mapping_),
        filter_fields_(std::move(filter_fields)),
        replays_(store.database),
        creates_({.write = [this](absl::Span<CommitGroup::Member* const> members,
                                  absl::Time deadline) { CreateTogether(members, deadline); },
                  .alone = [this](const Message& request) { return IsCreatedAlone(request); },
                  .replays = &replays_}) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const Store& store() const { return store_; }
  const TableMapping& mapping() const { return mapping_; }
  const FilterFields& filter_fields() const { return filter_fields_; }
  const UniqueKeys& unique_keys() const { return unique_keys_; }
  // Of Create.
  CommitGroup& creates() { return creates_; }

  // Reads (resource_reads.cc).
  absl::Status Get(const rpc::Call& call, const Message& request, Message* response);
  absl::Status BatchGet(const rpc::Call& call, const Message& request, Message* response);
  absl::Status List(const rpc::Call& call, const Message& request, Condition within, Message* response);
  absl::Status ListHistory(const rpc::Call& call, const Message& request, Message* response);
  absl::StatusOr<std::vector<Item>> Scan(int64_t after, int limit, bool deleted_too, absl::Time deadline);
  absl::StatusOr<std::vector<Item>> Scan(db::Session& session, int64_t after, int limit);
  absl::StatusOr<std::vector<int64_t>> FindIds(absl::string_view filter, const Condition& within, int64_t after,
                                               int limit, absl::Time deadline);
  absl::StatusOr<std::vector<int64_t>> FindByKey(absl::string_view key, const std::vector<std::string>& values,
                                                 absl::Time deadline);
  absl::StatusOr<std::vector<Item>> ReadMany(const std::vector<int64_t>& ids, absl::Time deadline);

  // Rows of `ids`, in order of id; those that do not exist are left out.
  absl::StatusOr<std::vector<Item>> ReadRows(
      absl::FunctionRef<absl::StatusOr<db::Rows>(const std::string& sql, const std::vector<db::Value>& values)> query,
      std::vector<int64_t> ids, absl::string_view suffix);
  // The same, locked one after the other until the end of the transaction.
  absl::StatusOr<std::vector<Item>> LockRows(db::Session& session, std::vector<int64_t> ids);
  absl::StatusOr<Item> ReadOne(db::Session& session, NameIds ids, bool lock);
  absl::StatusOr<Item> ToItem(const db::Rows& rows, size_t row) const;
  absl::StatusOr<std::vector<Item>> ToItems(const db::Rows& rows) const;
  // The ids of live rows among `ids`, locked.
  absl::StatusOr<std::vector<int64_t>> LockLive(db::Session& session, const std::vector<int64_t>& ids);
  absl::StatusOr<bool> HasChildren(db::Session& session, int64_t parent) const;
  absl::Status NotFound(NameIds ids) const;
  absl::Status ParentNotFound(int64_t parent) const;
  // NOT_FOUND if it does not exist.
  absl::Status CheckParent(int64_t parent, absl::Time deadline) const;
  // The item of `ids`, by their id; null if there is none, or it is another parent's.
  template <class Items>
  static auto FindItem(const Items& by_id, NameIds ids) {
    const auto found = by_id.find(ids.id);
    return found == by_id.end() || found->second->parent != ids.parent ? nullptr : found->second;
  }
  std::string ScanSql(bool live_only) const;

  // Writes (resource_writes.cc).
  absl::Status BatchCreate(const rpc::Call& call, const Message& request, Message* response);
  absl::Status Update(const rpc::Call& call, const Message& request, Message* response);
  absl::Status BatchUpdate(const rpc::Call& call, const Message& request, Message* response);
  absl::Status Delete(const rpc::Call& call, const Message& request, Message* response);
  absl::Status Undelete(const rpc::Call& call, const Message& request, Message* response);
  absl::Status Edit(const rpc::Call& call, const Message& request, Message* response,
                    absl::FunctionRef<absl::Status(Write&, Message*)> edit);
  absl::Status BatchEdit(const rpc::Call& call, const std::vector<const Message*>& requests, Message* response,
                         absl::FunctionRef<absl::Status(Write&, int, Message*)> edit);
  absl::StatusOr<std::vector<Item>> ReplaceMany(Write& write, std::vector<Replacement> replacements);
  absl::StatusOr<Item> InsertOne(Write& write, std::unique_ptr<Message> resource, int64_t parent);
  absl::StatusOr<Item> ReplaceOne(Write& write, const Item& before, std::unique_ptr<Message> after,
                                  changes::Change::Kind kind);
  absl::StatusOr<std::vector<UpsertResult>> WriteMany(Write& write, std::vector<Upsert> upserts, bool check_only);

 private:
  // A resource to be written, and where in the request it came from.
  struct Draft {
    Write* write = nullptr;  // that it is part of
    std::unique_ptr<Message> message;
    std::string prefix;            // "requests[3].product."
    const Item* before = nullptr;  // null: to be created
    int64_t id = 0;
    int64_t parent = 0;
    int64_t version = 1;  // that it gets
    changes::Change::Kind kind = changes::Change::CREATED;
    FieldJson json;  // of the message as it is written

    NameIds ids() const { return {id, parent}; }
    // Becomes a child of its parent with this write.
    bool joins_parent() const { return kind == changes::Change::CREATED || kind == changes::Change::UNDELETED; }
  };

  // The ids of a batch's requests, as far as they are read, and what is wrong with their names.
  struct BatchIds {
    std::vector<NameIds> ids;
    std::vector<FieldViolation> violations;
    absl::flat_hash_map<int64_t, size_t> seen;
  };
  void ReadId(const std::string& name, const std::string& field, size_t index, BatchIds& batch) const;
  static std::vector<int64_t> OwnIds(const std::vector<NameIds>& ids);

  // Creates (resource_creates.cc).
  // It cannot be one of a group.
  bool IsCreatedAlone(const Message& request) const;
  void CreateTogether(absl::Span<CommitGroup::Member* const> members, absl::Time deadline);
  absl::Status WriteMembers(db::Session& session, absl::Span<CommitGroup::Member* const> members);
  // Resources of Create and BatchCreate as sent. `batch`: the request whose `requests` they are, or null.
  absl::StatusOr<std::vector<Draft>> ReadCreates(const std::vector<const Message*>& requests,
                                                 const Message* batch) const;
  // The parent that one of them is created in: its request's, or the batch's.
  absl::StatusOr<int64_t> ReadParent(const Message& request, size_t index, const Message* batch) const;
  // Locks the parents of drafts that join them; those that do not exist.
  absl::StatusOr<absl::flat_hash_set<int64_t>> LockParents(db::Session& session, absl::Span<const Draft> drafts) const;
  absl::Status RunUpdates(const rpc::Call& call, const std::vector<const Message*>& requests, bool batch,
                          Message* response);
  absl::StatusOr<std::vector<NameIds>> ReadUpdateIds(const std::vector<const Message*>& requests, bool batch) const;
  // Applies the masks of the requests to what is there.
  absl::StatusOr<std::vector<Draft>> MergeUpdates(const std::vector<const Message*>& requests,
                                                  const std::vector<NameIds>& ids, const std::vector<Item>& befores,
                                                  bool batch) const;
  // Prepares, then stores.
  absl::StatusOr<std::vector<Item>> WriteDrafts(Write& write, std::vector<Draft> drafts);
  // Runs hooks and checks. Uses the session only if a hook does.
  absl::Status PrepareDrafts(Write& write, std::vector<Draft>& drafts) const;
  void FillNew(Write& write, Draft& draft) const;
  absl::Status CheckDrafts(Write& write, std::vector<Draft>& drafts) const;
  // What the annotations say of it.
  std::vector<FieldViolation> FindDraftViolations(const Draft& draft) const;
  absl::Status RunBeforeWrite(Write& write, Draft& draft) const;
  Draft MakeDraft(Write& write, Upsert upsert) const;
  // Writes rows and keys, and notes history and outbox. What does not change is not written.
  absl::StatusOr<std::vector<Item>> StoreDrafts(db::Session& session, std::vector<Draft> drafts);
  absl::Status InsertDraftRows(db::Session& session, const std::vector<const Draft*>& drafts) const;
  // Several at once were all read under lock.
  absl::Status UpdateDraftRows(db::Session& session, const std::vector<const Draft*>& drafts) const;
  absl::Status UpdateDraftRow(db::Session& session, const Draft& draft) const;
  absl::Status MoveKeys(db::Session& session, const std::vector<const Draft*>& drafts) const;
  // Settles what `draft` gets as its version; true if that changes nothing.
  bool SettleVersion(Draft& draft) const;
  void Announce(absl::Span<const Draft* const> drafts) const;
  absl::Status Expunge(Write& write, const Item& before) const;

  absl::Status CheckEtag(const Item& item, absl::string_view etag) const;
  // "product." or "requests[3].product.", "" or "requests[3]."
  std::string RequestPrefix(size_t index, bool batch) const;
  std::string ResourcePrefix(size_t index, bool batch) const;
  static std::unique_ptr<Message> Clone(const Message& message);
  // The fields that an INVALID_ARGUMENT names; none for any other status.
  static std::vector<FieldViolation> NamedFields(const absl::Status& status, const std::string& prefix);
  // Up to a limit, each once.
  static void Append(std::vector<FieldViolation> more, std::vector<FieldViolation>* violations);
  // A batch's requests are one request: only the whole has a request_id.
  static absl::Status CheckBatch(const std::vector<const Message*>& requests);
  // One item becomes the response itself, those of a batch its list.
  static void Respond(std::vector<Item> items, bool batch, Message* response);

  const Store store_;
  const PageTokens& tokens_;
  const Message& prototype_;
  const Hooks hooks_;
  const TableMapping mapping_;
  const UniqueKeys unique_keys_;
  const FilterFields filter_fields_;
  DatabaseReplayStore replays_;
  CommitGroup creates_;
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_RESOURCE_IMPL_H_
