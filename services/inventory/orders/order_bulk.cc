#include "services/inventory/orders/order_bulk.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/resource/write.h"
#include "google/rpc/error_details.pb.h"
#include "services/inventory/orders/order_actions.h"
#include "services/inventory/orders/order_names.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"  // older error_details.proto: proto/CMakeLists.txt
#endif

namespace storeops::inventory {
namespace {

using v1::BulkUpdateOrdersRequest;
using v1::BulkUpdateOrdersResponse;

absl::Status Change(const BulkUpdateOrdersRequest& request, OrderEdit& edit) {
  switch (request.action_case()) {
    case BulkUpdateOrdersRequest::kCancel:
      return Cancel(edit, {request.cancel().reason(), request.cancel().restock(), request.cancel().refund(),
                           request.cancel().rest()});
    case BulkUpdateOrdersRequest::kHold:
      return Hold(edit, request.hold().reason(), request.hold().note());
    case BulkUpdateOrdersRequest::kReleaseHold:
      return ReleaseHold(edit, request.release_hold().reason(), request.release_hold().note());
    case BulkUpdateOrdersRequest::kNote:
      return AddNote(edit, request.note().text());
    default:
      return InvalidField("action", "is required");
  }
}

// A rule's answer to one order; anything else ends the whole call.
bool IsRefusal(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) || absl::IsNotFound(status) || absl::IsInvalidArgument(status);
}

absl::StatusOr<std::vector<int64_t>> ReadNames(const BulkUpdateOrdersRequest& request) {
  if (request.action_case() == BulkUpdateOrdersRequest::ACTION_NOT_SET) {
    return InvalidField("action", "one of cancel, hold, release_hold, note is required");
  }
  std::vector<int64_t> ids;
  std::set<int64_t> seen;
  for (int i = 0; i < request.names_size(); ++i) {
    const std::string field = absl::StrCat("names[", i, "]");
    ASSIGN_OR_RETURN(const int64_t id, kOrderNames.ParseId(request.names(i), field));
    if (!seen.insert(id).second) return InvalidField(field, "is there twice");
    ids.push_back(id);
  }
  return ids;
}

void NoteRefusal(const absl::Status& status, BulkUpdateOrdersResponse::Result& result) {
  google::rpc::ErrorInfo info;
  result.set_reason(GetDetail(status, &info) && !info.reason().empty() ? info.reason()
                                                                       : absl::StatusCodeToString(status.code()));
  result.set_problem(std::string(status.message()));
}

}  // namespace

void OrderBulk::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  service.Unary("BulkUpdateOrders", this, &OrderBulk::Update);
}

absl::StatusOr<BulkUpdateOrdersResponse> OrderBulk::Update(rpc::Call& call, const BulkUpdateOrdersRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, ReadNames(request));
  const bool moves_stock = request.has_cancel();
  std::vector<v1::Order> changed;
  BulkUpdateOrdersResponse response;
  const auto body = [&](resource::Write& write) -> absl::Status {
    changed.clear();
    OrderTransaction transaction(write, book_.ledger(), environment_->outbound);
    RETURN_IF_ERROR(transaction.LockOrders(ids));
    if (moves_stock) RETURN_IF_ERROR(transaction.LockStock());
    std::vector<OrderEdit*> edits;
    for (size_t i = 0; i < ids.size(); ++i) {
      auto& result = *response.add_results();
      result.set_name(request.names(static_cast<int>(i)));
      const auto edit = transaction.Find(ids[i]);
      absl::Status status = edit.status();
      if (status.ok()) {
        status = transaction.Try(**edit, [&](OrderEdit& each) { return Change(request, each); });
      }
      if (!status.ok() && !IsRefusal(status)) return status;
      result.set_changed(status.ok());
      if (!status.ok()) NoteRefusal(status, result);
      if (status.ok()) edits.push_back(*edit);
    }
    RETURN_IF_ERROR(transaction.Store());
    for (OrderEdit* edit : edits) changed.push_back(edit->order());
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, body));
  // What is not settled now is by the outbound queue.
  for (const v1::Order& order : changed) {
    if (moves_stock) payments_.Settle(order, call.principal.name, call.deadline).status().IgnoreError();
  }
  return response;
}

}  // namespace storeops::inventory
