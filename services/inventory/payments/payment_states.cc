#include "services/inventory/payments/payment_states.h"

#include <string>
#include <utility>
#include <vector>

#include "services/inventory/orders/order_names.h"

namespace storeops::inventory {
namespace {

using enum PaymentEvent;
using v1::OrderPayment;
using Operation = OrderPayment::Operation;

constexpr PaymentTransition kTransitions[] = {
    {OrderPayment::PENDING, kAuthorized, OrderPayment::AUTHORIZED},
    {OrderPayment::PENDING, kRefused, OrderPayment::FAILED},
    {OrderPayment::PENDING, kLost, OrderPayment::UNKNOWN},
    {OrderPayment::UNKNOWN, kAuthorized, OrderPayment::AUTHORIZED},
    {OrderPayment::UNKNOWN, kRefused, OrderPayment::FAILED},
    // The provider's answer came after the question was given up.
    {OrderPayment::FAILED, kAuthorized, OrderPayment::AUTHORIZED},
    {OrderPayment::AUTHORIZED, kCaptured, OrderPayment::CAPTURED},
    {OrderPayment::AUTHORIZED, kVoided, OrderPayment::VOIDED},
    {OrderPayment::CAPTURED, kPartlyRefunded, OrderPayment::PARTLY_REFUNDED},
    {OrderPayment::CAPTURED, kRefunded, OrderPayment::REFUNDED},
    {OrderPayment::PARTLY_REFUNDED, kPartlyRefunded, OrderPayment::PARTLY_REFUNDED},
    {OrderPayment::PARTLY_REFUNDED, kRefunded, OrderPayment::REFUNDED},
};

// What an operation brings about when it is done.
constexpr std::pair<Operation::Kind, PaymentEvent> kOperations[] = {
    {Operation::CAPTURE, kCaptured}, {Operation::VOID, kVoided}, {Operation::REFUND, kRefunded}};

absl::string_view RpcOf(Operation::Kind kind) {
  switch (kind) {
    case Operation::AUTHORIZE:
      return "AuthorizePayment";
    case Operation::CAPTURE:
      return "CapturePayment";
    case Operation::VOID:
      return "VoidPayment";
    default:
      return "RefundPayment";
  }
}

const PaymentTransition* Find(OrderPayment::Status from, PaymentEvent event) {
  for (const PaymentTransition& transition : kTransitions) {
    if (transition.from == from && transition.event == event) return &transition;
  }
  return nullptr;
}

std::vector<std::string> AllowedOperations(OrderPayment::Status status) {
  std::vector<std::string> allowed;
  for (const auto& [kind, event] : kOperations) {
    if (Find(status, event) != nullptr) allowed.emplace_back(RpcOf(kind));
  }
  return allowed;
}

absl::Status Refuse(const OrderPayment& payment, absl::string_view action) {
  return ActionNotAllowed(payment.name(), OrderPayment::Status_Name(payment.status()), action,
                          AllowedOperations(payment.status()));
}

}  // namespace

absl::Span<const PaymentTransition> PaymentTransitions() { return kTransitions; }

absl::string_view EventName(PaymentEvent event) {
  switch (event) {
    case kAuthorized:
      return "authorized";
    case kRefused:
      return "refused";
    case kLost:
      return "lost";
    case kCaptured:
      return "captured";
    case kVoided:
      return "voided";
    case kPartlyRefunded:
      return "partly refunded";
    case kRefunded:
      return "refunded";
  }
  return "";
}

absl::Status CheckAllowed(const OrderPayment& payment, Operation::Kind kind) {
  for (const auto& [allowed, event] : kOperations) {
    if (allowed == kind && Find(payment.status(), event) != nullptr) return absl::OkStatus();
  }
  return Refuse(payment, RpcOf(kind));
}

absl::Status Happen(PaymentEvent event, OrderPayment& payment) {
  const PaymentTransition* transition = Find(payment.status(), event);
  if (transition == nullptr) return Refuse(payment, EventName(event));
  payment.set_status(transition->to);
  return absl::OkStatus();
}

}  // namespace storeops::inventory
