// The standard methods, written once: Create, BatchCreate, Get, BatchGet, List, Update, BatchUpdate, Delete, Undelete
// and List...History of any resource, driven by its message's descriptor and annotations.
//
// A table has the columns id BIGINT, version BIGINT, create_time and update_time DATETIME(6), delete_time DATETIME(6)
// NULL if the message has delete_time, and one column for each other field that is stored, of the field's name:
// numbers, bools and enums as integers, text as text, Timestamp as DATETIME(6) NULL, Money as {field}_minor BIGINT and
// {field}_currency CHAR(3) (both NULL when not set), repeated fields, maps and other messages as JSON text. `name` and
// `etag` are not stored: they are made from id and version. Text columns are NOT NULL with "" for not set. Registration
// checks the real table.
//
// A resource with a parent, of the pattern "shelves/{shelf}/books/{book}", has the column shelf_id BIGINT too, an index
// on it, and for each sortable field one on (shelf_id, field). Its ids are unique over all parents. Lists of
// "shelves/-" are of all parents; they can be sorted by fields that also have an index without shelf_id. A filterable
// field has an index that begins with it. Tables with max_rows need no indexes.
//
// Unique keys (rules.unique, also inside repeated messages) live in resource_keys; a deleted resource gives its keys
// free, and undeleting takes them again.
#ifndef STOREOPS_COMMON_RESOURCE_RESOURCE_H_
#define STOREOPS_COMMON_RESOURCE_RESOURCE_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/resource/filter_sql.h"
#include "common/resource/page_token.h"
#include "common/resource/resource_name.h"
#include "common/resource/write.h"
#include "common/rpc/method_table.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

// A service's own rules for a resource. All may be empty.
struct Hooks {
  using Message = google::protobuf::Message;
  // Fills what callers leave out and checks what annotations cannot say, before validation is complete and before the
  // row is written. `before` is null on create. Fields are named relative to the resource ("variants[1].sku"); the
  // engine adds the path to it. Called for create, update and undelete.
  std::function<absl::Status(Write&, const Message* before, Message* after)> before_write;
  // True for a resource, as it was sent, whose creation needs before_write to use the session: it gets a transaction
  // for itself. Others share theirs while they come at the same time; one whose before_write uses the session all the
  // same is written, and those it came with too, but only after the shared transaction was rolled back.
  std::function<bool(const Message& sent)> create_uses_session;
  // The rows of the parents; required for a resource that has one. See Resource::AsParent. NOT_FOUND is returned for a
  // create or undelete whose parent is not among them, after before_write.
  struct Parent {
    std::string type;  // "catalog.storeops/Shelf"
    // Those of `ids` (ascending) that may have children, locked until the end of the transaction so that it stays so.
    std::function<absl::StatusOr<std::vector<int64_t>>(db::Session&, const std::vector<int64_t>& ids)> lock;
  };
  std::optional<Parent> parent;
  // May refuse a deletion.
  std::function<absl::Status(Write&, const Message& before)> before_delete;
  // After the commit, in the writing thread: the resources that were written together, as clients see them.
  struct Committed {
    std::shared_ptr<const Message> after;
    int64_t id;
    int64_t version;
  };
  std::function<void(absl::Span<const Committed>)> after_commit;
  // Filterable fields that are stored in other tables than the resource's.
  std::vector<FilterField> filter_fields;
};

// Rows of a resource in order of id.
struct Page {
  struct Item {
    int64_t id;
    int64_t version;
    std::unique_ptr<google::protobuf::Message> message;
    int64_t parent = 0;
  };
  std::vector<Item> items;
  std::string next_page_token;
};

// A resource as it is, read under lock, and as it is to be.
struct Replacement {
  Page::Item before;
  std::unique_ptr<google::protobuf::Message> after;
};

// One of many resources that are written together.
struct Upsert {
  std::unique_ptr<google::protobuf::Message> message;  // as it is to be
  const Page::Item* before = nullptr;                  // as Lock gave it; null: it is new
  int64_t id = 0;                                      // of a new one, from TakeIds
  int64_t parent = 0;                                  // of a new one that has a parent
};
struct UpsertResult {
  enum Kind { kRefused, kCreated, kUpdated, kUnchanged };
  Kind kind = kRefused;
  absl::Status refusal;
};

// The engine for one resource type. Thread-safe.
class Resource {
 public:
  // INTERNAL naming every mismatch if the message's annotations and the table do not fit each other.
  static absl::StatusOr<std::unique_ptr<Resource>> Open(const Store& store, const PageTokens& tokens,
                                                        const google::protobuf::Message& prototype, Hooks hooks = {});
  ~Resource();

  // Binds every standard method of this resource that the service declares, by name and shape: "CreateProduct",
  // "BatchGetProducts", "ListProductHistory"... Rows that exist already are left alone.
  void Bind(rpc::ServiceBuilder& service);

  // The same for code. Requests are the API's own messages, read by reflection; batch and list responses likewise.
  absl::Status Create(const rpc::Call& call, const google::protobuf::Message& request,
                      google::protobuf::Message* response);
  absl::Status BatchCreate(const rpc::Call& call, const google::protobuf::Message& request,
                           google::protobuf::Message* response);
  absl::Status Get(const rpc::Call& call, const google::protobuf::Message& request,
                   google::protobuf::Message* response);
  absl::Status BatchGet(const rpc::Call& call, const google::protobuf::Message& request,
                        google::protobuf::Message* response);
  absl::Status List(const rpc::Call& call, const google::protobuf::Message& request,
                    google::protobuf::Message* response);
  // Of the rows that satisfy `within`, for lists that belong to another resource; of all parents if the request has no
  // `parent`.
  absl::Status ListWithin(const rpc::Call& call, const google::protobuf::Message& request, Condition within,
                          google::protobuf::Message* response);
  absl::Status Update(const rpc::Call& call, const google::protobuf::Message& request,
                      google::protobuf::Message* response);
  absl::Status BatchUpdate(const rpc::Call& call, const google::protobuf::Message& request,
                           google::protobuf::Message* response);
  absl::Status Delete(const rpc::Call& call, const google::protobuf::Message& request,
                      google::protobuf::Message* response);
  absl::Status Undelete(const rpc::Call& call, const google::protobuf::Message& request,
                        google::protobuf::Message* response);
  absl::Status ListHistory(const rpc::Call& call, const google::protobuf::Message& request,
                           google::protobuf::Message* response);

  // A method of one's own that changes the live resource that the request's `name` says, if its `etag` is the
  // request's: writes what `edit` makes of it and answers with it. NOT_FOUND, ABORTED.
  absl::Status Edit(const rpc::Call& call, const google::protobuf::Message& request,
                    google::protobuf::Message* response,
                    absl::FunctionRef<absl::Status(Write&, google::protobuf::Message* resource)> edit);

  // The same for a batch of such requests, all or none; the resources go into the response's list in their order.
  absl::Status BatchEdit(const rpc::Call& call, const std::vector<const google::protobuf::Message*>& requests,
                         google::protobuf::Message* response,
                         absl::FunctionRef<absl::Status(Write&, int index, google::protobuf::Message* resource)> edit);

  // Building blocks for methods written by hand, inside a Write.
  // The row, locked until the end of the transaction when `lock`; NOT_FOUND.
  absl::StatusOr<Page::Item> Read(db::Session& session, NameIds ids, bool lock);
  // The rows of `ids` that exist, deleted ones too, in order of id, locked until the end of the transaction.
  absl::StatusOr<std::vector<Page::Item>> Lock(db::Session& session, std::vector<int64_t> ids);
  // Checks, then writes a new row with its keys, history and outbox. Returns it as clients see it.
  absl::StatusOr<Page::Item> Insert(Write& write, std::unique_ptr<google::protobuf::Message> resource,
                                    int64_t parent = 0);
  // Writes `after` over `before`, which Read gave under lock. Nothing is written when nothing differs.
  absl::StatusOr<Page::Item> Replace(Write& write, const Page::Item& before,
                                     std::unique_ptr<google::protobuf::Message> after,
                                     changes::Change::Kind kind = changes::Change::UPDATED);
  // Many at once: each is checked by itself, those that break a rule are refused, and the others are written together.
  // The annotations' rules are checked before before_write is called. `check_only`: nothing is written here; what the
  // hooks wrote is the caller's to roll back. Results in the order of `upserts`.
  absl::StatusOr<std::vector<UpsertResult>> WriteMany(Write& write, std::vector<Upsert> upserts, bool check_only);
  // Ids for new ones. Not to be called inside a transaction.
  absl::StatusOr<std::vector<int64_t>> TakeIds(int count, absl::Time deadline);
  // Replace for many, with few statements.
  absl::StatusOr<std::vector<Page::Item>> ReplaceMany(Write& write, std::vector<Replacement> replacements);

  // Rows with id > after, ascending, at most `limit`; for snapshots and rebuilding.
  absl::StatusOr<std::vector<Page::Item>> Scan(int64_t after, int limit, bool deleted_too, absl::Time deadline);
  // The same as a transaction sees it; live rows only.
  absl::StatusOr<std::vector<Page::Item>> Scan(db::Session& session, int64_t after, int limit);
  // Ids > after of live resources, ascending, at most `limit`, that `filter` (AIP-160; empty: all) and `within` select.
  // INVALID_ARGUMENT naming "filter".
  absl::StatusOr<std::vector<int64_t>> FindIds(absl::string_view filter, const Condition& within, int64_t after,
                                               int limit, absl::Time deadline);
  // Ids of live resources by unique key: one entry for each value, 0 if nobody has it. `key` as in rules.unique.
  absl::StatusOr<std::vector<int64_t>> FindByKey(absl::string_view key, const std::vector<std::string>& values,
                                                 absl::Time deadline);
  // For the hooks of its children: live rows, locked. A write of one that is to be deleted or changed waits for them.
  Hooks::Parent AsParent();
  // Of a resource with a parent: whether live ones have this one. A before_delete of the parent, which is locked then,
  // may ask it.
  absl::StatusOr<bool> HasChildren(db::Session& session, int64_t parent);
  // Rows by id in the order given; ids that do not exist (or are deleted) are left out.
  absl::StatusOr<std::vector<Page::Item>> ReadMany(const std::vector<int64_t>& ids, absl::Time deadline);

  // By which lists are filtered, for the cost of lists that other methods run.
  const FilterFields& filter_fields() const;
  const NamePattern& names() const;  // "products/{product}"
  // "products/123" -> 123; INVALID_ARGUMENT naming `field` for anything else.
  absl::StatusOr<int64_t> ParseName(absl::string_view name, absl::string_view field) const;
  std::string FormatName(NameIds ids) const;
  const std::string& type() const;      // "catalog.storeops/Product"
  const std::string& singular() const;  // "product"

 private:
  class Impl;
  explicit Resource(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_RESOURCE_H_
