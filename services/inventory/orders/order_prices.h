// What lines of orders cost and are called, as the catalogue says.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_PRICES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_PRICES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/rpc/peer.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

// `price_source` of a line whose price the caller stated.
inline constexpr char kStatedPrice[] = "stated";

// An order some of whose lines want a price.
struct Unpriced {
  v1::Order* order;
  std::string customer_group;
  // Indices of the lines that want one.
  std::vector<int> lines;
  // How it went: INVALID_ARGUMENT naming each line ("lines[i].sku") that has none.
  absl::Status status;
};

class OrderPrices {
 public:
  // By service name, null if this process knows no such peer.
  using FindPeer = std::function<rpc::Peer*(absl::string_view service)>;

  explicit OrderPrices(FindPeer find_peer) : find_peer_(std::move(find_peer)) {}

  // Sets unit_price and price_source, and the title where the line has none. Orders of one currency, channel and
  // customer group are asked for together, about 50 lines at a time.
  void Resolve(absl::Time deadline, absl::Span<Unpriced> orders) const;

 private:
  void ResolveAlike(absl::Time deadline, absl::Span<Unpriced* const> orders) const;

  const FindPeer find_peer_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_PRICES_H_
