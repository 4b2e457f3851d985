#include "services/gateway/identity/grants.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/gateway/identity/identity_store.h"
#include "services/gateway/identity/roles.h"

namespace storeops::gateway {
namespace {

using google::protobuf::Message;
using v1::Role;
using v1::User;

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

absl::Status KeepAnOwner(resource::Write& write, const User& leaving) {
  RETURN_IF_ERROR(identity_store::LockOwners(write.session()));
  ASSIGN_OR_RETURN(const bool others, identity_store::HasOtherOwner(write.session(), IdOf(leaving)));
  if (others) return absl::OkStatus();
  return PreconditionFailed("LAST_OWNER", leaving.name(),
                            absl::StrCat(leaving.name(), " is the last owner: make another one first"));
}

absl::Status BeforeUserWrite(const Grants& grants, resource::Write& write, const User* before, User* after) {
  after->set_email(NormalizeEmail(after->email()));
  db::Session& session = write.session();
  const rpc::Principal& principal = write.call().principal;
  RETURN_IF_ERROR(grants.CheckExist(session, after->roles(), before == nullptr ? RoleNames() : before->roles()));
  RETURN_IF_ERROR(grants.CheckCovers(session, principal, after->roles()));
  RETURN_IF_ERROR(grants.PermissionsOf(session, after->roles(), after->name()).status());
  if (before == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(grants.CheckCovers(session, principal, before->roles()));
  if (IsActiveOwner(*before) && !IsActiveOwner(*after)) RETURN_IF_ERROR(KeepAnOwner(write, *before));
  if (after->disabled() && !before->disabled()) {
    RETURN_IF_ERROR(identity_store::DeleteRefreshTokens(session, IdOf(*before)));
  }
  return absl::OkStatus();
}

absl::Status BeforeUserDelete(const Grants& grants, resource::Write& write, const User& before) {
  RETURN_IF_ERROR(grants.CheckCovers(write.session(), write.call().principal, before.roles()));
  if (IsActiveOwner(before)) RETURN_IF_ERROR(KeepAnOwner(write, before));
  return identity_store::DeleteRefreshTokens(write.session(), IdOf(before));
}

// A permission that the role had before stays allowed: an older or newer version may have declared it.
absl::Status BeforeRoleWrite(const AccessPolicy& access, resource::Write& write, const Role* before,
                             const Role& after) {
  for (int i = 0; i < after.permissions_size(); ++i) {
    const std::string& permission = after.permissions(i);
    const std::string field = absl::StrCat("permissions[", i, "]");
    if (permission.empty()) return InvalidField(field, "must not be empty");
    if (before != nullptr && Contains(before->permissions(), permission)) continue;
    if (!access.Covers(permission)) {
      return InvalidField(field, absl::StrCat("no service has the permission ", permission));
    }
    if (!write.call().principal.Has(permission)) return PermissionMissing(permission);
  }
  return CheckPermissionBytes({after.permissions().begin(), after.permissions().end()}, after.name());
}

}  // namespace

std::string NormalizeEmail(absl::string_view email) { return absl::AsciiStrToLower(absl::StripAsciiWhitespace(email)); }

absl::StatusOr<std::vector<std::string>> Grants::PermissionsOfRole(db::Session& session, const std::string& name,
                                                                   bool* exists) const {
  *exists = true;
  if (const AccessPolicy::Role* role = access_.FindRole(name); role != nullptr) return role->permissions;
  if (const auto id = custom_roles_.ParseName(name, "roles"); id.ok()) {
    const auto item = custom_roles_.Read(session, *id, /*lock=*/false);
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

absl::StatusOr<std::vector<std::string>> Grants::Merge(db::Session& session, const RoleNames& roles) const {
  std::vector<std::string> permissions;
  for (const std::string& name : roles) {
    bool exists;
    ASSIGN_OR_RETURN(const std::vector<std::string> more, PermissionsOfRole(session, name, &exists));
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
    RETURN_IF_ERROR(PermissionsOfRole(session, roles[i], &exists).status());
    if (!exists) violations.push_back({absl::StrCat("roles[", i, "]"), "there is no such role"});
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

absl::Status Grants::CheckCovers(db::Session& session, const rpc::Principal& principal, const RoleNames& roles) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> permissions, Merge(session, roles));
  for (const std::string& permission : permissions) {
    // A pattern as a whole: "catalog.*" is covered by itself and by "*", not by many single permissions.
    if (!principal.Has(permission)) return PermissionMissing(permission);
  }
  return absl::OkStatus();
}

resource::Hooks UserHooks(const Grants& grants) {
  resource::Hooks hooks;
  hooks.before_write = [&grants](resource::Write& write, const Message* before, Message* after) {
    return BeforeUserWrite(grants, write, static_cast<const User*>(before), static_cast<User*>(after));
  };
  hooks.before_delete = [&grants](resource::Write& write, const Message& before) {
    return BeforeUserDelete(grants, write, static_cast<const User&>(before));
  };
  return hooks;
}

resource::Hooks RoleHooks(const AccessPolicy& access, std::function<void()> on_change) {
  resource::Hooks hooks;
  hooks.before_write = [&access, on_change](resource::Write& write, const Message* before, Message* after) {
    write.AfterCommit(on_change);
    return BeforeRoleWrite(access, write, static_cast<const Role*>(before), static_cast<const Role&>(*after));
  };
  hooks.before_delete = [on_change](resource::Write& write, const Message&) {
    write.AfterCommit(on_change);
    return absl::OkStatus();
  };
  return hooks;
}

}  // namespace storeops::gateway
