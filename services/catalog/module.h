// The catalogue: what the shop sells.
#ifndef STOREOPS_SERVICES_CATALOG_MODULE_H_
#define STOREOPS_SERVICES_CATALOG_MODULE_H_

#include "common/module/module.h"

namespace storeops::catalog {

ModuleInfo CatalogModule();

}  // namespace storeops::catalog

namespace storeops::migrations {
// Made from services/catalog/migrations.
const db::MigrationSet& catalog();
}  // namespace storeops::migrations

#endif  // STOREOPS_SERVICES_CATALOG_MODULE_H_
