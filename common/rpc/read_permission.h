// Which permission shows a resource, and which one shows the work of a method: for what shows either by another way
// than its own methods (change feeds, operations).
#ifndef STOREOPS_COMMON_RPC_READ_PERMISSION_H_
#define STOREOPS_COMMON_RPC_READ_PERMISSION_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace storeops::rpc {

struct Principal;

// By resource type ("catalog.storeops/Product"), of every resource of the linked .proto files: the permission of its
// method Get{Resource}, or the annotation (storeops.options.v1.read_permission). Empty for a resource that has neither:
// nobody but principals with "*" sees it. Lives as long as the program.
const std::map<std::string, std::string, std::less<>>& ReadPermissions();

// OK if the principal may read resources of this type; PERMISSION_DENIED naming the permission otherwise.
absl::Status CheckMayRead(const Principal& principal, absl::string_view type);
bool MayRead(const Principal& principal, absl::string_view type);

// OK if the principal may call the method ("storeops.catalog.v1.ProductService/ReindexProducts"); PERMISSION_DENIED
// otherwise. A method that is not linked any more: only with "*".
absl::Status CheckMayCall(const Principal& principal, absl::string_view method);

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_READ_PERMISSION_H_
