#include "services/storeops/first_start.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "services/storeops/client.h"
#include "services/storeops/demo/demo_catalogue.h"
#include "services/storeops/demo/demo_sales.h"
#include "services/storeops/files.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops {
namespace {

namespace gw = gateway::v1;

constexpr int kDemoBatch = 100;
constexpr absl::Duration kIndexLimit = absl::Seconds(30);
constexpr char kOwnerEmail[] = "owner@storeops.localhost";

// Nothing if the file was cut off.
std::optional<Owner> ParseOwner(absl::string_view text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  if (lines.size() < 3 || lines[0].empty() || lines[1].empty()) return std::nullopt;
  return Owner{lines[0], lines[1]};
}

// Written before the owner is made, so that no crash leaves an owner whose password nobody knows. Nothing if the file
// was cut off.
absl::StatusOr<std::optional<Owner>> ReadOrMakeOwner(const std::string& home) {
  const auto text = ReadSmallFile(home + "/owner");
  if (text.ok()) return ParseOwner(*text);
  if (!absl::IsNotFound(text.status())) return text.status();
  Owner owner{kOwnerEmail, RandomToken(12)};
  RETURN_IF_ERROR(WriteOwner(home, owner));
  return owner;
}

absl::Status MakeOwner(Client& client, const Owner& owner) {
  gw::CreateFirstOwnerRequest request;
  request.set_email(owner.email);
  request.set_password(owner.password);
  request.set_display_name("Owner");
  gw::User user;
  const absl::Status made = client.Call("storeops.gateway.v1.IdentityService/CreateFirstOwner", request, &user);
  return absl::IsFailedPrecondition(made) ? absl::OkStatus() : made;
}

// Whether there is a key and the suite takes it.
absl::StatusOr<bool> KeyWorks(const std::string& home, const std::string& address, const rpc::PeerTls& tls) {
  const auto text = ReadSmallFile(home + "/api_key");
  const std::string key(absl::StripSuffix(text.value_or(""), "\n"));
  if (key.empty()) return false;
  Client client(address, tls, key);
  gw::GetCallerResponse caller;
  const absl::Status known =
      client.Call("storeops.gateway.v1.IdentityService/GetCaller", gw::GetCallerRequest(), &caller, /*retry=*/true);
  if (absl::IsUnauthenticated(known)) return false;
  RETURN_IF_ERROR(known);
  return true;
}

absl::StatusOr<std::string> MakeKey(const std::string& address, const rpc::PeerTls& tls, const Owner& owner) {
  Client anonymous(address, tls, "");
  gw::LoginRequest login;
  login.set_email(owner.email);
  login.set_password(owner.password);
  gw::LoginResponse session;
  RETURN_IF_ERROR(anonymous.Call("storeops.gateway.v1.IdentityService/Login", login, &session));
  Client client(address, tls, session.access_token());
  gw::CreateApiKeyRequest request;
  request.mutable_api_key()->set_display_name("shell on this machine");
  request.mutable_api_key()->add_roles("roles/owner");
  gw::CreateApiKeyResponse response;
  RETURN_IF_ERROR(client.Call("storeops.gateway.v1.IdentityService/CreateApiKey", request, &response));
  return response.secret();
}

// Waits until the index contains `product`, so that the search `up` proposes finds something at once.
void AwaitSearchable(Client& client, const catalog::v1::Product& product) {
  catalog::v1::SearchProductsRequest request;
  request.set_query(product.variants(0).sku());
  for (const absl::Time end = SteadyNow() + kIndexLimit; SteadyNow() < end; absl::SleepFor(absl::Milliseconds(20))) {
    catalog::v1::SearchProductsResponse response;
    const auto found = client.Call("storeops.catalog.v1.ProductService/SearchProducts", request, &response);
    if (!found.ok() || response.results_size() > 0) return;
  }
}

}  // namespace

absl::Status WriteOwner(const std::string& home, const Owner& owner) {
  return WritePrivateFile(home + "/owner", absl::StrCat(owner.email, "\n", owner.password, "\n"));
}

absl::Status MakeShellKey(const std::string& home, const std::string& address, const rpc::PeerTls& tls,
                          const Owner& owner) {
  ASSIGN_OR_RETURN(const std::string key, MakeKey(address, tls, owner));
  return WritePrivateFile(home + "/api_key", key + "\n");
}

absl::StatusOr<KnownOwner> EnsureOwner(const std::string& home, const std::string& address, const rpc::PeerTls& tls) {
  ASSIGN_OR_RETURN(const std::optional<Owner> owner, ReadOrMakeOwner(home));
  ASSIGN_OR_RETURN(const bool key_works, KeyWorks(home, address, tls));
  KnownOwner known;
  if (owner.has_value()) known.owner = *owner;
  if (key_works) return known;
  if (!owner.has_value()) {
    known.problem = "owner in the data folder is cut off, and api_key is missing or not valid";
    return known;
  }
  Client client(address, tls, "");
  RETURN_IF_ERROR(MakeOwner(client, *owner));
  const absl::Status made = MakeShellKey(home, address, tls, *owner);
  // The password is another one by now, the user is disabled or gone, or too many have tried to sign in.
  if (absl::IsUnauthenticated(made) || absl::IsResourceExhausted(made) || absl::IsPermissionDenied(made)) {
    known.problem = absl::StrCat("api_key is missing or not valid, and ", owner->email,
                                 " cannot sign in with the password in the data folder: ", made.message());
    return known;
  }
  RETURN_IF_ERROR(made);
  return known;
}

absl::Status EnsureDemoProducts(const std::string& home, const std::string& address, const rpc::PeerTls& tls,
                                const std::string& key, int count) {
  const std::string marker = home + "/demo_loaded";
  if (ReadSmallFile(marker).ok()) return absl::OkStatus();
  Client client(address, tls, key);
  for (int begin = 0; begin < count; begin += kDemoBatch) {
    catalog::v1::BatchCreateProductsRequest request;
    for (int i = begin; i < std::min(begin + kDemoBatch, count); ++i) {
      *request.add_requests()->mutable_product() = DemoProduct(i);
    }
    catalog::v1::BatchCreateProductsResponse response;
    const auto made = client.Call("storeops.catalog.v1.ProductService/BatchCreateProducts", request, &response);
    // There already: an earlier start was cut off between this batch and the marker.
    if (!made.ok() && !absl::IsAlreadyExists(made)) return made;
  }
  const auto sold = LoadDemoSales(client, count, absl::ToCivilDay(WallNow(), absl::UTCTimeZone()));
  // Likewise: what is there is enough to look at.
  if (!sold.ok() && !absl::IsAlreadyExists(sold)) return sold;
  if (count > 0) AwaitSearchable(client, DemoProduct(count - 1));
  return WritePrivateFile(marker, absl::StrCat(count, "\n"));
}

}  // namespace storeops
