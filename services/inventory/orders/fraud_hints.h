// Plain rules that make somebody look at an order before it is sent.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_FRAUD_HINTS_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_FRAUD_HINTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

// Orders of one customer within this time are counted.
inline constexpr absl::Duration kVelocityWindow = absl::Hours(1);
// One more is too many.
inline constexpr int64_t kVelocityLimit = 5;

// From which worth on somebody should look, in minor units: about 2,000 euros.
int64_t LargeOrderMinor(const std::string& currency);

// What is odd about an order, in words; empty: nothing. `recent_orders`: the customer's within kVelocityWindow before.
// Orders on invoice go to customers who are known: only the first two rules hold for them.
//   VELOCITY  more than 5 orders of one customer within an hour
//   MISMATCH  the bill goes to another country than the goods
//   AMOUNT    worth about 2,000 euros or more
std::vector<std::string> FindFraudHints(const v1::Order& order, int64_t recent_orders);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_FRAUD_HINTS_H_
