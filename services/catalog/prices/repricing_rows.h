// What a repricing makes of products: its messages to the rule and back.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_REPRICING_ROWS_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_REPRICING_ROWS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "common/base/errors.h"
#include "services/catalog/prices/repricing.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/catalog/v1/repricing.pb.h"

namespace storeops::catalog {

// What annotations cannot say; fields relative to the repricing.
std::vector<FieldViolation> CheckRepricing(const storeops::catalog::v1::Repricing& repricing);

RepricingRule ToRule(const storeops::catalog::v1::RepricingRule& rule);

struct RepricedRow {
  int variant = 0;  // index in the product
  std::optional<int64_t> old_minor, cost_minor;
  Repriced result;
};

// One row for each variant, or for each with one of `skus` if there are any.
std::vector<RepricedRow> RepriceVariants(const RepricingRule& rule, const std::string& currency,
                                         const storeops::catalog::v1::Product& product,
                                         const absl::flat_hash_set<std::string>& skus);

storeops::catalog::v1::RepricedVariant ToMessage(const storeops::catalog::v1::Product& product, const RepricedRow& row,
                                                 const std::string& currency);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_REPRICING_ROWS_H_
