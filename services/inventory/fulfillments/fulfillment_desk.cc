#include "services/inventory/fulfillments/fulfillment_desk.h"

#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/fulfillments/fulfillment_actions.h"
#include "services/inventory/orders/order_names.h"

namespace storeops::inventory {

using v1::Order;
using Stock = OrderBook::Stock;

void FulfillmentDesk::Bind(rpc::ServiceBuilder& service) {
  service.Unary("CreateFulfillment", this, &FulfillmentDesk::Create)
      .Unary("PackFulfillment", this, &FulfillmentDesk::Pack)
      .Unary("ShipFulfillment", this, &FulfillmentDesk::Ship)
      .Unary("AddTrackingEvent", this, &FulfillmentDesk::Track)
      .Unary("DeliverFulfillment", this, &FulfillmentDesk::Deliver)
      .Unary("CancelFulfillment", this, &FulfillmentDesk::Cancel);
}

absl::StatusOr<Order> FulfillmentDesk::Change(const rpc::Call& call, const std::string& name, Stock stock,
                                              absl::FunctionRef<absl::Status(OrderEdit&, int32_t)> change) const {
  ASSIGN_OR_RETURN(const resource::NameIds ids, kFulfillmentNames.Parse(name, "name"));
  // The API's pattern lets numbers of at most 6 digits through.
  const auto body = [&](OrderEdit& edit) { return change(edit, static_cast<int32_t>(ids.id)); };
  return book_.Change(call, kOrderNames.Format(ids.parent), "", stock, body);
}

absl::StatusOr<Order> FulfillmentDesk::Create(rpc::Call& call, const v1::CreateFulfillmentRequest& request) {
  return book_.Change(call, request.name(), "", Stock::kLocked,
                      [&](OrderEdit& edit) { return CreateFulfillment(edit, request); });
}

absl::StatusOr<Order> FulfillmentDesk::Pack(rpc::Call& call, const v1::PackFulfillmentRequest& request) {
  return Change(call, request.name(), Stock::kUntouched,
                [&](OrderEdit& edit, int32_t number) { return PackFulfillment(edit, number, request.weight_grams()); });
}

absl::StatusOr<Order> FulfillmentDesk::Ship(rpc::Call& call, const v1::ShipFulfillmentRequest& request) {
  return Change(call, request.name(), Stock::kLocked,
                [&](OrderEdit& edit, int32_t number) { return ShipFulfillment(edit, number, request); });
}

absl::StatusOr<Order> FulfillmentDesk::Track(rpc::Call& call, const v1::AddTrackingEventRequest& request) {
  return Change(call, request.name(), Stock::kUntouched,
                [&](OrderEdit& edit, int32_t number) { return AddTrackingEvent(edit, number, request.event()); });
}

absl::StatusOr<Order> FulfillmentDesk::Deliver(rpc::Call& call, const v1::DeliverFulfillmentRequest& request) {
  return Change(call, request.name(), Stock::kUntouched, [&](OrderEdit& edit, int32_t number) {
    return DeliverFulfillment(edit, number, request.has_time() ? FromTimestamp(request.time()) : edit.now());
  });
}

absl::StatusOr<Order> FulfillmentDesk::Cancel(rpc::Call& call, const v1::CancelFulfillmentRequest& request) {
  return Change(call, request.name(), Stock::kUntouched,
                [](OrderEdit& edit, int32_t number) { return CancelFulfillment(edit, number); });
}

}  // namespace storeops::inventory
