// Payments of orders: opens questions, asks providers outside of transactions, and notes their answers. What is not
// answered is asked again by the outbound queue.
#ifndef STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_DESK_H_
#define STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_DESK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/module/module.h"
#include "services/inventory/orders/order_book.h"
#include "services/inventory/payments/payment_operations.h"
#include "services/inventory/payments/payment_provider.h"
#include "storeops/inventory/v1/order_payment.pb.h"

namespace storeops::inventory {

// Names a call; the same for each repetition of it.
std::string CallKey(const rpc::Call& call);

class PaymentDesk {
 public:
  PaymentDesk(const OrderBook& book, PaymentProviders providers);
  void Bind(Environment& environment, rpc::ServiceBuilder& service);

  // Asks the providers about all that is open in an order, which may be none; the order as it is then. What stays open
  // is asked again by the outbound queue. `again`: refunds whose keys begin so are asked again, too, if the answer was
  // lost.
  absl::StatusOr<v1::Order> Settle(const v1::Order& order, const std::string& actor, absl::Time deadline,
                                   const std::string& again = "");

  // The periodic work: enqueues messages for open operations that have none, because the version before the queue
  // opened them or the message was deleted.
  absl::Status EnqueueUnsent(absl::Time deadline);

 private:
  using Operation = v1::OrderPayment::Operation;

  absl::StatusOr<v1::Order> Authorize(rpc::Call& call, const v1::AuthorizePaymentRequest& request);
  absl::StatusOr<v1::Order> Capture(rpc::Call& call, const v1::CapturePaymentRequest& request);
  absl::StatusOr<v1::Order> Void(rpc::Call& call, const v1::VoidPaymentRequest& request);
  absl::StatusOr<v1::Order> Refund(rpc::Call& call, const v1::RefundPaymentRequest& request);

  // Opens an operation of a payment, unless a call with the same key did so before, and asks the provider.
  absl::StatusOr<v1::Order> Operate(rpc::Call& call, const std::string& payment_name, NewOperation wanted);
  // Asks about the operation of this key if it is open, and notes the answer; the order as it is then. Leaves it open
  // if another thread asks at the moment, or the provider's breaker is open or its limit of requests reached.
  absl::StatusOr<v1::Order> Ask(v1::Order order, const std::string& key, const std::string& source,
                                const std::string& actor, absl::Time deadline);
  // Asks and notes the answer. `result`: for the outbound queue.
  absl::StatusOr<v1::Order> AskOnce(v1::Order order, const std::string& key, const std::string& source,
                                    const std::string& actor, absl::Time deadline, bool first_time,
                                    absl::Status* result);
  absl::StatusOr<v1::Order> NoteAnswer(const v1::Order& order, const std::string& key, const std::string& actor,
                                       const absl::StatusOr<std::optional<PaymentAnswer>>& answer);
  // An attempt of the outbound queue.
  absl::Status Deliver(const outbound::Message& message, absl::Time deadline);
  // The order after messages that were missing are enqueued.
  absl::StatusOr<v1::Order> AddMessages(int64_t order_id, absl::Duration delay, absl::Time deadline);
  // The answer to the call: stored with it, unless the operation is still open.
  absl::StatusOr<v1::Order> Reply(rpc::Call& call, v1::Order order, const std::string& key);
  absl::StatusOr<std::optional<PaymentAnswer>> AskProvider(const PaymentCommand& command, const std::string& provider,
                                                           bool first_time) const;
  PaymentProvider* FindProvider(absl::string_view name) const;

  const OrderBook& book_;
  const PaymentProviders providers_;
  Environment* environment_ = nullptr;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PAYMENTS_PAYMENT_DESK_H_
