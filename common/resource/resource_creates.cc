#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/resource_impl.h"
#include "common/resource/standard_request.h"
#include "common/resource/update_mask.h"

namespace storeops::resource {

using google::protobuf::Message;

bool Resource::Impl::IsCreatedAlone(const Message& request) const {
  const Message* sent = GetMessage(request, mapping_.singular());
  return sent != nullptr && hooks_.create_uses_session && hooks_.create_uses_session(*sent);
}

absl::Status Resource::Impl::BatchCreate(const rpc::Call& call, const Message& request, Message* response) {
  const std::vector<const Message*> requests = GetMessages(request, "requests");
  RETURN_IF_ERROR(CheckBatch(requests));
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids,
                   store_.ids.Take(mapping_.singular(), static_cast<int>(requests.size()), call.deadline));
  return RunWrite(store_, call, response, [&](Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<Draft> drafts, ReadCreates(requests, &request));
    for (size_t i = 0; i < drafts.size(); ++i) drafts[i].id = ids[i];
    ASSIGN_OR_RETURN(std::vector<Item> items, WriteDrafts(write, std::move(drafts)));
    Respond(std::move(items), true, response);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<Resource::Impl::Draft>> Resource::Impl::ReadCreates(
    const std::vector<const Message*>& requests, const Message* batch) const {
  std::vector<Draft> drafts;
  std::vector<FieldViolation> violations;
  for (size_t i = 0; i < requests.size(); ++i) {
    const Message* sent = GetMessage(*requests[i], mapping_.singular());
    if (sent == nullptr) {
      Append({{RequestPrefix(i, batch != nullptr) + mapping_.singular(), "is required"}}, &violations);
      continue;
    }
    Draft draft;
    if (mapping_.has_parent()) {
      const auto parent = ReadParent(*requests[i], i, batch);
      if (!parent.ok()) Append(NamedFields(parent.status(), ""), &violations);
      draft.parent = parent.value_or(0);
    }
    draft.message = Clone(*sent);
    draft.prefix = ResourcePrefix(i, batch != nullptr);
    ClearOutputOnly(draft.message.get());
    drafts.push_back(std::move(draft));
  }
  if (!violations.empty()) return InvalidFields(violations);
  return drafts;
}

absl::StatusOr<int64_t> Resource::Impl::ReadParent(const Message& request, size_t index, const Message* batch) const {
  const NamePattern parents = mapping_.names().parent();
  const std::string own = GetText(request, "parent");
  const std::string of_batch = batch == nullptr ? "" : GetText(*batch, "parent");
  const std::string field = absl::StrCat(RequestPrefix(index, batch != nullptr), "parent");
  if (of_batch.empty()) return parents.ParseId(own, field);
  ASSIGN_OR_RETURN(const int64_t parent, parents.ParseIdOrAny(of_batch, "parent"));
  if (parent == 0) return parents.ParseId(own, field);
  if (own.empty() || own == of_batch) return parent;
  return InvalidField(field, absl::StrCat("must be empty or the batch's, ", of_batch, ", got \"", own, "\""));
}

absl::StatusOr<absl::flat_hash_set<int64_t>> Resource::Impl::LockParents(db::Session& session,
                                                                         absl::Span<const Draft> drafts) const {
  std::vector<int64_t> parents;
  for (const Draft& draft : drafts) {
    if (draft.joins_parent()) parents.push_back(draft.parent);
  }
  // In one order, so that two writers do not wait for each other.
  std::sort(parents.begin(), parents.end());
  parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
  absl::flat_hash_set<int64_t> missing(parents.begin(), parents.end());
  if (parents.empty()) return missing;
  ASSIGN_OR_RETURN(const std::vector<int64_t> live, hooks_.parent->lock(session, parents));
  for (const int64_t parent : live) missing.erase(parent);
  return missing;
}

void Resource::Impl::CreateTogether(absl::Span<CommitGroup::Member* const> members, absl::Time deadline) {
  CommitMembers(store_, mapping_.singular(), members, deadline,
                [&](db::Session& session) { return WriteMembers(session, members); });
}

absl::Status Resource::Impl::WriteMembers(db::Session& session, absl::Span<CommitGroup::Member* const> members) {
  std::vector<Draft> drafts;
  std::vector<JointWrite*> going_on;
  for (CommitGroup::Member* member : members) {
    const auto prepare = [&]() -> absl::Status {
      ASSIGN_OR_RETURN(std::vector<Draft> own, ReadCreates({&member->request}, nullptr));
      own[0].id = member->id;
      RETURN_IF_ERROR(PrepareDrafts(*member->write, own));
      drafts.push_back(std::move(own[0]));
      going_on.push_back(member);
      return absl::OkStatus();
    };
    member->status = prepare();
    // It may lock and check what members of one group would have to do one after another.
    if (member->write->session_used() && members.size() > 1) {
      return absl::AbortedError("a hook uses the session: see Hooks::create_uses_session");
    }
  }
  if (drafts.empty()) return absl::OkStatus();
  if (mapping_.has_parent()) {
    ASSIGN_OR_RETURN(const auto missing, LockParents(session, drafts));
    for (size_t i = drafts.size(); i-- > 0;) {
      if (!missing.contains(drafts[i].parent)) continue;
      going_on[i]->status = ParentNotFound(drafts[i].parent);
      going_on.erase(going_on.begin() + static_cast<ptrdiff_t>(i));
      drafts.erase(drafts.begin() + static_cast<ptrdiff_t>(i));
    }
    if (drafts.empty()) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(std::vector<Item> items, StoreDrafts(session, std::move(drafts)));
  for (size_t i = 0; i < items.size(); ++i) {
    going_on[i]->response->GetReflection()->Swap(going_on[i]->response, items[i].message.get());
  }
  return absl::OkStatus();
}

}  // namespace storeops::resource
