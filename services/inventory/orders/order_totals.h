// What an order costs and where it stands, from its lines, payments and fulfilments. Amounts are minor units.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_TOTALS_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_TOTALS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/type/money.pb.h"
#include "services/inventory/orders/order_states.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

// No order is worth more, in minor units: sums of orders stay far within 64 bits.
inline constexpr int64_t kMaxOrderMinor = 1'000'000'000'000'000;

// 0 for one that is not set. For amounts of an order that is stored or has passed ComputeTotals, never for a request's
// (StatedMoney).
int64_t Minor(const google::type::Money& money);
// `currency` is an order's.
void SetMinor(int64_t minor, absl::string_view currency, google::type::Money* money);

// Tax that is contained in an amount, rounded half up.
int64_t ContainedTax(int64_t amount_minor, int64_t basis_points);

// What of a line was neither sent nor cancelled.
int64_t OpenQuantity(const v1::OrderLine& line);

// Something was ordered that is stocked and sent.
bool IsGoods(const v1::OrderLine& line);

// Computes totals and taxes of the lines and of the order. INVALID_ARGUMENT naming "lines[i]" (by its place), or a
// field of the order, if something is in another currency, below zero or passes the limit.
absl::Status ComputeTotals(v1::Order& order);

// Makes the transition, with what goes along with the new status. FAILED_PRECONDITION ACTION_NOT_ALLOWED.
absl::Status Act(OrderAction action, absl::Time now, v1::Order& order);

// The creator of holds that the system sets by itself.
inline constexpr char kRules[] = "rules";

// Confirmed, to be paid in advance, and not secured: because it was changed since.
bool IsUnpaid(const v1::Order& order);
// What the hold of such an order says.
std::string UnpaidNote(const v1::Order& order);
// The hold that the system set because the order is unpaid, if it holds; else null.
v1::OrderHold* FindUnpaidHold(v1::Order& order);

// Sums over payments, the balance, and the statuses of payment and fulfilment, on_hold; then what follows by itself: an
// order is confirmed when its money is there, completed when it is sent and paid, and a hold of FindUnpaidHold states
// what is not paid now, or is released.
void Advance(absl::Time now, v1::Order& order);

// Of an order that is not overpaid (ShowBalance).
v1::Order::PaymentStatus PaymentStatusOf(int64_t total, int64_t authorized, int64_t captured, int64_t refunded);
v1::Order::FulfillmentStatus FulfillmentStatusOf(const v1::Order& order);

// The total without what was cancelled: what is to be paid in all.
int64_t Due(const v1::Order& order);

// What of it nobody has authorised or paid.
int64_t Unsecured(const v1::Order& order);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_TOTALS_H_
