// BulkUpdateProducts and ListBulkUpdateResults of the ProductService.
#ifndef STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_SERVICE_H_

#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "google/longrunning/operations.pb.h"
#include "services/catalog/collections/collection_service.h"
#include "storeops/catalog/v1/bulk_update.pb.h"

namespace storeops::catalog {

class BulkUpdateService {
 public:
  // `collections` outlives this object.
  explicit BulkUpdateService(const CollectionService& collections) : collections_(collections) {}
  // All outlive this object.
  absl::Status Bind(rpc::ServiceBuilder& service, Environment& environment, resource::Resource& products);

 private:
  absl::StatusOr<google::longrunning::Operation> Start(rpc::Call& call, const v1::BulkUpdateProductsRequest& request);
  absl::StatusOr<v1::ListBulkUpdateResultsResponse> ListResults(rpc::Call& call,
                                                                const v1::ListBulkUpdateResultsRequest& request);
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Work(jobs::OperationContext& context);
  absl::Status Prune(absl::Time deadline);
  // Nothing if the request names no collection.
  absl::StatusOr<resource::Condition> Within(const v1::BulkUpdateProductsRequest& request, absl::Time deadline) const;

  const CollectionService& collections_;
  resource::FilterFields result_filter_;
  Environment* environment_ = nullptr;
  resource::Resource* products_ = nullptr;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_SERVICE_H_
