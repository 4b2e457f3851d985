// SearchProducts as a question to the index, and the index's answer as a response. Pure functions.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_SEARCH_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_SEARCH_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/search/query.h"
#include "services/catalog/products/product_snapshot.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::catalog {

// How far pages of one search reach.
inline constexpr int kSearchReach = 10'000;

// What a search costs at most, in time of one core: each word, facet and sort may look at every product.
absl::Duration CostOfSearch(const storeops::catalog::v1::SearchProductsRequest& request, int64_t products);

// INVALID_ARGUMENT naming the fields: an unknown or repeated facet, bounds or an order of prices without a currency, a
// lower bound above the upper one.
// While the stock is not known, every product counts as in stock.
absl::StatusOr<search::Query> MakeSearchQuery(const storeops::catalog::v1::SearchProductsRequest& request, int offset,
                                              int page_size, bool stock_known);

// Everything but the page token and whether products are in stock. Products come from the snapshot; hits that it does
// not have (the index is a moment behind) are left out.
storeops::catalog::v1::SearchProductsResponse MakeSearchResponse(
    const storeops::catalog::v1::SearchProductsRequest& request, const search::Result& result,
    const ProductSnapshot& products);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_SEARCH_H_
