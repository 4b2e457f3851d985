#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/validation.h"
#include "common/resource/history.h"
#include "common/resource/resource_impl.h"
#include "common/resource/standard_request.h"
#include "common/resource/update_mask.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/rpc/error_details.pb.h"

namespace storeops::resource {
namespace {

using changes::Change;
using google::protobuf::Message;

constexpr size_t kMaxBatch = 1000;
constexpr size_t kMaxViolations = 100;

// Keys of `uses` that are not among `others`.
std::vector<KeyUse> Without(const std::vector<KeyUse>& uses, const std::vector<KeyUse>& others) {
  std::vector<KeyUse> rest;
  for (const KeyUse& use : uses) {
    const auto same = [&](const KeyUse& other) { return use.SameKey(other); };
    if (std::none_of(others.begin(), others.end(), same)) rest.push_back(use);
  }
  return rest;
}

// True only for equal messages; much faster than to compare their fields.
bool SameBytes(const Message& a, const Message& b) {
  const auto encode = [](const Message& message) {
    std::string bytes;
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializePartialToCodedStream(&coded);
    coded.Trim();
    return bytes;
  };
  return encode(a) == encode(b);
}

}  // namespace

std::unique_ptr<Message> Resource::Impl::Clone(const Message& message) {
  std::unique_ptr<Message> copy(message.New());
  copy->CopyFrom(message);
  return copy;
}

std::vector<FieldViolation> Resource::Impl::NamedFields(const absl::Status& status, const std::string& prefix) {
  std::vector<FieldViolation> violations;
  google::rpc::BadRequest bad_request;
  if (status.code() != absl::StatusCode::kInvalidArgument || !GetDetail(status, &bad_request)) return violations;
  for (const auto& violation : bad_request.field_violations()) {
    violations.push_back({prefix + violation.field(), violation.description()});
  }
  return violations;
}

void Resource::Impl::Append(std::vector<FieldViolation> more, std::vector<FieldViolation>* violations) {
  for (FieldViolation& violation : more) {
    const auto same = [&](const FieldViolation& other) {
      return other.field == violation.field && other.description == violation.description;
    };
    if (violations->size() >= kMaxViolations) return;
    if (std::none_of(violations->begin(), violations->end(), same)) violations->push_back(std::move(violation));
  }
}

absl::Status Resource::Impl::CheckBatch(const std::vector<const Message*>& requests) {
  if (requests.empty()) return InvalidField("requests", "is required");
  if (requests.size() > kMaxBatch) {
    return InvalidField("requests", absl::StrCat("must have at most ", kMaxBatch, " items, has ", requests.size()));
  }
  std::vector<FieldViolation> violations;
  for (size_t i = 0; i < requests.size() && violations.size() < kMaxViolations; ++i) {
    if (!GetText(*requests[i], "request_id").empty()) {
      violations.push_back({absl::StrCat("requests[", i, "].request_id"), "must be empty: the batch has one"});
    }
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

std::string Resource::Impl::RequestPrefix(size_t index, bool batch) const {
  return batch ? absl::StrCat("requests[", index, "].") : "";
}

std::string Resource::Impl::ResourcePrefix(size_t index, bool batch) const {
  return absl::StrCat(RequestPrefix(index, batch), mapping_.singular(), ".");
}

absl::Status Resource::Impl::CheckEtag(const Item& item, absl::string_view etag) const {
  const std::string current = mapping_.Etag(*item.message);
  if (etag.empty() || etag == current) return absl::OkStatus();
  return EtagMismatch(mapping_.resource_type(), mapping_.NameOf(*item.message), current);
}

void Resource::Impl::Respond(std::vector<Item> items, bool batch, Message* response) {
  if (!batch) return response->GetReflection()->Swap(response, items[0].message.get());
  for (Item& item : items) AddItem(std::move(item.message), response);
}

absl::Status Resource::Impl::Update(const rpc::Call& call, const Message& request, Message* response) {
  return RunUpdates(call, {&request}, false, response);
}

absl::Status Resource::Impl::BatchUpdate(const rpc::Call& call, const Message& request, Message* response) {
  const std::vector<const Message*> requests = GetMessages(request, "requests");
  RETURN_IF_ERROR(CheckBatch(requests));
  return RunUpdates(call, requests, true, response);
}

void Resource::Impl::ReadId(const std::string& name, const std::string& field, size_t index, BatchIds& batch) const {
  const auto ids = mapping_.names().Parse(name, field);
  if (!ids.ok()) return Append(NamedFields(ids.status(), ""), &batch.violations);
  const auto [first, fresh] = batch.seen.try_emplace(ids->id, index);
  if (!fresh) Append({{field, absl::StrCat("repeats requests[", first->second, "]")}}, &batch.violations);
  batch.ids.push_back(*ids);
}

std::vector<int64_t> Resource::Impl::OwnIds(const std::vector<NameIds>& ids) {
  std::vector<int64_t> own;
  own.reserve(ids.size());
  for (const NameIds& each : ids) own.push_back(each.id);
  return own;
}

absl::StatusOr<std::vector<NameIds>> Resource::Impl::ReadUpdateIds(const std::vector<const Message*>& requests,
                                                                   bool batch) const {
  BatchIds read;
  for (size_t i = 0; i < requests.size(); ++i) {
    const Message* sent = GetMessage(*requests[i], mapping_.singular());
    if (sent == nullptr) {
      Append({{RequestPrefix(i, batch) + mapping_.singular(), "is required"}}, &read.violations);
      continue;
    }
    ReadId(GetText(*sent, "name"), absl::StrCat(ResourcePrefix(i, batch), "name"), i, read);
  }
  if (!read.violations.empty()) return InvalidFields(read.violations);
  return std::move(read.ids);
}

absl::StatusOr<std::vector<Resource::Impl::Draft>> Resource::Impl::MergeUpdates(
    const std::vector<const Message*>& requests, const std::vector<NameIds>& ids, const std::vector<Item>& befores,
    bool batch) const {
  absl::flat_hash_map<int64_t, const Item*> by_id;
  for (const Item& item : befores) by_id[item.id] = &item;
  std::vector<Draft> drafts;
  std::vector<FieldViolation> violations;
  for (size_t i = 0; i < requests.size(); ++i) {
    const Item* found = FindItem(by_id, ids[i]);
    if (found == nullptr || mapping_.IsDeleted(*found->message)) return NotFound(ids[i]);
    const Message& sent = *GetMessage(*requests[i], mapping_.singular());
    RETURN_IF_ERROR(CheckEtag(*found, mapping_.Etag(sent)));
    Draft draft;
    draft.before = found;
    draft.id = found->id;
    draft.parent = found->parent;
    draft.kind = Change::UPDATED;
    draft.prefix = ResourcePrefix(i, batch);
    draft.message = Clone(*found->message);
    Append(NamedFields(ApplyMask(GetMask(*requests[i], "update_mask"), sent, RequestPrefix(i, batch), draft.prefix,
                                 draft.message.get()),
                       ""),
           &violations);
    drafts.push_back(std::move(draft));
  }
  if (!violations.empty()) return InvalidFields(violations);
  return drafts;
}

absl::Status Resource::Impl::RunUpdates(const rpc::Call& call, const std::vector<const Message*>& requests, bool batch,
                                        Message* response) {
  ASSIGN_OR_RETURN(const std::vector<NameIds> ids, ReadUpdateIds(requests, batch));
  return RunWrite(store_, call, response, [&](Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const std::vector<Item> befores, LockRows(write.session(), OwnIds(ids)));
    ASSIGN_OR_RETURN(std::vector<Draft> drafts, MergeUpdates(requests, ids, befores, batch));
    ASSIGN_OR_RETURN(std::vector<Item> items, WriteDrafts(write, std::move(drafts)));
    Respond(std::move(items), batch, response);
    return absl::OkStatus();
  });
}

absl::Status Resource::Impl::Delete(const rpc::Call& call, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(const NameIds ids, mapping_.names().Parse(GetText(request, "name"), "name"));
  return RunWrite(store_, call, response, [&](Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(Item before, ReadOne(write.session(), ids, true));
    if (mapping_.IsDeleted(*before.message)) return NotFound(ids);
    RETURN_IF_ERROR(CheckEtag(before, GetText(request, "etag")));
    if (hooks_.before_delete) RETURN_IF_ERROR(hooks_.before_delete(write, *before.message));
    if (mapping_.has_delete_time()) {
      Draft draft;
      draft.message = Clone(*before.message);
      draft.before = &before;
      draft.id = before.id;
      draft.parent = before.parent;
      draft.kind = Change::DELETED;
      mapping_.SetDeleteTime(write.now(), draft.message.get());
      std::vector<Draft> drafts;
      drafts.push_back(std::move(draft));
      ASSIGN_OR_RETURN(std::vector<Item> items, WriteDrafts(write, std::move(drafts)));
      before = std::move(items[0]);
    } else {
      RETURN_IF_ERROR(Expunge(write, before));
    }
    if (response->GetDescriptor() == &mapping_.type()) response->GetReflection()->Swap(response, before.message.get());
    return absl::OkStatus();
  });
}

absl::Status Resource::Impl::Expunge(Write& write, const Item& before) const {
  RETURN_IF_ERROR(unique_keys_.Free(write.session(), before.id, unique_keys_.Collect(*before.message)));
  RETURN_IF_ERROR(
      write.session().Execute(absl::StrCat("DELETE FROM ", mapping_.table(), " WHERE id = ?"), {before.id}).status());
  write.Record(before.id, before.version + 1, Change::EXPUNGED, before.message.get(), *before.message);
  return absl::OkStatus();
}

absl::Status Resource::Impl::Undelete(const rpc::Call& call, const Message& request, Message* response) {
  ASSIGN_OR_RETURN(const NameIds ids, mapping_.names().Parse(GetText(request, "name"), "name"));
  return RunWrite(store_, call, response, [&](Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const Item before, ReadOne(write.session(), ids, true));
    const std::string name = mapping_.FormatName(ids);
    if (!mapping_.IsDeleted(*before.message)) {
      return ResourceExists(mapping_.resource_type(), name, absl::StrCat(name, " is not deleted"));
    }
    RETURN_IF_ERROR(CheckEtag(before, GetText(request, "etag")));
    std::unique_ptr<Message> after = Clone(*before.message);
    mapping_.SetDeleteTime(absl::InfinitePast(), after.get());
    ASSIGN_OR_RETURN(Item item, ReplaceOne(write, before, std::move(after), Change::UNDELETED));
    response->GetReflection()->Swap(response, item.message.get());
    return absl::OkStatus();
  });
}

absl::StatusOr<Page::Item> Resource::Impl::InsertOne(Write& write, std::unique_ptr<Message> resource, int64_t parent) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, write.TakeIds(mapping_.singular(), 1));
  std::vector<Draft> drafts(1);
  drafts[0].message = std::move(resource);
  drafts[0].prefix = ResourcePrefix(0, false);
  drafts[0].id = ids[0];
  drafts[0].parent = parent;
  ASSIGN_OR_RETURN(std::vector<Item> items, WriteDrafts(write, std::move(drafts)));
  return std::move(items[0]);
}

absl::StatusOr<Page::Item> Resource::Impl::ReplaceOne(Write& write, const Item& before, std::unique_ptr<Message> after,
                                                      Change::Kind kind) {
  std::vector<Draft> drafts(1);
  drafts[0].message = std::move(after);
  drafts[0].prefix = ResourcePrefix(0, false);
  drafts[0].before = &before;
  drafts[0].id = before.id;
  drafts[0].parent = before.parent;
  drafts[0].kind = kind;
  ASSIGN_OR_RETURN(std::vector<Item> items, WriteDrafts(write, std::move(drafts)));
  return std::move(items[0]);
}

std::vector<FieldViolation> Resource::Impl::FindDraftViolations(const Draft& draft) const {
  std::vector<FieldViolation> violations = FindViolations(*draft.message, {draft.prefix, false});
  std::vector<FieldViolation> repeated = UniqueKeys::FindRepetitions(unique_keys_.Collect(*draft.message));
  for (FieldViolation& violation : repeated) violation.field = draft.prefix + violation.field;
  Append(std::move(repeated), &violations);
  return violations;
}

absl::Status Resource::Impl::RunBeforeWrite(Write& write, Draft& draft) const {
  if (!hooks_.before_write) return absl::OkStatus();
  const Message* before = draft.before == nullptr ? nullptr : draft.before->message.get();
  return hooks_.before_write(write, before, draft.message.get());
}

absl::Status Resource::Impl::CheckDrafts(Write& write, std::vector<Draft>& drafts) const {
  std::vector<FieldViolation> violations;
  for (Draft& draft : drafts) {
    if (draft.kind == Change::DELETED) continue;  // what goes need not satisfy today's rules
    const absl::Status status = RunBeforeWrite(write, draft);
    std::vector<FieldViolation> named = NamedFields(status, draft.prefix);
    if (!status.ok() && named.empty()) return status;
    Append(std::move(named), &violations);
    Append(FindDraftViolations(draft), &violations);
    if (violations.size() >= kMaxViolations) break;
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

void Resource::Impl::FillNew(Write& write, Draft& draft) const {
  mapping_.SetNameAndEtag(draft.ids(), 1, draft.message.get());
  mapping_.SetCreateTime(write.now(), draft.message.get());
  mapping_.SetUpdateTime(write.now(), draft.message.get());
}

absl::Status Resource::Impl::PrepareDrafts(Write& write, std::vector<Draft>& drafts) const {
  for (Draft& draft : drafts) {
    draft.write = &write;
    if (draft.before == nullptr) FillNew(write, draft);
  }
  return CheckDrafts(write, drafts);
}

absl::StatusOr<std::vector<Page::Item>> Resource::Impl::WriteDrafts(Write& write, std::vector<Draft> drafts) {
  RETURN_IF_ERROR(PrepareDrafts(write, drafts));
  if (mapping_.has_parent()) {
    ASSIGN_OR_RETURN(const auto missing, LockParents(write.session(), drafts));
    if (!missing.empty()) return ParentNotFound(*missing.begin());
  }
  return StoreDrafts(write.session(), std::move(drafts));
}

bool Resource::Impl::SettleVersion(Draft& draft) const {
  if (draft.before == nullptr) return false;
  const Message& before = *draft.before->message;
  const bool same = draft.kind == Change::UPDATED &&
                    (SameBytes(before, *draft.message) || ChangedFields(&before, *draft.message).empty());
  // What callers cannot set is not taken from them.
  draft.version = draft.before->version + (same ? 0 : 1);
  mapping_.SetNameAndEtag(draft.ids(), draft.version, draft.message.get());
  return same;
}

absl::StatusOr<std::vector<Page::Item>> Resource::Impl::StoreDrafts(db::Session& session, std::vector<Draft> drafts) {
  std::vector<const Draft*> created;
  std::vector<const Draft*> changed;
  for (Draft& draft : drafts) {
    if (SettleVersion(draft)) continue;
    if (draft.before == nullptr) {
      created.push_back(&draft);
    } else {
      mapping_.SetUpdateTime(draft.write->now(), draft.message.get());
    }
    draft.json = FieldJson(*draft.message);
    changed.push_back(&draft);
  }
  RETURN_IF_ERROR(InsertDraftRows(session, created));
  RETURN_IF_ERROR(UpdateDraftRows(session, changed));
  RETURN_IF_ERROR(MoveKeys(session, changed));
  Announce(changed);
  std::vector<Item> items;
  items.reserve(drafts.size());
  for (Draft& draft : drafts) {
    items.push_back({draft.id, draft.version, std::move(draft.message), draft.parent});
  }
  return items;
}

absl::Status Resource::Impl::InsertDraftRows(db::Session& session, const std::vector<const Draft*>& drafts) const {
  if (drafts.empty()) return absl::OkStatus();
  std::vector<db::Value> values;
  values.reserve(drafts.size() * mapping_.width());
  for (const Draft* draft : drafts) {
    RETURN_IF_ERROR(mapping_.AppendRow(*draft->message, draft->json, draft->ids(), draft->version, &values));
  }
  return session.InsertRows(mapping_.insert_into(), mapping_.width(), values);
}

absl::Status Resource::Impl::UpdateDraftRows(db::Session& session, const std::vector<const Draft*>& drafts) const {
  std::vector<const Draft*> updated;
  for (const Draft* draft : drafts) {
    if (draft->before != nullptr) updated.push_back(draft);
  }
  if (updated.size() == 1) return UpdateDraftRow(session, *updated[0]);
  std::vector<db::Value> values;
  values.reserve(updated.size() * mapping_.width());
  for (const Draft* draft : updated) {
    RETURN_IF_ERROR(mapping_.AppendRow(*draft->message, draft->json, draft->ids(), draft->version, &values));
  }
  return session.InsertRows(mapping_.insert_into(), mapping_.width(), values, mapping_.or_overwrite());
}

absl::Status Resource::Impl::UpdateDraftRow(db::Session& session, const Draft& draft) const {
  std::vector<db::Value> values;
  RETURN_IF_ERROR(mapping_.AppendRow(*draft.message, draft.json, draft.ids(), draft.version, &values));
  values.erase(values.begin());  // the id goes behind
  values.push_back(draft.id);
  values.push_back(draft.before->version);
  ASSIGN_OR_RETURN(const int64_t rows, session.Execute(mapping_.update(), values));
  if (rows == 1) return absl::OkStatus();
  // Only when the caller of Replace did not lock the row.
  return EtagMismatch(mapping_.resource_type(), mapping_.FormatName(draft.ids()),
                      mapping_.Etag(*draft.before->message));
}

absl::Status Resource::Impl::MoveKeys(db::Session& session, const std::vector<const Draft*>& drafts) const {
  std::vector<KeyClaim> claims;
  for (const Draft* draft : drafts) {
    std::vector<KeyUse> old_uses, new_uses;
    if (draft->before != nullptr && !mapping_.IsDeleted(*draft->before->message)) {
      old_uses = unique_keys_.Collect(*draft->before->message);
    }
    if (!mapping_.IsDeleted(*draft->message)) new_uses = unique_keys_.Collect(*draft->message);
    RETURN_IF_ERROR(unique_keys_.Free(session, draft->id, Without(old_uses, new_uses)));
    for (KeyUse& use : Without(new_uses, old_uses)) claims.push_back({std::move(use), draft->id, draft->prefix});
  }
  return unique_keys_.Take(session, std::move(claims));
}

void Resource::Impl::Announce(absl::Span<const Draft* const> drafts) const {
  std::vector<Hooks::Committed> committed;
  for (const Draft* draft : drafts) {
    const Message* before = draft->before == nullptr ? nullptr : draft->before->message.get();
    draft->write->Record(draft->id, draft->version, draft->kind, before, *draft->message, &draft->json);
    if (hooks_.after_commit) committed.push_back({Clone(*draft->message), draft->id, draft->version});
  }
  if (committed.empty()) return;
  // Once for all: calls that share the transaction have their answers after that.
  drafts[0]->write->AfterCommit([this, committed = std::move(committed)] { hooks_.after_commit(committed); });
}

}  // namespace storeops::resource
