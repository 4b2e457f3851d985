#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/resource_impl.h"
#include "common/resource/update_mask.h"

namespace storeops::resource {

using changes::Change;

Resource::Impl::Draft Resource::Impl::MakeDraft(Write& write, Upsert upsert) const {
  Draft draft;
  draft.write = &write;
  draft.message = std::move(upsert.message);
  draft.before = upsert.before;
  if (draft.before == nullptr) {
    ClearOutputOnly(draft.message.get());
    draft.id = upsert.id;
    draft.parent = upsert.parent;
    FillNew(write, draft);
  } else {
    draft.id = draft.before->id;
    draft.parent = draft.before->parent;
    draft.kind = Change::UPDATED;
  }
  return draft;
}

absl::StatusOr<std::vector<UpsertResult>> Resource::Impl::WriteMany(Write& write, std::vector<Upsert> upserts,
                                                                    bool check_only) {
  std::vector<UpsertResult> results(upserts.size());
  std::vector<Draft> accepted;
  std::vector<UpsertResult*> written;
  std::vector<Draft> drafts;
  for (Upsert& upsert : upserts) drafts.push_back(MakeDraft(write, std::move(upsert)));
  absl::flat_hash_set<int64_t> missing_parents;
  if (mapping_.has_parent()) {
    ASSIGN_OR_RETURN(missing_parents, LockParents(write.session(), drafts));
  }
  for (size_t i = 0; i < drafts.size(); ++i) {
    Draft& draft = drafts[i];
    std::vector<FieldViolation> violations = FindDraftViolations(draft);
    if (draft.joins_parent() && missing_parents.contains(draft.parent)) {
      violations.push_back({"parent", absl::StrCat(mapping_.names().parent().Format(draft.parent), " does not exist")});
    }
    results[i].refusal = violations.empty() ? RunBeforeWrite(write, draft) : InvalidFields(violations);
    if (!results[i].refusal.ok()) {
      if (NamedFields(results[i].refusal, "").empty()) return results[i].refusal;
      continue;
    }
    accepted.push_back(std::move(draft));
    written.push_back(&results[i]);
  }
  for (size_t i = 0; i < accepted.size(); ++i) {
    const bool created = accepted[i].before == nullptr;
    const bool same = SettleVersion(accepted[i]);
    written[i]->kind = created ? UpsertResult::kCreated : same ? UpsertResult::kUnchanged : UpsertResult::kUpdated;
  }
  if (check_only || accepted.empty()) return results;
  std::erase_if(accepted,
                [](const Draft& draft) { return draft.before != nullptr && draft.version == draft.before->version; });
  RETURN_IF_ERROR(StoreDrafts(write.session(), std::move(accepted)).status());
  return results;
}

}  // namespace storeops::resource
