// The same change for many orders.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_BULK_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_BULK_H_

#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/orders/order_book.h"
#include "services/inventory/payments/payment_desk.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

class OrderBulk {
 public:
  OrderBulk(const OrderBook& book, PaymentDesk& payments) : book_(book), payments_(payments) {}
  void Bind(Environment& environment, rpc::ServiceBuilder& service);

 private:
  absl::StatusOr<v1::BulkUpdateOrdersResponse> Update(rpc::Call& call, const v1::BulkUpdateOrdersRequest& request);

  const OrderBook& book_;
  PaymentDesk& payments_;
  Environment* environment_ = nullptr;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_BULK_H_
