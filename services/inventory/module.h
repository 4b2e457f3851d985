// Stock, orders, buying: how many pieces there are, who gets them, and when more must come.
#ifndef STOREOPS_SERVICES_INVENTORY_MODULE_H_
#define STOREOPS_SERVICES_INVENTORY_MODULE_H_

#include <memory>

#include "common/module/module.h"
#include "services/inventory/orders/order_quotes.h"
#include "services/inventory/payments/payment_provider.h"

namespace storeops::inventory {

// `providers`: of payments, beside the manual one. `quotes` for orders; null: there are no discounts.
ModuleInfo InventoryModule(PaymentProviders providers = {}, std::shared_ptr<OrderQuotes> quotes = nullptr);

}  // namespace storeops::inventory

namespace storeops::migrations {
// Made from services/inventory/migrations.
const db::MigrationSet& inventory();
}  // namespace storeops::migrations

#endif  // STOREOPS_SERVICES_INVENTORY_MODULE_H_
