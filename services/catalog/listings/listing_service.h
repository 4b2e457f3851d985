// What ProductService does with listings: their actions, their schedule, their quality.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SERVICE_H_

#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/catalog/channels/channel_service.h"
#include "services/catalog/listings/listing_publisher.h"
#include "services/catalog/listings/listing_scorer.h"
#include "services/catalog/listings/listing_workflow.h"
#include "services/catalog/media/media_service.h"
#include "services/catalog/product_types/product_type_service.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::catalog {

class ListingService {
 public:
  // All outlive this object.
  ListingService(const ProductTypeService& types, const ChannelService& channels, const MediaService& media);

  // Binds its methods to ProductService. All outlive this object.
  absl::Status Bind(Environment& environment, resource::Resource& products, ProductFollower& memory,
                    rpc::ServiceBuilder& service);
  void Start();
  void Stop();

 private:
  template <class Request>
  absl::StatusOr<v1::Product> Act(rpc::Call& call, const Request& request, ListingAction action);
  absl::StatusOr<v1::Product> Edit(rpc::Call& call, const google::protobuf::Message& request,
                                   absl::FunctionRef<absl::Status(resource::Write&, v1::Product&)> edit);

  absl::StatusOr<v1::Product> Submit(rpc::Call& call, const v1::SubmitProductRequest& request);
  absl::StatusOr<v1::Product> Approve(rpc::Call& call, const v1::ApproveProductRequest& request);
  absl::StatusOr<v1::Product> Reject(rpc::Call& call, const v1::RejectProductRequest& request);
  absl::StatusOr<v1::Product> Publish(rpc::Call& call, const v1::PublishProductRequest& request);
  absl::StatusOr<v1::Product> Unpublish(rpc::Call& call, const v1::UnpublishProductRequest& request);
  absl::StatusOr<v1::Product> Archive(rpc::Call& call, const v1::ArchiveProductRequest& request);
  absl::StatusOr<v1::Product> Restore(rpc::Call& call, const v1::RestoreProductRequest& request);
  absl::StatusOr<v1::Product> Schedule(rpc::Call& call, const v1::ScheduleProductRequest& request);
  absl::StatusOr<v1::BatchScheduleProductsResponse> BatchSchedule(rpc::Call& call,
                                                                  const v1::BatchScheduleProductsRequest& request);
  absl::StatusOr<v1::ListingReport> Check(rpc::Call& call, const v1::CheckListingRequest& request);
  absl::StatusOr<v1::ListWorstListingsResponse> ListWorst(rpc::Call& call, const v1::ListWorstListingsRequest& request);

  const ListingWorkflow workflow_;
  const ProductTypeService& types_;
  const ChannelService& channels_;
  const MediaService& media_;
  Environment* environment_ = nullptr;
  resource::Resource* products_ = nullptr;
  resource::FilterFields score_filter_;
  std::unique_ptr<ListingPublisher> publisher_;
  std::unique_ptr<ListingScorer> scorer_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_SERVICE_H_
