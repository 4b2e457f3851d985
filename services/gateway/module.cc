#include "services/gateway/module.h"

#include "common/base/status_macros.h"
#include "services/gateway/forwarding.h"

namespace storeops::gateway {

absl::Status Gateway::Bind(Environment& environment) {
  ASSIGN_OR_RETURN(identity_, IdentityService::Open(environment, api_keys_));
  AddForwarding(environment.table, environment.peer);
  return absl::OkStatus();
}

ModuleInfo GatewayModule() {
  return {"gateway", &migrations::gateway(), [] { return std::make_unique<Gateway>(); }};
}

}  // namespace storeops::gateway
