// Replicas of the gateway with callers of every kind, for tests of identity.
#ifndef STOREOPS_TESTS_SUPPORT_IDENTITY_REPLICA_H_
#define STOREOPS_TESTS_SUPPORT_IDENTITY_REPLICA_H_

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/time.h"
#include "services/gateway/module.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "tests/support/service_process.h"

namespace storeops::testing {

namespace v1 = storeops::gateway::v1;

inline constexpr char kEmail[] = "owner@example.com";
inline constexpr char kPassword[] = "correct horse battery";
inline constexpr char kOtherPassword[] = "another long password";

// "catalog.aa" to "catalog.zz" and the same with "_and_a_longer_name": more than a token carries.
inline std::vector<std::string> MadeUpNames(const std::string& domain, int count, const std::string& suffix = "") {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) {
    names.push_back(absl::StrCat(domain, ".", std::string(1, 'a' + i / 26), std::string(1, 'a' + i % 26), suffix));
  }
  return names;
}
inline constexpr char kLongSuffix[] = "_and_a_longer_name";

// A module that declares them.
inline ModuleInfo MadeUpPermissions() {
  ModuleInfo info{.name = "test"};
  for (const char* domain : {"catalog", "inventory"}) {
    for (const char* suffix : {"", kLongSuffix}) {
      for (std::string& name : MadeUpNames(domain, 26 * 26, suffix)) {
        info.access.permissions.push_back({std::move(name), "None", "nothing"});
      }
    }
  }
  return info;
}

// A replica of the gateway.
class Replica {
 public:
  Replica(const Site& site, const Clock& clock)
      : process_(site, {gateway::GatewayModule()}, {.clock = &clock, .declared = {MadeUpPermissions()}}) {}

  template <class Response, class Request>
  absl::StatusOr<Response> Call(const std::string& method, const Request& request,
                                const std::string& authorization = "") {
    Response response;
    const absl::Status status =
        process_.Call("storeops.gateway.v1.IdentityService/" + method, authorization, request, &response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<v1::User> CreateFirstOwner(const std::string& email = kEmail) {
    v1::CreateFirstOwnerRequest request;
    request.set_email(email);
    request.set_password(kPassword);
    request.set_display_name("Olga Owner");
    return Call<v1::User>("CreateFirstOwner", request);
  }
  absl::StatusOr<v1::LoginResponse> Login(const std::string& email = kEmail, const std::string& password = kPassword) {
    v1::LoginRequest request;
    request.set_email(email);
    request.set_password(password);
    return Call<v1::LoginResponse>("Login", request);
  }
  absl::StatusOr<v1::LoginResponse> Refresh(const std::string& token) {
    v1::RefreshTokenRequest request;
    request.set_refresh_token(token);
    return Call<v1::LoginResponse>("RefreshToken", request);
  }
  absl::Status Logout(const std::string& token) {
    v1::LogoutRequest request;
    request.set_refresh_token(token);
    return Call<v1::LogoutResponse>("Logout", request).status();
  }
  absl::StatusOr<v1::GetCallerResponse> GetCaller(const std::string& authorization) {
    return Call<v1::GetCallerResponse>("GetCaller", v1::GetCallerRequest(), authorization);
  }
  absl::Status ChangePassword(const std::string& authorization, const std::string& from, const std::string& to) {
    v1::ChangePasswordRequest request;
    request.set_old_password(from);
    request.set_new_password(to);
    return Call<v1::ChangePasswordResponse>("ChangePassword", request, authorization).status();
  }
  absl::Status SetPassword(const std::string& authorization, const std::string& user, const std::string& password) {
    v1::SetUserPasswordRequest request;
    request.set_name(user);
    request.set_new_password(password);
    return Call<v1::SetUserPasswordResponse>("SetUserPassword", request, authorization).status();
  }
  absl::StatusOr<v1::User> CreateUser(const std::string& authorization, const std::string& email,
                                      const std::vector<std::string>& roles, const std::string& password = "") {
    v1::CreateUserRequest request;
    request.mutable_user()->set_email(email);
    for (const std::string& role : roles) request.mutable_user()->add_roles(role);
    request.set_password(password);
    return Call<v1::User>("CreateUser", request, authorization);
  }
  absl::StatusOr<v1::User> UpdateUser(const std::string& authorization, const v1::User& user, const std::string& path) {
    v1::UpdateUserRequest request;
    *request.mutable_user() = user;
    request.mutable_user()->clear_etag();
    request.mutable_update_mask()->add_paths(path);
    return Call<v1::User>("UpdateUser", request, authorization);
  }
  absl::StatusOr<v1::User> DeleteUser(const std::string& authorization, const std::string& name) {
    v1::DeleteUserRequest request;
    request.set_name(name);
    return Call<v1::User>("DeleteUser", request, authorization);
  }
  absl::StatusOr<v1::User> DeleteUser(const std::string& authorization, const std::string& name,
                                      v1::DeleteUserRequest::ApiKeyChoice keys, const std::string& new_owner = "") {
    v1::DeleteUserRequest request;
    request.set_name(name);
    request.set_api_keys(keys);
    request.set_new_key_owner(new_owner);
    return Call<v1::User>("DeleteUser", request, authorization);
  }
  absl::StatusOr<v1::Role> UpdateRole(const std::string& authorization, const std::string& name,
                                      const std::vector<std::string>& permissions) {
    v1::UpdateRoleRequest request;
    request.mutable_role()->set_name(name);
    for (const std::string& permission : permissions) request.mutable_role()->add_permissions(permission);
    request.mutable_update_mask()->add_paths("permissions");
    return Call<v1::Role>("UpdateRole", request, authorization);
  }
  absl::StatusOr<v1::Role> DeleteRole(const std::string& authorization, const std::string& name) {
    v1::DeleteRoleRequest request;
    request.set_name(name);
    return Call<v1::Role>("DeleteRole", request, authorization);
  }
  absl::StatusOr<v1::Role> CreateRole(const std::string& authorization, const std::string& title,
                                      const std::vector<std::string>& permissions) {
    v1::CreateRoleRequest request;
    request.mutable_role()->set_title(title);
    for (const std::string& permission : permissions) request.mutable_role()->add_permissions(permission);
    return Call<v1::Role>("CreateRole", request, authorization);
  }
  absl::StatusOr<v1::ListRolesResponse> ListRoles(const std::string& authorization, int page_size,
                                                  const std::string& token) {
    v1::ListRolesRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call<v1::ListRolesResponse>("ListRoles", request, authorization);
  }
  absl::StatusOr<v1::CreateApiKeyResponse> CreateApiKey(const std::string& authorization,
                                                        const std::vector<std::string>& roles,
                                                        absl::Time expire_time = absl::InfiniteFuture()) {
    v1::CreateApiKeyRequest request;
    request.mutable_api_key()->set_display_name("Till");
    for (const std::string& role : roles) request.mutable_api_key()->add_roles(role);
    if (expire_time != absl::InfiniteFuture()) {
      *request.mutable_api_key()->mutable_expire_time() = ToTimestamp(expire_time);
    }
    return Call<v1::CreateApiKeyResponse>("CreateApiKey", request, authorization);
  }
  absl::StatusOr<v1::ApiKey> RevokeApiKey(const std::string& authorization, const std::string& name) {
    v1::RevokeApiKeyRequest request;
    request.set_name(name);
    return Call<v1::ApiKey>("RevokeApiKey", request, authorization);
  }

  db::Database& database() { return process_.database(); }
  ServiceProcess& process() { return process_; }

 private:
  ServiceProcess process_;
};

inline std::string Bearer(const v1::LoginResponse& login) { return "Bearer " + login.access_token(); }

class IdentityTest : public ::testing::Test {
 protected:
  // The owner's authorization header.
  std::string SetUpOwner() {
    const auto owner = replica_.CreateFirstOwner();
    EXPECT_TRUE(owner.ok()) << owner.status();
    if (owner.ok()) owner_ = *owner;
    return OwnerLogin();
  }
  std::string OwnerLogin() {
    const auto login = replica_.Login();
    EXPECT_TRUE(login.ok()) << login.status();
    return login.ok() ? Bearer(*login) : "";
  }
  // Of a user with one custom role of these permissions.
  std::string LoginAs(const std::string& owner, const std::string& email, const std::vector<std::string>& permissions) {
    const auto role = replica_.CreateRole(owner, "role of " + email, permissions);
    EXPECT_TRUE(role.ok()) << role.status();
    const auto user = replica_.CreateUser(owner, email, {role.ok() ? role->name() : ""}, kPassword);
    EXPECT_TRUE(user.ok()) << user.status();
    const auto login = replica_.Login(email);
    EXPECT_TRUE(login.ok()) << login.status();
    return login.ok() ? Bearer(*login) : "";
  }
  v1::User Must(const absl::StatusOr<v1::User>& user) {
    EXPECT_TRUE(user.ok()) << user.status();
    return user.ok() ? *user : v1::User();
  }

  const Site site_;
  FakeClock clock_;
  Replica replica_{site_, clock_};
  v1::User owner_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_IDENTITY_REPLICA_H_
