// OrderService: reads and changes of orders; its parts bind their own methods.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_SERVICE_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/fulfillments/fulfillment_desk.h"
#include "services/inventory/orders/order_book.h"
#include "services/inventory/orders/order_bulk.h"
#include "services/inventory/orders/order_import.h"
#include "services/inventory/orders/order_list_store.h"
#include "services/inventory/orders/order_quotes.h"
#include "services/inventory/orders/placement.h"
#include "services/inventory/payments/payment_desk.h"
#include "services/inventory/stock/stock_service.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

class OrderService {
 public:
  // `stock` and `quotes` outlive this object; what orders hold is said to the former. `providers` come beside the
  // manual one.
  OrderService(StockService& stock, OrderQuotes& quotes, PaymentProviders providers);
  absl::Status Bind(Environment& environment);
  void Stop() { placement_.Stop(); }

  // For returns, claims and exchanges.
  const OrderBook& book() const { return book_; }
  PaymentDesk& payments() { return payments_; }
  // Once it is bound.
  const OrderPrices& prices() const { return placement_.prices(); }

 private:
  absl::StatusOr<v1::Order> Get(rpc::Call& call, const v1::GetOrderRequest& request);
  absl::StatusOr<v1::BatchGetOrdersResponse> BatchGet(rpc::Call& call, const v1::BatchGetOrdersRequest& request);
  absl::StatusOr<v1::ListOrdersResponse> List(rpc::Call& call, const v1::ListOrdersRequest& request);
  absl::StatusOr<v1::ListOrderHistoryResponse> ListHistory(rpc::Call& call, const v1::ListOrderHistoryRequest& request);
  absl::StatusOr<v1::Order> Confirm(rpc::Call& call, const v1::ConfirmOrderRequest& request);
  absl::StatusOr<v1::Order> Cancel(rpc::Call& call, const v1::CancelOrderRequest& request);
  absl::StatusOr<v1::Order> Hold(rpc::Call& call, const v1::HoldOrderRequest& request);
  absl::StatusOr<v1::Order> ReleaseHold(rpc::Call& call, const v1::ReleaseHoldRequest& request);
  absl::StatusOr<v1::Order> Edit(rpc::Call& call, const v1::EditOrderRequest& request);
  absl::StatusOr<v1::Order> AddNote(rpc::Call& call, const v1::AddOrderNoteRequest& request);
  absl::StatusOr<v1::OrderDocument> GetDocument(rpc::Call& call, const v1::GetOrderDocumentRequest& request);
  absl::Status Export(rpc::Call& call, const v1::ExportOrdersRequest& request, rpc::ReplyStream& out);

  // The periodic work: unpaid orders give their stock back.
  absl::Status ExpireDue(absl::Time deadline);
  absl::Status FillOldBalances(absl::Time deadline);

  StockService& stock_;
  OrderBook book_;
  Placement placement_;
  PaymentDesk payments_;
  FulfillmentDesk fulfillments_;
  OrderBulk bulk_;
  OrderImport import_;
  OrderLists lists_;
  Environment* environment_ = nullptr;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_SERVICE_H_
