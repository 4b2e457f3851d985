// Who may change what a variant costs. Every path that writes products asks here: edits, bulk updates, repricing;
// imports ask for each product.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_RIGHTS_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_RIGHTS_H_

#include <vector>

#include "absl/status/status.h"
#include "common/base/errors.h"
#include "common/rpc/call.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

inline constexpr char kWritePrices[] = "catalog.prices.write";

// Prices and costs ("variants[0].price") that are others than before, or new, in a product that was approved or is on
// sale. Those of drafts are looked at by the review.
std::vector<FieldViolation> FindPriceChanges(const storeops::catalog::v1::Product& before,
                                             const storeops::catalog::v1::Product& after);

// PERMISSION_DENIED if there are any and the caller may not write prices. `before`: null for a new product.
absl::Status CheckPriceRights(const rpc::Principal& caller, const storeops::catalog::v1::Product* before,
                              const storeops::catalog::v1::Product& after);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_RIGHTS_H_
