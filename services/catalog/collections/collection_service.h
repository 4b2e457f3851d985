// CollectionService: the standard methods with the rules of collections, the picks of hand-picked ones, and what is in
// which.
#ifndef STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_SERVICE_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/catalog/collections/collection_follower.h"
#include "services/catalog/collections/picks.h"
#include "storeops/catalog/v1/collection_service.pb.h"

namespace storeops::catalog {

class CollectionService {
 public:
  // All outlive this object.
  absl::Status Bind(Environment& environment, resource::Resource& products, ProductFollower& memory);
  void Start() { follower_->Start(); }
  void Stop();

  // The id of a live collection. INVALID_ARGUMENT naming `field` if there is none of this name.
  absl::StatusOr<int64_t> FindLive(const std::string& name, absl::string_view field, absl::Time deadline) const;

 private:
  resource::Hooks MakeHooks();
  absl::StatusOr<v1::Collection> AddProducts(rpc::Call& call, const v1::AddCollectionProductsRequest& request);
  absl::StatusOr<v1::Collection> RemoveProducts(rpc::Call& call, const v1::RemoveCollectionProductsRequest& request);
  absl::StatusOr<v1::Collection> MoveProduct(rpc::Call& call, const v1::MoveCollectionProductRequest& request);
  // Edits the picks of the collection that the request names, if its etag allows it.
  absl::StatusOr<v1::Collection> EditPicks(rpc::Call& call, const std::string& name, const std::string& etag,
                                           absl::FunctionRef<absl::Status(resource::Write&, Picks*)> edit);
  absl::StatusOr<v1::ListCollectionProductsResponse> ListProducts(rpc::Call& call,
                                                                  const v1::ListCollectionProductsRequest& request);
  // In the collection's own order.
  absl::Status ListPicks(const rpc::Call& call, const v1::ListCollectionProductsRequest& request, const Picks& picks,
                         v1::ListCollectionProductsResponse* response);
  absl::StatusOr<v1::ListProductCollectionsResponse> ListCollections(rpc::Call& call,
                                                                     const v1::ListProductCollectionsRequest& request);
  // NOT_FOUND if there is no such live collection.
  absl::StatusOr<resource::Page::Item> Read(const std::string& name, absl::Time deadline) const;

  Environment* environment_ = nullptr;
  resource::Resource* products_ = nullptr;
  std::unique_ptr<resource::Resource> collections_;
  std::unique_ptr<CollectionFollower> follower_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_SERVICE_H_
