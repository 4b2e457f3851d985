// What the catalog sells, as inventory knows it: a copy that follows the catalog's products.
#ifndef STOREOPS_SERVICES_INVENTORY_CATALOG_ITEMS_CATALOG_ITEM_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_CATALOG_ITEMS_CATALOG_ITEM_STORE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"

namespace storeops::inventory {

struct CatalogItem {
  std::string sku;
  std::string product;   // "products/{id}"
  std::string title;     // of the product, with the variant's option values
  bool service = false;  // charged but not stocked
};

// By SKU; SKUs that are not known are missing.
absl::StatusOr<absl::flat_hash_map<std::string, CatalogItem>> ReadCatalogItems(db::Database& database,
                                                                               const std::vector<std::string>& skus,
                                                                               absl::Time deadline);
// `items` replace all items of `products`.
absl::Status ReplaceCatalogItems(db::Session& session, const std::vector<std::string>& products,
                                 absl::Span<const CatalogItem> items);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_CATALOG_ITEMS_CATALOG_ITEM_STORE_H_
