#include "services/inventory/returns/return_exchange.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/orders/line_allocation.h"
#include "services/inventory/orders/order_book.h"
#include "services/inventory/orders/order_draft.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/orders/price_rights.h"
#include "services/inventory/payments/payment_operations.h"
#include "services/inventory/returns/return_refund.h"
#include "services/inventory/returns/return_rules.h"
#include "services/inventory/returns/return_states.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderLine;

constexpr int kDefaultWindowDays = 7;

// The goods that are exchanged, of one SKU.
struct OldGoods {
  int64_t pieces = 0;
  int64_t value_minor = 0;
  const OrderLine* line = nullptr;
};

std::map<std::string, OldGoods> OldGoodsOf(const Order& source, const v1::Return& ret) {
  std::map<std::string, OldGoods> goods;
  for (const v1::Return::Item& item : ret.items()) {
    const auto line = std::find_if(source.lines().begin(), source.lines().end(), [&item](const OrderLine& candidate) {
      return candidate.number() == item.order_line();
    });
    if (line == source.lines().end()) continue;
    const int64_t open = ret.state() == v1::Return::ACCEPTED ? item.open_quantity() : 0;
    const int64_t pieces = item.received_quantity() + item.settled_quantity() + open;
    if (pieces == 0) continue;
    OldGoods& old = goods[item.sku()];
    old.pieces += pieces;
    old.value_minor += Minor(item.value());
    if (old.line == nullptr) old.line = &*line;
  }
  return goods;
}

// The line costs `total_minor` as a whole, its pieces what they did before, or more if they must.
void SetLinePrice(int64_t total_minor, const OrderLine& old, const std::string& currency, OrderLine& line) {
  const int64_t enough = (total_minor + line.quantity() - 1) / line.quantity();
  const int64_t unit = std::max(Minor(old.unit_price()), enough);
  SetMinor(unit, currency, line.mutable_unit_price());
  SetMinor(unit * line.quantity() - total_minor, currency, line.mutable_discount());
  line.set_price_source(kReturnedPrice);
}

// Lines without a price of a SKU that came back, for as many units as came back. Units beyond them get a line of their
// own, behind the others, which wants the catalog's price.
void SplitOffReturned(const Order& source, const v1::Return& ret, Order& replacement) {
  std::map<std::string, OldGoods> goods = OldGoodsOf(source, ret);
  const int lines = replacement.lines_size();
  for (int i = 0; i < lines; ++i) {
    OrderLine* line = replacement.mutable_lines(i);
    const auto found = line->has_unit_price() ? goods.end() : goods.find(line->sku());
    if (found == goods.end() || found->second.pieces == 0) continue;
    OldGoods& old = found->second;
    if (line->title().empty()) line->set_title(old.line->title());
    if (line->tax_basis_points() == 0) line->set_tax_basis_points(old.line->tax_basis_points());
    const int64_t beyond = std::max<int64_t>(0, line->quantity() - old.pieces);
    if (beyond > 0) {
      OrderLine& more = *replacement.add_lines();
      line = replacement.mutable_lines(i);
      more = *line;
      more.set_number(replacement.lines_size());
      more.set_quantity(beyond);
      line->set_quantity(old.pieces);
    }
    line->set_price_source(kReturnedPrice);
    old.pieces -= line->quantity();
  }
}

// Units of a SKU that came back cost what was paid for them. ABORTED if they are not as many any more.
absl::Status PriceReturned(const Order& source, const v1::Return& ret, Order& replacement) {
  std::map<std::string, OldGoods> goods = OldGoodsOf(source, ret);
  for (OrderLine& line : *replacement.mutable_lines()) {
    if (line.price_source() != kReturnedPrice) continue;
    OldGoods& old = goods[line.sku()];
    if (old.pieces < line.quantity()) return absl::AbortedError("the return has changed: try again");
    const int64_t value = static_cast<int64_t>(static_cast<__int128>(old.value_minor) * line.quantity() / old.pieces);
    old.pieces -= line.quantity();
    old.value_minor -= value;
    SetLinePrice(value, *old.line, source.currency(), line);
  }
  return absl::OkStatus();
}

// As a customer would ask for it.
v1::PlaceOrderRequest AskFor(const v1::ExchangeReturnRequest& request, const Order& source, const v1::Return& ret) {
  v1::PlaceOrderRequest ask;
  *ask.mutable_lines() = request.lines();
  if (request.lines().empty()) {
    for (const auto& [sku, old] : OldGoodsOf(source, ret)) {
      auto& line = *ask.add_lines();
      line.set_sku(sku);
      line.set_quantity(old.pieces);
    }
  }
  ask.set_customer(source.customer());
  ask.set_email(source.email());
  *ask.mutable_shipping_address() = source.shipping_address();
  if (source.has_billing_address()) *ask.mutable_billing_address() = source.billing_address();
  ask.set_channel(source.channel());
  ask.set_currency(source.currency());
  ask.set_note(request.note());
  ask.mutable_payment_window()->set_seconds(int64_t{kDefaultWindowDays} * 24 * 3600);
  if (request.has_payment_window()) *ask.mutable_payment_window() = request.payment_window();
  return ask;
}

absl::Status PromisePieces(const v1::ExchangeReturnRequest& request, int64_t order_id, Order& replacement,
                           OrderEdit& edit) {
  OrderTransaction& transaction = edit.transaction();
  std::vector<std::string> skus;
  std::vector<WantedForLine> wanted;
  for (int i = 0; i < replacement.lines_size(); ++i) {
    skus.push_back(replacement.lines(i).sku());
    wanted.push_back({i, replacement.lines(i).quantity(), absl::StrCat("lines[", i, "]")});
  }
  ASSIGN_OR_RETURN(const auto locations, ReadShippingLocations(transaction.write().session()));
  RETURN_IF_ERROR(transaction.LockStock(skus));
  std::vector<Movement> movements;
  RETURN_IF_ERROR(
      AllocateLines(transaction.stock(), locations, request.strategy(), std::move(wanted), replacement, movements));
  return transaction.ledger().Apply(transaction.stock(), movements,
                                    MakeCause(transaction.write(), kOrderNames.Format(order_id)));
}

}  // namespace

absl::StatusOr<Order> DraftReplacement(const rpc::Call& call, const v1::ExchangeReturnRequest& request,
                                       const Order& source, const v1::Return& ret) {
  ASSIGN_OR_RETURN(Order replacement, DraftOrder(call, AskFor(request, source, ret)));
  SplitOffReturned(source, ret, replacement);
  RETURN_IF_ERROR(PriceReturned(source, ret, replacement));
  return replacement;
}

absl::StatusOr<StoredOrder> PlaceReplacement(const v1::ExchangeReturnRequest& request, const std::string& drafted_etag,
                                             Order replacement, int64_t order_id, ReturnEdit edit) {
  v1::Return& ret = edit.ret;
  Order& source = edit.order.order();
  if (!ret.replacement_order().empty()) {
    return PreconditionFailed("ALREADY_EXCHANGED", ret.name(),
                              absl::StrCat(ret.replacement_order(), " replaces its goods: only a refund is left"));
  }
  RETURN_IF_ERROR(kReturnStates.Check(ret, ReturnAction::kExchange));
  // As many units came back as the draft has at their price.
  if (ret.etag() != drafted_etag) return absl::AbortedError("the return has changed: try again");
  RETURN_IF_ERROR(ConcludePieces(edit));
  RETURN_IF_ERROR(PriceReturned(source, ret, replacement));
  RETURN_IF_ERROR(ComputeTotals(replacement));
  if (replacement.lines().empty()) return InvalidField("lines", "is required: no goods of the order are exchanged");
  SetBookkeeping(order_id, 1, replacement);
  RETURN_IF_ERROR(PromisePieces(request, order_id, replacement, edit.order));
  const int64_t worth = Proposed(source, ret);
  const int64_t passed = std::min(worth, Minor(replacement.total()));
  RETURN_IF_ERROR(PassOn(passed, absl::StrCat(ret.name(), ": goods of ", replacement.name()),
                         absl::StrCat(ret.name(), "/exchange"), edit.order.now(), source, replacement));
  replacement.set_source_return(ret.name());
  replacement.set_replaces_order(source.name());
  Begin(AskFor(request, source, ret), {}, edit.order.actor(), edit.order.now(), replacement);
  source.add_replacement_orders(replacement.name());
  ret.set_replacement_order(replacement.name());
  SetMinor(Minor(ret.exchanged()) + passed, ret.currency(), ret.mutable_exchanged());
  if (worth > passed) {
    v1::Return::Refund rest;
    SetMinor(worth - passed, ret.currency(), rest.mutable_amount());
    rest.set_reason("the new goods cost less");
    RETURN_IF_ERROR(BeginRefund(std::move(rest), edit));
  } else {
    RETURN_IF_ERROR(Act(ReturnAction::kExchange, ret));
    *ret.mutable_settle_time() = ToTimestamp(edit.order.now());
  }
  return StoredOrder{order_id, 1, std::move(replacement)};
}

}  // namespace storeops::inventory
