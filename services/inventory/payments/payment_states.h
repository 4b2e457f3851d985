// The life of a payment as a table. What happens to it is what the provider said.
#ifndef STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_STATES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

enum class PaymentEvent {
  kAuthorized,
  kRefused,
  kLost,  // no answer in time
  kCaptured,
  kVoided,
  kPartlyRefunded,
  kRefunded,
};

struct PaymentTransition {
  v1::OrderPayment::Status from;
  PaymentEvent event;
  v1::OrderPayment::Status to;
};

absl::Span<const PaymentTransition> PaymentTransitions();
absl::string_view EventName(PaymentEvent event);

// FAILED_PRECONDITION ACTION_NOT_ALLOWED naming what can be asked of the payment now.
absl::Status CheckAllowed(const v1::OrderPayment& payment, v1::OrderPayment::Operation::Kind kind);

// FAILED_PRECONDITION ACTION_NOT_ALLOWED.
absl::Status Happen(PaymentEvent event, v1::OrderPayment& payment);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_STATES_H_
