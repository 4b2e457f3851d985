// The life of a payment: what can be requested of its provider, and what becomes of it.
#ifndef STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {
namespace payment_states {

enum class Action {
  // Requests to the provider.
  kCapture,
  kVoid,
  kRefund,
  // What the provider did.
  kAuthorized,
  kRefused,
  kLost,  // no answer in time
  kCaptured,
  kVoided,
  kPartlyRefunded,
  kRefunded,
};
using enum Action;
using Payment = v1::OrderPayment;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kCapture, "CapturePayment"}, {kVoid, "VoidPayment"}, {kRefund, "RefundPayment"},
    {kAuthorized, "authorized"},  {kRefused, "refused"},  {kLost, "lost"},
    {kCaptured, "captured"},      {kVoided, "voided"},    {kPartlyRefunded, "partly refunded"},
    {kRefunded, "refunded"},
};

inline constexpr absl::string_view kWrite = "inventory.orders.write";

inline constexpr workflow::Guard kAnswered = {"PAYMENT_OPEN", "the provider has answered what was requested before"};
inline constexpr workflow::Guard kPart = {"", "some of what was captured is left"};
inline constexpr workflow::Guard kAll = {"", "nothing of what was captured is left"};

inline constexpr workflow::Transition<Payment::Status, Action> kTransitions[] = {
    {Payment::PENDING, kAuthorized, Payment::AUTHORIZED},
    {Payment::PENDING, kRefused, Payment::FAILED},
    {Payment::PENDING, kLost, Payment::UNKNOWN, "", {"", "the provider does not answer in time"}},
    {Payment::UNKNOWN, kAuthorized, Payment::AUTHORIZED},
    {Payment::UNKNOWN, kRefused, Payment::FAILED},
    {Payment::FAILED, kAuthorized, Payment::AUTHORIZED, "", {"", "the provider answers after it was given up"}},
    {Payment::AUTHORIZED, kCapture, Payment::AUTHORIZED, kWrite, kAnswered},
    {Payment::AUTHORIZED, kVoid, Payment::AUTHORIZED, kWrite, kAnswered},
    {Payment::AUTHORIZED, kCaptured, Payment::CAPTURED},
    {Payment::AUTHORIZED, kVoided, Payment::VOIDED},
    {Payment::CAPTURED, kRefund, Payment::CAPTURED, kWrite, kAnswered},
    {Payment::CAPTURED, kPartlyRefunded, Payment::PARTLY_REFUNDED, "", kPart},
    {Payment::CAPTURED, kRefunded, Payment::REFUNDED, "", kAll},
    {Payment::PARTLY_REFUNDED, kRefund, Payment::PARTLY_REFUNDED, kWrite, kAnswered},
    {Payment::PARTLY_REFUNDED, kPartlyRefunded, Payment::PARTLY_REFUNDED, "", kPart},
    {Payment::PARTLY_REFUNDED, kRefunded, Payment::REFUNDED, "", kAll},
};

}  // namespace payment_states

using PaymentAction = payment_states::Action;

inline constexpr workflow::Machine<v1::OrderPayment::Status, PaymentAction> kPaymentStates = {
    .resource = "inventory.storeops/OrderPayment",
    .service = "storeops.inventory.v1.OrderService",
    .state_name = v1::OrderPayment::Status_Name,
    .actions = payment_states::kNames,
    .rows = payment_states::kTransitions,
    // The money of an exchanged order is captured already.
    .initial = {v1::OrderPayment::PENDING, v1::OrderPayment::CAPTURED},
    .terminal = {v1::OrderPayment::VOIDED, v1::OrderPayment::REFUNDED},
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_STATES_H_
