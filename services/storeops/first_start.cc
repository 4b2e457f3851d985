#include "services/storeops/first_start.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
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

// Written before the owner is made, so that no crash leaves an owner whose password nobody knows.
absl::StatusOr<Owner> OwnerFile(const std::string& path) {
  auto text = ReadSmallFile(path);
  if (absl::IsNotFound(text.status())) {
    text = absl::StrCat(kOwnerEmail, "\n", RandomToken(12), "\n");
    RETURN_IF_ERROR(WritePrivateFile(path, *text));
  }
  RETURN_IF_ERROR(text.status());
  const std::vector<std::string> lines = absl::StrSplit(*text, '\n');
  if (lines.size() < 2) return absl::DataLossError(absl::StrCat(path, " must hold an address and a password"));
  return Owner{lines[0], lines[1]};
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
  for (const absl::Time end = absl::Now() + kIndexLimit; absl::Now() < end; absl::SleepFor(absl::Milliseconds(20))) {
    catalog::v1::SearchProductsResponse response;
    const auto found = client.Call("storeops.catalog.v1.ProductService/SearchProducts", request, &response);
    if (!found.ok() || response.results_size() > 0) return;
  }
}

}  // namespace

absl::StatusOr<Owner> EnsureOwner(const std::string& home, const std::string& address, const rpc::PeerTls& tls) {
  ASSIGN_OR_RETURN(Owner owner, OwnerFile(home + "/owner"));
  const std::string key_path = home + "/api_key";
  if (ReadSmallFile(key_path).ok()) return owner;
  Client client(address, tls, "");
  RETURN_IF_ERROR(MakeOwner(client, owner));
  ASSIGN_OR_RETURN(const std::string key, MakeKey(address, tls, owner));
  RETURN_IF_ERROR(WritePrivateFile(key_path, key + "\n"));
  return owner;
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
  const auto sold = LoadDemoSales(client, count, absl::ToCivilDay(absl::Now(), absl::UTCTimeZone()));
  // Likewise: what is there is enough to look at.
  if (!sold.ok() && !absl::IsAlreadyExists(sold)) return sold;
  if (count > 0) AwaitSearchable(client, DemoProduct(count - 1));
  return WritePrivateFile(marker, absl::StrCat(count, "\n"));
}

}  // namespace storeops
