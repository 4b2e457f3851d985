// Where to look for a variant by its article number: ids of products that may have it. About ten bytes for each SKU.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_SKU_INDEX_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_SKU_INDEX_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// Calls `visit` with each variant of a serialised product, serialised, until it returns false.
void ScanVariants(absl::string_view product, absl::FunctionRef<bool(absl::string_view variant)> visit);
// The article number of a serialised variant.
absl::string_view VariantSku(absl::string_view variant);
// The variant of a serialised product that has this SKU.
std::optional<storeops::catalog::v1::Variant> FindVariant(absl::string_view product, absl::string_view sku);
// What is sold by an article number.
struct SoldItem {
  // The product's title and, where it has options, the variant's values in their order.
  std::string title;
  storeops::catalog::v1::Product::Kind kind = storeops::catalog::v1::Product::GOODS;
};
// Nothing if the serialised product has no such variant.
std::optional<SoldItem> FindSoldItem(absl::string_view product, absl::string_view sku);

// Keeps a part of each SKU's hash, so what it finds must be looked at. Thread-safe.
class SkuIndex {
 public:
  // All SKUs of a serialised product.
  void Add(int64_t product_id, absl::string_view product);
  void Remove(int64_t product_id, absl::string_view product);
  std::vector<int64_t> Find(absl::string_view sku) const;
  void Clear();

 private:
  static uint64_t KeyOf(absl::string_view sku, int64_t product_id);

  mutable absl::Mutex mutex_;
  absl::btree_set<uint64_t> keys_ ABSL_GUARDED_BY(mutex_);  // hash, then id, of 32 bits each
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_SKU_INDEX_H_
