#include "services/storeops/recover_owner.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/clock.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/rpc/authenticator.h"
#include "services/storeops/client.h"
#include "services/storeops/files.h"
#include "services/storeops/first_start.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops {
namespace {

namespace gw = gateway::v1;

constexpr absl::Duration kTokenLifetime = absl::Minutes(5);

absl::StatusOr<std::vector<gw::User>> ListOwners(Client& client) {
  std::vector<gw::User> owners;
  gw::ListUsersRequest request;
  request.set_filter("roles:\"roles/owner\"");
  request.set_page_size(500);
  do {
    gw::ListUsersResponse response;
    RETURN_IF_ERROR(client.Call("storeops.gateway.v1.IdentityService/ListUsers", request, &response, /*retry=*/true));
    owners.insert(owners.end(), response.users().begin(), response.users().end());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return owners;
}

absl::StatusOr<gw::User> FindOwner(const std::vector<gw::User>& owners, const std::string& email,
                                   const std::string& home) {
  const auto known = ReadSmallFile(home + "/owner");
  const std::string kept = known.ok() ? known->substr(0, known->find('\n')) : "";
  for (const std::string& wanted : {email, email.empty() ? kept : email}) {
    const auto is_wanted = [&](const gw::User& user) { return user.email() == wanted; };
    const auto found = std::find_if(owners.begin(), owners.end(), is_wanted);
    if (found != owners.end()) return *found;
  }
  if (email.empty() && owners.size() == 1) return owners[0];
  const auto append_email = [](std::string* out, const gw::User& user) { out->append(user.email()); };
  return absl::InvalidArgumentError(
      absl::StrCat("--email must be the address of an owner: ", absl::StrJoin(owners, ", ", append_email)));
}

absl::Status Enable(Client& client, const gw::User& owner) {
  if (!owner.disabled()) return absl::OkStatus();
  gw::UpdateUserRequest request;
  request.mutable_user()->set_name(owner.name());
  request.mutable_user()->set_disabled(false);
  request.mutable_update_mask()->add_paths("disabled");
  gw::User updated;
  return client.Call("storeops.gateway.v1.IdentityService/UpdateUser", request, &updated);
}

}  // namespace

absl::Status RecoverOwner(const Settings& settings, const std::string& address, const rpc::PeerTls& tls,
                          const std::string& email) {
  ASSIGN_OR_RETURN(const std::string secret, LoadSecret(settings, /*create=*/false));
  const rpc::AccessTokens tokens(secret, Clock::System());
  const rpc::Principal principal{
      .name = "services/gateway", .display_name = "storeops recover-owner", .permissions = {"*"}};
  Client client(address, tls, tokens.Mint(principal, kTokenLifetime));
  ASSIGN_OR_RETURN(const std::vector<gw::User> owners, ListOwners(client));
  ASSIGN_OR_RETURN(const gw::User user, FindOwner(owners, email, settings.home));
  const Owner owner{user.email(), RandomToken(12)};
  gw::SetUserPasswordRequest request;
  request.set_name(user.name());
  request.set_new_password(owner.password);
  gw::SetUserPasswordResponse set;
  RETURN_IF_ERROR(client.Call("storeops.gateway.v1.IdentityService/SetUserPassword", request, &set));
  RETURN_IF_ERROR(Enable(client, user));
  RETURN_IF_ERROR(MakeFolder(settings.home));
  RETURN_IF_ERROR(WriteOwner(settings.home, owner));
  RETURN_IF_ERROR(MakeShellKey(settings.home, address, tls, owner));
  std::printf("%s signs in with the password %s\nA new key is in %s/api_key\n", owner.email.c_str(),
              owner.password.c_str(), settings.home.c_str());
  return absl::OkStatus();
}

}  // namespace storeops
