// The permissions and built-in roles of the whole suite: what its modules declare, put together and checked.
#ifndef STOREOPS_COMMON_MODULE_ACCESS_POLICY_H_
#define STOREOPS_COMMON_MODULE_ACCESS_POLICY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/module/declarations.h"

namespace storeops {

struct ModuleInfo;
namespace rpc {
class MethodTable;
}

// Constant after Make.
class AccessPolicy {
 public:
  struct Role {
    std::string name;
    std::string title;
    std::vector<std::string> permissions;  // and patterns; sorted, each once
  };

  // Of all modules, wherever they run, and of the services that every process has (changes, operations). INTERNAL
  // naming each permission or role that is declared twice, and each grant of a permission or to a role that no module
  // declares.
  static absl::StatusOr<AccessPolicy> Make(const std::vector<ModuleInfo>& modules);

  // True for a declared permission, and for a pattern that covers at least one.
  bool Covers(absl::string_view permission) const;
  // The declared permissions that both patterns cover.
  std::vector<std::string> CoveredByBoth(absl::string_view one, absl::string_view other) const;
  // Sorted by name.
  const std::vector<Role>& roles() const { return roles_; }
  // Null for a role that is not built in.
  const Role* FindRole(absl::string_view name) const;

  // INTERNAL naming each method of the table whose permission no module declares, and each declared permission that no
  // method of this program needs, unless its declaration states what else checks it.
  absl::Status CheckMethods(const rpc::MethodTable& table) const;

 private:
  std::vector<Permission> permissions_;
  std::vector<Role> roles_;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_ACCESS_POLICY_H_
