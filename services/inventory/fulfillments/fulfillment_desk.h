// The fulfilment methods of OrderService.
#ifndef STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_DESK_H_
#define STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_DESK_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/orders/order_book.h"
#include "storeops/inventory/v1/order_fulfillment.pb.h"

namespace storeops::inventory {

class FulfillmentDesk {
 public:
  explicit FulfillmentDesk(const OrderBook& book) : book_(book) {}
  void Bind(rpc::ServiceBuilder& service);

 private:
  absl::StatusOr<v1::Order> Create(rpc::Call& call, const v1::CreateFulfillmentRequest& request);
  absl::StatusOr<v1::Order> Pack(rpc::Call& call, const v1::PackFulfillmentRequest& request);
  absl::StatusOr<v1::Order> Ship(rpc::Call& call, const v1::ShipFulfillmentRequest& request);
  absl::StatusOr<v1::Order> Track(rpc::Call& call, const v1::AddTrackingEventRequest& request);
  absl::StatusOr<v1::Order> Deliver(rpc::Call& call, const v1::DeliverFulfillmentRequest& request);
  absl::StatusOr<v1::Order> Cancel(rpc::Call& call, const v1::CancelFulfillmentRequest& request);

  // Changes the order of "orders/12/fulfillments/1"; `change` gets the fulfilment's number.
  absl::StatusOr<v1::Order> Change(const rpc::Call& call, const std::string& name, OrderBook::Stock stock,
                                   absl::FunctionRef<absl::Status(OrderEdit&, int32_t)> change) const;

  const OrderBook& book_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_FULFILLMENTS_FULFILLMENT_DESK_H_
