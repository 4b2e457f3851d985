#include "services/inventory/payments/payment_messages.h"

#include <set>
#include <string>

#include "common/base/status_macros.h"
#include "services/inventory/payments/payment_operations.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderPayment;

// The payment's last operation if it is open; else null.
const OrderPayment::Operation* LastIfOpen(const OrderPayment& payment) {
  if (payment.operations().empty()) return nullptr;
  const OrderPayment::Operation& last = payment.operations(payment.operations_size() - 1);
  return IsOpen(last) ? &last : nullptr;
}

std::set<std::string> OpenKeys(const Order& order) {
  std::set<std::string> keys;
  for (const OrderPayment& payment : order.payments()) {
    if (const auto* open = LastIfOpen(payment)) keys.insert(open->idempotency_key());
  }
  return keys;
}

}  // namespace

absl::Status EnqueueOpened(const Order& before, const Order& after, resource::Write& write,
                           outbound::Queues& outbound) {
  const std::set<std::string> known = OpenKeys(before);
  for (const OrderPayment& payment : after.payments()) {
    const auto* open = LastIfOpen(payment);
    if (open == nullptr || known.contains(open->idempotency_key())) continue;
    const absl::Status enqueued = outbound.Enqueue(
        write, {kPaymentQueue, payment.provider(), open->idempotency_key(), after.name()}, kSendAgainAfter);
    if (absl::IsAlreadyExists(enqueued)) return RequestIdReused();
    RETURN_IF_ERROR(enqueued);
  }
  return absl::OkStatus();
}

absl::Status EnqueueMissing(const Order& order, absl::Duration delay, resource::Write& write,
                            outbound::Queues& outbound) {
  for (const OrderPayment& payment : order.payments()) {
    const auto* open = LastIfOpen(payment);
    if (open == nullptr) continue;
    const absl::Status enqueued =
        outbound.Enqueue(write, {kPaymentQueue, payment.provider(), open->idempotency_key(), order.name()}, delay);
    if (!absl::IsAlreadyExists(enqueued)) RETURN_IF_ERROR(enqueued);
  }
  return absl::OkStatus();
}

}  // namespace storeops::inventory
