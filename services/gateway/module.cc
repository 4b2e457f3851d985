#include "services/gateway/module.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/http/server.h"
#include "services/gateway/forwarding.h"
#include "services/gateway/http/api_handler.h"
#include "services/gateway/http/refusal.h"
#include "services/gateway/identity/api_keys.h"
#include "services/gateway/identity/identity_service.h"
#include "services/gateway/identity/roles.h"

namespace storeops::gateway {
namespace {

class Gateway final : public Module {
 public:
  explicit Gateway(std::vector<std::string> cors_origins) : cors_origins_(std::move(cors_origins)) {}

  rpc::KeyResolver* key_resolver() override { return &api_keys_; }

  // Peers get forwarding rows for those of their services that the table lacks.
  absl::Status Bind(Environment& environment) override {
    environment_ = &environment;
    ASSIGN_OR_RETURN(identity_, IdentityService::Open(environment, api_keys_));
    AddForwarding(environment.table, environment.peer);
    return absl::OkStatus();
  }
  absl::Status Start() override { return absl::OkStatus(); }
  void Stop() override {}

  absl::StatusOr<http::Api> MakeHttpApi(rpc::Pipeline& pipeline) override {
    ApiOptions options;
    options.cors_origins = cors_origins_;
    options.version = environment_->version;
    options.catalog = environment_->peer("catalog");
    http::Api api;
    ASSIGN_OR_RETURN(api.handler, MakeApiHandler(environment_->table, pipeline, options));
    api.refusal = MakeApiRefusal(options);
    return api;
  }

 private:
  const std::vector<std::string> cors_origins_;
  Environment* environment_ = nullptr;
  ApiKeys api_keys_;
  std::unique_ptr<IdentityService> identity_;
};

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
      .flags = {{"cors-origin", "STOREOPS_CORS_ORIGINS", "Web origin that may call the API from a browser; repeatable",
                 std::vector<std::string>()}},
      .access = Access(),
      .make =
          [](const FlagValues& flags) {
            return std::make_unique<Gateway>(std::get<std::vector<std::string>>(flags.at("cors-origin")));
          },
  };
}

}  // namespace storeops::gateway
