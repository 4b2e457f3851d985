#include "services/inventory/orders/order_totals.h"

#include <functional>
#include <limits>
#include <vector>

#include "common/base/time.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderFulfillment;

Order Euros() {
  Order order;
  order.set_currency("EUR");
  return order;
}

v1::OrderLine& AddLine(Order& order, int64_t price, int64_t quantity, int64_t discount = 0, int tax = 0) {
  v1::OrderLine& line = *order.add_lines();
  line.set_number(order.lines_size());
  line.set_quantity(quantity);
  line.set_tax_basis_points(tax);
  SetMinor(price, "EUR", line.mutable_unit_price());
  if (discount != 0) SetMinor(discount, "EUR", line.mutable_discount());
  return line;
}

TEST(OrderTotalsTest, ContainedTaxIsRoundedHalfUp) {
  EXPECT_EQ(ContainedTax(11'900, 1'900), 1'900);
  EXPECT_EQ(ContainedTax(100, 0), 0);
  EXPECT_EQ(ContainedTax(3, 10'000), 2);  // 1.5
  EXPECT_EQ(ContainedTax(107, 700), 7);
  EXPECT_EQ(ContainedTax(999, 1'900), 160);  // 159.50...
  EXPECT_EQ(ContainedTax(kMaxOrderMinor, 10'000), kMaxOrderMinor / 2);
}

TEST(OrderTotalsTest, AddsUp) {
  Order order = Euros();
  AddLine(order, 1'190, 3, 70, 1'900);
  AddLine(order, 500, 0);
  SetMinor(499, "EUR", order.mutable_shipping_charge());
  SetMinor(100, "EUR", order.mutable_discount());
  ASSERT_TRUE(ComputeTotals(order).ok());
  EXPECT_EQ(Minor(order.lines(0).total()), 3'500);
  EXPECT_EQ(Minor(order.lines(0).tax()), 559);
  EXPECT_EQ(Minor(order.subtotal()), 3'500);
  EXPECT_EQ(Minor(order.total()), 3'899);
  EXPECT_EQ(Minor(order.tax()), 559);
}

TEST(OrderTotalsTest, RefusesWhatIsOutOfRange) {
  Order order = Euros();
  AddLine(order, -1, 1);
  EXPECT_FALSE(ComputeTotals(order).ok());
  order = Euros();
  AddLine(order, 100, 1, 101);
  EXPECT_FALSE(ComputeTotals(order).ok());
  order = Euros();
  AddLine(order, kMaxOrderMinor / 10, 11);
  EXPECT_FALSE(ComputeTotals(order).ok());
  order = Euros();
  AddLine(order, kMaxOrderMinor, 1);
  AddLine(order, 1, 1);
  EXPECT_FALSE(ComputeTotals(order).ok());
  order = Euros();
  AddLine(order, std::numeric_limits<int64_t>::max() / 100, 1'000'000'000);
  EXPECT_FALSE(ComputeTotals(order).ok());
  order = Euros();
  AddLine(order, 100, 1);
  SetMinor(101, "EUR", order.mutable_discount());
  EXPECT_FALSE(ComputeTotals(order).ok());
}

// Of any origin: a caller, the catalog, a quote.
TEST(OrderTotalsTest, RefusesAmountsInAnotherCurrency) {
  for (const auto& set : std::vector<std::function<google::type::Money*(Order&)>>{
           [](Order& order) { return order.mutable_lines(0)->mutable_unit_price(); },
           [](Order& order) { return order.mutable_lines(0)->mutable_discount(); },
           [](Order& order) { return order.mutable_shipping_charge(); },
           [](Order& order) { return order.mutable_discount(); },
       }) {
    Order order = Euros();
    AddLine(order, 500, 1);
    ASSERT_TRUE(ComputeTotals(order).ok());
    SetMinor(5, "JPY", set(order));
    EXPECT_EQ(ComputeTotals(order).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(OrderTotalsTest, PaymentStatus) {
  struct Case {
    int64_t authorized, captured, refunded;
    Order::PaymentStatus status;
  };
  for (const Case& c :
       {Case{0, 0, 0, Order::UNPAID}, Case{99, 0, 0, Order::PARTLY_AUTHORIZED}, Case{100, 0, 0, Order::AUTHORIZED},
        Case{0, 40, 0, Order::PARTLY_PAID}, Case{60, 40, 0, Order::PARTLY_PAID}, Case{0, 100, 0, Order::PAID},
        Case{0, 100, 1, Order::PARTLY_REFUNDED}, Case{0, 100, 100, Order::REFUNDED},
        Case{0, 40, 40, Order::REFUNDED}}) {
    EXPECT_EQ(PaymentStatusOf(100, c.authorized, c.captured, c.refunded), c.status)
        << c.authorized << " " << c.captured << " " << c.refunded;
  }
  EXPECT_EQ(PaymentStatusOf(0, 0, 0, 0), Order::PAID);
}

TEST(OrderTotalsTest, FulfillmentStatus) {
  Order order = Euros();
  v1::OrderLine& line = AddLine(order, 100, 5);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::UNFULFILLED);
  OrderFulfillment& first = *order.add_fulfillments();
  first.set_status(OrderFulfillment::PICKING);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::IN_PROGRESS);
  first.set_status(OrderFulfillment::CANCELLED);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::UNFULFILLED);
  first.set_status(OrderFulfillment::SHIPPED);
  line.set_shipped_quantity(3);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::PARTLY_SHIPPED);
  line.set_cancelled_quantity(2);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::SHIPPED);
  first.set_status(OrderFulfillment::DELIVERED);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::DELIVERED);
  order.set_historical(true);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::HISTORICAL);
}

TEST(OrderTotalsTest, ServicesAreNotSent) {
  Order order = Euros();
  AddLine(order, 100, 1).set_service(true);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::NOTHING_TO_SEND);
  v1::OrderLine& goods = AddLine(order, 100, 5);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::UNFULFILLED);
  goods.set_shipped_quantity(5);
  order.add_fulfillments()->set_status(OrderFulfillment::SHIPPED);
  EXPECT_EQ(FulfillmentStatusOf(order), Order::SHIPPED);
}

TEST(OrderTotalsTest, MoneyConfirmsAndSendingCompletes) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  Order order = Euros();
  order.set_status(Order::PLACED);
  v1::OrderLine& line = AddLine(order, 100, 1);
  ASSERT_TRUE(ComputeTotals(order).ok());
  Advance(now, order);
  EXPECT_EQ(order.status(), Order::PLACED);
  v1::OrderPayment& payment = *order.add_payments();
  payment.set_status(v1::OrderPayment::AUTHORIZED);
  SetMinor(100, "EUR", payment.mutable_authorized());
  Advance(now, order);
  EXPECT_EQ(order.status(), Order::CONFIRMED);
  EXPECT_EQ(order.payment_status(), Order::AUTHORIZED);
  line.set_shipped_quantity(1);
  Advance(now, order);
  EXPECT_EQ(order.status(), Order::CONFIRMED);
  payment.set_status(v1::OrderPayment::CAPTURED);
  SetMinor(100, "EUR", payment.mutable_captured());
  Advance(now, order);
  EXPECT_EQ(order.status(), Order::COMPLETED);
}

TEST(OrderTotalsTest, AnInvoiceIsConfirmedAtOnceAndCompletedWhenItIsPaid) {
  Order order = Euros();
  order.set_status(Order::PLACED);
  order.set_payment_terms(Order::INVOICE);
  AddLine(order, 100, 1).set_shipped_quantity(1);
  ASSERT_TRUE(ComputeTotals(order).ok());
  Advance(absl::FromUnixSeconds(1'800'000'000), order);
  EXPECT_EQ(order.status(), Order::CONFIRMED);
}

TEST(OrderTotalsTest, ANewStatusHasItsTimeAndEndsTheWait) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  Order order;
  order.set_status(Order::PLACED);
  *order.mutable_expire_time() = ToTimestamp(now + absl::Hours(1));
  ASSERT_TRUE(Act(OrderAction::kHold, now, order).ok());
  EXPECT_TRUE(order.has_expire_time());
  ASSERT_TRUE(Act(OrderAction::kConfirm, now, order).ok());
  EXPECT_FALSE(order.has_expire_time());
  EXPECT_EQ(FromTimestamp(order.confirm_time()), now);
  EXPECT_FALSE(Act(OrderAction::kExpire, now, order).ok());
  ASSERT_TRUE(Act(OrderAction::kCancel, now, order).ok());
  EXPECT_EQ(FromTimestamp(order.cancel_time()), now);
}

}  // namespace
}  // namespace storeops::inventory
