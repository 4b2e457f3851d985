#include "services/inventory/payments/payment_operations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/orders/order_balance.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/payments/payment_states.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderPayment;
using Operation = OrderPayment::Operation;

Operation& Open(Operation::Kind kind, int64_t amount_minor, const std::string& key, absl::Time now,
                const std::string& currency, OrderPayment& payment) {
  Operation& operation = *payment.add_operations();
  operation.set_kind(kind);
  SetMinor(amount_minor, currency, operation.mutable_amount());
  operation.set_outcome(Operation::OPEN);
  operation.set_idempotency_key(key);
  *operation.mutable_start_time() = ToTimestamp(now);
  return operation;
}

PaymentAction ActionOf(Operation::Kind kind) {
  if (kind == Operation::CAPTURE) return PaymentAction::kCapture;
  return kind == Operation::VOID ? PaymentAction::kVoid : PaymentAction::kRefund;
}

// What is to be captured in all; less than was authorised once a part of the order was cancelled.
int64_t Uncaptured(const Order& order) {
  int64_t left = Due(order) - NetPaid(order);
  for (const OrderPayment& payment : order.payments()) {
    if (payment.operations().empty()) continue;
    const Operation& last = payment.operations(payment.operations_size() - 1);
    if (last.kind() == Operation::CAPTURE && IsOpen(last)) left -= Minor(last.amount());
  }
  return std::max<int64_t>(0, left);
}

// What is there to be captured, let go or paid back.
int64_t Available(const Order& order, const OrderPayment& payment, Operation::Kind kind) {
  if (kind == Operation::REFUND) return Refundable(payment);
  if (kind == Operation::CAPTURE) return std::min(Minor(payment.authorized()), Uncaptured(order));
  return Minor(payment.authorized());
}

std::string OwnKey(const Order& order, const OrderPayment& payment) {
  return absl::StrCat(payment.name(), "/", payment.operations_size() + 1, "/",
                      absl::ToUnixMicros(FromTimestamp(order.create_time())));
}

void Reverse(absl::Time now, const std::string& reason, const Order& order, OrderPayment& payment) {
  if (OpenOperation(payment) != nullptr || payment.operations_size() >= kMaxOperations) return;
  for (const Operation::Kind kind : {Operation::VOID, Operation::REFUND}) {
    if (kPaymentStates.Find(payment.status(), ActionOf(kind)) == nullptr || Available(order, payment, kind) == 0)
      continue;
    Open(kind, Available(order, payment, kind), OwnKey(order, payment), now, order.currency(), payment)
        .set_reason(reason);
    return;
  }
}

void NoteRefund(Operation& operation, Order& order, OrderPayment& payment) {
  const int64_t amount = Minor(operation.amount());
  if (!operation.has_overpayment()) {
    const int64_t overpayment = std::clamp<int64_t>(-BalanceDue(order), 0, amount);
    SetMinor(overpayment, order.currency(), operation.mutable_overpayment());
  }
  SetMinor(Minor(payment.refunded()) + amount, order.currency(), payment.mutable_refunded());
  const auto note = [&order](int32_t number, int64_t part) {
    for (v1::OrderLine& line : *order.mutable_lines()) {
      if (number == 0 || line.number() != number) continue;
      SetMinor(Minor(line.refunded()) + part, order.currency(), line.mutable_refunded());
    }
  };
  note(operation.line(), amount);
  for (const Operation::Part& part : operation.parts()) note(part.line(), Minor(part.amount()));
}

absl::Status Done(Operation& operation, Order& order, OrderPayment& payment) {
  switch (operation.kind()) {
    case Operation::AUTHORIZE:
      *payment.mutable_authorized() = operation.amount();
      payment.set_provider_reference(operation.provider_reference());
      return kPaymentStates.Move(PaymentAction::kAuthorized, payment);
    case Operation::CAPTURE:
      *payment.mutable_captured() = operation.amount();
      return kPaymentStates.Move(PaymentAction::kCaptured, payment);
    case Operation::VOID:
      return kPaymentStates.Move(PaymentAction::kVoided, payment);
    default:
      NoteRefund(operation, order, payment);
      if (Available(order, payment, Operation::REFUND) > 0)
        return kPaymentStates.Move(PaymentAction::kPartlyRefunded, payment);
      return kPaymentStates.Move(PaymentAction::kRefunded, payment);
  }
}

// Others have secured the order already.
bool IsTooMuch(const Order& order, const OrderPayment& payment) {
  int64_t secured = NetPaid(order) + Minor(payment.authorized());
  for (const OrderPayment& other : order.payments()) {
    if (&other != &payment && other.status() == OrderPayment::AUTHORIZED) secured += Minor(other.authorized());
  }
  return secured > Due(order);
}

}  // namespace

bool IsOpen(const Operation& operation) {
  return operation.outcome() == Operation::OPEN || operation.outcome() == Operation::UNKNOWN;
}

Operation* OpenOperation(OrderPayment& payment) {
  if (payment.operations().empty()) return nullptr;
  Operation* last = payment.mutable_operations(payment.operations_size() - 1);
  return IsOpen(*last) ? last : nullptr;
}

bool HasOpenOperation(const Order& order) {
  return std::any_of(order.payments().begin(), order.payments().end(), [](const OrderPayment& payment) {
    return !payment.operations().empty() && IsOpen(payment.operations(payment.operations_size() - 1));
  });
}

int64_t Chargeable(const Order& order) {
  int64_t left = Due(order) - NetPaid(order);
  for (const OrderPayment& payment : order.payments()) {
    const auto status = payment.status();
    if (status == OrderPayment::PENDING || status == OrderPayment::UNKNOWN) {
      left -= Minor(payment.operations(0).amount());
    } else if (status == OrderPayment::AUTHORIZED) {
      left -= Minor(payment.authorized());
    }
  }
  return std::max<int64_t>(0, left);
}

int64_t Refundable(const OrderPayment& payment) {
  return Minor(payment.captured()) - Minor(payment.refunded()) - Minor(payment.passed_on());
}

FoundOperation FindOperation(Order& order, absl::string_view idempotency_key) {
  for (OrderPayment& payment : *order.mutable_payments()) {
    for (Operation& operation : *payment.mutable_operations()) {
      if (operation.idempotency_key() == idempotency_key) return {&payment, &operation};
    }
  }
  return {};
}

absl::StatusOr<OrderPayment*> FindPayment(Order& order, int number) {
  if (number > 0 && number <= order.payments_size()) return order.mutable_payments(number - 1);
  return ResourceNotFound("inventory.storeops/OrderPayment", absl::StrCat(order.name(), "/payments/", number));
}

absl::Status BeginPayment(const NewPayment& wanted, const std::string& idempotency_key, absl::Time now, Order& order) {
  RETURN_IF_ERROR(kOrderStates.Check(order, OrderAction::kPay));
  const int64_t chargeable = Chargeable(order);
  ASSIGN_OR_RETURN(int64_t amount_minor, wanted.amount.In(order.currency()));
  if (!wanted.amount.has_value()) amount_minor = chargeable;
  if (amount_minor <= 0 || amount_minor > chargeable) {
    return WithReason(InvalidField("amount", absl::StrCat("must be above 0 and at most what is not paid, authorised or "
                                                          "asked for, in minor units ",
                                                          chargeable)),
                      "AMOUNT_OUT_OF_RANGE");
  }
  if (order.payments_size() >= kMaxPayments) {
    return PreconditionFailed("TOO_MANY_PAYMENTS", order.name(),
                              absl::StrCat("an order has at most ", kMaxPayments, " payments"));
  }
  OrderPayment& payment = *order.add_payments();
  payment.set_name(kPaymentNames.Format({order.payments_size(), kOrderNames.IdIn(order.name())}));
  payment.set_status(OrderPayment::PENDING);
  payment.set_provider(wanted.provider);
  payment.set_method(wanted.method);
  *payment.mutable_create_time() = ToTimestamp(now);
  Open(Operation::AUTHORIZE, amount_minor, idempotency_key, now, order.currency(), payment);
  return absl::OkStatus();
}

absl::Status BeginOperation(const NewOperation& wanted, absl::Time now, const Order& order, OrderPayment& payment) {
  if (OpenOperation(payment) != nullptr) {
    return PreconditionFailed(payment_states::kAnswered.reason, payment.name(),
                              absl::StrCat("the provider of ", payment.name(), " has not answered yet"));
  }
  RETURN_IF_ERROR(kPaymentStates.Check(payment, ActionOf(wanted.kind)));
  const int64_t available = Available(order, payment, wanted.kind);
  ASSIGN_OR_RETURN(int64_t amount, wanted.amount.In(order.currency()));
  if (!wanted.amount.has_value()) amount = available;
  const int64_t owed = wanted.kind == Operation::REFUND ? Owed(order) : 0;
  if (!wanted.amount.has_value() && owed > 0) amount = std::min(owed, available);
  if (amount <= 0 || amount > available) {
    return WithReason(InvalidField("amount", absl::StrCat("must be above 0 and at most, in minor units, ", available)),
                      "AMOUNT_OUT_OF_RANGE");
  }
  if (payment.operations_size() >= kMaxOperations) {
    return PreconditionFailed("TOO_MANY_OPERATIONS", payment.name(),
                              absl::StrCat("a payment has at most ", kMaxOperations, " operations"));
  }
  Operation& operation = Open(wanted.kind, amount, wanted.idempotency_key, now, order.currency(), payment);
  operation.set_reason(wanted.reason);
  operation.set_line(wanted.line);
  if (wanted.for_returned_goods) SetMinor(0, order.currency(), operation.mutable_overpayment());
  return absl::OkStatus();
}

void ReverseAll(absl::Time now, const std::string& reason, Order& order) {
  for (OrderPayment& payment : *order.mutable_payments()) Reverse(now, reason, order, payment);
}

absl::Status PassOn(int64_t amount_minor, const std::string& reason, const std::string& idempotency_key, absl::Time now,
                    Order& from, Order& to) {
  int64_t left = amount_minor;
  for (OrderPayment& payment : *from.mutable_payments()) {
    const int64_t part = std::min(left, Refundable(payment));
    if (part == 0) continue;
    if (OpenOperation(payment) != nullptr) {
      return PreconditionFailed(payment_states::kAnswered.reason, payment.name(),
                                absl::StrCat("the provider of ", payment.name(), " has not answered yet"));
    }
    if (payment.operations_size() >= kMaxOperations) {
      return PreconditionFailed("TOO_MANY_OPERATIONS", payment.name(),
                                absl::StrCat("a payment has at most ", kMaxOperations, " operations"));
    }
    Operation& operation = Open(Operation::PASS_ON, part, idempotency_key, now, from.currency(), payment);
    operation.set_outcome(Operation::DONE);
    operation.set_reason(reason);
    *operation.mutable_end_time() = operation.start_time();
    SetMinor(Minor(payment.passed_on()) + part, from.currency(), payment.mutable_passed_on());
    OrderPayment& passed = *to.add_payments();
    passed.set_name(kPaymentNames.Format({to.payments_size(), kOrderNames.IdIn(to.name())}));
    passed.set_status(OrderPayment::CAPTURED);
    passed.set_provider(payment.provider());
    passed.set_method(payment.method());
    passed.set_provider_reference(payment.provider_reference());
    SetMinor(part, to.currency(), passed.mutable_authorized());
    SetMinor(part, to.currency(), passed.mutable_captured());
    passed.set_passed_from(payment.name());
    *passed.mutable_create_time() = ToTimestamp(now);
    left -= part;
  }
  if (left == 0) return absl::OkStatus();
  return PreconditionFailed("NOT_PAID", from.name(),
                            absl::StrCat("less was paid for ", from.name(), " than is to be passed on"));
}

absl::Status RequestIdReused() {
  return WithReason(InvalidField("request_id", "was used before with another request: choose a new one"),
                    "REQUEST_ID_REUSED");
}

PaymentCommand CommandOf(const Order& order, const OrderPayment& payment, const Operation& operation) {
  PaymentCommand command;
  command.kind = operation.kind();
  command.idempotency_key = operation.idempotency_key();
  command.order = order.name();
  command.amount_minor = Minor(operation.amount());
  command.currency = order.currency();
  command.payment_reference = payment.provider_reference();
  return command;
}

absl::Status Answer(const PaymentAnswer& answer, absl::Time now, Order& order, const FoundOperation& found) {
  Operation& operation = *found.operation;
  OrderPayment& payment = *found.payment;
  *operation.mutable_end_time() = ToTimestamp(now);
  operation.set_provider_reference(answer.reference);
  operation.set_message(answer.message);
  operation.set_outcome(answer.done ? Operation::DONE : Operation::REFUSED);
  if (!answer.done) {
    if (operation.kind() == Operation::AUTHORIZE) return kPaymentStates.Move(PaymentAction::kRefused, payment);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(Done(operation, order, payment));
  const bool took_money = operation.kind() == Operation::AUTHORIZE || operation.kind() == Operation::CAPTURE;
  if (took_money && IsDead(order) && !order.keeps_payments()) {
    Reverse(now, "order ended before it was paid", order, payment);
  } else if (operation.kind() == Operation::AUTHORIZE && IsTooMuch(order, payment)) {
    Reverse(now, "paid otherwise meanwhile", order, payment);
  }
  return absl::OkStatus();
}

void NoteUnknown(const FoundOperation& found) {
  found.operation->set_outcome(Operation::UNKNOWN);
  if (found.operation->kind() == Operation::AUTHORIZE && found.payment->status() == OrderPayment::PENDING) {
    kPaymentStates.Move(PaymentAction::kLost, *found.payment).IgnoreError();
  }
}

}  // namespace storeops::inventory
