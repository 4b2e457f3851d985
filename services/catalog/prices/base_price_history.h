// Changes of variants' own prices, noted in the transaction that changes the product.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_BASE_PRICE_HISTORY_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_BASE_PRICE_HISTORY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/resource/write.h"
#include "services/catalog/prices/price_history_store.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// What becomes of each SKU's price between two states of a product; a deleted product, or null, has none. Place's time
// and the actor are not filled in.
std::vector<PriceHistoryRow> BasePriceChanges(const storeops::catalog::v1::Product& before,
                                              const storeops::catalog::v1::Product* after);

// Uses the session only when a price changes. `after` is null when the product is being deleted. What the first price
// of a new product was is not noted here, so that creating one costs nothing: the first change says it.
absl::Status RecordBasePrices(resource::Write& write, const storeops::catalog::v1::Product& before,
                              const storeops::catalog::v1::Product* after);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_BASE_PRICE_HISTORY_H_
