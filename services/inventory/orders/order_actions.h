// What can be done with an order as a whole. Each rule changes an order that is locked together with its stock.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_ACTIONS_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_ACTIONS_H_

#include <string>

#include "absl/status/status.h"
#include "services/inventory/orders/order_transaction.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

inline constexpr int kMaxHolds = 100;
inline constexpr int kMaxNotes = 500;

// ABORTED if `etag` is another one than the order's; empty: any.
absl::Status CheckEtag(const v1::Order& order, const std::string& etag);

absl::Status Confirm(OrderEdit& edit);

struct Cancellation {
  std::string reason;
  v1::CancelOrderRequest::Restock restock = v1::CancelOrderRequest::RESTOCK_UNSPECIFIED;
  v1::CancelOrderRequest::Refund refund = v1::CancelOrderRequest::REFUND_UNSPECIFIED;
  // What was not sent of an order that was in part.
  bool rest = false;
};
// Pieces are given back, payments too if `refund` says so: the provider is asked after the commit. FAILED_PRECONDITION
// ORDER_PARTLY_SHIPPED, ORDER_SHIPPED; of a rest PAYMENT_OPEN.
absl::Status Cancel(OrderEdit& edit, const Cancellation& cancellation);
// FAILED_PRECONDITION NOT_DUE if it is paid meanwhile or waits longer, PAYMENT_OPEN if a provider has not answered yet.
absl::Status Expire(OrderEdit& edit);

absl::Status Hold(OrderEdit& edit, v1::OrderHold::Reason reason, const std::string& note);
// One that is in place already is kept as it is. `reason` not set: all. NOT_ON_HOLD if there is none.
absl::Status ReleaseHold(OrderEdit& edit, v1::OrderHold::Reason reason, const std::string& note);

absl::Status AddNote(OrderEdit& edit, const std::string& text);

// Puts a hold on an order that is being made.
void AddHold(v1::OrderHold::Reason reason, const std::string& note, const std::string& creator, absl::Time now,
             v1::Order& order);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_ACTIONS_H_
