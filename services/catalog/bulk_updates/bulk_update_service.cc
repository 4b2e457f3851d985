#include "services/catalog/bulk_updates/bulk_update_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/resource/list_cost.h"
#include "services/catalog/bulk_updates/bulk_update_rules.h"
#include "services/catalog/bulk_updates/bulk_update_store.h"
#include "services/catalog/bulk_updates/bulk_update_work.h"
#include "services/catalog/collections/collection_store.h"
#include "storeops/operations/v1/operations.pb.h"

namespace storeops::catalog {
namespace {

using google::longrunning::Operation;
using v1::BulkUpdateProductsRequest;

constexpr char kMethod[] = "storeops.catalog.v1.ProductService/BulkUpdateProducts";
constexpr absl::Duration kLookUpLimit = absl::Seconds(30);
constexpr absl::Duration kPruneInterval = absl::Hours(1);
constexpr int kPruneLimit = 1000;
// A day longer than operations.
constexpr absl::Duration kRetention = absl::Hours(24 * 31);

// The number in "operations/catalog.17", which the operation's own lookup has found.
absl::StatusOr<int64_t> NumberOf(const std::string& operation) {
  int64_t number = 0;
  if (absl::SimpleAtoi(operation.substr(operation.find_last_of('.') + 1), &number)) return number;
  return STOREOPS_BUG(absl::StrCat(operation, " has no number"));
}

}  // namespace

absl::Status BulkUpdateService::Bind(rpc::ServiceBuilder& service, Environment& environment,
                                     resource::Resource& products) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(result_filter_, OpenResultFilter(environment.store.database));
  products_ = &products;
  service.Unary("BulkUpdateProducts", this, &BulkUpdateService::Start)
      .CostRaw("BulkUpdateProducts", resource::ListCost(products.filter_fields()))
      .Unary("ListBulkUpdateResults", this, &BulkUpdateService::ListResults)
      .CostRaw("ListBulkUpdateResults", resource::ListCost(result_filter_, "operation_id"));
  environment.operations.Register(kMethod, jobs::OperationLane::kEdit,
                                  [this](jobs::OperationContext& context) { return Work(context); });
  environment.periodic.Add("prune-bulk-updates", kPruneInterval, jobs::JobPace::kSlow,
                           [this](absl::Time deadline) { return Prune(deadline); });
  return absl::OkStatus();
}

absl::StatusOr<resource::Condition> BulkUpdateService::Within(const BulkUpdateProductsRequest& request,
                                                              absl::Time deadline) const {
  if (request.collection().empty()) return resource::Condition();
  ASSIGN_OR_RETURN(const int64_t id, collections_.FindLive(request.collection(), "collection", deadline));
  return IsInCollection(id);
}

absl::StatusOr<Operation> BulkUpdateService::Start(rpc::Call& call, const BulkUpdateProductsRequest& request) {
  std::vector<FieldViolation> violations = CheckBulkUpdate(request);
  for (int i = 0; i < request.names_size() && violations.size() < kMaxBulkViolations; ++i) {
    if (products_->names().Match(request.names(i)).has_value()) continue;
    violations.push_back({absl::StrCat("names[", i, "]"), products_->names().Problem(request.names(i))});
  }
  if (!violations.empty()) return InvalidFields(violations);
  ASSIGN_OR_RETURN(const resource::Condition within, Within(request, call.deadline));
  // Says what is wrong with the filter, now and not in the background.
  RETURN_IF_ERROR(products_->FindIds(request.filter(), within, 0, 1, call.deadline).status());
  Operation operation;
  RETURN_IF_ERROR(
      resource::RunWrite(environment_->store, call, &operation, [&](resource::Write& write) -> absl::Status {
        ASSIGN_OR_RETURN(operation, environment_->operations.Create(write, request));
        return absl::OkStatus();
      }));
  return operation;
}

absl::StatusOr<std::unique_ptr<google::protobuf::Message>> BulkUpdateService::Work(jobs::OperationContext& context) {
  BulkUpdateProductsRequest request;
  if (!request.ParseFromString(context.request())) return STOREOPS_BUG("the request cannot be read");
  ASSIGN_OR_RETURN(resource::Condition within, Within(request, SteadyNow() + kLookUpLimit));
  BulkUpdateWork work(*products_, environment_->store, context, request, std::move(within));
  ASSIGN_OR_RETURN(v1::BulkUpdateProductsResponse response, work.Run());
  return std::make_unique<v1::BulkUpdateProductsResponse>(std::move(response));
}

absl::StatusOr<v1::ListBulkUpdateResultsResponse> BulkUpdateService::ListResults(
    rpc::Call& call, const v1::ListBulkUpdateResultsRequest& request) {
  ASSIGN_OR_RETURN(const Operation operation, environment_->operations.Get(request.operation(), call.deadline));
  storeops::operations::v1::OperationMetadata metadata;
  if (!operation.metadata().UnpackTo(&metadata) || metadata.method() != kMethod) {
    return InvalidField("operation", absl::StrCat(request.operation(), " is no bulk update"));
  }
  ASSIGN_OR_RETURN(const int64_t id, NumberOf(request.operation()));
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "n"));
  ASSIGN_OR_RETURN(const auto condition, result_filter_.Compile(request.filter()));
  ASSIGN_OR_RETURN(auto rows, ReadResults(environment_->store.database, id, condition, page.Number(0, -1), page.limit(),
                                          call.deadline));
  v1::ListBulkUpdateResultsResponse response;
  page.Close(rows, [](const auto& last) -> resource::PageKeys { return {last.position}; }, &response);
  for (auto& row : rows) *response.add_results() = std::move(row.result);
  return response;
}

absl::Status BulkUpdateService::Prune(absl::Time deadline) {
  while (SteadyNow() < deadline && !environment_->periodic.Stopping()) {
    ASSIGN_OR_RETURN(const int64_t removed,
                     PruneResults(environment_->store.database, environment_->store.clock.Now() - kRetention,
                                  kPruneLimit, deadline));
    if (removed < kPruneLimit) break;
  }
  return absl::OkStatus();
}

}  // namespace storeops::catalog
