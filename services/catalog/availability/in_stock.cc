#include "services/catalog/availability/in_stock.h"

#include <algorithm>

namespace storeops::catalog {
namespace {

bool IsStocked(const v1::Product& product) { return product.kind() != v1::Product::SERVICE; }

}  // namespace

bool InStock::Has(const v1::Product& product, const v1::Variant& variant) const {
  return !known_ || !IsStocked(product) || skus_.contains(variant.sku());
}

bool InStock::Has(const v1::Product& product) const {
  const auto& variants = product.variants();
  return !known_ || std::any_of(variants.begin(), variants.end(),
                                [&](const v1::Variant& variant) { return Has(product, variant); });
}

void AppendStockedSkus(const v1::Product& product, std::vector<std::string>* skus) {
  if (!IsStocked(product)) return;
  for (const v1::Variant& variant : product.variants()) skus->push_back(variant.sku());
}

}  // namespace storeops::catalog
