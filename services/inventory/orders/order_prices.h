// What lines of orders cost and are called, and whether they are stocked, as the catalogue says.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_PRICES_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_PRICES_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/rpc/peer.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

// `price_source` of a line whose price the caller stated.
inline constexpr char kStatedPrice[] = "stated";

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

  explicit OrderPrices(FindPeer find_peer) : find_peer_(std::move(find_peer)) {}

  // Sets unit_price and price_source of lines that want a price, the title where a line has none, and `service`. Orders
  // of one currency, channel and customer group are asked for together, 50 lines at a time. Where no price is wanted,
  // nothing is refused: such a line may be of a SKU that the catalogue has not, or that it cannot be asked about now.
  void Resolve(absl::Time deadline, absl::Span<PriceInquiry> inquiries) const;

 private:
  const FindPeer find_peer_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_PRICES_H_
