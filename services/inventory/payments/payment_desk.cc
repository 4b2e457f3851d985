#include "services/inventory/payments/payment_desk.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/outbound/delivery_rules.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/payments/payment_messages.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderPayment;

constexpr char kActor[] = "services/inventory";
constexpr absl::Duration kEnqueueInterval = absl::Minutes(10);
constexpr absl::Duration kProviderLimit = absl::Seconds(20);
constexpr int kEnqueueBatch = 100;
// At least 8 hours, more while the provider's breaker is open.
constexpr int kMaxAttempts = 500;
// Half of the threads that serve calls, so that a provider that hangs does not occupy all.
constexpr int kMaxConcurrent = 16;

template <class Request>
StatedMoney AmountOf(const Request& request) {
  return request.has_amount() ? StatedMoney(request.amount(), "amount") : StatedMoney();
}

// A question that was opened by an earlier call of the same key is the same one.
absl::Status CheckSame(const OrderPayment::Operation& found, OrderPayment::Operation::Kind kind,
                       const StatedMoney& amount, const Order& order) {
  ASSIGN_OR_RETURN(const int64_t amount_minor, amount.In(order.currency()));
  const bool same = found.kind() == kind && (!amount.has_value() || Minor(found.amount()) == amount_minor);
  return same ? absl::OkStatus() : RequestIdReused();
}

// Why a message is not delivered: `answer` came from the provider.
absl::Status ResultOf(const absl::Status& answer) {
  // Nobody knows whether it happened, so it is never given up as refused.
  return outbound::IsPermanent(answer) ? absl::UnknownError(answer.message()) : answer;
}

// A failure on this side, which says nothing of the provider.
absl::Status OwnFailure(const absl::Status& status) { return absl::AbortedError(status.message()); }

}  // namespace

std::string CallKey(const rpc::Call& call) {
  if (!call.replay.has_value()) return RandomToken(16);
  const rpc::ReplayKey& key = *call.replay;
  return HexEncode(Sha256(absl::StrCat(key.principal, "\n", key.method, "\n", key.request_id))).substr(0, 40);
}

PaymentDesk::PaymentDesk(const OrderBook& book, PaymentProviders providers)
    : book_(book), providers_(std::move(providers)) {}

void PaymentDesk::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  service.Unary("AuthorizePayment", this, &PaymentDesk::Authorize)
      .Unary("CapturePayment", this, &PaymentDesk::Capture)
      .Unary("VoidPayment", this, &PaymentDesk::Void)
      .Unary("RefundPayment", this, &PaymentDesk::Refund);
  environment.outbound.Register(
      kPaymentQueue,
      {.deliver = [this](const outbound::Message& message, absl::Time deadline) { return Deliver(message, deadline); },
       .max_attempts = kMaxAttempts,
       .first_pause = kSendAgainAfter,
       .longest_pause = kSendAgainAfter,
       .time_limit = kProviderLimit,
       .max_concurrent = kMaxConcurrent,
       .callers_take_over = true});
  environment.periodic.Add("enqueue-payments", kEnqueueInterval, jobs::JobPace::kSlow,
                           [this](absl::Time deadline) { return EnqueueUnsent(deadline); });
}

PaymentProvider* PaymentDesk::FindProvider(absl::string_view name) const {
  for (const auto& provider : providers_) {
    if (provider->name() == name) return provider.get();
  }
  return nullptr;
}

absl::StatusOr<Order> PaymentDesk::Authorize(rpc::Call& call, const v1::AuthorizePaymentRequest& request) {
  const std::string provider = request.provider().empty() ? "manual" : request.provider();
  if (FindProvider(provider) == nullptr) return InvalidField("provider", "is not known here");
  const StatedMoney amount = AmountOf(request);
  ASSIGN_OR_RETURN(const int64_t id, kOrderNames.ParseId(request.name(), "name"));
  const std::string key = CallKey(call);
  ASSIGN_OR_RETURN(Order order, book_.ChangeAs(call.principal.name, id, call.deadline, OrderBook::Stock::kUntouched,
                                               [&](OrderEdit& edit) -> absl::Status {
                                                 const FoundOperation found = FindOperation(edit.order(), key);
                                                 if (found.operation != nullptr)
                                                   return CheckSame(*found.operation, Operation::AUTHORIZE, amount,
                                                                    edit.order());
                                                 return BeginPayment({provider, request.method(), amount}, key,
                                                                     edit.now(), edit.order());
                                               }));
  ASSIGN_OR_RETURN(order, Ask(std::move(order), key, request.source(), call.principal.name, call.deadline));
  const FoundOperation authorized = FindOperation(order, key);
  if (!request.capture() || authorized.operation->outcome() != Operation::DONE) {
    return Reply(call, std::move(order), key);
  }
  NewOperation capture;
  capture.kind = Operation::CAPTURE;
  capture.idempotency_key = key + "/capture";
  return Operate(call, authorized.payment->name(), std::move(capture));
}

absl::StatusOr<Order> PaymentDesk::Capture(rpc::Call& call, const v1::CapturePaymentRequest& request) {
  NewOperation wanted;
  wanted.kind = Operation::CAPTURE;
  wanted.amount = AmountOf(request);
  wanted.idempotency_key = CallKey(call);
  return Operate(call, request.name(), std::move(wanted));
}

absl::StatusOr<Order> PaymentDesk::Void(rpc::Call& call, const v1::VoidPaymentRequest& request) {
  NewOperation wanted;
  wanted.kind = Operation::VOID;
  wanted.idempotency_key = CallKey(call);
  return Operate(call, request.name(), std::move(wanted));
}

absl::StatusOr<Order> PaymentDesk::Refund(rpc::Call& call, const v1::RefundPaymentRequest& request) {
  NewOperation wanted;
  wanted.kind = Operation::REFUND;
  wanted.amount = AmountOf(request);
  wanted.idempotency_key = CallKey(call);
  wanted.reason = request.reason();
  wanted.line = request.line();
  return Operate(call, request.name(), std::move(wanted));
}

absl::StatusOr<Order> PaymentDesk::Operate(rpc::Call& call, const std::string& payment_name, NewOperation wanted) {
  ASSIGN_OR_RETURN(const resource::NameIds ids, kPaymentNames.Parse(payment_name, "name"));
  ASSIGN_OR_RETURN(Order order,
                   book_.ChangeAs(call.principal.name, ids.parent, call.deadline, OrderBook::Stock::kUntouched,
                                  [&](OrderEdit& edit) -> absl::Status {
                                    const FoundOperation found = FindOperation(edit.order(), wanted.idempotency_key);
                                    if (found.operation != nullptr) {
                                      return found.payment->name() == payment_name
                                                 ? CheckSame(*found.operation, wanted.kind, wanted.amount, edit.order())
                                                 : RequestIdReused();
                                    }
                                    ASSIGN_OR_RETURN(OrderPayment * payment,
                                                     FindPayment(edit.order(), static_cast<int32_t>(ids.id)));
                                    if (wanted.kind == Operation::REFUND) {
                                      RETURN_IF_ERROR(kOrderStates.Check(edit.order(), OrderAction::kRefund));
                                      if (wanted.line > 0) RETURN_IF_ERROR(FactsOf(edit.order(), wanted.line).status());
                                    }
                                    return BeginOperation(wanted, edit.now(), edit.order(), *payment);
                                  }));
  ASSIGN_OR_RETURN(order, Ask(std::move(order), wanted.idempotency_key, "", call.principal.name, call.deadline));
  return Reply(call, std::move(order), wanted.idempotency_key);
}

absl::StatusOr<std::optional<PaymentAnswer>> PaymentDesk::AskProvider(const PaymentCommand& command,
                                                                      const std::string& provider_name,
                                                                      bool first_time) const {
  PaymentProvider* const provider = FindProvider(provider_name);
  if (provider == nullptr) return absl::AbortedError(absl::StrCat("no payment provider ", provider_name, " here"));
  if (!first_time) {
    ASSIGN_OR_RETURN(const auto found, provider->Find(command));
    if (found.has_value()) return found;
    // Money that was to be taken is not taken behind the customer's back; money that was to be given back is.
    if (command.kind == Operation::AUTHORIZE || command.kind == Operation::CAPTURE) {
      return PaymentAnswer{false, "", "the provider never got the question"};
    }
  }
  ASSIGN_OR_RETURN(PaymentAnswer answer, provider->Execute(command));
  return std::optional<PaymentAnswer>(std::move(answer));
}

absl::StatusOr<Order> PaymentDesk::Ask(Order order, const std::string& key, const std::string& source,
                                       const std::string& actor, absl::Time deadline) {
  const auto is_open = [&] {
    const FoundOperation found = FindOperation(order, key);
    return found.operation != nullptr && IsOpen(*found.operation);
  };
  if (!is_open()) return order;
  std::optional<absl::StatusOr<Order>> answered;
  const auto deliver = [&](const outbound::Message&, absl::Time limit) {
    absl::Status result;
    answered = AskOnce(order, key, source, actor, limit, /*first_time=*/true, &result);
    return result;
  };
  absl::Status delivered = environment_->outbound.DeliverNow(kPaymentQueue, key, deadline, deliver);
  if (!answered.has_value() && absl::IsNotFound(delivered)) {
    // Answered meanwhile, or opened by a version before the queue.
    ASSIGN_OR_RETURN(order, AddMessages(kOrderNames.IdIn(order.name()), kSendAgainAfter, deadline));
    if (!is_open()) return order;
    delivered = environment_->outbound.DeliverNow(kPaymentQueue, key, deadline, deliver);
  }
  if (answered.has_value()) return *std::move(answered);
  if (absl::IsUnavailable(delivered)) return order;
  return delivered;
}

absl::StatusOr<Order> PaymentDesk::AskOnce(Order order, const std::string& key, const std::string& source,
                                           const std::string& actor, absl::Time deadline, bool first_time,
                                           absl::Status* result) {
  const FoundOperation open = FindOperation(order, key);
  PaymentCommand command = CommandOf(order, *open.payment, *open.operation);
  command.source = source;
  command.deadline = std::min(deadline, SteadyNow() + kProviderLimit);
  const auto answer = AskProvider(command, open.payment->provider(), first_time);
  auto noted = NoteAnswer(order, key, actor, answer);
  *result = noted.ok() ? ResultOf(answer.status()) : OwnFailure(noted.status());
  return noted;
}

absl::StatusOr<Order> PaymentDesk::NoteAnswer(const Order& order, const std::string& key, const std::string& actor,
                                              const absl::StatusOr<std::optional<PaymentAnswer>>& answer) {
  return book_.ChangeAs(actor, kOrderNames.IdIn(order.name()), SteadyNow() + kProviderLimit,
                        OrderBook::Stock::kUntouched, [&](OrderEdit& edit) -> absl::Status {
                          const FoundOperation found = FindOperation(edit.order(), key);
                          if (found.operation == nullptr) return STOREOPS_BUG("a payment's operation is gone");
                          // Somebody else may have had the answer first; but what is done is done, though it was given
                          // up meanwhile.
                          const bool late =
                              answer.ok() && (*answer)->done && found.operation->outcome() == Operation::REFUSED;
                          if (!IsOpen(*found.operation) && !late) return absl::OkStatus();
                          if (!answer.ok()) {
                            NoteUnknown(found);
                            return absl::OkStatus();
                          }
                          return Answer(**answer, edit.now(), edit.order(), found);
                        });
}

absl::Status PaymentDesk::Deliver(const outbound::Message& message, absl::Time deadline) {
  ASSIGN_OR_RETURN(const int64_t id, kOrderNames.ParseId(message.payload, "payload"));
  auto orders = ReadOrders(environment_->store.database, {id}, deadline);
  if (!orders.ok()) return OwnFailure(orders.status());
  if (orders->empty()) return ResourceNotFound(kOrderType, message.payload);
  Order order = std::move((*orders)[0].order);
  const FoundOperation found = FindOperation(order, message.key);
  if (found.operation == nullptr || !IsOpen(*found.operation)) return absl::OkStatus();
  absl::Status result;
  auto answered = AskOnce(std::move(order), message.key, "", kActor, deadline, /*first_time=*/false, &result);
  // The answer may have opened more, which waits in the queue if too little time is left for it.
  if (result.ok() && SteadyNow() + kProviderLimit / 2 < deadline) {
    Settle(*answered, kActor, deadline).status().IgnoreError();
  }
  return result;
}

absl::StatusOr<Order> PaymentDesk::AddMessages(int64_t order_id, absl::Duration delay, absl::Time deadline) {
  return book_.ChangeAs(kActor, order_id, deadline, OrderBook::Stock::kUntouched, [&](OrderEdit& edit) {
    return EnqueueMissing(edit.order(), delay, edit.transaction().write(), environment_->outbound);
  });
}

absl::StatusOr<Order> PaymentDesk::Reply(rpc::Call& call, Order order, const std::string& key) {
  // A payment that ended an order's wait, or was refused by a dead one, may have opened more questions.
  ASSIGN_OR_RETURN(order, Settle(order, call.principal.name, call.deadline));
  const FoundOperation found = FindOperation(order, key);
  if (found.operation != nullptr && IsOpen(*found.operation)) return order;
  if (found.operation != nullptr && found.operation->outcome() == Operation::REFUSED) {
    return WithReason(PreconditionFailed("PAYMENT_REFUSED", found.payment->name(),
                                         absl::StrCat("the provider refused: ", found.operation->message())),
                      "PAYMENT_REFUSED", {{"payment", found.payment->name()}});
  }
  if (!call.replay.has_value()) return order;
  return book_.Change(call, order.name(), "", OrderBook::Stock::kUntouched,
                      [](OrderEdit&) { return absl::OkStatus(); });
}

absl::StatusOr<Order> PaymentDesk::Settle(const Order& given, const std::string& actor, absl::Time deadline,
                                          const std::string& again) {
  Order order = given;
  std::vector<std::string> asked;
  // An answer may open one more question: a payment that succeeds too late is reversed.
  for (int round = 0; round < 2 * kMaxPayments; ++round) {
    std::string key;
    for (OrderPayment& payment : *order.mutable_payments()) {
      const Operation* open = OpenOperation(payment);
      if (open == nullptr) continue;
      const bool lost = open->outcome() != Operation::OPEN;
      if (lost && (again.empty() || !absl::StartsWith(open->idempotency_key(), again))) continue;
      const bool ours = open->kind() == Operation::VOID || open->kind() == Operation::REFUND;
      if (!ours || std::count(asked.begin(), asked.end(), open->idempotency_key()) > 0) continue;
      key = open->idempotency_key();
    }
    if (key.empty()) break;
    asked.push_back(key);
    ASSIGN_OR_RETURN(order, Ask(std::move(order), key, "", actor, deadline));
  }
  return order;
}

absl::Status PaymentDesk::EnqueueUnsent(absl::Time deadline) {
  const absl::Time now = environment_->store.clock.Now();
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> ids,
                     FindUnsettled(environment_->store.database, now, after, kEnqueueBatch, deadline));
    for (const int64_t id : ids) {
      if (environment_->periodic.Stopping()) return absl::OkStatus();
      RETURN_IF_ERROR(AddMessages(id, absl::ZeroDuration(), deadline).status());
      after = id;
    }
    if (ids.size() < kEnqueueBatch) return absl::OkStatus();
  }
}

}  // namespace storeops::inventory
