// The gateway's wiring: identity, and the way to every method of the other services.
#ifndef STOREOPS_SERVICES_GATEWAY_MODULE_H_
#define STOREOPS_SERVICES_GATEWAY_MODULE_H_

#include <memory>

#include "common/module/module.h"
#include "common/rpc/authenticator.h"
#include "services/gateway/identity/api_keys.h"
#include "services/gateway/identity/identity_service.h"

namespace storeops::migrations {
// Made from services/gateway/migrations.
const db::MigrationSet& gateway();
}  // namespace storeops::migrations

namespace storeops::gateway {

class Gateway final : public Module {
 public:
  // Peers that `environment.peer` knows get forwarding rows for those of their services that the table lacks, so
  // modules that share its table bind before the gateway.
  absl::Status Bind(Environment& environment) override;
  absl::Status Start() override { return absl::OkStatus(); }
  void Stop() override {}

  // For the process's authenticator. There from the start; keys are UNAVAILABLE until Bind. Lives as long as the
  // module.
  rpc::KeyResolver& key_resolver() { return api_keys_; }

 private:
  ApiKeys api_keys_;
  std::unique_ptr<IdentityService> identity_;
};

// `make` gives a Gateway.
ModuleInfo GatewayModule();

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_MODULE_H_
