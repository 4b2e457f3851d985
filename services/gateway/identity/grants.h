// Who may give what to whom: nobody grants, takes over or takes away more than they may do themselves, and there is
// always an owner.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_GRANTS_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_GRANTS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/database.h"
#include "common/module/access_policy.h"
#include "common/resource/resource.h"
#include "common/rpc/call.h"
#include "google/protobuf/repeated_field.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::gateway {

using RoleNames = google::protobuf::RepeatedPtrField<std::string>;

// How addresses are compared and kept: lower case, no blanks around.
std::string NormalizeEmail(absl::string_view email);

// Thread-safe.
class Grants {
 public:
  // Both outlive this object.
  Grants(const AccessPolicy& access, resource::Resource& custom_roles) : access_(access), custom_roles_(custom_roles) {}

  // What these roles allow together; roles that do not exist (any more) allow nothing. FAILED_PRECONDITION
  // (TOO_MANY_PERMISSIONS) naming `subject`, whose roles they are, if that is more than a token carries.
  absl::StatusOr<std::vector<std::string>> PermissionsOf(db::Session& session, const RoleNames& roles,
                                                         absl::string_view subject) const;

  // INVALID_ARGUMENT naming each of `roles` that does not exist and is not among `known`.
  absl::Status CheckExist(db::Session& session, const RoleNames& roles, const RoleNames& known) const;

  // PERMISSION_DENIED naming what these roles allow and the principal may not do.
  absl::Status CheckCovers(db::Session& session, const rpc::Principal& principal, const RoleNames& roles) const;

 private:
  // However many.
  absl::StatusOr<std::vector<std::string>> Merge(db::Session& session, const RoleNames& roles) const;
  // Nothing for a role that does not exist.
  absl::StatusOr<std::vector<std::string>> PermissionsOfRole(db::Session& session, const std::string& name,
                                                             bool* exists) const;

  const AccessPolicy& access_;
  resource::Resource& custom_roles_;
};

// The rules of users and of custom roles. `grants` and `access` outlive the resource; `on_change` is called after each
// commit.
resource::Hooks UserHooks(const Grants& grants);
resource::Hooks RoleHooks(const AccessPolicy& access, std::function<void()> on_change);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_GRANTS_H_
