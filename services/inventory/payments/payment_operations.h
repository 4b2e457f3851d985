// Questions to providers as they are kept in an order: opened in one transaction, asked outside of any, answered in
// another. What is open is in the database before the provider hears of it, so that no charge is forgotten.
#ifndef STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_OPERATIONS_H_
#define STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_OPERATIONS_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "services/inventory/payments/payment_provider.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

inline constexpr int kMaxPayments = 20;
inline constexpr int kMaxOperations = 100;

// Neither done nor refused.
bool IsOpen(const v1::OrderPayment::Operation& operation);
// The payment's last operation if it is open; else null.
v1::OrderPayment::Operation* OpenOperation(v1::OrderPayment& payment);
bool HasOpenOperation(const v1::Order& order);

// What of the total is neither authorised nor paid nor asked for.
int64_t Chargeable(const v1::Order& order);

// What was captured and is neither paid back nor passed on.
int64_t Refundable(const v1::OrderPayment& payment);

// Where an operation of this key is: its payment and itself; nulls if there is none.
struct FoundOperation {
  v1::OrderPayment* payment = nullptr;
  v1::OrderPayment::Operation* operation = nullptr;
};
FoundOperation FindOperation(v1::Order& order, absl::string_view idempotency_key);

// The payment of this number. NOT_FOUND.
absl::StatusOr<v1::OrderPayment*> FindPayment(v1::Order& order, int number);

struct NewPayment {
  std::string provider;
  std::string method;
  StatedMoney amount;  // none: all that is chargeable
};
// A new payment whose authorisation is open. INVALID_ARGUMENT naming "amount"; FAILED_PRECONDITION TOO_MANY_PAYMENTS,
// ACTION_NOT_ALLOWED.
absl::Status BeginPayment(const NewPayment& payment, const std::string& idempotency_key, absl::Time now,
                          v1::Order& order);

struct NewOperation {
  v1::OrderPayment::Operation::Kind kind = v1::OrderPayment::Operation::KIND_UNSPECIFIED;
  // None: all that there is; of a refund, what is owed to the customer if something is. A capture takes no more than is
  // due, though more may be authorised.
  StatedMoney amount;
  std::string idempotency_key;
  std::string reason;
  int32_t line = 0;
  // Of a refund: it pays back no overpayment, there may be one besides.
  bool for_returned_goods = false;
};
// FAILED_PRECONDITION PAYMENT_OPEN if another one is open, ACTION_NOT_ALLOWED; INVALID_ARGUMENT naming "amount".
absl::Status BeginOperation(const NewOperation& wanted, absl::Time now, const v1::Order& order,
                            v1::OrderPayment& payment);

// Opens whatever gives all money back: VOID of authorisations, REFUND of what was captured. Payments whose last
// question is open are reversed once it is answered (Answer).
void ReverseAll(absl::Time now, const std::string& reason, v1::Order& order);

// Makes money that was captured for one order the payments of another one, which replaces goods of the first. No
// provider is asked, and what is to be refunded of it later goes back the way it came. FAILED_PRECONDITION NOT_PAID if
// there is less, PAYMENT_OPEN.
absl::Status PassOn(int64_t amount_minor, const std::string& reason, const std::string& idempotency_key, absl::Time now,
                    v1::Order& from, v1::Order& to);

// A request_id that was used before, with another request. INVALID_ARGUMENT with reason REQUEST_ID_REUSED.
absl::Status RequestIdReused();

// What to ask the provider; `source` and `deadline` are the caller's to add.
PaymentCommand CommandOf(const v1::Order& order, const v1::OrderPayment& payment,
                         const v1::OrderPayment::Operation& operation);

// Notes what the provider said of an operation that is open, and what follows from it: a payment that succeeds for an
// order that was cancelled or paid otherwise meanwhile is reversed.
absl::Status Answer(const PaymentAnswer& answer, absl::Time now, v1::Order& order, const FoundOperation& found);
// Notes that nobody knows.
void NoteUnknown(const FoundOperation& found);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_OPERATIONS_H_
