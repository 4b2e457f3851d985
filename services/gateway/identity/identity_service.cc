#include "services/gateway/identity/identity_service.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/address_shares.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/list_cost.h"
#include "services/gateway/identity/identity_store.h"
#include "services/gateway/identity/leaving.h"
#include "services/gateway/identity/password_rules.h"
#include "services/gateway/identity/role_list.h"
#include "services/gateway/identity/roles.h"

namespace storeops::gateway {
namespace {

constexpr absl::Duration kPruneInterval = absl::Hours(1);
constexpr int kPruneLimit = 1000;
constexpr absl::Duration kFeedLimit = absl::Seconds(10);

// The gateway itself: makes the first owner, when there is nobody yet who could grant anything.
rpc::Principal Gateway() { return {.name = "services/gateway", .display_name = "gateway", .permissions = {"*"}}; }

absl::Status OwnerExists() {
  return PreconditionFailed("OWNER_EXISTS", "users", "there are users already: an owner can add more");
}

// Forgets what is known of keys whenever something has changed that they depend on.
std::unique_ptr<changes::Consumer> ForgetOnChange(Environment& environment, std::vector<std::string> types,
                                                  ApiKeys& keys) {
  changes::Feed& feed = environment.store.feed;
  const auto begin = [&feed, &keys]() -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(const int64_t last, feed.LastSequence(SteadyNow() + kFeedLimit));
    keys.Forget();
    return last;
  };
  const auto apply = [&keys](const changes::Batch& batch) {
    if (!batch.changes.empty()) keys.Forget();
    return absl::OkStatus();
  };
  return std::make_unique<changes::Consumer>(
      changes::Consumer::Options{
          .name = "api-keys", .source = feed.source(), .telemetry = &environment.telemetry, .gives_way = false},
      changes::MakeLocalFeedSource(feed, std::move(types), changes::Contents::kHeads), begin, apply,
      [] { return absl::OkStatus(); });
}

// Built-in roles are part of the program.
absl::Status CheckCustom(const AccessPolicy& access, const std::string& name) {
  if (access.FindRole(name) == nullptr) return absl::OkStatus();
  return PreconditionFailed("ROLE_BUILT_IN", name, absl::StrCat(name, " is built in and cannot be changed"));
}

}  // namespace

IdentityService::IdentityService(Environment& environment, ApiKeys& keys)
    : environment_(environment), store_(environment.store), keys_(keys), grants_(environment.access) {}

IdentityService::~IdentityService() { keys_.Close(); }

absl::StatusOr<std::unique_ptr<IdentityService>> IdentityService::Open(Environment& environment, ApiKeys& keys) {
  std::unique_ptr<IdentityService> service(new IdentityService(environment, keys));
  RETURN_IF_ERROR(service->OpenResources());
  service->Bind();
  return service;
}

absl::Status IdentityService::OpenResources() {
  const resource::PageTokens& tokens = environment_.page_tokens;
  const auto forget = [this] { keys_.Forget(); };
  ASSIGN_OR_RETURN(roles_, resource::Resource::Open(store_, tokens, v1::Role::default_instance(),
                                                    RoleHooks(grants_, environment_.access, forget)));
  ASSIGN_OR_RETURN(users_,
                   resource::Resource::Open(store_, tokens, v1::User::default_instance(), UserHooks(grants_, forget)));
  ASSIGN_OR_RETURN(api_keys_, resource::Resource::Open(store_, tokens, v1::ApiKey::default_instance()));
  grants_.Attach(*roles_, *users_, *api_keys_);
  sessions_.emplace(store_, *users_, grants_, passwords_, environment_.access_tokens);
  changes_ = ForgetOnChange(environment_, {users_->type(), roles_->type(), api_keys_->type()}, keys_);
  keys_.Open(store_.clock,
             [this](const std::string& secret_hash, absl::Time deadline) { return LookUpKey(secret_hash, deadline); });
  return absl::OkStatus();
}

void IdentityService::Bind() {
  rpc::ServiceBuilder& service = environment_.table.AddService("storeops.gateway.v1.IdentityService");
  service.Replay(&environment_.replays)
      .Unary("CreateFirstOwner", this, &IdentityService::CreateFirstOwner)
      .Unary("Login", this, &IdentityService::Login)
      .Unary("RefreshToken", this, &IdentityService::RefreshToken)
      .Unary("Logout", this, &IdentityService::Logout)
      .Unary("GetCaller", this, &IdentityService::GetCaller)
      .Unary("ChangePassword", this, &IdentityService::ChangePassword)
      .Unary("SetUserPassword", this, &IdentityService::SetUserPassword)
      .Unary("CreateUser", this, &IdentityService::CreateUser)
      .Unary("DeleteUser", this, &IdentityService::DeleteUser)
      .Unary("GetRole", this, &IdentityService::GetRole)
      .Unary("ListRoles", this, &IdentityService::ListRoles)
      .CostRaw("ListRoles", resource::ListCost(roles_->filter_fields()))
      .Unary("UpdateRole", this, &IdentityService::UpdateRole)
      .Unary("DeleteRole", this, &IdentityService::DeleteRole)
      .Unary("CreateApiKey", this, &IdentityService::CreateApiKey)
      .Unary("RevokeApiKey", this, &IdentityService::RevokeApiKey);
  users_->Bind(service);
  roles_->Bind(service);
  api_keys_->Bind(service);
  environment_.periodic.Add(
      "prune-identity", kPruneInterval, jobs::JobPace::kSlow, [this](absl::Time deadline) -> absl::Status {
        int64_t removed = kPruneLimit;
        while (removed >= kPruneLimit && !environment_.periodic.Stopping()) {
          ASSIGN_OR_RETURN(removed, identity_store::Prune(store_.database, store_.clock.Now(), kPruneLimit, deadline));
        }
        return absl::OkStatus();
      });
}

absl::StatusOr<v1::User> IdentityService::InsertUser(resource::Write& write, const v1::User& user,
                                                     const std::string& password_hash) {
  ASSIGN_OR_RETURN(const auto item, users_->Insert(write, std::make_unique<v1::User>(user)));
  if (!password_hash.empty()) {
    RETURN_IF_ERROR(identity_store::WritePasswordHash(write.session(), item.id, password_hash, write.now()));
  }
  return static_cast<const v1::User&>(*item.message);
}

absl::StatusOr<v1::User> IdentityService::CreateFirstOwner(rpc::Call& call,
                                                           const v1::CreateFirstOwnerRequest& request) {
  bool late = false;
  const auto look = [&late](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(late, identity_store::HasUsers(session));
    return absl::OkStatus();
  };
  // Before the work of hashing, which anybody could cause.
  RETURN_IF_ERROR(store_.database.WithSession(call.deadline, look));
  if (late) return OwnerExists();
  const auto context = PasswordContext(request.email(), request.display_name());
  RETURN_IF_ERROR(CheckNewPassword(request.password(), context, "password"));
  ASSIGN_OR_RETURN(const std::string hash,
                   passwords_.Hash(request.password(), AddressGroup(call.peer_address), call.deadline));
  v1::User user;
  user.set_email(request.email());
  user.set_display_name(request.display_name());
  user.add_roles(std::string(kOwnerRole));
  rpc::Call own_call = call;
  own_call.principal = Gateway();
  v1::User response;
  RETURN_IF_ERROR(resource::RunWrite(store_, own_call, &response, [&](resource::Write& write) -> absl::Status {
    RETURN_IF_ERROR(identity_store::LockOwners(write.session()));
    RETURN_IF_ERROR(look(write.session()));
    if (late) return OwnerExists();
    ASSIGN_OR_RETURN(response, InsertUser(write, user, hash));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::LoginResponse> IdentityService::Login(rpc::Call& call, const v1::LoginRequest& request) {
  return sessions_->Login(request.email(), request.password(), AddressGroup(call.peer_address), call.deadline);
}

absl::StatusOr<v1::LoginResponse> IdentityService::RefreshToken(rpc::Call& call,
                                                                const v1::RefreshTokenRequest& request) {
  return sessions_->Refresh(request.refresh_token(), call.deadline);
}

absl::StatusOr<v1::LogoutResponse> IdentityService::Logout(rpc::Call& call, const v1::LogoutRequest& request) {
  RETURN_IF_ERROR(sessions_->Logout(request.refresh_token(), call.deadline));
  return v1::LogoutResponse();
}

absl::StatusOr<v1::GetCallerResponse> IdentityService::GetCaller(rpc::Call& call, const v1::GetCallerRequest&) {
  v1::GetCallerResponse response;
  response.set_principal(call.principal.name);
  response.set_display_name(call.principal.display_name);
  for (const std::string& permission : call.principal.permissions) response.add_permissions(permission);
  return response;
}

absl::StatusOr<v1::ChangePasswordResponse> IdentityService::ChangePassword(rpc::Call& call,
                                                                           const v1::ChangePasswordRequest& request) {
  if (!absl::StartsWith(call.principal.name, kUserPrefix)) {
    return PreconditionFailed("CALLER_HAS_NO_PASSWORD", call.principal.name, "only people have a password");
  }
  ASSIGN_OR_RETURN(const int64_t user_id, users_->ParseName(call.principal.name, "principal"));
  RETURN_IF_ERROR(sessions_->ChangePassword(call, user_id, request.old_password(), request.new_password()));
  return v1::ChangePasswordResponse();
}

absl::StatusOr<v1::SetUserPasswordResponse> IdentityService::SetUserPassword(
    rpc::Call& call, const v1::SetUserPasswordRequest& request) {
  ASSIGN_OR_RETURN(const int64_t user_id, users_->ParseName(request.name(), "name"));
  RETURN_IF_ERROR(sessions_->SetPassword(call, user_id, request.new_password()));
  return v1::SetUserPasswordResponse();
}

absl::StatusOr<v1::User> IdentityService::CreateUser(rpc::Call& call, const v1::CreateUserRequest& request) {
  std::string hash;
  if (!request.password().empty()) {
    const auto context = PasswordContext(request.user().email(), request.user().display_name());
    RETURN_IF_ERROR(CheckNewPassword(request.password(), context, "password"));
    ASSIGN_OR_RETURN(hash, passwords_.Hash(request.password(), AddressGroup(call.peer_address), call.deadline));
  }
  v1::User response;
  RETURN_IF_ERROR(resource::RunWrite(store_, call, &response, [&](resource::Write& write) -> absl::Status {
    v1::User user = request.user();
    user.clear_delete_time();  // what else is not the caller's to set, the engine sets
    ASSIGN_OR_RETURN(response, InsertUser(write, user, hash));
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::User> IdentityService::DeleteUser(rpc::Call& call, const v1::DeleteUserRequest& request) {
  RETURN_IF_ERROR(CheckKeyChoice(request));
  v1::User response;
  RETURN_IF_ERROR(resource::RunWrite(store_, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(response, DeletePerson(write, {grants_, *users_, *api_keys_}, request));
    write.AfterCommit([this] { keys_.Forget(); });
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::Role> IdentityService::GetRole(rpc::Call& call, const v1::GetRoleRequest& request) {
  const AccessPolicy::Role* built_in = environment_.access.FindRole(request.name());
  if (built_in != nullptr) return ToMessage(*built_in);
  v1::Role response;
  RETURN_IF_ERROR(roles_->Get(call, request, &response));
  return response;
}

absl::StatusOr<v1::ListRolesResponse> IdentityService::ListRoles(rpc::Call& call, const v1::ListRolesRequest& request) {
  return ListAllRoles(call, environment_.access, *roles_, environment_.page_tokens, request);
}

absl::StatusOr<v1::Role> IdentityService::UpdateRole(rpc::Call& call, const v1::UpdateRoleRequest& request) {
  RETURN_IF_ERROR(CheckCustom(environment_.access, request.role().name()));
  v1::Role response;
  RETURN_IF_ERROR(roles_->Update(call, request, &response));
  return response;
}

absl::StatusOr<v1::Role> IdentityService::DeleteRole(rpc::Call& call, const v1::DeleteRoleRequest& request) {
  RETURN_IF_ERROR(CheckCustom(environment_.access, request.name()));
  v1::Role response;
  RETURN_IF_ERROR(roles_->Delete(call, request, &response));
  return response;
}

absl::StatusOr<std::unique_ptr<v1::ApiKey>> IdentityService::MakeKey(resource::Write& write, const v1::ApiKey& asked) {
  ASSIGN_OR_RETURN(const Caller caller, grants_.ReadCaller(write));
  const absl::Time expire_time = asked.has_expire_time() ? FromTimestamp(asked.expire_time()) : absl::InfiniteFuture();
  if (expire_time <= write.now()) return InvalidField("api_key.expire_time", "must lie in the future");
  if (expire_time > caller.expire_time()) {
    return InvalidField("api_key.expire_time",
                        absl::StrCat("must not lie after ", absl::FormatTime(caller.expire_time(), absl::UTCTimeZone()),
                                     ", when the key that makes it expires"));
  }
  RETURN_IF_ERROR(PrefixFields(grants_.CheckExist(write.session(), asked.roles(), RoleNames()), "api_key."));
  RETURN_IF_ERROR(grants_.CheckCovers(write.session(), caller, asked.roles()));
  RETURN_IF_ERROR(grants_.PermissionsOf(write.session(), asked.roles(), "the key").status());
  auto key = std::make_unique<v1::ApiKey>();
  key->set_display_name(asked.display_name());
  *key->mutable_roles() = asked.roles();
  if (asked.has_expire_time()) *key->mutable_expire_time() = asked.expire_time();
  key->set_creator(caller.name());
  key->set_owner(caller.owner());
  return key;
}

absl::StatusOr<v1::CreateApiKeyResponse> IdentityService::CreateApiKey(rpc::Call& call,
                                                                       const v1::CreateApiKeyRequest& request) {
  const std::string secret = MakeKeySecret();
  v1::CreateApiKeyResponse response;
  RETURN_IF_ERROR(resource::RunWrite(store_, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(auto key, MakeKey(write, request.api_key()));
    key->set_prefix(KeySecretPrefix(secret));
    ASSIGN_OR_RETURN(const auto item, api_keys_->Insert(write, std::move(key)));
    RETURN_IF_ERROR(identity_store::InsertKeySecret(write.session(), KeySecretHash(secret), item.id));
    *response.mutable_api_key() = static_cast<const v1::ApiKey&>(*item.message);
    response.set_secret(secret);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::ApiKey> IdentityService::RevokeApiKey(rpc::Call& call, const v1::RevokeApiKeyRequest& request) {
  ASSIGN_OR_RETURN(const int64_t id, api_keys_->ParseName(request.name(), "name"));
  v1::ApiKey response;
  RETURN_IF_ERROR(resource::RunWrite(store_, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto before, api_keys_->Read(write.session(), id, /*lock=*/true));
    const auto& key = static_cast<const v1::ApiKey&>(*before.message);
    ASSIGN_OR_RETURN(const Caller caller, grants_.ReadCaller(write));
    if (key.owner() != caller.owner()) RETURN_IF_ERROR(grants_.CheckCovers(write.session(), caller, key.roles()));
    RETURN_IF_ERROR(RevokeKeys(write, *api_keys_, {id}));
    ASSIGN_OR_RETURN(const auto after, api_keys_->Read(write.session(), id, /*lock=*/true));
    response = static_cast<const v1::ApiKey&>(*after.message);
    write.AfterCommit([this] { keys_.Forget(); });
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<std::optional<ApiKeys::KnownKey>> IdentityService::LookUpKey(const std::string& secret_hash,
                                                                            absl::Time deadline) {
  std::optional<ApiKeys::KnownKey> known;
  RETURN_IF_ERROR(store_.database.WithSession(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const int64_t id, identity_store::FindKeySecret(session, secret_hash));
    if (id == 0) return absl::OkStatus();
    ASSIGN_OR_RETURN(const auto item, api_keys_->Read(session, id, /*lock=*/false));
    const auto& key = static_cast<const v1::ApiKey&>(*item.message);
    ASSIGN_OR_RETURN(std::optional<Grants::Permissions> permissions,
                     grants_.PermissionsOfKey(session, key, /*lock=*/false));
    if (!permissions.has_value()) return absl::OkStatus();
    RETURN_IF_ERROR(CheckPermissionBytes(*permissions, key.name()));
    ApiKeys::KnownKey found;
    found.principal.name = key.name();
    found.principal.display_name = key.display_name();
    found.principal.permissions = *std::move(permissions);
    if (key.has_expire_time()) found.expire_time = FromTimestamp(key.expire_time());
    known = std::move(found);
    return absl::OkStatus();
  }));
  return known;
}

}  // namespace storeops::gateway
