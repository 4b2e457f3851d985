// Places orders: those that wait at the same time in one transaction, which decides what stock each gets. Orders that
// campaigns may change are quoted before, each by itself, so that no order waits for another one's quote.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_PLACEMENT_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_PLACEMENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/module/module.h"
#include "common/resource/commit_group.h"
#include "services/inventory/orders/order_prices.h"
#include "services/inventory/orders/order_quotes.h"
#include "services/inventory/orders/order_quoting.h"
#include "services/inventory/orders/order_store.h"
#include "services/inventory/stock/stock_ledger.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

// Correct with any number of processes on one database: whoever settles a group holds the levels of its SKUs.
class Placement {
 public:
  Placement(const StockLedger& ledger, OrderQuotes& quotes) : ledger_(ledger), quoting_(quotes) {}
  void Bind(Environment& environment, rpc::ServiceBuilder& service);
  void Stop() { quoting_.Stop(); }

  const OrderPrices& prices() const { return *prices_; }

 private:
  using Member = resource::CommitGroup::Member;
  // One member's order on its way.
  struct Draft {
    const v1::PlaceOrderRequest* request = nullptr;
    Member* member = nullptr;
    // Its quote is reserved.
    bool reserved = false;
    v1::Order order;
    int64_t recent_orders = 0;
    absl::Status status;  // what refuses it whatever the stock
  };

  absl::StatusOr<rpc::Reply> PlaceQuoted(const rpc::Call& call, const v1::PlaceOrderRequest& request);
  // PlaceQuoted on a thread of its own.
  absl::Status JoinQuoted(const rpc::Call& call, const v1::PlaceOrderRequest& request, rpc::ReplyCallback done);

  void Place(absl::Span<Member* const> members, absl::Time deadline);
  // What needs no transaction: prices, totals, what is odd.
  std::vector<Draft> Prepare(absl::Span<Member* const> members, absl::Time deadline) const;
  void CountRecent(std::vector<Draft>& drafts, absl::Time deadline) const;
  // In the transaction.
  absl::Status Write(db::Session& session, std::vector<Draft>& drafts) const;
  absl::Status RefuseTaken(db::Session& session, std::vector<Draft>& drafts) const;

  const StockLedger& ledger_;
  Environment* environment_ = nullptr;
  std::unique_ptr<OrderPrices> prices_;
  std::unique_ptr<resource::CommitGroup> group_;
  OrderQuoting quoting_;  // its threads use the others
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_PLACEMENT_H_
