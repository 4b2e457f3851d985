#include "services/gateway/identity/roles.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/rpc/call.h"

namespace storeops::gateway {

const std::vector<BuiltInRole>& BuiltInRoles() {
  static const auto* roles = new std::vector<BuiltInRole>{
      {std::string(kOwnerRole), "Owner", {"*"}},
      {"roles/merchandiser",
       "Merchandiser",
       {"catalog.*", "inventory.stock.read", "inventory.planning.read", "inventory.suppliers.read",
        "campaigns.promotions.read", "analytics.merchandise.read", "analytics.metrics.read", "operations.read",
        "operations.write"}},
      {"roles/warehouse",
       "Warehouse",
       {"inventory.*", "catalog.products.read", "catalog.media.read", "operations.read"}},
      {"roles/support_agent",
       "Support agent",
       {"support.customers.read", "support.customers.write", "support.tickets.read", "support.tickets.write",
        "support.chats.read", "support.chats.write", "support.knowledge.read", "support.work.read",
        "support.work.write", "support.training.read", "catalog.products.read", "inventory.orders.read",
        "inventory.returns.read", "inventory.returns.write", "inventory.stock.read"}},
      {"roles/support_lead",
       "Support lead",
       {"support.*", "catalog.products.read", "inventory.orders.read", "inventory.orders.write",
        "inventory.returns.read", "inventory.returns.write", "inventory.stock.read", "analytics.metrics.read",
        "operations.read"}},
      {"roles/marketer",
       "Marketer",
       {"campaigns.*", "catalog.products.read", "catalog.collections.read", "catalog.media.read", "catalog.prices.read",
        "inventory.stock.read", "support.customers.read", "analytics.*", "operations.read"}},
      {"roles/analyst", "Analyst", {"analytics.*", "*.read"}},
      {"roles/viewer", "Viewer", {"*.read"}},
  };
  return *roles;
}

const BuiltInRole* FindBuiltInRole(absl::string_view name) {
  for (const BuiltInRole& role : BuiltInRoles()) {
    if (role.name == name) return &role;
  }
  return nullptr;
}

std::vector<std::string> MergePermissions(std::vector<std::string> permissions) {
  std::sort(permissions.begin(), permissions.end());
  permissions.erase(std::unique(permissions.begin(), permissions.end()), permissions.end());
  std::vector<std::string> patterns, merged;
  std::copy_if(permissions.begin(), permissions.end(), std::back_inserter(patterns),
               [](const std::string& permission) { return absl::StrContains(permission, '*'); });
  for (const std::string& permission : permissions) {
    const bool covered = std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
      return pattern != permission && rpc::PermissionCovers(pattern, permission);
    });
    if (!covered) merged.push_back(permission);
  }
  return merged;
}

absl::Status CheckPermissionBytes(const std::vector<std::string>& permissions, absl::string_view subject) {
  size_t bytes = 0;
  for (const std::string& permission : permissions) bytes += permission.size() + 3;
  if (bytes <= kMaxPermissionBytes) return absl::OkStatus();
  return PreconditionFailed("TOO_MANY_PERMISSIONS", subject,
                            absl::StrCat("the permissions of ", subject, " have ", bytes, " bytes in all, more than ",
                                         kMaxPermissionBytes, ": name them by patterns such as catalog.*"));
}

}  // namespace storeops::gateway
