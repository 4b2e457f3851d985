#include "services/inventory/orders/order_totals.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/orders/order_balance.h"
#include "services/inventory/orders/order_states.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderFulfillment;
using v1::OrderLine;
using v1::OrderPayment;

// An amount that comes into an order, from a caller, the catalog or a quote; 0 for one that is not set.
// INVALID_ARGUMENT naming the field for another currency.
absl::StatusOr<int64_t> AmountIn(const std::string& currency, const google::type::Money& money,
                                 const std::string& field) {
  if (const std::optional<int64_t> minor = MinorIn(money, currency)) return *minor;
  if (money.currency_code().empty()) return 0;
  return StatedMoney(money, field).In(currency);
}

absl::Status ComputeLine(const std::string& currency, int i, OrderLine& line) {
  const std::string field = absl::StrCat("lines[", i, "]");
  ASSIGN_OR_RETURN(const int64_t price, AmountIn(currency, line.unit_price(), field + ".unit_price"));
  ASSIGN_OR_RETURN(const int64_t discount, AmountIn(currency, line.discount(), field + ".discount"));
  if (price < 0) return InvalidField(field + ".unit_price", "must not be below 0");
  if (price > 0 && line.quantity() > kMaxOrderMinor / price) {
    return InvalidField(field, "is worth more than an order can be");
  }
  const int64_t gross = price * line.quantity();
  if (discount < 0 || discount > gross) return InvalidField(field + ".discount", "must be from 0 to the line's worth");
  SetMinor(price, currency, line.mutable_unit_price());
  SetMinor(gross - discount, currency, line.mutable_total());
  SetMinor(ContainedTax(gross - discount, line.tax_basis_points()), currency, line.mutable_tax());
  return absl::OkStatus();
}

bool Live(const OrderFulfillment& fulfillment) { return fulfillment.status() != OrderFulfillment::CANCELLED; }

void SumPayments(Order& order) {
  int64_t authorized = 0, captured = 0, refunded = 0;
  for (const OrderPayment& payment : order.payments()) {
    if (payment.status() == OrderPayment::AUTHORIZED) authorized += Minor(payment.authorized());
    captured += Minor(payment.captured());
    refunded += Minor(payment.refunded());
  }
  SetMinor(authorized, order.currency(), order.mutable_authorized());
  SetMinor(captured, order.currency(), order.mutable_captured());
  SetMinor(refunded, order.currency(), order.mutable_refunded());
  // While something is due, money that was paid and given back because less was due does not count.
  const int64_t returned = BalanceDue(order) > 0 ? captured - NetPaid(order) : 0;
  order.set_payment_status(PaymentStatusOf(Due(order), authorized, captured - returned, refunded - returned));
  ShowBalance(order);
}

void ReviewUnpaidHold(absl::Time now, Order& order) {
  v1::OrderHold* const hold = FindUnpaidHold(order);
  if (hold == nullptr) return;
  if (IsUnpaid(order)) return hold->set_note(UnpaidNote(order));
  *hold->mutable_release_time() = ToTimestamp(now);
  hold->set_releaser(kRules);
  hold->set_release_note("nothing is unpaid any more");
}

}  // namespace

int64_t Minor(const google::type::Money& money) { return MoneyToMinor(money).value_or(0); }

void SetMinor(int64_t minor, absl::string_view currency, google::type::Money* money) {
  MoneyWriter(currency).Write(minor, money);
}

int64_t ContainedTax(int64_t amount_minor, int64_t basis_points) {
  const int64_t divisor = 10'000 + basis_points;
  // 128 bits: an amount of 10^15 times 10^4 leaves 64.
  const __int128 product = static_cast<__int128>(amount_minor) * basis_points * 2 + divisor;
  return static_cast<int64_t>(product / (2 * divisor));
}

int64_t OpenQuantity(const OrderLine& line) {
  return line.quantity() - line.cancelled_quantity() - line.shipped_quantity();
}

bool IsGoods(const OrderLine& line) { return line.quantity() > 0 && !line.service(); }

absl::Status ComputeTotals(Order& order) {
  int64_t subtotal = 0, tax = 0;
  for (int i = 0; i < order.lines_size(); ++i) {
    OrderLine& line = *order.mutable_lines(i);
    RETURN_IF_ERROR(ComputeLine(order.currency(), i, line));
    subtotal += Minor(line.total());
    tax += Minor(line.tax());
    if (subtotal > kMaxOrderMinor) return InvalidField("lines", "are worth more than an order can be");
  }
  const std::string& currency = order.currency();
  ASSIGN_OR_RETURN(const int64_t shipping, AmountIn(currency, order.shipping_charge(), "shipping_charge"));
  ASSIGN_OR_RETURN(const int64_t discount, AmountIn(currency, order.discount(), "discount"));
  if (shipping < 0 || shipping > kMaxOrderMinor) return InvalidField("shipping_charge", "is out of range");
  if (discount < 0 || discount > subtotal + shipping) return InvalidField("discount", "is out of range");
  SetMinor(subtotal, order.currency(), order.mutable_subtotal());
  SetMinor(shipping, order.currency(), order.mutable_shipping_charge());
  SetMinor(discount, order.currency(), order.mutable_discount());
  SetMinor(subtotal + shipping - discount, order.currency(), order.mutable_total());
  SetMinor(tax, order.currency(), order.mutable_tax());
  return absl::OkStatus();
}

Order::PaymentStatus PaymentStatusOf(int64_t total, int64_t authorized, int64_t captured, int64_t refunded) {
  if (refunded > 0) return refunded >= captured ? Order::REFUNDED : Order::PARTLY_REFUNDED;
  if (captured >= total) return Order::PAID;
  if (captured + authorized >= total) return captured > 0 ? Order::PARTLY_PAID : Order::AUTHORIZED;
  if (captured > 0) return Order::PARTLY_PAID;
  return authorized > 0 ? Order::PARTLY_AUTHORIZED : Order::UNPAID;
}

Order::FulfillmentStatus FulfillmentStatusOf(const Order& order) {
  if (order.historical()) return Order::HISTORICAL;
  int64_t open = 0, shipped = 0;
  if (std::none_of(order.lines().begin(), order.lines().end(), IsGoods)) return Order::NOTHING_TO_SEND;
  for (const OrderLine& line : order.lines()) {
    if (line.service()) continue;
    open += OpenQuantity(line);
    shipped += line.shipped_quantity();
  }
  bool any = false, all_delivered = true;
  for (const OrderFulfillment& fulfillment : order.fulfillments()) {
    if (!Live(fulfillment)) continue;
    any = true;
    all_delivered &= fulfillment.status() == OrderFulfillment::DELIVERED;
  }
  if (shipped > 0 && open > 0) return Order::PARTLY_SHIPPED;
  if (shipped > 0) return any && all_delivered ? Order::DELIVERED : Order::SHIPPED;
  return any ? Order::IN_PROGRESS : Order::UNFULFILLED;
}

int64_t Due(const Order& order) { return Minor(order.total()) - Minor(order.cancelled_amount()); }

int64_t Unsecured(const Order& order) { return std::max<int64_t>(0, BalanceDue(order) - Minor(order.authorized())); }

absl::Status Act(OrderAction action, absl::Time now, Order& order) {
  const Order::Status before = order.status();
  RETURN_IF_ERROR(kOrderStates.Move(action, order));
  const Order::Status to = order.status();
  if (to == before) return absl::OkStatus();
  order.clear_expire_time();
  if (to == Order::CONFIRMED) *order.mutable_confirm_time() = ToTimestamp(now);
  if (to == Order::COMPLETED) *order.mutable_complete_time() = ToTimestamp(now);
  if (to == Order::CANCELLED || to == Order::EXPIRED) *order.mutable_cancel_time() = ToTimestamp(now);
  return absl::OkStatus();
}

bool IsUnpaid(const Order& order) {
  return order.status() == Order::CONFIRMED && order.payment_terms() != Order::INVOICE && Unsecured(order) > 0;
}

std::string UnpaidNote(const Order& order) {
  const auto unpaid = MoneyFromMinor(Unsecured(order), order.currency());
  return absl::StrCat("after a change, ", FormatMoney(unpaid), " are not paid");
}

v1::OrderHold* FindUnpaidHold(Order& order) {
  for (v1::OrderHold& hold : *order.mutable_holds()) {
    if (hold.reason() == v1::OrderHold::PAYMENT && hold.creator() == kRules && !hold.has_release_time()) return &hold;
  }
  return nullptr;
}

void Advance(absl::Time now, Order& order) {
  if (!order.historical()) SumPayments(order);
  ReviewUnpaidHold(now, order);
  order.set_fulfillment_status(FulfillmentStatusOf(order));
  order.set_on_hold(std::any_of(order.holds().begin(), order.holds().end(),
                                [](const v1::OrderHold& hold) { return !hold.has_release_time(); }));
  if (order.historical()) return;
  const bool secured = Unsecured(order) == 0 || order.payment_terms() == Order::INVOICE;
  if (order.status() == Order::PLACED && secured) Act(OrderAction::kSecure, now, order).IgnoreError();
  const bool sent = order.fulfillment_status() == Order::SHIPPED || order.fulfillment_status() == Order::DELIVERED ||
                    order.fulfillment_status() == Order::NOTHING_TO_SEND;
  const bool paid = BalanceDue(order) <= 0;
  if (order.status() == Order::CONFIRMED && sent && paid) Act(OrderAction::kComplete, now, order).IgnoreError();
}

}  // namespace storeops::inventory
