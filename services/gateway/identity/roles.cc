#include "services/gateway/identity/roles.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/rpc/call.h"

namespace storeops::gateway {

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
