#include "services/catalog/listings/listing_service.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/list_cost.h"
#include "services/catalog/costs.h"
#include "services/catalog/listings/listing_report.h"
#include "services/catalog/listings/listing_score_store.h"

namespace storeops::catalog {
namespace {

using google::protobuf::Message;
using v1::Product;

}  // namespace

ListingService::ListingService(const ProductTypeService& types, const ChannelService& channels,
                               const MediaService& media)
    : workflow_(types, channels), types_(types), channels_(channels), media_(media) {}

absl::Status ListingService::Bind(Environment& environment, resource::Resource& products, ProductFollower& memory,
                                  rpc::ServiceBuilder& service) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(score_filter_, OpenScoreFilter(environment.store.database));
  products_ = &products;
  publisher_ = std::make_unique<ListingPublisher>(environment.store, products, workflow_);
  scorer_ =
      std::make_unique<ListingScorer>(environment.store, products, memory, types_, channels_, &environment.telemetry);
  service.Unary("SubmitProduct", this, &ListingService::Submit)
      .Unary("ApproveProduct", this, &ListingService::Approve)
      .Unary("RejectProduct", this, &ListingService::Reject)
      .Unary("PublishProduct", this, &ListingService::Publish)
      .Unary("UnpublishProduct", this, &ListingService::Unpublish)
      .Unary("ArchiveProduct", this, &ListingService::Archive)
      .Unary("RestoreProduct", this, &ListingService::Restore)
      .Unary("ScheduleProduct", this, &ListingService::Schedule)
      .Unary("BatchScheduleProducts", this, &ListingService::BatchSchedule)
      .Unary("CheckListing", this, &ListingService::Check)
      .Unary("ListWorstListings", this, &ListingService::ListWorst)
      .CostRaw("ListWorstListings", resource::ListCost(score_filter_));
  return absl::OkStatus();
}

void ListingService::Start() {
  publisher_->Start();
  scorer_->Start();
}

void ListingService::Stop() {
  if (publisher_ != nullptr) publisher_->Stop();
  if (scorer_ != nullptr) scorer_->Stop();
}

absl::StatusOr<Product> ListingService::Edit(rpc::Call& call, const Message& request,
                                             absl::FunctionRef<absl::Status(resource::Write&, Product&)> edit) {
  Product response;
  RETURN_IF_ERROR(products_->Edit(call, request, &response, [&](resource::Write& write, Message* product) {
    return edit(write, static_cast<Product&>(*product));
  }));
  return response;
}

template <class Request>
absl::StatusOr<Product> ListingService::Act(rpc::Call& call, const Request& request, ListingAction action) {
  return Edit(call, request,
              [&](resource::Write& write, Product& product) { return workflow_.Act(write, action, product); });
}

absl::StatusOr<Product> ListingService::Submit(rpc::Call& call, const v1::SubmitProductRequest& request) {
  return Act(call, request, ListingAction::kSubmit);
}

absl::StatusOr<Product> ListingService::Approve(rpc::Call& call, const v1::ApproveProductRequest& request) {
  return Act(call, request, ListingAction::kApprove);
}

absl::StatusOr<Product> ListingService::Reject(rpc::Call& call, const v1::RejectProductRequest& request) {
  return Edit(call, request, [&](resource::Write& write, Product& product) -> absl::Status {
    RETURN_IF_ERROR(workflow_.Act(write, ListingAction::kReject, product));
    v1::Rejection& rejection = *product.mutable_rejection();
    *rejection.mutable_reasons() = request.reasons();
    rejection.set_reviewer(call.principal.name);
    *rejection.mutable_time() = ToTimestamp(write.now());
    return absl::OkStatus();
  });
}

absl::StatusOr<Product> ListingService::Publish(rpc::Call& call, const v1::PublishProductRequest& request) {
  if (request.channel().empty()) {
    if (!request.external_id().empty() || !request.external_url().empty()) {
      return InvalidField("channel", "is required with external_id and external_url");
    }
    return Act(call, request, ListingAction::kPublish);
  }
  return Edit(call, request, [&](resource::Write& write, Product& product) {
    return workflow_.Show(write, request.channel(), request.external_id(), request.external_url(), product);
  });
}

absl::StatusOr<Product> ListingService::Unpublish(rpc::Call& call, const v1::UnpublishProductRequest& request) {
  if (request.channel().empty()) return Act(call, request, ListingAction::kUnpublish);
  return Edit(call, request, [&](resource::Write& write, Product& product) {
    return workflow_.Hide(write, request.channel(), product);
  });
}

absl::StatusOr<Product> ListingService::Archive(rpc::Call& call, const v1::ArchiveProductRequest& request) {
  return Act(call, request, ListingAction::kArchive);
}

absl::StatusOr<Product> ListingService::Restore(rpc::Call& call, const v1::RestoreProductRequest& request) {
  return Act(call, request, ListingAction::kRestore);
}

absl::StatusOr<Product> ListingService::Schedule(rpc::Call& call, const v1::ScheduleProductRequest& request) {
  return Edit(call, request, [&](resource::Write& write, Product& product) {
    return workflow_.Schedule(write, request.changes(), "", product);
  });
}

absl::StatusOr<v1::BatchScheduleProductsResponse> ListingService::BatchSchedule(
    rpc::Call& call, const v1::BatchScheduleProductsRequest& request) {
  std::vector<const Message*> requests;
  for (const auto& one : request.requests()) requests.push_back(&one);
  v1::BatchScheduleProductsResponse response;
  RETURN_IF_ERROR(
      products_->BatchEdit(call, requests, &response, [&](resource::Write& write, int index, Message* product) {
        return workflow_.Schedule(write, request.requests(index).changes(), absl::StrCat("requests[", index, "]."),
                                  static_cast<Product&>(*product));
      }));
  return response;
}

absl::StatusOr<v1::ListingReport> ListingService::Check(rpc::Call& call, const v1::CheckListingRequest& request) {
  ASSIGN_OR_RETURN(const int64_t id, products_->ParseName(request.name(), "name"));
  ASSIGN_OR_RETURN(const auto items, products_->ReadMany({id}, call.deadline));
  if (items.empty()) return ResourceNotFound(products_->type(), request.name());
  const auto& product = static_cast<const Product&>(*items.front().message);
  std::vector<std::string> media;
  for (const auto& shown : product.media()) media.push_back(shown.media());
  ASSIGN_OR_RETURN(std::set<std::string> unreadable, media_.FindUnreadable(media, call.deadline));
  ASSIGN_OR_RETURN(ListingIssues issues, scorer_->Check(product, std::move(unreadable), call.deadline));
  if (!call.principal.Has(kReadCosts)) {
    issues.erase(
        std::remove_if(issues.begin(), issues.end(),
                       [](const v1::ListingIssue& one) { return one.code() == v1::ListingIssue::PRICE_BELOW_COST; }),
        issues.end());
  }
  v1::ListingReport report;
  report.set_product(request.name());
  report.set_score(ListingScore(issues));
  report.mutable_issues()->Assign(issues.begin(), issues.end());
  return report;
}

absl::StatusOr<v1::ListWorstListingsResponse> ListingService::ListWorst(rpc::Call& call,
                                                                        const v1::ListWorstListingsRequest& request) {
  return ListWorstListings(*products_, environment_->store.database, environment_->page_tokens, score_filter_, request,
                           call.principal.Has(kReadCosts), call.deadline);
}

}  // namespace storeops::catalog
