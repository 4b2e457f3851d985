#include "services/gateway/module.h"

#include "common/base/status_macros.h"
#include "services/gateway/forwarding.h"

namespace storeops::gateway {
namespace {

constexpr char kName[] = "gateway";

}  // namespace

absl::Status Gateway::Bind(Environment& environment) {
  ASSIGN_OR_RETURN(identity_, IdentityService::Open(environment, api_keys_));
  AddForwarding(environment.table, [&environment](absl::string_view service) {
    // Never to itself: such a call would go round for ever.
    return service == kName || environment.peer == nullptr ? nullptr : environment.peer(service);
  });
  return absl::OkStatus();
}

ModuleInfo GatewayModule() {
  return {kName, &migrations::gateway(), [] { return std::make_unique<Gateway>(); }};
}

}  // namespace storeops::gateway
