#include "services/gateway/module.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/http/server.h"
#include "services/gateway/forwarding.h"
#include "services/gateway/http/api_handler.h"
#include "services/gateway/http/media_owner.h"
#include "services/gateway/http/refusal.h"
#include "services/gateway/identity/api_keys.h"
#include "services/gateway/identity/identity_service.h"
#include "services/gateway/identity/roles.h"

namespace storeops::gateway {
namespace {

class Gateway final : public Module {
 public:
  explicit Gateway(const FlagValues& flags)
      : cors_origins_(std::get<std::vector<std::string>>(flags.at("cors-origin"))) {
    const auto number = [&flags](const char* name) { return std::get<int64_t>(flags.at(name)); };
    downloads_.max_open = static_cast<int>(number("downloads"));
    downloads_.max_open_of_address = static_cast<int>(number("downloads-per-address"));
    downloads_.per_second_of_address = static_cast<double>(number("download-rate"));
    downloads_.stall_limit = absl::Seconds(number("download-stall"));
  }

  rpc::KeyResolver* key_resolver() override { return &api_keys_; }

  // Peers get forwarding rows for those of their services that the table lacks.
  absl::Status Bind(Environment& environment) override {
    environment_ = &environment;
    ASSIGN_OR_RETURN(identity_, IdentityService::Open(environment, api_keys_));
    AddForwarding(environment.table, environment.peer);
    return absl::OkStatus();
  }
  absl::Status Start() override {
    identity_->Start();
    return absl::OkStatus();
  }
  void Stop() override { identity_->Stop(); }

  absl::StatusOr<http::Api> MakeHttpApi(rpc::Pipeline& pipeline) override {
    ApiOptions options;
    options.cors_origins = cors_origins_;
    options.version = environment_->version;
    options.downloads = downloads_;
    options.path_signer = &environment_->path_signer;
    options.clock = &environment_->store.clock;
    options.telemetry = &environment_->telemetry;
    // Each service whose files are served over HTTP has a line here.
    if (rpc::Peer* catalog = environment_->peer("catalog"); catalog != nullptr) {
      options.blob_owners.emplace_back(kMediaPrefix, MakeMediaOwner(*catalog));
    }
    http::Api api;
    ASSIGN_OR_RETURN(api.handler, MakeApiHandler(environment_->table, pipeline, options));
    api.refusal = MakeApiRefusal(options);
    return api;
  }

 private:
  const std::vector<std::string> cors_origins_;
  DownloadOptions downloads_;
  Environment* environment_ = nullptr;
  ApiKeys api_keys_;
  std::unique_ptr<IdentityService> identity_;
};

std::vector<Flag> Flags() {
  const DownloadOptions downloads;
  return {
      {"cors-origin", "STOREOPS_CORS_ORIGINS", "Web origin that may call the API from a browser; repeatable",
       std::vector<std::string>()},
      {"downloads", "STOREOPS_DOWNLOADS", "Files sent over HTTP at once; each takes at most 256 KiB of memory",
       int64_t{downloads.max_open}, 1, 100'000},
      {"downloads-per-address", "STOREOPS_DOWNLOADS_PER_ADDRESS",
       "Files sent at once to one address; as many as --downloads behind a proxy, whose address all clients share",
       int64_t{downloads.max_open_of_address}, 1, 100'000},
      {"download-rate", "STOREOPS_DOWNLOAD_RATE",
       "Downloads that one address may start in a second, four times that at once",
       static_cast<int64_t>(downloads.per_second_of_address), 1, 1'000'000},
      {"download-stall", "STOREOPS_DOWNLOAD_STALL",
       "Seconds after which a download is closed whose client takes less than 16 KiB",
       absl::ToInt64Seconds(downloads.stall_limit), 1, 3600},
  };
}

AccessDeclarations Access() {
  return {
      .permissions =
          {
              {"identity.users.read", "See users and their roles", ""},
              {"identity.users.write", "Create, edit and delete users, and set their passwords", ""},
              {"identity.roles.read", "See roles and what they allow", ""},
              {"identity.roles.write", "Create, edit and delete custom roles", ""},
              {"identity.api_keys.read", "See API keys without their secrets", ""},
              {"identity.api_keys.write", "Create and revoke API keys", ""},
              {"gateway.personal.read", "See names and e-mail addresses of users",
               "The masks of personal fields; filters and sort orders by them"},
          },
      .roles =
          {
              {std::string(kOwnerRole), "Owner"},
              {"roles/viewer", "Viewer"},
              {"roles/analyst", "Analyst"},
              {"roles/marketer", "Marketer"},
              {"roles/support_agent", "Support agent"},
              {"roles/support_lead", "Support lead"},
          },
      .grants =
          {
              {std::string(kOwnerRole), {"*"}},
              {"roles/viewer", {"*.read"}},
              {"roles/analyst", {"*.read"}},
              {"roles/marketer", {"operations.read"}},
              {"roles/support_lead", {"operations.read"}},
          },
  };
}

}  // namespace

ModuleInfo GatewayModule() {
  return {
      .name = "gateway",
      .migrations = &migrations::gateway(),
      .needs = {{"*"}},  // it forwards what the others have not bound
      .flags = Flags(),
      .access = Access(),
      .people = People{"gateway.storeops/User", "identity.users.read"},
      .make = [](const FlagValues& flags) { return std::make_unique<Gateway>(flags); },
  };
}

}  // namespace storeops::gateway
