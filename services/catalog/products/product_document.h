// How a product looks to the search index: what it is found, filtered, sorted and counted by.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_DOCUMENT_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_DOCUMENT_H_

#include <cstdint>

#include "common/search/query.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// To be changed with everything below: an index of another format is built anew.
inline constexpr char kProductIndexFormat[] = "products-5";

// Letters of exact terms.
inline constexpr char kBrandTerm = 'B';
inline constexpr char kTagTerm = 'T';
inline constexpr char kKindTerm = 'K';
inline constexpr char kCurrencyTerm = 'C';  // of products that have a price
inline constexpr char kStateTerm = 'S';
inline constexpr char kChannelTerm = 'H';  // on which they are shown
inline constexpr char kStockTerm = 'A';
inline constexpr char kStockedValue[] = "IN_STOCK";
inline constexpr char kSoldOutValue[] = "OUT_OF_STOCK";

// Slots of sort keys.
inline constexpr int kPriceSlot = 1;  // the lowest price, in minor units
inline constexpr int kCreateTimeSlot = 2;
inline constexpr int kTitleSlot = 3;

inline constexpr int kBrandFacet = 0;
inline constexpr int kTagFacet = 1;
inline constexpr int kKindFacet = 2;

// `id` is from 1 to 4,294,967,295: larger ones cannot be indexed.
search::Document MakeProductDocument(int64_t id, const storeops::catalog::v1::Product& product, bool in_stock);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_DOCUMENT_H_
