// The pictures that products show, at the addresses where the gateway serves them.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_PICTURES_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_PICTURES_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "storeops/catalog/v1/media.pb.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

struct ProductPicture {
  std::string address;
  std::string alt_text;
  // SKUs of the variants that it shows; none: all.
  std::vector<std::string> skus;
};

class ProductPictures {
 public:
  // `base`: the gateway's address for everybody, "https://shop.example"; empty: nothing has an address.
  explicit ProductPictures(absl::string_view base);

  bool addressable() const { return !base_.empty(); }
  // The media of the products that are asked about next, in place of those before.
  void Set(std::vector<v1::Media> media);

  // In the order in which the shop shows them. Films and documents are none.
  std::vector<ProductPicture> Of(const v1::Product& product) const;
  // Those that show the variant: first those of single variants, then those of all.
  std::vector<ProductPicture> Of(const v1::Product& product, const std::string& sku) const;

 private:
  std::string AddressOf(const v1::Media& media) const;

  const std::string base_;
  absl::flat_hash_map<std::string, v1::Media> media_;  // by name
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_PRODUCT_PICTURES_H_
