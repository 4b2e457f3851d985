#include "services/gateway/identity/grants.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/rpc/method_table.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/gateway/identity/identity_store.h"
#include "services/gateway/identity/roles.h"

namespace storeops::gateway {
namespace {

using google::protobuf::Message;
using v1::Role;
using v1::User;

constexpr absl::string_view kKeyPrefix = "apiKeys/";
constexpr absl::string_view kServicePrefix = "services/";
// That an error names.
constexpr int kHoldersNamed = 10;
// Whose sessions one change of a role ends.
constexpr int kMaxHolders = 5000;

bool Contains(const RoleNames& names, absl::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsActiveOwner(const User& user) {
  return !user.disabled() && !user.has_delete_time() && Contains(user.roles(), kOwnerRole);
}

// Of a name that the engine made: "users/7" -> 7.
int64_t IdOf(const User& user) {
  int64_t id = 0;
  const absl::string_view name = user.name();
  return absl::SimpleAtoi(name.substr(name.find('/') + 1), &id) ? id : 0;
}

// Tokens that were signed before would allow more than the user is given now.
bool EndsSessions(const User& before, const User& after) {
  const bool lost_a_role = std::any_of(before.roles().begin(), before.roles().end(),
                                       [&after](const std::string& role) { return !Contains(after.roles(), role); });
  return lost_a_role || (after.disabled() && !before.disabled()) ||
         (before.has_delete_time() && !after.has_delete_time());
}

// What identity itself writes; callers cannot set the version.
bool DiffersInSessionsOnly(const User& before, const User& after) {
  if (before.session_version() == after.session_version()) return false;
  User same = after;
  same.set_session_version(before.session_version());
  return google::protobuf::util::MessageDifferencer::Equals(before, same);
}

absl::Status BeforeUserWrite(const Grants& grants, resource::Write& write, const User* before, User* after) {
  if (before != nullptr && DiffersInSessionsOnly(*before, *after)) return absl::OkStatus();
  after->set_email(NormalizeEmail(after->email()));
  db::Session& session = write.session();
  ASSIGN_OR_RETURN(const Caller caller, grants.ReadCaller(write));
  RETURN_IF_ERROR(grants.CheckExist(session, after->roles(), before == nullptr ? RoleNames() : before->roles()));
  RETURN_IF_ERROR(grants.CheckCovers(session, caller, after->roles()));
  RETURN_IF_ERROR(grants.PermissionsOf(session, after->roles(), after->name()).status());
  if (before == nullptr) {
    after->set_session_version(1);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(grants.CheckCovers(session, caller, before->roles()));
  if (!IsActiveOwner(*after)) RETURN_IF_ERROR(CheckAnOwnerStays(write, *before));
  if (EndsSessions(*before, *after)) after->set_session_version(before->session_version() + 1);
  if (after->disabled() && !before->disabled()) {
    RETURN_IF_ERROR(identity_store::DeleteRefreshTokens(session, IdOf(*before)));
  }
  return absl::OkStatus();
}

// Permissions of `before` that `after` does not cover.
std::vector<std::string> Lost(const Role& before, const Role& after) {
  std::vector<std::string> lost;
  for (const std::string& permission : before.permissions()) {
    const bool kept = std::any_of(after.permissions().begin(), after.permissions().end(),
                                  [&](const std::string& other) { return rpc::PermissionCovers(other, permission); });
    if (!kept) lost.push_back(permission);
  }
  return lost;
}

absl::Status CheckHasAll(const Caller& caller, const std::vector<std::string>& permissions) {
  for (const std::string& permission : permissions) {
    // A pattern as a whole: "catalog.*" is covered by itself and by "*", not by many single permissions.
    if (!caller.Has(permission)) return PermissionMissing(permission);
  }
  return absl::OkStatus();
}

absl::Status BeforeRoleDelete(const Grants& grants, resource::Write& write, const Role& role) {
  ASSIGN_OR_RETURN(const Caller caller, grants.ReadCaller(write));
  RETURN_IF_ERROR(CheckHasAll(caller, {role.permissions().begin(), role.permissions().end()}));
  ASSIGN_OR_RETURN(const std::vector<std::string> holders,
                   identity_store::HoldersOfRole(write.session(), role.name(), write.now(), kHoldersNamed));
  if (holders.empty()) return absl::OkStatus();
  return PreconditionFailed(
      "ROLE_IN_USE", role.name(),
      absl::StrCat(role.name(), " (", role.title(), ") is a role of ", absl::StrJoin(holders, ", "),
                   holders.size() < size_t{kHoldersNamed} ? "" : " and more", ": take it from them first"));
}

// A permission that the role had before stays allowed: an older or newer version may have declared it.
absl::Status BeforeRoleWrite(const Grants& grants, const AccessPolicy& access, resource::Write& write,
                             const Role* before, const Role& after) {
  ASSIGN_OR_RETURN(const Caller caller, grants.ReadCaller(write));
  for (int i = 0; i < after.permissions_size(); ++i) {
    const std::string& permission = after.permissions(i);
    const std::string field = absl::StrCat("permissions[", i, "]");
    if (permission.empty()) return InvalidField(field, "must not be empty");
    if (before != nullptr && Contains(before->permissions(), permission)) continue;
    if (!access.Covers(permission)) {
      return InvalidField(field, absl::StrCat("no service has the permission ", permission));
    }
    if (!caller.Has(permission)) return PermissionMissing(permission);
  }
  RETURN_IF_ERROR(CheckPermissionBytes({after.permissions().begin(), after.permissions().end()}, after.name()));
  if (before == nullptr) return absl::OkStatus();
  const std::vector<std::string> lost = Lost(*before, after);
  if (lost.empty()) return absl::OkStatus();
  // What cannot be given cannot be taken away either.
  RETURN_IF_ERROR(CheckHasAll(caller, lost));
  return grants.EndSessionsOfHolders(write, before->name());
}

absl::Status Gone() { return Unauthenticated("USER_GONE", "the user was deleted"); }

}  // namespace

absl::Status CheckAnOwnerStays(resource::Write& write, const User& leaving) {
  if (!IsActiveOwner(leaving)) return absl::OkStatus();
  RETURN_IF_ERROR(identity_store::LockOwners(write.session()));
  ASSIGN_OR_RETURN(const bool others, identity_store::HasOtherOwner(write.session(), IdOf(leaving)));
  if (others) return absl::OkStatus();
  return PreconditionFailed("LAST_OWNER", leaving.name(),
                            absl::StrCat(leaving.name(), " is the last owner: make another one first"));
}

std::unique_ptr<User> WithoutSessions(const User& user) {
  auto after = std::make_unique<User>(user);
  after->set_session_version(user.session_version() + 1);
  return after;
}

std::string NormalizeEmail(absl::string_view email) { return absl::AsciiStrToLower(absl::StripAsciiWhitespace(email)); }

absl::StatusOr<Caller> Grants::ReadCaller(resource::Write& write) const {
  Caller caller;
  caller.principal_ = write.call().principal;
  const std::string& name = caller.name();
  caller.owner_ = name;
  if (absl::StartsWith(name, kUserPrefix)) {
    RETURN_IF_ERROR(ReadUser(write, caller));
  } else if (absl::StartsWith(name, kKeyPrefix)) {
    RETURN_IF_ERROR(ReadKey(write, caller));
  } else if (!absl::StartsWith(name, kServicePrefix)) {
    return Unauthenticated("CALLER_UNKNOWN",
                           absl::StrCat("\"", name, "\" is neither a user, an API key nor a service"));
  }
  const std::string& permission = write.call().method->access.permission();
  if (!permission.empty() && !caller.Has(permission)) return PermissionMissing(permission);
  return caller;
}

absl::Status Grants::ReadUser(resource::Write& write, Caller& caller) const {
  ASSIGN_OR_RETURN(const int64_t id, users_->ParseName(caller.name(), "principal"));
  const auto item = users_->Read(write.session(), id, /*lock=*/true);
  if (absl::IsNotFound(item.status())) return Gone();
  RETURN_IF_ERROR(item.status());
  const auto& user = static_cast<const User&>(*item->message);
  if (user.has_delete_time()) return Gone();
  if (user.disabled()) return Unauthenticated("USER_DISABLED", "the user is disabled");
  const int64_t version = caller.principal_.session_version;
  if (version != 0 && version < user.session_version()) {
    return Unauthenticated("TOKEN_REVOKED", "the session of this access token has ended: sign in again");
  }
  ASSIGN_OR_RETURN(caller.principal_.permissions, Merge(write.session(), user.roles()));
  return absl::OkStatus();
}

absl::Status Grants::ReadKey(resource::Write& write, Caller& caller) const {
  const absl::Status invalid = Unauthenticated("KEY_INVALID", "the API key is not valid");
  ASSIGN_OR_RETURN(const int64_t id, api_keys_->ParseName(caller.name(), "principal"));
  const auto item = api_keys_->Read(write.session(), id, /*lock=*/true);
  if (absl::IsNotFound(item.status())) return invalid;
  RETURN_IF_ERROR(item.status());
  const auto& key = static_cast<const v1::ApiKey&>(*item->message);
  if (key.has_expire_time()) caller.expire_time_ = FromTimestamp(key.expire_time());
  if (caller.expire_time_ <= write.now()) return Unauthenticated("KEY_EXPIRED", "the API key has expired");
  ASSIGN_OR_RETURN(const std::optional<Permissions> permissions, PermissionsOfKey(write.session(), key, /*lock=*/true));
  if (!permissions.has_value()) return invalid;
  caller.principal_.permissions = *permissions;
  caller.owner_ = key.owner();
  return absl::OkStatus();
}

absl::StatusOr<std::optional<Grants::Permissions>> Grants::PermissionsOfKey(db::Session& session, const v1::ApiKey& key,
                                                                            bool lock) const {
  if (key.has_revoke_time()) return std::nullopt;
  ASSIGN_OR_RETURN(Permissions permissions, Merge(session, key.roles()));
  if (!absl::StartsWith(key.owner(), kUserPrefix)) return permissions;
  ASSIGN_OR_RETURN(const int64_t id, users_->ParseName(key.owner(), "owner"));
  const auto item = users_->Read(session, id, lock);
  if (absl::IsNotFound(item.status())) return std::nullopt;
  RETURN_IF_ERROR(item.status());
  const auto& owner = static_cast<const User&>(*item->message);
  if (owner.disabled() || owner.has_delete_time()) return std::nullopt;
  ASSIGN_OR_RETURN(const Permissions of_owner, Merge(session, owner.roles()));
  return Common(permissions, of_owner);
}

Grants::Permissions Grants::Common(const Permissions& one, const Permissions& other) const {
  Permissions common;
  for (const std::string& a : one) {
    for (const std::string& b : other) {
      if (rpc::PermissionCovers(a, b)) {
        common.push_back(b);
      } else if (rpc::PermissionCovers(b, a)) {
        common.push_back(a);
      } else {
        // Patterns that overlap, such as "catalog.*" and "*.read".
        const Permissions both = access_.CoveredByBoth(a, b);
        common.insert(common.end(), both.begin(), both.end());
      }
    }
  }
  return MergePermissions(std::move(common));
}

absl::Status Grants::EndSessionsOfHolders(resource::Write& write, const std::string& role) const {
  ASSIGN_OR_RETURN(std::vector<int64_t> ids, identity_store::UsersWithRole(write.session(), role, kMaxHolders + 1));
  if (ids.size() > size_t{kMaxHolders}) {
    return PreconditionFailed("TOO_MANY_HOLDERS", role,
                              absl::StrCat(role, " has more than ", kMaxHolders,
                                           " holders, whose sessions would end: make another role and move them"));
  }
  ASSIGN_OR_RETURN(std::vector<resource::Page::Item> items, users_->Lock(write.session(), std::move(ids)));
  std::vector<resource::Replacement> replacements;
  for (resource::Page::Item& item : items) {
    auto after = WithoutSessions(static_cast<const User&>(*item.message));
    replacements.push_back({std::move(item), std::move(after)});
  }
  return replacements.empty() ? absl::OkStatus() : users_->ReplaceMany(write, std::move(replacements)).status();
}

absl::StatusOr<Grants::Permissions> Grants::PermissionsOfRole(db::Session& session, const std::string& name, bool lock,
                                                              bool* exists) const {
  *exists = true;
  if (const AccessPolicy::Role* role = access_.FindRole(name); role != nullptr) return role->permissions;
  if (const auto id = custom_roles_->ParseName(name, "roles"); id.ok()) {
    const auto item = custom_roles_->Read(session, *id, lock);
    if (item.ok()) {
      const auto& role = static_cast<const Role&>(*item->message);
      if (!role.has_delete_time()) {
        return std::vector<std::string>(role.permissions().begin(), role.permissions().end());
      }
    } else if (item.status().code() != absl::StatusCode::kNotFound) {
      return item.status();
    }
  }
  *exists = false;
  return std::vector<std::string>();
}

absl::StatusOr<Grants::Permissions> Grants::Merge(db::Session& session, const RoleNames& roles) const {
  std::vector<std::string> permissions;
  for (const std::string& name : roles) {
    bool exists;
    ASSIGN_OR_RETURN(const std::vector<std::string> more, PermissionsOfRole(session, name, /*lock=*/false, &exists));
    permissions.insert(permissions.end(), more.begin(), more.end());
  }
  return MergePermissions(std::move(permissions));
}

absl::StatusOr<std::vector<std::string>> Grants::PermissionsOf(db::Session& session, const RoleNames& roles,
                                                               absl::string_view subject) const {
  ASSIGN_OR_RETURN(std::vector<std::string> permissions, Merge(session, roles));
  RETURN_IF_ERROR(CheckPermissionBytes(permissions, subject));
  return permissions;
}

absl::Status Grants::CheckExist(db::Session& session, const RoleNames& roles, const RoleNames& known) const {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < roles.size(); ++i) {
    if (Contains(known, roles[i])) continue;
    bool exists;
    RETURN_IF_ERROR(PermissionsOfRole(session, roles[i], /*lock=*/true, &exists).status());
    if (!exists) violations.push_back({absl::StrCat("roles[", i, "]"), "there is no such role"});
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

absl::Status Grants::CheckCovers(db::Session& session, const Caller& caller, const RoleNames& roles) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> permissions, Merge(session, roles));
  return CheckHasAll(caller, permissions);
}

absl::StatusOr<bool> Grants::Cover(db::Session& session, const RoleNames& roles, const RoleNames& others) const {
  rpc::Principal holder;
  ASSIGN_OR_RETURN(holder.permissions, Merge(session, roles));
  ASSIGN_OR_RETURN(const Permissions needed, Merge(session, others));
  return std::all_of(needed.begin(), needed.end(), [&holder](const std::string& one) { return holder.Has(one); });
}

resource::Hooks UserHooks(const Grants& grants, std::function<void()> on_change) {
  resource::Hooks hooks;
  hooks.before_write = [&grants, on_change](resource::Write& write, const Message* before, Message* after) {
    write.AfterCommit(on_change);
    return BeforeUserWrite(grants, write, static_cast<const User*>(before), static_cast<User*>(after));
  };
  return hooks;
}

resource::Hooks RoleHooks(const Grants& grants, const AccessPolicy& access, std::function<void()> on_change) {
  resource::Hooks hooks;
  hooks.create_uses_session = [](const Message&) { return true; };
  hooks.before_write = [&grants, &access, on_change](resource::Write& write, const Message* before, Message* after) {
    write.AfterCommit(on_change);
    return BeforeRoleWrite(grants, access, write, static_cast<const Role*>(before), static_cast<const Role&>(*after));
  };
  hooks.before_delete = [&grants, on_change](resource::Write& write, const Message& before) {
    write.AfterCommit(on_change);
    return BeforeRoleDelete(grants, write, static_cast<const Role&>(before));
  };
  return hooks;
}

}  // namespace storeops::gateway
