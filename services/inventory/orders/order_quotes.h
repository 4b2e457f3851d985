// Where campaigns will take part in an order's price.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTES_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

class OrderQuotes {
 public:
  virtual ~OrderQuotes() = default;
  // Sets the discounts of lines and order, and `quote`, for an order that has its prices. Called before the order's
  // transaction; an error refuses the order.
  virtual absl::Status Quote(absl::Time deadline, v1::Order& order) = 0;
};

// Nothing is reduced; coupon codes are kept with the order.
class NoDiscounts final : public OrderQuotes {
 public:
  absl::Status Quote(absl::Time, v1::Order&) override { return absl::OkStatus(); }
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTES_H_
