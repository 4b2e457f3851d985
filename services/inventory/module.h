// Stock, orders, buying: how many pieces there are, who gets them, and when more must come.
#ifndef STOREOPS_SERVICES_INVENTORY_MODULE_H_
#define STOREOPS_SERVICES_INVENTORY_MODULE_H_

#include "common/module/module.h"
#include "services/inventory/payments/payment_provider.h"

namespace storeops::inventory {

// `providers`: of payments, beside the manual one.
ModuleInfo InventoryModule(PaymentProviders providers = {});

}  // namespace storeops::inventory

namespace storeops::migrations {
// Made from services/inventory/migrations.
const db::MigrationSet& inventory();
}  // namespace storeops::migrations

#endif  // STOREOPS_SERVICES_INVENTORY_MODULE_H_
