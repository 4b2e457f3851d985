// How sets of permissions are put together.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_ROLES_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_ROLES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace storeops::gateway {

// The built-in role that identity itself knows: there is always somebody who has it.
inline constexpr absl::string_view kOwnerRole = "roles/owner";

// Sorted, without repetitions and without what another one covers ("catalog.products.read" beside "catalog.*").
std::vector<std::string> MergePermissions(std::vector<std::string> permissions);

// Access tokens carry a principal's permissions and must fit a request header. Each counts 3 bytes beside its text.
inline constexpr size_t kMaxPermissionBytes = 5000;
// FAILED_PRECONDITION (TOO_MANY_PERMISSIONS) naming `subject` if these are longer in all.
absl::Status CheckPermissionBytes(const std::vector<std::string>& permissions, absl::string_view subject);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_ROLES_H_
