// What the built-in roles allow, and how sets of permissions are put together.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_ROLES_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_ROLES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace storeops::gateway {

inline constexpr absl::string_view kOwnerRole = "roles/owner";

struct BuiltInRole {
  std::string name;  // "roles/merchandiser"
  std::string title;
  std::vector<std::string> permissions;
};

// In the order in which they are listed.
const std::vector<BuiltInRole>& BuiltInRoles();
// Null for custom roles and unknown names.
const BuiltInRole* FindBuiltInRole(absl::string_view name);

// Sorted, without repetitions and without what another one covers ("catalog.products.read" beside "catalog.*").
std::vector<std::string> MergePermissions(std::vector<std::string> permissions);

// Access tokens carry a principal's permissions and must fit a request header. Each counts 3 bytes beside its text.
inline constexpr size_t kMaxPermissionBytes = 5000;
// FAILED_PRECONDITION (TOO_MANY_PERMISSIONS) naming `subject` if these are longer in all.
absl::Status CheckPermissionBytes(const std::vector<std::string>& permissions, absl::string_view subject);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_ROLES_H_
