// The answer to ResolvePrices, from prices and variants in memory.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_ANSWERS_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_ANSWERS_H_

#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/catalog/prices/price_book.h"
#include "services/catalog/products/sku_index.h"
#include "storeops/catalog/v1/price_service.pb.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// The variant of a live product with this SKU; nothing if there is none. Asked for only where it makes a difference.
using VariantFinder = absl::FunctionRef<std::optional<storeops::catalog::v1::Variant>(absl::string_view sku)>;

// What is sold by it. Asked for only where that is wanted.
using ItemFinder = absl::FunctionRef<std::optional<SoldItem>(absl::string_view sku)>;

// `request` is valid; `now` is the moment that it means when it names none.
void AnswerPrices(const PriceBook& book, VariantFinder find_variant, ItemFinder find_item,
                  const storeops::catalog::v1::ResolvePricesRequest& request, absl::Time now,
                  storeops::catalog::v1::ResolvePricesResponse* response);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_ANSWERS_H_
