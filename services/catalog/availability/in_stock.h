// Which products and variants are in stock.
#ifndef STOREOPS_SERVICES_CATALOG_AVAILABILITY_IN_STOCK_H_
#define STOREOPS_SERVICES_CATALOG_AVAILABILITY_IN_STOCK_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// A variant of a kind that is not stocked (SERVICE) is always in stock; any other one if its SKU is; a product if one
// of its variants is.
class InStock {
 public:
  // The stock is not known: everything counts as in stock.
  InStock() = default;
  // `skus`: those in stock, among the SKUs of the products that are asked about.
  explicit InStock(absl::flat_hash_set<std::string> skus) : known_(true), skus_(std::move(skus)) {}

  bool known() const { return known_; }
  bool Has(const v1::Product& product, const v1::Variant& variant) const;
  bool Has(const v1::Product& product) const;

 private:
  bool known_ = false;
  absl::flat_hash_set<std::string> skus_;
};

// Adds the SKUs by which InStock decides about the product; none if its kind is not stocked.
void AppendStockedSkus(const v1::Product& product, std::vector<std::string>* skus);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_AVAILABILITY_IN_STOCK_H_
