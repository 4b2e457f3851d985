#include "services/inventory/orders/order_edit.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "services/inventory/orders/line_allocation.h"
#include "services/inventory/orders/order_actions.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/orders/price_rights.h"

namespace storeops::inventory {
namespace {

using v1::EditOrderRequest;
using v1::Order;
using v1::OrderFulfillment;
using v1::OrderLine;

std::string Field(int i) { return absl::StrCat("lines[", i, "]"); }

absl::Status CheckNotInFulfillment(const Order& order) {
  for (const OrderFulfillment& fulfillment : order.fulfillments()) {
    if (fulfillment.status() == OrderFulfillment::CANCELLED) continue;
    return PreconditionFailed("IN_FULFILLMENT", order.name(),
                              absl::StrCat(fulfillment.name(), " is under way: cancel it first"));
  }
  return absl::OkStatus();
}

void CopyDetails(const EditOrderRequest::LineChange& change, OrderLine& line) {
  if (change.has_unit_price()) {
    *line.mutable_unit_price() = change.unit_price();
    line.set_price_source(kStatedPrice);
  }
  if (!change.title().empty()) line.set_title(change.title());
  if (change.tax_basis_points() > 0) line.set_tax_basis_points(change.tax_basis_points());
}

// What lines are to get and to give back.
struct LineChanges {
  std::vector<WantedForLine> wanted;
  std::vector<Movement> movements;
};

absl::Status ChangeLine(const EditOrderRequest::LineChange& change, int i, Order& order, LineChanges& changes) {
  if (change.number() > order.lines_size()) return InvalidField(Field(i) + ".number", "is no line of the order");
  OrderLine* line = order.mutable_lines(change.number() - 1);
  if (!change.sku().empty() && change.sku() != line->sku()) {
    return InvalidField(Field(i) + ".sku", "a line keeps its SKU: remove it and add another one");
  }
  const int64_t more = change.quantity() - line->quantity();
  if (more < 0) ReleaseLine(-more, Field(i), *line, changes.movements);
  // Lines are never taken out of the order, so a number is a place.
  if (more > 0) changes.wanted.push_back({change.number() - 1, more, Field(i)});
  line->set_quantity(change.quantity());
  CopyDetails(change, *line);
  return absl::OkStatus();
}

absl::Status AddLine(const OrderLine& drafted, int i, Order& order, LineChanges& changes) {
  if (order.lines_size() >= kMaxLines) {
    return InvalidField("lines", absl::StrCat("an order has at most ", kMaxLines, " lines, removed ones too"));
  }
  OrderLine& line = *order.add_lines();
  line = drafted;
  line.set_number(order.lines_size());
  changes.wanted.push_back({order.lines_size() - 1, line.quantity(), Field(i)});
  return absl::OkStatus();
}

absl::Status ChangeLines(OrderEdit& edit, const EditOrderRequest& request, const Order& drafted,
                         absl::Span<const ShippingLocation> locations) {
  Order& order = edit.order();
  LineChanges changes;
  for (int i = 0; i < request.lines_size(); ++i) {
    const auto& change = request.lines(i);
    RETURN_IF_ERROR(change.number() > 0 ? ChangeLine(change, i, order, changes)
                                        : AddLine(drafted.lines(i), i, order, changes));
  }
  bool any = false;
  for (const OrderLine& line : order.lines()) any |= line.quantity() > 0;
  if (!any) return InvalidField("lines", "would all be removed: cancel the order");
  // What is given back by one line may serve another.
  RETURN_IF_ERROR(edit.Move(changes.movements));
  std::vector<Movement> allocations;
  RETURN_IF_ERROR(AllocateLines(edit.transaction().stock(), locations, v1::PlaceOrderRequest::STRATEGY_UNSPECIFIED,
                                std::move(changes.wanted), order, allocations));
  return edit.Move(allocations);
}

void CopyHeader(const EditOrderRequest& request, Order& order) {
  if (request.has_shipping_address()) *order.mutable_shipping_address() = request.shipping_address();
  if (request.has_billing_address()) *order.mutable_billing_address() = request.billing_address();
  if (request.has_shipping_charge()) *order.mutable_shipping_charge() = request.shipping_charge();
  if (request.has_ship_by_time()) *order.mutable_ship_by_time() = request.ship_by_time();
}

absl::Status CheckCurrencies(const EditOrderRequest& request, const Order& order) {
  std::vector<FieldViolation> violations;
  const auto check = [&](bool has, const google::type::Money& money, const std::string& field) {
    if (has) StatedMoney(money, field).In(order.currency(), violations);
  };
  for (int i = 0; i < request.lines_size(); ++i) {
    check(request.lines(i).has_unit_price(), request.lines(i).unit_price(), Field(i) + ".unit_price");
  }
  check(request.has_shipping_charge(), request.shipping_charge(), "shipping_charge");
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

}  // namespace

absl::StatusOr<Order> DraftNewLines(const EditOrderRequest& request, const Order& order) {
  RETURN_IF_ERROR(CheckCurrencies(request, order));
  Order draft;
  draft.set_currency(order.currency());
  draft.set_channel(order.channel());
  std::set<int32_t> numbers;
  for (int i = 0; i < request.lines_size(); ++i) {
    const auto& change = request.lines(i);
    OrderLine& line = *draft.add_lines();
    if (change.number() > 0) {
      if (!numbers.insert(change.number()).second) return InvalidField(Field(i) + ".number", "is changed twice");
      continue;
    }
    if (change.sku().empty()) return InvalidField(Field(i) + ".sku", "is required for a new line");
    if (change.quantity() == 0) return InvalidField(Field(i) + ".quantity", "must be above 0 for a new line");
    line.set_sku(change.sku());
    line.set_quantity(change.quantity());
    CopyDetails(change, line);
  }
  return draft;
}

absl::Status EditOrder(OrderEdit& edit, const EditOrderRequest& request, const Order& drafted,
                       absl::Span<const ShippingLocation> locations) {
  Order& order = edit.order();
  RETURN_IF_ERROR(CheckMayEdit(edit.call().principal, request, order));
  RETURN_IF_ERROR(kOrderStates.Check(order, OrderAction::kEdit));
  RETURN_IF_ERROR(CheckNotInFulfillment(order));
  CopyHeader(request, order);
  RETURN_IF_ERROR(ChangeLines(edit, request, drafted, locations));
  RETURN_IF_ERROR(ComputeTotals(order));
  if (IsUnpaid(order) && FindUnpaidHold(order) == nullptr) {
    AddHold(v1::OrderHold::PAYMENT, UnpaidNote(order), kRules, edit.now(), order);
  }
  return absl::OkStatus();
}

}  // namespace storeops::inventory
