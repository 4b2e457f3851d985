// What the customer has yet to pay of an order, or is owed. Amounts are minor units.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_BALANCE_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_BALANCE_H_

#include <cstdint>

#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

// Cancelled as a whole, or expired.
bool IsDead(const v1::Order& order);

// What was captured, less what was paid back of it because it was more than was due. Other refunds, and what was passed
// on to a replacement order, reduce what is due and what is paid alike, so they are subtracted from neither.
int64_t NetPaid(const v1::Order& order);

// As Order.balance_due: below zero if the shop owes the customer.
int64_t BalanceDue(const v1::Order& order);

// What the shop owes the customer and no open refund pays back.
int64_t Owed(const v1::Order& order);

// Writes balance_due, proposed_refunds, and the payment_status OVERPAID.
void ShowBalance(v1::Order& order);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_BALANCE_H_
