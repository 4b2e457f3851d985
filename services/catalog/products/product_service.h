// storeops.catalog.v1.ProductService.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_SERVICE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "google/longrunning/operations.pb.h"
#include "services/catalog/bulk_updates/bulk_update_service.h"
#include "services/catalog/channels/channel_service.h"
#include "services/catalog/listings/listing_service.h"
#include "services/catalog/product_types/product_type_service.h"
#include "services/catalog/products/product_follower.h"
#include "services/catalog/products/product_snapshot.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::catalog {

// Reads of live products are answered from the snapshot, on the network's thread; whatever it does not have (deleted
// products, filters, other orders, everything until it is loaded) from the database. A writer reads its own writes at
// once, other processes see them when the feed brings them, within a fraction of a second.
class ProductService {
 public:
  // All outlive this object. `memory_bytes`: what products may take in memory.
  ProductService(const ProductTypeService& types, const ChannelService& channels, const MediaService& media,
                 const CollectionService& collections, size_t memory_bytes)
      : types_(types), listings_(types, channels, media), bulk_updates_(collections), memory_bytes_(memory_bytes) {}
  // `environment` outlives this object.
  absl::Status Bind(Environment& environment);
  absl::Status Start();
  void Stop();
  // For others of the catalogue that work on products; after Bind.
  resource::Resource& products() { return *products_; }
  ProductFollower& memory() { return *follower_; }
  // The variant with this SKU, of a live product in memory; nothing: not there, or not loaded yet.
  std::optional<storeops::catalog::v1::Variant> FindVariant(absl::string_view sku) const {
    return memory_.FindVariant(sku);
  }
  // What is sold by it; nothing likewise.
  std::optional<SoldItem> FindSoldItem(absl::string_view sku) const { return memory_.FindSoldItem(sku); }
  struct SoldVariant {
    storeops::catalog::v1::Variant variant;
    SoldItem item;
  };
  // The same from the database, by SKU; those that there are none of are left out.
  absl::StatusOr<absl::flat_hash_map<std::string, SoldVariant>> ReadVariants(const std::vector<std::string>& skus,
                                                                             absl::Time deadline);

 private:
  using InlineReply = std::optional<absl::StatusOr<rpc::Reply>>;
  InlineReply TryGet(rpc::Call& call, const storeops::catalog::v1::GetProductRequest& request);
  InlineReply TryBatchGet(rpc::Call& call, const storeops::catalog::v1::BatchGetProductsRequest& request);
  InlineReply TryList(rpc::Call& call, const storeops::catalog::v1::ListProductsRequest& request);
  absl::StatusOr<storeops::catalog::v1::LookupProductsResponse> Lookup(
      rpc::Call& call, const storeops::catalog::v1::LookupProductsRequest& request);
  absl::StatusOr<storeops::catalog::v1::SearchProductsResponse> Search(
      rpc::Call& call, const storeops::catalog::v1::SearchProductsRequest& request);
  absl::Status SetInStock(absl::Time deadline, storeops::catalog::v1::SearchProductsResponse* response);
  absl::StatusOr<google::longrunning::Operation> Reindex(rpc::Call& call,
                                                         const storeops::catalog::v1::ReindexProductsRequest& request);

  resource::Hooks MakeHooks();
  // The live product of this name; null if the snapshot has none or the name is none.
  const rpc::EncodedMessage* Find(const ProductSnapshot& snapshot, const std::string& name) const;

  const ProductTypeService& types_;
  Environment* environment_ = nullptr;
  ProductMemory memory_;
  std::unique_ptr<resource::Resource> products_;
  std::unique_ptr<ProductFollower> follower_;
  ListingService listings_;
  BulkUpdateService bulk_updates_;
  const size_t memory_bytes_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_SERVICE_H_
