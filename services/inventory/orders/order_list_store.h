// Lists of orders: which ones, and in which order.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_LIST_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_LIST_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/resource/filter_sql.h"
#include "services/inventory/orders/order_store.h"

namespace storeops::inventory {

// What a request selects.
struct OrderSelection {
  std::optional<std::string> sku;  // the list is that of this SKU's order lines
  resource::Condition condition;   // may be empty
  std::string index;               // to walk; empty: the server chooses
  bool oldest_first = false;
};

// The place of an order in lists.
struct OrderPlace {
  absl::Time place_time;
  int64_t id = 0;
};

class OrderLists {
 public:
  // INTERNAL if a field is filterable or sortable without an index.
  static absl::StatusOr<OrderLists> Open(db::Database& database);

  // AIP-160 and AIP-132; by default the orders placed last come first. INVALID_ARGUMENT naming filter or order_by.
  absl::StatusOr<OrderSelection> Select(absl::string_view filter, absl::string_view order_by) const;

  const resource::FilterFields& fields() const { return of_orders_; }

 private:
  resource::FilterFields of_orders_;
  resource::FilterFields of_lines_;  // where order_lines is walked
};

// Those behind `after`, at most `limit`.
absl::StatusOr<std::vector<StoredOrder>> ListOrders(db::Database& database, const OrderSelection& selection,
                                                    const std::optional<OrderPlace>& after, int limit,
                                                    absl::Time deadline);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_LIST_STORE_H_
