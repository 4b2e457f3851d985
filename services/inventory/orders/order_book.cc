#include "services/inventory/orders/order_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/resource/job_write.h"
#include "services/inventory/orders/order_actions.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/payments/payment_operations.h"
#include "services/inventory/payments/payment_states.h"

namespace storeops::inventory {
namespace {

absl::StatusOr<v1::OrderLine*> FindLine(v1::Order& order, int32_t number) {
  for (v1::OrderLine& line : *order.mutable_lines()) {
    if (line.number() == number) return &line;
  }
  return ResourceNotFound("inventory.storeops/OrderLine", absl::StrCat(order.name(), "/lines/", number));
}

// What the first lines up to this one have of the order's discount.
int64_t DiscountUpTo(const v1::Order& order, int lines) {
  const int64_t subtotal = Minor(order.subtotal());
  if (subtotal <= 0) return 0;
  __int128 total = 0;
  for (int i = 0; i < lines; ++i) total += Minor(order.lines(i).total());
  return static_cast<int64_t>(total * std::min(Minor(order.discount()), subtotal) / subtotal);
}

// Those of the parts that the first `amount_minor` of their sum are, taken off them.
void TakeParts(int64_t amount_minor, std::vector<RefundPart>& parts, v1::OrderPayment::Operation& operation,
               const std::string& currency) {
  operation.set_line(parts.size() == 1 ? parts[0].line : 0);
  for (RefundPart& part : parts) {
    const int64_t taken = std::min(part.amount_minor, amount_minor);
    if (taken == 0) continue;
    part.amount_minor -= taken;
    amount_minor -= taken;
    if (part.line == 0 || parts.size() == 1) continue;
    auto& kept = *operation.add_parts();
    kept.set_line(part.line);
    SetMinor(taken, currency, kept.mutable_amount());
  }
}

absl::Status CheckOut(const OrderEdit& edit, const v1::OrderLine& line, int64_t pieces, absl::string_view reason) {
  if (pieces <= Returnable(line)) return absl::OkStatus();
  return PreconditionFailed(
      reason, kOrderLineNames.Format({line.number(), edit.id()}),
      absl::StrCat(pieces, " pieces are to come back, ", Returnable(line), " are out that no other return has"));
}

}  // namespace

absl::StatusOr<v1::Order> OrderBook::Read(const std::string& name, absl::Time deadline) const {
  ASSIGN_OR_RETURN(const int64_t id, kOrderNames.ParseId(name, "name"));
  ASSIGN_OR_RETURN(auto orders, ReadOrders(environment_->store.database, {id}, deadline));
  if (orders.empty()) return ResourceNotFound(kOrderType, name);
  return std::move(orders[0].order);
}

absl::Status OrderBook::Run(resource::Write& write, int64_t id, const std::string& etag, Stock stock,
                            const std::vector<std::string>& skus, Body body, v1::Order& result) const {
  OrderTransaction transaction(write, ledger_, environment_->outbound);
  RETURN_IF_ERROR(transaction.LockOrders({id}));
  ASSIGN_OR_RETURN(OrderEdit * edit, transaction.Find(id));
  RETURN_IF_ERROR(CheckEtag(edit->order(), etag));
  if (stock == Stock::kLocked) RETURN_IF_ERROR(transaction.LockStock(skus));
  RETURN_IF_ERROR(body(*edit));
  RETURN_IF_ERROR(transaction.Store());
  result = edit->order();
  return absl::OkStatus();
}

absl::StatusOr<v1::Order> OrderBook::Change(const rpc::Call& call, const std::string& name, const std::string& etag,
                                            Stock stock, Body body, const std::vector<std::string>& skus) const {
  ASSIGN_OR_RETURN(const int64_t id, kOrderNames.ParseId(name, "name"));
  v1::Order response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) {
    return Run(write, id, etag, stock, skus, body, response);
  }));
  return response;
}

absl::StatusOr<v1::Order> OrderBook::ChangeAs(const std::string& actor, int64_t id, absl::Time deadline, Stock stock,
                                              Body body) const {
  v1::Order result;
  RETURN_IF_ERROR(resource::RunJobWrite(environment_->store, actor, deadline, [&](resource::Write& write) {
    return Run(write, id, "", stock, {}, body, result);
  }));
  return result;
}

absl::StatusOr<LineFacts> FactsOf(const v1::Order& order, int32_t number) {
  for (int i = 0; i < order.lines_size(); ++i) {
    const v1::OrderLine& line = order.lines(i);
    if (line.number() != number) continue;
    LineFacts facts;
    facts.number = number;
    facts.sku = line.sku();
    facts.ordered = line.quantity();
    facts.cancelled = line.cancelled_quantity();
    facts.shipped = line.shipped_quantity();
    facts.returned = line.returned_quantity();
    facts.claimed = line.claimed_quantity();
    facts.paid_minor = Minor(line.total()) - (DiscountUpTo(order, i + 1) - DiscountUpTo(order, i));
    facts.refunded_minor = Minor(line.refunded());
    return facts;
  }
  return ResourceNotFound("inventory.storeops/OrderLine", absl::StrCat(order.name(), "/lines/", number));
}

int64_t RefundFor(const LineFacts& facts, int64_t pieces) {
  if (facts.ordered <= 0) return 0;
  // Shares of the first n pieces, rounded down: their differences add up to the whole.
  const auto share = [&](int64_t count) {
    return static_cast<int64_t>(static_cast<__int128>(facts.paid_minor) * std::min(count, facts.ordered) /
                                facts.ordered);
  };
  const int64_t gone = facts.returned + facts.claimed + facts.cancelled;
  return share(gone + pieces) - share(gone);
}

int64_t Returnable(const v1::OrderLine& line) {
  return line.shipped_quantity() - line.returned_quantity() - line.claimed_quantity() - line.returning_quantity();
}

absl::Status Announce(OrderEdit& edit, int32_t number, int64_t change) {
  ASSIGN_OR_RETURN(v1::OrderLine * line, FindLine(edit.order(), number));
  RETURN_IF_ERROR(CheckOut(edit, *line, change, "NOT_RETURNABLE"));
  line->set_returning_quantity(line->returning_quantity() + change);
  if (line->returning_quantity() >= 0) return absl::OkStatus();
  return STOREOPS_BUG(absl::StrCat("more of ", kOrderLineNames.Format({number, edit.id()}),
                                   " is announced no more than was announced"));
}

absl::Status NoteReturned(OrderEdit& edit, int32_t number, int64_t pieces) {
  ASSIGN_OR_RETURN(v1::OrderLine * line, FindLine(edit.order(), number));
  RETURN_IF_ERROR(CheckOut(edit, *line, pieces, "NOT_SHIPPED"));
  line->set_returned_quantity(line->returned_quantity() + pieces);
  return absl::OkStatus();
}

absl::Status NoteClaimed(OrderEdit& edit, int32_t number, int64_t pieces) {
  ASSIGN_OR_RETURN(v1::OrderLine * line, FindLine(edit.order(), number));
  RETURN_IF_ERROR(CheckOut(edit, *line, pieces, "NOT_SHIPPED"));
  line->set_claimed_quantity(line->claimed_quantity() + pieces);
  return absl::OkStatus();
}

absl::Status OpenRefunds(OrderEdit& edit, RefundCause cause, std::vector<RefundPart> parts, const std::string& reason,
                         const std::string& idempotency_key) {
  v1::Order& order = edit.order();
  RETURN_IF_ERROR(kOrderStates.Check(order, OrderAction::kRefund));
  int64_t left = 0;
  for (const RefundPart& part : parts) {
    left += part.amount_minor;
    if (part.line > 0) RETURN_IF_ERROR(FindLine(order, part.line).status());
  }
  for (int i = 0; i < order.payments_size() && left > 0; ++i) {
    v1::OrderPayment& payment = *order.mutable_payments(i);
    if (kPaymentStates.Find(payment.status(), PaymentAction::kRefund) == nullptr) continue;
    const int64_t amount = std::min(left, Refundable(payment));
    if (amount == 0) continue;
    RETURN_IF_ERROR(BeginOperation(
        {v1::OrderPayment::Operation::REFUND, StatedMoney(MoneyFromMinor(amount, order.currency()), "amount"),
         absl::StrCat(idempotency_key, "/", i + 1), reason, 0, cause == RefundCause::kReturnedGoods},
        edit.now(), order, payment));
    TakeParts(amount, parts, *payment.mutable_operations(payment.operations_size() - 1), order.currency());
    left -= amount;
  }
  if (left == 0) return absl::OkStatus();
  return PreconditionFailed("NOTHING_TO_REFUND", order.name(),
                            absl::StrCat("less was paid for ", order.name(), " than is to be paid back"));
}

}  // namespace storeops::inventory
