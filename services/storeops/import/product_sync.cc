#include "services/storeops/import/product_sync.h"

#include <algorithm>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "common/base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops {
namespace {

using catalog::v1::BatchCreateProductsRequest;
using catalog::v1::BatchCreateProductsResponse;
using catalog::v1::BatchUpdateProductsRequest;
using catalog::v1::BatchUpdateProductsResponse;
using catalog::v1::LookupProductsRequest;
using catalog::v1::LookupProductsResponse;
using catalog::v1::Product;
using google::protobuf::util::MessageDifferencer;

constexpr size_t kProductBatch = 250;

absl::StatusOr<absl::flat_hash_map<std::string, Product>> FindExisting(Client& client,
                                                                       absl::Span<const Product> products) {
  LookupProductsRequest request;
  for (const Product& product : products) request.add_skus(product.variants(0).sku());
  LookupProductsResponse response;
  RETURN_IF_ERROR(client.Call("storeops.catalog.v1.ProductService/LookupProducts", request, &response, /*retry=*/true));
  absl::flat_hash_map<std::string, Product> by_sku;
  for (Product& product : *response.mutable_products()) {
    for (const auto& variant : product.variants()) by_sku.emplace(variant.sku(), product);
  }
  return by_sku;
}

// What `existing` has to become; false if it is that already.
bool Merge(const Product& wanted, Product* existing) {
  const Product before = *existing;
  existing->set_title(wanted.title());
  existing->set_kind(wanted.kind());
  if (existing->categories_size() == 0) *existing->mutable_categories() = wanted.categories();
  if (wanted.variants(0).has_price()) {
    for (auto& variant : *existing->mutable_variants()) {
      if (variant.sku() == wanted.variants(0).sku()) *variant.mutable_price() = wanted.variants(0).price();
    }
  }
  return !MessageDifferencer::Equals(before, *existing);
}

absl::Status SyncBatch(Client& client, absl::Span<const Product> products, SyncReport* report) {
  ASSIGN_OR_RETURN(auto existing, FindExisting(client, products));
  BatchCreateProductsRequest creations;
  BatchUpdateProductsRequest updates;
  for (const Product& product : products) {
    const auto found = existing.find(product.variants(0).sku());
    if (found == existing.end()) {
      *creations.add_requests()->mutable_product() = product;
    } else if (Merge(product, &found->second)) {
      auto& update = *updates.add_requests();
      *update.mutable_product() = found->second;
      for (const char* path : {"title", "kind", "categories", "variants"})
        update.mutable_update_mask()->add_paths(path);
    } else {
      ++report->unchanged;
    }
  }
  if (creations.requests_size() > 0) {
    BatchCreateProductsResponse response;
    RETURN_IF_ERROR(client.Call("storeops.catalog.v1.ProductService/BatchCreateProducts", creations, &response));
    report->created += response.products_size();
  }
  if (updates.requests_size() > 0) {
    BatchUpdateProductsResponse response;
    RETURN_IF_ERROR(client.Call("storeops.catalog.v1.ProductService/BatchUpdateProducts", updates, &response));
    report->updated += response.products_size();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status SyncProducts(Client& client, absl::Span<const Product> products, SyncReport* report,
                          const std::function<void(int64_t)>& on_progress) {
  for (size_t begin = 0; begin < products.size(); begin += kProductBatch) {
    const auto batch = products.subspan(begin, kProductBatch);
    RETURN_IF_ERROR(SyncBatch(client, batch, report));
    if (on_progress) on_progress(static_cast<int64_t>(begin + batch.size()));
  }
  return absl::OkStatus();
}

}  // namespace storeops
