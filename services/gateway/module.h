// The gateway: identity, the API over HTTP, and the way to every method of the other services.
#ifndef STOREOPS_SERVICES_GATEWAY_MODULE_H_
#define STOREOPS_SERVICES_GATEWAY_MODULE_H_

#include "common/module/module.h"

namespace storeops::gateway {

ModuleInfo GatewayModule();

}  // namespace storeops::gateway

namespace storeops::migrations {
// Made from services/gateway/migrations.
const db::MigrationSet& gateway();
}  // namespace storeops::migrations

#endif  // STOREOPS_SERVICES_GATEWAY_MODULE_H_
