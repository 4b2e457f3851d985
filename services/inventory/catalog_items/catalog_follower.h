// Follows the catalog's products.
#ifndef STOREOPS_SERVICES_INVENTORY_CATALOG_ITEMS_CATALOG_FOLLOWER_H_
#define STOREOPS_SERVICES_INVENTORY_CATALOG_ITEMS_CATALOG_FOLLOWER_H_

#include <vector>

#include "common/module/module.h"
#include "services/inventory/catalog_items/catalog_item_store.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::inventory {

// The items of a live product.
std::vector<CatalogItem> ItemsOf(const catalog::v1::Product& product);

// Keeps catalog_items in step with the catalog, by follower "catalog-items".
void FollowCatalog(Environment& environment);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_CATALOG_ITEMS_CATALOG_FOLLOWER_H_
