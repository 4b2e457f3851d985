// What methods written by hand make of the engine.
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/resource_impl.h"
#include "common/resource/standard_request.h"

namespace storeops::resource {

using google::protobuf::Message;

absl::Status Resource::Impl::Edit(const rpc::Call& call, const Message& request, Message* response,
                                  absl::FunctionRef<absl::Status(Write&, Message*)> edit) {
  ASSIGN_OR_RETURN(const NameIds ids, mapping_.names().Parse(GetText(request, "name"), "name"));
  return RunWrite(store_, call, response, [&](Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const Item before, ReadOne(write.session(), ids, true));
    if (mapping_.IsDeleted(*before.message)) return NotFound(ids);
    RETURN_IF_ERROR(CheckEtag(before, GetText(request, "etag")));
    std::unique_ptr<Message> after = Clone(*before.message);
    RETURN_IF_ERROR(edit(write, after.get()));
    ASSIGN_OR_RETURN(Item item, ReplaceOne(write, before, std::move(after), changes::Change::UPDATED));
    response->GetReflection()->Swap(response, item.message.get());
    return absl::OkStatus();
  });
}

absl::Status Resource::Impl::BatchEdit(const rpc::Call& call, const std::vector<const Message*>& requests,
                                       Message* response, absl::FunctionRef<absl::Status(Write&, int, Message*)> edit) {
  RETURN_IF_ERROR(CheckBatch(requests));
  BatchIds read;
  for (size_t i = 0; i < requests.size(); ++i) {
    ReadId(GetText(*requests[i], "name"), RequestPrefix(i, /*batch=*/true) + "name", i, read);
  }
  if (!read.violations.empty()) return InvalidFields(read.violations);
  const std::vector<NameIds>& ids = read.ids;
  return RunWrite(store_, call, response, [&](Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<Item> befores, LockRows(write.session(), OwnIds(ids)));
    absl::flat_hash_map<int64_t, Item*> by_id;
    for (Item& item : befores) by_id[item.id] = &item;
    std::vector<Replacement> replacements;
    for (size_t i = 0; i < ids.size(); ++i) {
      Item* found = FindItem(by_id, ids[i]);
      if (found == nullptr || mapping_.IsDeleted(*found->message)) return NotFound(ids[i]);
      RETURN_IF_ERROR(CheckEtag(*found, GetText(*requests[i], "etag")));
      std::unique_ptr<Message> after = Clone(*found->message);
      RETURN_IF_ERROR(edit(write, static_cast<int>(i), after.get()));
      replacements.push_back({std::move(*found), std::move(after)});
    }
    ASSIGN_OR_RETURN(std::vector<Item> items, ReplaceMany(write, std::move(replacements)));
    Respond(std::move(items), /*batch=*/true, response);
    return absl::OkStatus();
  });
}

absl::StatusOr<std::vector<Page::Item>> Resource::Impl::ReplaceMany(Write& write,
                                                                    std::vector<Replacement> replacements) {
  std::vector<Draft> drafts(replacements.size());
  for (size_t i = 0; i < replacements.size(); ++i) {
    drafts[i].message = std::move(replacements[i].after);
    drafts[i].prefix = absl::StrCat(mapping_.NameOf(*replacements[i].before.message), ".");
    drafts[i].before = &replacements[i].before;
    drafts[i].id = replacements[i].before.id;
    drafts[i].parent = replacements[i].before.parent;
    drafts[i].kind = changes::Change::UPDATED;
  }
  return WriteDrafts(write, std::move(drafts));
}

}  // namespace storeops::resource
