// storeops.gateway.v1.IdentityService: decodes, calls the rules, encodes.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_IDENTITY_SERVICE_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_IDENTITY_SERVICE_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/changes/changes.h"
#include "common/module/module.h"
#include "common/resource/resource.h"
#include "common/rpc/method_table.h"
#include "services/gateway/identity/api_keys.h"
#include "services/gateway/identity/grants.h"
#include "services/gateway/identity/passwords.h"
#include "services/gateway/identity/sessions.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::gateway {

class IdentityService {
 public:
  // Opens the tables, gives `keys` the way to look keys up, binds the methods and adds the clean-up. INTERNAL if the
  // tables do not fit. `environment` and `keys` outlive this object.
  static absl::StatusOr<std::unique_ptr<IdentityService>> Open(Environment& environment, ApiKeys& keys);
  ~IdentityService();

  // Follows what other replicas change of keys, users and roles, so that keys follow it here within a second.
  void Start() { changes_->Start(); }
  void Stop() { changes_->Stop(); }

 private:
  IdentityService(Environment& environment, ApiKeys& keys);

  absl::Status OpenResources();
  void Bind();
  absl::StatusOr<std::optional<ApiKeys::KnownKey>> LookUpKey(const std::string& secret_hash, absl::Time deadline);

  absl::StatusOr<v1::User> CreateFirstOwner(rpc::Call& call, const v1::CreateFirstOwnerRequest& request);
  absl::StatusOr<v1::LoginResponse> Login(rpc::Call& call, const v1::LoginRequest& request);
  absl::StatusOr<v1::LoginResponse> RefreshToken(rpc::Call& call, const v1::RefreshTokenRequest& request);
  absl::StatusOr<v1::LogoutResponse> Logout(rpc::Call& call, const v1::LogoutRequest& request);
  absl::StatusOr<v1::GetCallerResponse> GetCaller(rpc::Call& call, const v1::GetCallerRequest& request);
  absl::StatusOr<v1::ChangePasswordResponse> ChangePassword(rpc::Call& call, const v1::ChangePasswordRequest& request);
  absl::StatusOr<v1::SetUserPasswordResponse> SetUserPassword(rpc::Call& call,
                                                              const v1::SetUserPasswordRequest& request);
  absl::StatusOr<v1::User> CreateUser(rpc::Call& call, const v1::CreateUserRequest& request);
  absl::StatusOr<v1::User> DeleteUser(rpc::Call& call, const v1::DeleteUserRequest& request);
  absl::StatusOr<v1::Role> GetRole(rpc::Call& call, const v1::GetRoleRequest& request);
  absl::StatusOr<v1::ListRolesResponse> ListRoles(rpc::Call& call, const v1::ListRolesRequest& request);
  absl::StatusOr<v1::Role> UpdateRole(rpc::Call& call, const v1::UpdateRoleRequest& request);
  absl::StatusOr<v1::Role> DeleteRole(rpc::Call& call, const v1::DeleteRoleRequest& request);
  absl::StatusOr<v1::CreateApiKeyResponse> CreateApiKey(rpc::Call& call, const v1::CreateApiKeyRequest& request);
  absl::StatusOr<v1::ApiKey> RevokeApiKey(rpc::Call& call, const v1::RevokeApiKeyRequest& request);

  // A new key as it was asked for, checked.
  absl::StatusOr<std::unique_ptr<v1::ApiKey>> MakeKey(resource::Write& write, const v1::ApiKey& asked);
  // Writes a user and, unless `password_hash` is empty, what they sign in with.
  absl::StatusOr<v1::User> InsertUser(resource::Write& write, const v1::User& user, const std::string& password_hash);

  Environment& environment_;
  const resource::Store& store_;
  ApiKeys& keys_;
  Passwords passwords_;
  Grants grants_;
  std::unique_ptr<resource::Resource> roles_;
  std::unique_ptr<resource::Resource> users_;
  std::unique_ptr<resource::Resource> api_keys_;
  std::optional<Sessions> sessions_;
  std::unique_ptr<changes::Consumer> changes_;
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_IDENTITY_SERVICE_H_
