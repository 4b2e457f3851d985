#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/db/lists.h"
#include "common/resource/filter_sql.h"
#include "common/resource/history.h"
#include "common/resource/order.h"
#include "common/resource/resource_impl.h"
#include "common/resource/standard_request.h"

namespace storeops::resource {
namespace {

// Lists of values are asked for in these numbers, filled up by repeating the last, so that few statements serve all.
constexpr size_t kListSizes[] = {1, 16, 256};

size_t ListSize(size_t count) {
  for (const size_t size : kListSizes) {
    if (count <= size) return size;
  }
  return kListSizes[2];
}

}  // namespace

absl::Status Resource::Impl::NotFound(NameIds ids) const {
  return ResourceNotFound(mapping_.resource_type(), mapping_.FormatName(ids));
}

absl::Status Resource::Impl::ParentNotFound(int64_t parent) const {
  return ResourceNotFound(hooks_.parent->type, mapping_.names().parent().Format(parent));
}

absl::StatusOr<Page::Item> Resource::Impl::ToItem(const db::Rows& rows, size_t row) const {
  const NameIds ids = mapping_.ReadIds(rows, row);
  Item item{ids.id, rows.Int(row, 1), std::unique_ptr<Message>(prototype_.New()), ids.parent};
  RETURN_IF_ERROR(mapping_.ReadRow(rows, row, item.message.get()));
  return item;
}

absl::StatusOr<std::vector<Page::Item>> Resource::Impl::ToItems(const db::Rows& rows) const {
  std::vector<Item> items;
  items.reserve(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    ASSIGN_OR_RETURN(Item item, ToItem(rows, i));
    items.push_back(std::move(item));
  }
  return items;
}

absl::StatusOr<std::vector<Page::Item>> Resource::Impl::ReadRows(
    absl::FunctionRef<absl::StatusOr<db::Rows>(const std::string& sql, const std::vector<db::Value>& values)> query,
    std::vector<int64_t> ids, absl::string_view suffix) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  std::vector<Item> items;
  items.reserve(ids.size());
  for (size_t at = 0; at < ids.size();) {
    const size_t size = ListSize(ids.size() - at);
    std::vector<db::Value> values;
    for (size_t i = 0; i < size; ++i) values.push_back(ids[std::min(at + i, ids.size() - 1)]);
    at += size;
    const std::string sql = absl::StrCat(mapping_.select(), " WHERE id IN (", db::Marks(size), ") ORDER BY id", suffix);
    ASSIGN_OR_RETURN(const db::Rows rows, query(sql, values));
    ASSIGN_OR_RETURN(std::vector<Item> part, ToItems(rows));
    std::move(part.begin(), part.end(), std::back_inserter(items));
  }
  return items;
}

absl::StatusOr<std::vector<Page::Item>> Resource::Impl::LockRows(db::Session& session, std::vector<int64_t> ids) {
  return ReadRows(
      [&](const std::string& sql, const std::vector<db::Value>& values) { return session.Query(sql, values); },
      std::move(ids), " FOR UPDATE");
}

absl::StatusOr<Page::Item> Resource::Impl::ReadOne(db::Session& session, NameIds ids, bool lock) {
  const std::string sql = absl::StrCat(mapping_.select(), " WHERE id = ?", lock ? " FOR UPDATE" : "");
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(sql, {ids.id}));
  if (rows.empty()) return NotFound(ids);
  const bool of_another = ids.parent != 0 && mapping_.ReadIds(rows, 0).parent != ids.parent;
  return of_another ? NotFound(ids) : ToItem(rows, 0);
}

absl::StatusOr<std::vector<int64_t>> Resource::Impl::LockLive(db::Session& session, const std::vector<int64_t>& ids) {
  std::vector<int64_t> live;
  for (size_t at = 0; at < ids.size();) {
    const size_t size = ListSize(ids.size() - at);
    std::vector<db::Value> values;
    for (size_t i = 0; i < size; ++i) values.push_back(ids[std::min(at + i, ids.size() - 1)]);
    at += size;
    const std::string sql =
        absl::StrCat("SELECT id", mapping_.has_delete_time() ? ", delete_time" : ", NULL", " FROM ", mapping_.table(),
                     " WHERE id IN (", db::Marks(size), ") ORDER BY id FOR UPDATE");
    ASSIGN_OR_RETURN(const db::Rows rows, session.Query(sql, values));
    for (size_t i = 0; i < rows.size(); ++i) {
      if (rows.Null(i, 1)) live.push_back(rows.Int(i, 0));
    }
  }
  return live;
}

absl::StatusOr<bool> Resource::Impl::HasChildren(db::Session& session, int64_t parent) const {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query(absl::StrCat("SELECT id FROM ", mapping_.table(), " WHERE ", mapping_.parent_column(), " = ?",
                                 mapping_.has_delete_time() ? " AND delete_time IS NULL" : "", " LIMIT 1"),
                    {parent}));
  return !rows.empty();
}

absl::Status Resource::Impl::Get(const rpc::Call& call, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(const NameIds ids, mapping_.names().Parse(GetText(request, "name"), "name"));
  ASSIGN_OR_RETURN(const db::Rows rows,
                   store_.database.Query(call.deadline, absl::StrCat(mapping_.select(), " WHERE id = ?"), {ids.id}));
  if (rows.empty() || mapping_.ReadIds(rows, 0).parent != ids.parent) return NotFound(ids);
  return mapping_.ReadRow(rows, 0, response);
}

absl::Status Resource::Impl::BatchGet(const rpc::Call& call, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(const std::vector<NameIds> names, ReadNames(request, mapping_.names()));
  ASSIGN_OR_RETURN(
      const std::vector<Item> items,
      ReadRows([&](const std::string& sql,
                   const std::vector<db::Value>& values) { return store_.database.Query(call.deadline, sql, values); },
               OwnIds(names), ""));
  absl::flat_hash_map<int64_t, const Item*> by_id;
  for (const Item& item : items) by_id[item.id] = &item;
  for (size_t i = 0; i < names.size(); ++i) {
    const Item* found = FindItem(by_id, names[i]);
    if (found == nullptr) return MissingInBatch(mapping_.resource_type(), mapping_.FormatName(names[i]), i);
    AddItem(Clone(*found->message), response);
  }
  return absl::OkStatus();
}

absl::Status Resource::Impl::CheckParent(int64_t parent, absl::Time deadline) const {
  return store_.database.Transact(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<int64_t> live, hooks_.parent->lock(session, {parent}));
    return live.empty() ? ParentNotFound(parent) : absl::OkStatus();
  });
}

absl::Status Resource::Impl::List(const rpc::Call& call, const Message& request, Condition within, Message* response) {
  const std::string parent_name = GetText(request, "parent");
  int64_t parent = 0;
  if (mapping_.has_parent() && (within.sql.empty() || !parent_name.empty())) {
    ASSIGN_OR_RETURN(parent, mapping_.names().parent().ParseIdOrAny(parent_name, "parent"));
  }
  const bool all_parents = mapping_.has_parent() && parent == 0;
  ASSIGN_OR_RETURN(const Order order,
                   Order::Parse(GetText(request, "order_by"), mapping_, all_parents, call.principal));
  ASSIGN_OR_RETURN(const ListPage page, tokens_.Open(request, ""));
  std::vector<std::string> conditions;
  std::vector<db::Value> values;
  const auto add = [&](Condition condition) {
    if (condition.sql.empty()) return;
    conditions.push_back(std::move(condition.sql));
    std::move(condition.values.begin(), condition.values.end(), std::back_inserter(values));
  };
  if (parent != 0) add({absl::StrCat(mapping_.parent_column(), " = ?"), {parent}});
  if (mapping_.has_delete_time() && !GetBool(request, "show_deleted")) add({"delete_time IS NULL", {}});
  ASSIGN_OR_RETURN(Condition condition, filter_fields_.Compile(GetText(request, "filter"), &call.principal));
  // Without a filter nothing is cheaper than reading the page off the order's index. Servers see that only when their
  // statistics are fresh; a filter may have a better index of its own, so then the choice is theirs.
  std::string index;
  if (condition.sql.empty() && within.sql.empty()) {
    const std::string name = mapping_.OrderIndex(parent != 0, order.SingleColumn());
    if (!name.empty()) index = absl::StrCat(" FORCE INDEX (`", name, "`)");
  }
  add(std::move(condition));
  add(std::move(within));
  if (!page.first()) {
    ASSIGN_OR_RETURN(Condition after, order.After(page.keys()));
    add(std::move(after));
  }
  values.push_back(page.limit());
  const std::string sql = absl::StrCat(mapping_.select(), index, conditions.empty() ? "" : " WHERE ",
                                       absl::StrJoin(conditions, " AND "), " ORDER BY ", order.OrderBy(), " LIMIT ?");
  ASSIGN_OR_RETURN(const db::Rows rows, store_.database.Query(call.deadline, sql, values));
  if (rows.empty() && page.first() && parent != 0) RETURN_IF_ERROR(CheckParent(parent, call.deadline));
  const size_t count = std::min<size_t>(rows.size(), page.size());
  for (size_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(Item item, ToItem(rows, i));
    AddItem(std::move(item.message), response);
  }
  if (rows.size() > count) page.SetNext(order.Keys(rows, count - 1), response);
  return absl::OkStatus();
}

absl::Status Resource::Impl::ListHistory(const rpc::Call& call, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(const NameIds ids, mapping_.names().Parse(GetText(request, "name"), "name"));
  if (mapping_.has_parent()) {
    // History knows ids only. It outlives a row without delete_time, whose parent nothing tells any more.
    const std::string sql =
        absl::StrCat("SELECT id FROM ", mapping_.table(), " WHERE id = ? AND ", mapping_.parent_column(), " <> ?");
    ASSIGN_OR_RETURN(const db::Rows rows, store_.database.Query(call.deadline, sql, {ids.id, ids.parent}));
    if (!rows.empty()) return NotFound(ids);
  }
  return resource::ListHistory(store_.database, tokens_, mapping_.resource_type(), ids.id, request, response,
                               call.deadline);
}

absl::StatusOr<std::vector<Page::Item>> Resource::Impl::Scan(int64_t after, int limit, bool deleted_too,
                                                             absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows, store_.database.Query(deadline, ScanSql(!deleted_too), {after, limit}));
  return ToItems(rows);
}

absl::StatusOr<std::vector<Page::Item>> Resource::Impl::Scan(db::Session& session, int64_t after, int limit) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(ScanSql(/*live_only=*/true), {after, limit}));
  return ToItems(rows);
}

std::string Resource::Impl::ScanSql(bool live_only) const {
  return absl::StrCat(mapping_.select(), " WHERE id > ?",
                      live_only && mapping_.has_delete_time() ? " AND delete_time IS NULL" : "",
                      " ORDER BY id LIMIT ?");
}

absl::StatusOr<std::vector<int64_t>> Resource::Impl::FindIds(absl::string_view filter, const Condition& within,
                                                             int64_t after, int limit, absl::Time deadline) {
  ASSIGN_OR_RETURN(Condition condition, filter_fields_.Compile(filter));
  std::string sql = absl::StrCat("SELECT id FROM ", mapping_.table(), " WHERE id > ?",
                                 mapping_.has_delete_time() ? " AND delete_time IS NULL" : "");
  std::vector<db::Value> values = {after};
  for (const Condition* part : std::initializer_list<const Condition*>{&condition, &within}) {
    if (part->sql.empty()) continue;
    absl::StrAppend(&sql, " AND ", part->sql);
    values.insert(values.end(), part->values.begin(), part->values.end());
  }
  absl::StrAppend(&sql, " ORDER BY id LIMIT ?");
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows, store_.database.Query(deadline, sql, values));
  std::vector<int64_t> ids;
  for (size_t row = 0; row < rows.size(); ++row) ids.push_back(rows.Int(row, 0));
  return ids;
}

absl::StatusOr<std::vector<int64_t>> Resource::Impl::FindByKey(absl::string_view key,
                                                               const std::vector<std::string>& values,
                                                               absl::Time deadline) {
  const UniqueKey* unique = unique_keys_.FindByName(key);
  if (unique == nullptr) {
    return STOREOPS_BUG(absl::StrCat(mapping_.type().full_name(), " has no unique key ", key));
  }
  absl::flat_hash_map<std::string, int64_t> holders;
  for (size_t at = 0; at < values.size();) {
    const size_t size = ListSize(values.size() - at);
    std::vector<db::Value> bound = {unique->kind};
    for (size_t i = 0; i < size; ++i) bound.push_back(values[std::min(at + i, values.size() - 1)]);
    at += size;
    const std::string sql = absl::StrCat("SELECT value, resource_id FROM resource_keys WHERE kind = ? AND value IN (",
                                         db::Marks(size), ")");
    ASSIGN_OR_RETURN(const db::Rows rows, store_.database.Query(deadline, sql, bound));
    for (size_t i = 0; i < rows.size(); ++i) holders[rows.Text(i, 0)] = rows.Int(i, 1);
  }
  std::vector<int64_t> ids;
  ids.reserve(values.size());
  for (const std::string& value : values) {
    const auto found = holders.find(value);
    ids.push_back(found == holders.end() ? 0 : found->second);
  }
  return ids;
}

absl::StatusOr<std::vector<Page::Item>> Resource::Impl::ReadMany(const std::vector<int64_t>& ids, absl::Time deadline) {
  ASSIGN_OR_RETURN(std::vector<Item> rows, ReadRows(
                                               [&](const std::string& sql, const std::vector<db::Value>& values) {
                                                 return store_.database.Query(deadline, sql, values);
                                               },
                                               ids, ""));
  absl::flat_hash_map<int64_t, const Item*> by_id;
  for (const Item& row : rows) {
    if (!mapping_.IsDeleted(*row.message)) by_id[row.id] = &row;
  }
  std::vector<Item> items;
  for (const int64_t id : ids) {
    const auto found = by_id.find(id);
    if (found == by_id.end()) continue;
    items.push_back({id, found->second->version, Clone(*found->second->message), found->second->parent});
  }
  return items;
}

}  // namespace storeops::resource
