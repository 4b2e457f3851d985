// The rows of an order, made from the message.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_ROWS_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_ROWS_STORE_H_

#include <vector>

#include "absl/status/status.h"
#include "common/db/database.h"
#include "services/inventory/orders/order_store.h"

namespace storeops::inventory {

// The rows of many new orders, written with a few statements.
class OrderRows {
 public:
  void Add(const StoredOrder& stored);
  absl::Status Insert(db::Session& session) const;

 private:
  std::vector<db::Value> orders_;
  std::vector<db::Value> lines_;
  std::vector<db::Value> allocations_;
  std::vector<db::Value> payments_;
};

// Writes an order over itself, and those of its other rows that differ.
absl::Status RewriteOrder(db::Session& session, const v1::Order& before, const StoredOrder& after);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_ROWS_STORE_H_
