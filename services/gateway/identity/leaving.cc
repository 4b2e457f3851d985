#include "services/gateway/identity/leaving.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/gateway/identity/identity_store.h"

namespace storeops::gateway {
namespace {

using v1::ApiKey;
using v1::DeleteUserRequest;
using v1::User;

const ApiKey& KeyOf(const resource::Page::Item& item) { return static_cast<const ApiKey&>(*item.message); }

absl::Status Unfit(const std::string& name, absl::string_view why) {
  return PreconditionFailed("NEW_OWNER_UNFIT", name, absl::StrCat(name, " cannot own the API keys: ", why));
}

// A key does no more than its owner may: with an owner who may do less, programs would stop working.
absl::Status CheckNewOwner(resource::Write& write, const IdentityTables& tables, const std::string& name,
                           const std::vector<resource::Page::Item>& keys) {
  ASSIGN_OR_RETURN(const int64_t id, tables.users.ParseName(name, "new_key_owner"));
  const auto item = tables.users.Read(write.session(), id, /*lock=*/true);
  if (absl::IsNotFound(item.status())) return InvalidField("new_key_owner", "there is no such user");
  RETURN_IF_ERROR(item.status());
  const auto& owner = static_cast<const User&>(*item->message);
  if (owner.has_delete_time()) return Unfit(name, "the user is deleted");
  if (owner.disabled()) return Unfit(name, "the user is disabled");
  for (const resource::Page::Item& key : keys) {
    ASSIGN_OR_RETURN(const bool covered, tables.grants.Cover(write.session(), owner.roles(), KeyOf(key).roles()));
    if (!covered)
      return Unfit(name, absl::StrCat("the roles of ", KeyOf(key).name(), " allow more than the user may do"));
  }
  return absl::OkStatus();
}

absl::Status HandOver(resource::Write& write, const IdentityTables& tables, const Caller& caller,
                      const std::string& new_owner, const std::vector<int64_t>& ids) {
  ASSIGN_OR_RETURN(std::vector<resource::Page::Item> keys, tables.api_keys.Lock(write.session(), ids));
  RETURN_IF_ERROR(CheckNewOwner(write, tables, new_owner, keys));
  std::vector<resource::Replacement> replacements;
  for (resource::Page::Item& item : keys) {
    // Of an owner who may do more, a key does more again: that is to be granted.
    RETURN_IF_ERROR(tables.grants.CheckCovers(write.session(), caller, KeyOf(item).roles()));
    auto after = std::make_unique<ApiKey>(KeyOf(item));
    after->set_owner(new_owner);
    replacements.push_back({std::move(item), std::move(after)});
  }
  return tables.api_keys.ReplaceMany(write, std::move(replacements)).status();
}

absl::Status SettleKeys(resource::Write& write, const IdentityTables& tables, const Caller& caller,
                        const DeleteUserRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids,
                   identity_store::KeysOwnedBy(write.session(), request.name(), write.now()));
  if (ids.empty()) return absl::OkStatus();
  if (request.api_keys() == DeleteUserRequest::REVOKE) return RevokeKeys(write, tables.api_keys, ids);
  if (request.api_keys() == DeleteUserRequest::HAND_OVER) {
    return HandOver(write, tables, caller, request.new_key_owner(), ids);
  }
  return PreconditionFailed("USER_OWNS_API_KEYS", request.name(),
                            absl::StrCat(request.name(), " owns ", ids.size(), " API key", ids.size() == 1 ? "" : "s",
                                         ": set api_keys to REVOKE, or to HAND_OVER with new_key_owner"));
}

}  // namespace

absl::Status CheckKeyChoice(const DeleteUserRequest& request) {
  if (!DeleteUserRequest::ApiKeyChoice_IsValid(request.api_keys())) {
    return InvalidField("api_keys", "must be REVOKE or HAND_OVER, or not set");
  }
  const bool hands_over = request.api_keys() == DeleteUserRequest::HAND_OVER;
  if (hands_over && request.new_key_owner().empty()) {
    return InvalidField("new_key_owner", "is required when api_keys is HAND_OVER");
  }
  if (!hands_over && !request.new_key_owner().empty()) {
    return InvalidField("new_key_owner", "can be set only when api_keys is HAND_OVER");
  }
  if (hands_over && request.new_key_owner() == request.name()) {
    return InvalidField("new_key_owner", "must not be the user who is deleted");
  }
  return absl::OkStatus();
}

absl::StatusOr<User> DeletePerson(resource::Write& write, const IdentityTables& tables,
                                  const DeleteUserRequest& request) {
  ASSIGN_OR_RETURN(const int64_t id, tables.users.ParseName(request.name(), "name"));
  ASSIGN_OR_RETURN(const auto before, tables.users.Read(write.session(), id, /*lock=*/true));
  const auto& user = static_cast<const User&>(*before.message);
  if (user.has_delete_time()) return ResourceNotFound(tables.users.type(), user.name());
  if (!request.etag().empty() && request.etag() != user.etag()) {
    return EtagMismatch(tables.users.type(), user.name(), user.etag());
  }
  ASSIGN_OR_RETURN(const Caller caller, tables.grants.ReadCaller(write));
  RETURN_IF_ERROR(tables.grants.CheckCovers(write.session(), caller, user.roles()));
  RETURN_IF_ERROR(CheckAnOwnerStays(write, user));
  RETURN_IF_ERROR(SettleKeys(write, tables, caller, request));
  RETURN_IF_ERROR(identity_store::DeleteRefreshTokens(write.session(), id));
  RETURN_IF_ERROR(identity_store::DeleteSources(write.session(), id));
  auto after = std::make_unique<User>(user);
  *after->mutable_delete_time() = ToTimestamp(write.now());
  ASSIGN_OR_RETURN(const auto item, tables.users.Replace(write, before, std::move(after), changes::Change::DELETED));
  return static_cast<const User&>(*item.message);
}

absl::Status RevokeKeys(resource::Write& write, resource::Resource& api_keys, std::vector<int64_t> ids) {
  while (!ids.empty()) {
    ASSIGN_OR_RETURN(std::vector<resource::Page::Item> keys, api_keys.Lock(write.session(), std::move(ids)));
    ids.clear();
    std::vector<resource::Replacement> replacements;
    for (resource::Page::Item& item : keys) {
      ASSIGN_OR_RETURN(const std::vector<int64_t> made,
                       identity_store::KeysMadeBy(write.session(), KeyOf(item).name()));
      ids.insert(ids.end(), made.begin(), made.end());
      if (KeyOf(item).has_revoke_time()) continue;
      auto after = std::make_unique<ApiKey>(KeyOf(item));
      *after->mutable_revoke_time() = ToTimestamp(write.now());
      replacements.push_back({std::move(item), std::move(after)});
    }
    if (!replacements.empty()) RETURN_IF_ERROR(api_keys.ReplaceMany(write, std::move(replacements)).status());
  }
  return absl::OkStatus();
}

}  // namespace storeops::gateway
