#include <utility>

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
    FillNew(write, draft);
  } else {
    draft.id = draft.before->id;
    draft.kind = Change::UPDATED;
  }
  return draft;
}

absl::StatusOr<std::vector<UpsertResult>> Resource::Impl::WriteMany(Write& write, std::vector<Upsert> upserts,
                                                                    bool check_only) {
  std::vector<UpsertResult> results(upserts.size());
  std::vector<Draft> accepted;
  std::vector<UpsertResult*> written;
  for (size_t i = 0; i < upserts.size(); ++i) {
    Draft draft = MakeDraft(write, std::move(upserts[i]));
    const std::vector<FieldViolation> violations = FindDraftViolations(draft);
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
