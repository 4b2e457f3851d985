// What lines of orders cost and are called, and whether they are stocked, as the catalogue says.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_PRICES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_PRICES_H_

#include <functional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/rpc/peer.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

// A line without a SKU counts as priced.
bool WantsPrice(const v1::OrderLine& line);

// An order whose lines the catalogue is asked about.
struct PriceInquiry {
  v1::Order* order;
  std::string customer_group;
  // How it went: INVALID_ARGUMENT naming each line ("lines[i].sku") that has no price.
  absl::Status status;
};

class OrderPrices {
 public:
  // By service name, null if this process knows no such peer. May itself be null.
  using FindPeer = std::function<rpc::Peer*(absl::string_view service)>;

  // `database` outlives this object.
  OrderPrices(db::Database& database, FindPeer find_peer) : database_(database), find_peer_(std::move(find_peer)) {}

  // Sets unit_price and price_source of lines that want a price, the title where a line has none, and `service`. The
  // catalog is called for lines that want a price and for SKUs that are not known here yet; orders of one currency,
  // channel and customer group together, 50 lines at a time. A line that carries a price is accepted even if its SKU is
  // unknown or the catalog is unavailable.
  void Resolve(absl::Time deadline, absl::Span<PriceInquiry> inquiries) const;

 private:
  absl::Status DescribeKnown(absl::Time deadline, absl::Span<PriceInquiry> inquiries,
                             absl::flat_hash_set<const v1::OrderLine*>& described) const;

  db::Database& database_;
  const FindPeer find_peer_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_PRICES_H_
