// Who may give what to whom: nobody grants, takes over or takes away more than they may do themselves, and there is
// always an owner.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_GRANTS_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_GRANTS_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/module/access_policy.h"
#include "common/resource/resource.h"
#include "common/rpc/call.h"
#include "google/protobuf/repeated_field.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::gateway {

inline constexpr absl::string_view kUserPrefix = "users/";

using RoleNames = google::protobuf::RepeatedPtrField<std::string>;

// How addresses are compared and kept: lower case, no blanks around.
std::string NormalizeEmail(absl::string_view email);

// A caller as the database has it in the present transaction, whatever its credential states: what identity decides by.
// Only Grants makes one.
class Caller {
 public:
  // Whether a permission, or a pattern as a whole, is among what the caller may do.
  bool Has(absl::string_view permission) const { return principal_.Has(permission); }
  const std::string& name() const { return principal_.name; }
  // The person who answers for the caller: the caller, or the owner of the key that calls. A service: itself.
  const std::string& owner() const { return owner_; }
  // Of the key that calls; InfiniteFuture for everybody else.
  absl::Time expire_time() const { return expire_time_; }

 private:
  friend class Grants;
  rpc::Principal principal_;
  std::string owner_;
  absl::Time expire_time_ = absl::InfiniteFuture();
};

// Thread-safe.
class Grants {
 public:
  using Permissions = std::vector<std::string>;

  // `access` outlives this object.
  explicit Grants(const AccessPolicy& access) : access_(access) {}
  // Before the first call: the tables, whose hooks use this object. They outlive the calls.
  void Attach(resource::Resource& custom_roles, resource::Resource& users, resource::Resource& api_keys) {
    custom_roles_ = &custom_roles;
    users_ = &users;
    api_keys_ = &api_keys;
  }

  // Reads who calls, and locks it: somebody who is disabled or deleted at the same time writes before that or not at
  // all. UNAUTHENTICATED with reason USER_GONE, USER_DISABLED, TOKEN_REVOKED, KEY_INVALID or KEY_EXPIRED;
  // PERMISSION_DENIED if the caller lacks the method's permission by now.
  absl::StatusOr<Caller> ReadCaller(resource::Write& write) const;

  // What a key may do at present: what its roles and its owner allow. Nothing if it is revoked, or its owner disabled
  // or deleted. `lock`: its owner's row, if that is a person.
  absl::StatusOr<std::optional<Permissions>> PermissionsOfKey(db::Session& session, const v1::ApiKey& key,
                                                              bool lock) const;

  // Ends the sessions of everybody who has this role. FAILED_PRECONDITION (TOO_MANY_HOLDERS) beyond 5,000 people.
  absl::Status EndSessionsOfHolders(resource::Write& write, const std::string& role) const;

  // What these roles allow together; roles that do not exist (any more) allow nothing. FAILED_PRECONDITION
  // (TOO_MANY_PERMISSIONS) naming `subject`, whose roles they are, if that is more than a token carries.
  absl::StatusOr<std::vector<std::string>> PermissionsOf(db::Session& session, const RoleNames& roles,
                                                         absl::string_view subject) const;

  // INVALID_ARGUMENT naming each of `roles` that does not exist and is not among `known`. The others are locked.
  absl::Status CheckExist(db::Session& session, const RoleNames& roles, const RoleNames& known) const;

  // PERMISSION_DENIED naming what these roles allow and the caller may not do.
  absl::Status CheckCovers(db::Session& session, const Caller& caller, const RoleNames& roles) const;
  // Whether `roles` allow all that `others` allow.
  absl::StatusOr<bool> Cover(db::Session& session, const RoleNames& roles, const RoleNames& others) const;

 private:
  // However many.
  absl::StatusOr<Permissions> Merge(db::Session& session, const RoleNames& roles) const;
  // Nothing for a role that does not exist.
  absl::StatusOr<Permissions> PermissionsOfRole(db::Session& session, const std::string& name, bool lock,
                                                bool* exists) const;
  absl::Status ReadUser(resource::Write& write, Caller& caller) const;
  absl::Status ReadKey(resource::Write& write, Caller& caller) const;
  // What is allowed by a permission of each.
  Permissions Common(const Permissions& one, const Permissions& other) const;

  const AccessPolicy& access_;
  resource::Resource* custom_roles_ = nullptr;
  resource::Resource* users_ = nullptr;
  resource::Resource* api_keys_ = nullptr;
};

// Who is the last enabled owner stays. FAILED_PRECONDITION (LAST_OWNER).
absl::Status CheckAnOwnerStays(resource::Write& write, const v1::User& leaving);
// As `user`, whose row is locked, with no session any more.
std::unique_ptr<v1::User> WithoutSessions(const v1::User& user);

// The rules of users and of custom roles. `grants` and `access` outlive the resource; `on_change` is called after each
// commit. Users are deleted by DeletePerson (leaving.h).
resource::Hooks UserHooks(const Grants& grants, std::function<void()> on_change);
resource::Hooks RoleHooks(const Grants& grants, const AccessPolicy& access, std::function<void()> on_change);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_GRANTS_H_
