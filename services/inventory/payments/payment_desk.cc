#include "services/inventory/payments/payment_desk.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/telemetry/telemetry.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderPayment;

constexpr char kActor[] = "services/inventory";
constexpr absl::Duration kSettleInterval = absl::Minutes(1);
constexpr absl::Duration kAskAgainAfter = absl::Minutes(2);
constexpr absl::Duration kProviderLimit = absl::Seconds(20);
constexpr int kSettleBatch = 100;

absl::Status CheckCurrency(const google::type::Money& amount, bool given, const Order& order) {
  if (!given || amount.currency_code() == order.currency()) return absl::OkStatus();
  return InvalidField("amount", absl::StrCat("must be in ", order.currency()));
}

absl::Status Reused() {
  return WithReason(InvalidField("request_id", "was used before with another request: choose a new one"),
                    "REQUEST_ID_REUSED");
}

// A question that was opened by an earlier call of the same key is the same one.
absl::Status CheckSame(const OrderPayment::Operation& found, OrderPayment::Operation::Kind kind, int64_t amount_minor) {
  if (found.kind() != kind) return Reused();
  return amount_minor == 0 || Minor(found.amount()) == amount_minor ? absl::OkStatus() : Reused();
}

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
  environment.periodic.Add("settle-payments", kSettleInterval, jobs::JobPace::kSlow,
                           [this](absl::Time deadline) { return SettleDue(deadline); });
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
  const int64_t amount = Minor(request.amount());
  if (request.has_amount() && amount <= 0) return InvalidField("amount", "must be above 0");
  ASSIGN_OR_RETURN(const int64_t id, kOrderNames.ParseId(request.name(), "name"));
  const std::string key = CallKey(call);
  ASSIGN_OR_RETURN(
      Order order,
      book_.ChangeAs(call.principal.name, id, call.deadline, OrderBook::Stock::kUntouched,
                     [&](OrderEdit& edit) -> absl::Status {
                       RETURN_IF_ERROR(CheckCurrency(request.amount(), request.has_amount(), edit.order()));
                       const FoundOperation found = FindOperation(edit.order(), key);
                       if (found.operation != nullptr) return CheckSame(*found.operation, Operation::AUTHORIZE, amount);
                       return BeginPayment({provider, request.method()}, amount, key, edit.now(), edit.order());
                     }));
  ASSIGN_OR_RETURN(order, Ask(std::move(order), key, request.source(), call.principal.name, call.deadline, true));
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
  wanted.amount_minor = Minor(request.amount());
  wanted.idempotency_key = CallKey(call);
  if (request.has_amount() && wanted.amount_minor <= 0) return InvalidField("amount", "must be above 0");
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
  wanted.amount_minor = Minor(request.amount());
  wanted.idempotency_key = CallKey(call);
  wanted.reason = request.reason();
  wanted.line = request.line();
  if (request.has_amount() && wanted.amount_minor <= 0) return InvalidField("amount", "must be above 0");
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
                                                 ? CheckSame(*found.operation, wanted.kind, wanted.amount_minor)
                                                 : Reused();
                                    }
                                    ASSIGN_OR_RETURN(OrderPayment * payment,
                                                     FindPayment(edit.order(), static_cast<int32_t>(ids.id)));
                                    if (wanted.kind == Operation::REFUND) {
                                      RETURN_IF_ERROR(kOrderStates.Check(edit.order(), OrderAction::kRefund));
                                      if (wanted.line > 0) RETURN_IF_ERROR(FactsOf(edit.order(), wanted.line).status());
                                    }
                                    return BeginOperation(wanted, edit.now(), edit.order(), *payment);
                                  }));
  ASSIGN_OR_RETURN(order, Ask(std::move(order), wanted.idempotency_key, "", call.principal.name, call.deadline, true));
  return Reply(call, std::move(order), wanted.idempotency_key);
}

absl::StatusOr<std::optional<PaymentAnswer>> PaymentDesk::AskProvider(const PaymentCommand& command,
                                                                      const std::string& provider_name,
                                                                      bool first_time) const {
  PaymentProvider* const provider = FindProvider(provider_name);
  if (provider == nullptr) return absl::UnavailableError(absl::StrCat("no provider ", provider_name));
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
                                       const std::string& actor, absl::Time deadline, bool first_time) {
  const FoundOperation open = FindOperation(order, key);
  if (open.operation == nullptr || !IsOpen(*open.operation)) return order;
  PaymentCommand command = CommandOf(order, *open.payment, *open.operation);
  command.source = source;
  command.deadline = std::min(deadline, absl::Now() + kProviderLimit);
  const auto answer = AskProvider(command, open.payment->provider(), first_time);
  return book_.ChangeAs(actor, kOrderNames.IdIn(order.name()), absl::Now() + kProviderLimit,
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
    ASSIGN_OR_RETURN(order, Ask(std::move(order), key, "", actor, deadline, true));
  }
  return order;
}

absl::Status PaymentDesk::SettleDue(absl::Time deadline) {
  db::Database& database = environment_->store.database;
  const absl::Time now = environment_->store.clock.Now();
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, FindUnsettled(database, now, kSettleBatch, deadline));
  for (const int64_t id : ids) {
    if (environment_->periodic.Stopping()) break;
    ASSIGN_OR_RETURN(auto orders, ReadOrders(database, {id}, deadline));
    if (orders.empty()) continue;
    Order order = std::move(orders[0].order);
    std::vector<std::string> keys;
    for (OrderPayment& payment : *order.mutable_payments()) {
      if (const Operation* open = OpenOperation(payment)) keys.push_back(open->idempotency_key());
    }
    for (const std::string& key : keys) {
      ASSIGN_OR_RETURN(order, Ask(std::move(order), key, "", kActor, deadline, false));
    }
    ASSIGN_OR_RETURN(order, Settle(order, kActor, deadline));
    if (HasOpenOperation(order)) {
      RETURN_IF_ERROR(PostponeSettling(database, id, now + kAskAgainAfter, deadline));
    }
  }
  return absl::OkStatus();
}

}  // namespace storeops::inventory
