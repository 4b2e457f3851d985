// Where campaigns (discounts, coupons) take part in orders.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "storeops/inventory/v1/order.pb.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

// A provider of quotes. Quote and Reserve are called before an order's transaction, Commit or Release after it. What a
// quote uses up (coupons, budgets) is reserved under the order's name, "orders/12"; an order has one quote, and no
// other order has that name. A call that failed may have had its effect; it may be repeated and may arrive late.
// Thread-safe.
class OrderQuotes {
 public:
  virtual ~OrderQuotes() = default;

  // False: Quote would change nothing, and the order is placed without it. Must not block.
  virtual bool Applies(const v1::PlaceOrderRequest& request) const = 0;

  // Sets the discounts of lines and order, and `quote`, for an order that has its prices and no name yet. An error
  // refuses the order, as it is. A quote that is left empty has nothing to reserve: nothing below is called.
  virtual absl::Status Quote(v1::Order& order, absl::Time deadline) = 0;

  // Reserves a quote for an order. An error refuses the order, as it is. Repeated, it does nothing and returns OK. It
  // fails after Release, even if that came before the first Reserve. The reservation expires at the provider, at the
  // earliest after 15 minutes: those without an order are released sooner.
  virtual absl::Status Reserve(const std::string& order, const std::string& quote, absl::Time deadline) = 0;

  // The order exists: its reservation is used up, even if it has expired by now. Repeated until it returns OK; repeated
  // after that, it does nothing and returns OK.
  virtual absl::Status Commit(const std::string& order, absl::Time deadline) = 0;

  // The order does not exist and will not. Repeated until it returns OK; OK, too, if nothing is reserved.
  virtual absl::Status Release(const std::string& order, absl::Time deadline) = 0;
};

// There are no campaigns: nothing is reduced, and coupon codes are stored with the order.
class NoDiscounts final : public OrderQuotes {
 public:
  bool Applies(const v1::PlaceOrderRequest&) const override { return false; }
  absl::Status Quote(v1::Order&, absl::Time) override { return absl::OkStatus(); }
  // Only quotes of an earlier configuration come here; they wait for its return.
  absl::Status Reserve(const std::string&, const std::string&, absl::Time) override { return NoCampaigns(); }
  absl::Status Commit(const std::string&, absl::Time) override { return NoCampaigns(); }
  absl::Status Release(const std::string&, absl::Time) override { return NoCampaigns(); }

 private:
  static absl::Status NoCampaigns() { return absl::UnavailableError("this process knows no campaigns"); }
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTES_H_
