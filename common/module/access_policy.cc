#include "common/module/access_policy.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/module/module.h"
#include "common/module/shared_services.h"
#include "common/rpc/call.h"
#include "common/rpc/linked_services.h"
#include "common/rpc/method_table.h"
#include "common/rpc/read_permission.h"

namespace storeops {
namespace {

absl::Status MistakesToStatus(const std::vector<std::string>& mistakes) {
  if (mistakes.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the modules' declarations are wrong: ", absl::StrJoin(mistakes, "; ")));
}

// Every permission that a method of the table or of a linked .proto file needs.
std::set<std::string> NeededPermissions(const rpc::MethodTable& table) {
  std::set<std::string> needed;
  for (const rpc::Method* method : table.methods()) needed.insert(method->access.permission());
  for (const auto* service : rpc::LinkedServices()) {
    for (int i = 0; i < service->method_count(); ++i) {
      needed.insert(service->method(i)->options().GetExtension(storeops::options::v1::access).permission());
    }
  }
  return needed;
}

}  // namespace

absl::StatusOr<AccessPolicy> AccessPolicy::Make(const std::vector<ModuleInfo>& modules) {
  AccessPolicy policy;
  std::vector<std::string> mistakes;
  std::vector<const AccessDeclarations*> all = {&SharedServices::Access()};
  for (const ModuleInfo& info : modules) all.push_back(&info.access);

  std::set<std::string> names;
  for (const AccessDeclarations* declarations : all) {
    for (const Permission& permission : declarations->permissions) {
      if (!names.insert(permission.name).second) {
        mistakes.push_back(absl::StrCat("the permission ", permission.name, " is declared twice"));
      }
      policy.permissions_.push_back(permission);
    }
    for (const RoleTitle& role : declarations->roles) {
      if (!names.insert(role.role).second) mistakes.push_back(absl::StrCat(role.role, " is declared twice"));
      policy.roles_.push_back({role.role, role.title, {}});
    }
  }
  std::sort(policy.roles_.begin(), policy.roles_.end(), [](const Role& a, const Role& b) { return a.name < b.name; });

  for (const AccessDeclarations* declarations : all) {
    for (const Grant& grant : declarations->grants) {
      auto* role = const_cast<Role*>(policy.FindRole(grant.role));
      if (role == nullptr)
        mistakes.push_back(absl::StrCat("no module declares ", grant.role, ", which gets permissions"));
      for (const std::string& permission : grant.permissions) {
        if (!policy.Covers(permission)) {
          mistakes.push_back(
              absl::StrCat(grant.role, " gets the permission ", permission, ", which no module declares"));
        }
        if (role != nullptr) role->permissions.push_back(permission);
      }
    }
  }
  for (Role& role : policy.roles_) {
    std::sort(role.permissions.begin(), role.permissions.end());
    role.permissions.erase(std::unique(role.permissions.begin(), role.permissions.end()), role.permissions.end());
  }
  if (!mistakes.empty()) return MistakesToStatus(mistakes);
  return policy;
}

bool AccessPolicy::Covers(absl::string_view permission) const {
  return std::any_of(permissions_.begin(), permissions_.end(), [permission](const Permission& declared) {
    return rpc::PermissionCovers(permission, declared.name);
  });
}

std::vector<std::string> AccessPolicy::CoveredByBoth(absl::string_view one, absl::string_view other) const {
  std::vector<std::string> covered;
  for (const Permission& declared : permissions_) {
    if (rpc::PermissionCovers(one, declared.name) && rpc::PermissionCovers(other, declared.name)) {
      covered.push_back(declared.name);
    }
  }
  return covered;
}

const AccessPolicy::Role* AccessPolicy::FindRole(absl::string_view name) const {
  const auto found = std::find_if(roles_.begin(), roles_.end(), [name](const Role& role) { return role.name == name; });
  return found == roles_.end() ? nullptr : &*found;
}

absl::Status AccessPolicy::CheckMethods(const rpc::MethodTable& table) const {
  std::vector<std::string> mistakes;
  std::set<std::string> declared;
  for (const Permission& permission : permissions_) declared.insert(permission.name);
  for (const rpc::Method* method : table.methods()) {
    const std::string& permission = method->access.permission();
    if (permission.empty() || declared.count(permission) > 0) continue;
    mistakes.push_back(
        absl::StrCat(method->full_name, " needs the permission ", permission, ", which no module declares"));
  }
  for (const auto& [type, permission] : rpc::ReadPermissions()) {
    const bool ours = std::any_of(permissions_.begin(), permissions_.end(), [&type = type](const Permission& one) {
      return absl::StartsWith(one.name, absl::StrCat(type.substr(0, type.find('.')), "."));
    });
    if (!permission.empty() || !ours) continue;
    mistakes.push_back(absl::StrCat("nobody can be allowed to read ", type,
                                    " in a change feed: bind a method that gets it, "
                                    "or annotate it with read_permission"));
  }
  const std::set<std::string> needed = NeededPermissions(table);
  for (const Permission& permission : permissions_) {
    if (needed.count(permission.name) > 0 || !permission.checked_by.empty()) continue;
    mistakes.push_back(
        absl::StrCat("no method needs the declared permission ", permission.name, ": state in checked_by what does"));
  }
  return MistakesToStatus(mistakes);
}

}  // namespace storeops
