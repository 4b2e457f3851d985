#include "services/inventory/orders/order_book.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
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

}  // namespace

absl::StatusOr<v1::Order> OrderBook::Read(const std::string& name, absl::Time deadline) const {
  const int64_t id = OrderIdOf(name);
  if (id == 0) return InvalidField("name", "must look like orders/123");
  ASSIGN_OR_RETURN(auto orders, ReadOrders(environment_->store.database, {id}, deadline));
  if (orders.empty()) return ResourceNotFound(kOrderType, name);
  return std::move(orders[0].order);
}

absl::Status OrderBook::Run(resource::Write& write, int64_t id, const std::string& etag, Stock stock,
                            const std::vector<std::string>& skus, Body body, v1::Order& result) const {
  OrderTransaction transaction(write, ledger_);
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
  const int64_t id = OrderIdOf(name);
  if (id == 0) return InvalidField("name", "must look like orders/123");
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
  for (const v1::OrderLine& line : order.lines()) {
    if (line.number() != number) continue;
    return LineFacts{number,
                     line.sku(),
                     line.quantity(),
                     line.cancelled_quantity(),
                     line.shipped_quantity(),
                     line.returned_quantity(),
                     Minor(line.total()),
                     Minor(line.refunded())};
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
  return share(facts.returned + pieces) - share(facts.returned);
}

absl::Status NoteReturned(OrderEdit& edit, int32_t number, int64_t pieces) {
  ASSIGN_OR_RETURN(v1::OrderLine * line, FindLine(edit.order(), number));
  const int64_t out = line->shipped_quantity() - line->returned_quantity();
  if (pieces < 0 || pieces > out) {
    return PreconditionFailed("NOT_SHIPPED", PartName(edit.id(), "lines", number),
                              absl::StrCat(pieces, " pieces are to come back, ", out, " are out"));
  }
  line->set_returned_quantity(line->returned_quantity() + pieces);
  return absl::OkStatus();
}

absl::Status OpenRefunds(OrderEdit& edit, int64_t amount_minor, int32_t line, const std::string& reason,
                         const std::string& idempotency_key) {
  v1::Order& order = edit.order();
  RETURN_IF_ERROR(CheckAllowed(order, OrderAction::kRefund));
  if (line > 0) RETURN_IF_ERROR(FindLine(order, line).status());
  int64_t left = amount_minor;
  for (int i = 0; i < order.payments_size() && left > 0; ++i) {
    v1::OrderPayment& payment = *order.mutable_payments(i);
    if (!CheckAllowed(payment, v1::OrderPayment::Operation::REFUND).ok()) continue;
    const int64_t part = std::min(left, Minor(payment.captured()) - Minor(payment.refunded()));
    RETURN_IF_ERROR(BeginOperation({v1::OrderPayment::Operation::REFUND, part,
                                    absl::StrCat(idempotency_key, "/", i + 1), reason, line},
                                   edit.now(), order, payment));
    left -= part;
  }
  if (left == 0) return absl::OkStatus();
  return PreconditionFailed("NOTHING_TO_REFUND", order.name(),
                            absl::StrCat("less was paid for ", order.name(), " than is to be paid back"));
}

}  // namespace storeops::inventory
