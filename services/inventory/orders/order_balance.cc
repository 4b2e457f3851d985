#include "services/inventory/orders/order_balance.h"

#include <algorithm>

#include "services/inventory/orders/order_totals.h"
#include "services/inventory/payments/payment_operations.h"
#include "services/inventory/payments/payment_states.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderPayment;
using Operation = OrderPayment::Operation;

int64_t DueNow(const Order& order) { return IsDead(order) ? 0 : Due(order); }

// Refunds under way that pay back what is owed. One for returned goods has its overpayment, 0, from the start.
int64_t OpenRefundsOfOverpayment(const Order& order) {
  int64_t open = 0;
  for (const OrderPayment& payment : order.payments()) {
    for (const Operation& operation : payment.operations()) {
      const bool counts = operation.kind() == Operation::REFUND && IsOpen(operation) && !operation.has_overpayment();
      if (counts) open += Minor(operation.amount());
    }
  }
  return open;
}

// What was paid and is neither paid back nor passed on.
int64_t Left(const Order& order) {
  if (order.historical()) return Minor(order.captured()) - Minor(order.refunded());
  int64_t left = 0;
  for (const OrderPayment& payment : order.payments()) left += Refundable(payment);
  return left;
}

bool CanBeRefunded(const OrderPayment& payment) {
  const bool waits = !payment.operations().empty() && IsOpen(payment.operations(payment.operations_size() - 1));
  return !waits && payment.operations_size() < kMaxOperations &&
         kPaymentStates.Find(payment.status(), PaymentAction::kRefund) != nullptr;
}

}  // namespace

bool IsDead(const Order& order) { return order.status() == Order::CANCELLED || order.status() == Order::EXPIRED; }

int64_t NetPaid(const Order& order) {
  if (order.historical()) return Minor(order.captured());
  int64_t paid = 0, unexplained = 0;
  for (const OrderPayment& payment : order.payments()) {
    paid += Minor(payment.captured());
    unexplained += Minor(payment.refunded());
    for (const Operation& operation : payment.operations()) {
      if (operation.kind() != Operation::REFUND || operation.outcome() != Operation::DONE) continue;
      if (!operation.has_overpayment()) continue;
      paid -= Minor(operation.overpayment());
      unexplained -= Minor(operation.amount());
    }
  }
  // Versions before this field did not note what a refund was of: it paid back an overpayment as far as there is one.
  return paid - std::clamp<int64_t>(paid - DueNow(order), 0, std::max<int64_t>(0, unexplained));
}

// No more is owed than is left: what was credited before an order was cancelled is not owed then.
int64_t BalanceDue(const Order& order) { return std::max(DueNow(order) - NetPaid(order), -Left(order)); }

int64_t Owed(const Order& order) { return std::max<int64_t>(0, -BalanceDue(order) - OpenRefundsOfOverpayment(order)); }

void ShowBalance(Order& order) {
  const int64_t balance = BalanceDue(order);
  SetMinor(balance, order.currency(), order.mutable_balance_due());
  if (balance < 0) order.set_payment_status(Order::OVERPAID);
  order.clear_proposed_refunds();
  int64_t owed = Owed(order);
  for (const OrderPayment& payment : order.payments()) {
    const int64_t amount = CanBeRefunded(payment) ? std::min(owed, Refundable(payment)) : 0;
    if (amount <= 0) continue;
    owed -= amount;
    Order::ProposedRefund& proposed = *order.add_proposed_refunds();
    proposed.set_payment(payment.name());
    SetMinor(amount, order.currency(), proposed.mutable_amount());
  }
}

}  // namespace storeops::inventory
