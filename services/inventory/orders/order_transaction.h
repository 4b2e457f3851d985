// Orders that are changed in one transaction, with the stock that they hold.
//
// Orders are locked first, in the order of their ids, then the levels of all their SKUs: whoever wants both takes them
// in this order, so that nobody waits in a circle.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_TRANSACTION_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_TRANSACTION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/outbound/queues.h"
#include "common/resource/write.h"
#include "services/inventory/orders/order_store.h"
#include "services/inventory/stock/stock_ledger.h"

namespace storeops::inventory {

class OrderTransaction;

// One locked order under change. Rules change `order`; name, etag and update_time are set when it is stored.
class OrderEdit {
 public:
  v1::Order& order() { return after_.order; }
  const v1::Order& order() const { return after_.order; }
  int64_t id() const { return after_.id; }
  absl::Time now() const;
  const std::string& actor() const;
  const rpc::Call& call() const;
  OrderTransaction& transaction() { return *transaction_; }

  // All of the movements or none; in the ledger the order is their cause.
  absl::Status Move(absl::Span<const Movement> movements);

 private:
  friend class OrderTransaction;
  OrderEdit(OrderTransaction* transaction, StoredOrder stored)
      : transaction_(transaction), before_(stored.order), after_(std::move(stored)) {}

  OrderTransaction* transaction_;
  v1::Order before_;
  StoredOrder after_;
};

class OrderTransaction {
 public:
  // What is opened of payments is sent by `outbound`.
  OrderTransaction(resource::Write& write, const StockLedger& ledger, outbound::Queues& outbound)
      : write_(write), ledger_(ledger), outbound_(outbound) {}
  OrderTransaction(const OrderTransaction&) = delete;

  // Once, first. Orders that do not exist are not there afterwards.
  absl::Status LockOrders(const std::vector<int64_t>& ids);
  // NOT_FOUND.
  absl::StatusOr<OrderEdit*> Find(int64_t id);
  // Once, after LockOrders: the levels of the SKUs of all locked orders, and of `more`. `wanted`: levels that pieces
  // may come into; those that are missing are made.
  absl::Status LockStock(const std::vector<std::string>& more = {}, absl::Span<const StockKey> wanted = {});
  LockedStock& stock() { return *stock_; }
  const StockLedger& ledger() const { return ledger_; }
  resource::Write& write() { return write_; }

  // Runs `body`; if it fails, the order is as it was before. Moves come last in `body`.
  absl::Status Try(OrderEdit& edit, absl::FunctionRef<absl::Status(OrderEdit&)> body);

  // Writes the orders that differ, messages for payment operations that were opened, and the stock. Once, at the end.
  absl::Status Store();

 private:
  resource::Write& write_;
  const StockLedger& ledger_;
  outbound::Queues& outbound_;
  absl::btree_map<int64_t, OrderEdit> edits_;
  std::optional<LockedStock> stock_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_TRANSACTION_H_
