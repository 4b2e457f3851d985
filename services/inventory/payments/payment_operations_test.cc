#include "services/inventory/payments/payment_operations.h"

#include "gtest/gtest.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderPayment;
using Operation = OrderPayment::Operation;

const absl::Time kPaidAt = absl::FromUnixSeconds(1'800'000'000);

Order TenEuros() {
  Order order;
  order.set_name("orders/7");
  order.set_currency("EUR");
  order.set_status(Order::PLACED);
  SetMinor(1000, "EUR", order.mutable_total());
  return order;
}

StatedMoney Euros(int64_t cents) { return {MoneyFromMinor(cents, "EUR"), "amount"}; }

void AnswerLast(Order& order, bool done) {
  for (OrderPayment& payment : *order.mutable_payments()) {
    Operation* open = OpenOperation(payment);
    if (open == nullptr) continue;
    ASSERT_TRUE(Answer({done, "ref", "no"}, kPaidAt, order, {&payment, open}).ok());
  }
}

TEST(PaymentOperationsTest, NothingIsAskedForTwice) {
  Order order = TenEuros();
  ASSERT_TRUE(BeginPayment({"manual", "", Euros(600)}, "a", kPaidAt, order).ok());
  EXPECT_EQ(Chargeable(order), 400);
  NoteUnknown(FindOperation(order, "a"));
  EXPECT_EQ(order.payments(0).status(), OrderPayment::UNKNOWN);
  EXPECT_EQ(Chargeable(order), 400);
  EXPECT_EQ(BeginPayment({"manual", "", Euros(401)}, "b", kPaidAt, order).code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(BeginPayment({"manual", "", {}}, "b", kPaidAt, order).ok());
  EXPECT_EQ(Chargeable(order), 0);
  AnswerLast(order, false);
  EXPECT_EQ(Chargeable(order), 1000);
}

TEST(PaymentOperationsTest, OneQuestionAtATime) {
  Order order = TenEuros();
  ASSERT_TRUE(BeginPayment({"manual", "", {}}, "a", kPaidAt, order).ok());
  AnswerLast(order, true);
  OrderPayment& payment = *order.mutable_payments(0);
  EXPECT_EQ(payment.provider_reference(), "ref");
  ASSERT_TRUE(BeginOperation({Operation::CAPTURE, Euros(700), "c", "", 0}, kPaidAt, order, payment).ok());
  EXPECT_EQ(BeginOperation({Operation::VOID, {}, "v", "", 0}, kPaidAt, order, payment).code(),
            absl::StatusCode::kFailedPrecondition);
  AnswerLast(order, true);
  EXPECT_EQ(Minor(payment.captured()), 700);
  EXPECT_EQ(BeginOperation({Operation::REFUND, Euros(701), "r", "", 0}, kPaidAt, order, payment).code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(BeginOperation({Operation::REFUND, Euros(200), "r", "", 0}, kPaidAt, order, payment).ok());
  AnswerLast(order, true);
  EXPECT_EQ(payment.status(), OrderPayment::PARTLY_REFUNDED);
  ASSERT_TRUE(BeginOperation({Operation::REFUND, {}, "s", "", 0}, kPaidAt, order, payment).ok());
  AnswerLast(order, true);
  EXPECT_EQ(payment.status(), OrderPayment::REFUNDED);
  EXPECT_EQ(Minor(payment.refunded()), 700);
}

TEST(PaymentOperationsTest, AmountsAreInTheCurrencyOfTheOrder) {
  Order order = TenEuros();
  const StatedMoney yen(MoneyFromMinor(500, "JPY"), "amount");
  EXPECT_EQ(BeginPayment({"manual", "", yen}, "a", kPaidAt, order).code(), absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(BeginPayment({"manual", "", {}}, "a", kPaidAt, order).ok());
  AnswerLast(order, true);
  OrderPayment& payment = *order.mutable_payments(0);
  EXPECT_EQ(BeginOperation({Operation::CAPTURE, yen, "c", "", 0}, kPaidAt, order, payment).code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(BeginOperation({Operation::CAPTURE, {}, "c", "", 0}, kPaidAt, order, payment).ok());
  AnswerLast(order, true);
  EXPECT_EQ(BeginOperation({Operation::REFUND, yen, "r", "", 0}, kPaidAt, order, payment).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(PaymentOperationsTest, ACaptureTakesNoMoreThanIsDue) {
  Order order = TenEuros();
  ASSERT_TRUE(BeginPayment({"manual", "", {}}, "a", kPaidAt, order).ok());
  AnswerLast(order, true);
  SetMinor(600, "EUR", order.mutable_total());  // edited since
  OrderPayment& payment = *order.mutable_payments(0);
  EXPECT_EQ(BeginOperation({Operation::CAPTURE, Euros(601), "c", "", 0}, kPaidAt, order, payment).code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(BeginOperation({Operation::CAPTURE, Euros(600), "c", "", 0}, kPaidAt, order, payment).ok());
}

TEST(PaymentOperationsTest, CapturesUnderWayCountAgainstWhatIsDue) {
  Order order = TenEuros();
  for (const char* key : {"a", "b"}) {
    ASSERT_TRUE(BeginPayment({"manual", "", Euros(500)}, key, kPaidAt, order).ok());
    AnswerLast(order, true);
  }
  SetMinor(600, "EUR", order.mutable_total());  // edited since
  ASSERT_TRUE(BeginOperation({Operation::CAPTURE, {}, "c", "", 0}, kPaidAt, order, *order.mutable_payments(0)).ok());
  OrderPayment& second = *order.mutable_payments(1);
  EXPECT_EQ(BeginOperation({Operation::CAPTURE, Euros(101), "d", "", 0}, kPaidAt, order, second).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(BeginOperation({Operation::CAPTURE, Euros(100), "d", "", 0}, kPaidAt, order, second).ok());
}

TEST(PaymentOperationsTest, ARefusedCaptureLeavesThePaymentAuthorised) {
  Order order = TenEuros();
  ASSERT_TRUE(BeginPayment({"manual", "", {}}, "a", kPaidAt, order).ok());
  AnswerLast(order, true);
  ASSERT_TRUE(BeginOperation({Operation::CAPTURE, {}, "c", "", 0}, kPaidAt, order, *order.mutable_payments(0)).ok());
  AnswerLast(order, false);
  EXPECT_EQ(order.payments(0).status(), OrderPayment::AUTHORIZED);
  EXPECT_EQ(order.payments(0).operations(1).message(), "no");
  EXPECT_FALSE(HasOpenOperation(order));
}

TEST(PaymentOperationsTest, WhatSucceedsTooLateIsReversed) {
  Order order = TenEuros();
  ASSERT_TRUE(BeginPayment({"manual", "", {}}, "a", kPaidAt, order).ok());
  order.set_status(Order::CANCELLED);
  ReverseAll(kPaidAt, "cancelled", order);
  EXPECT_EQ(order.payments(0).operations_size(), 1);
  AnswerLast(order, true);
  ASSERT_EQ(order.payments(0).operations_size(), 2);
  EXPECT_EQ(order.payments(0).operations(1).kind(), Operation::VOID);
  EXPECT_NE(order.payments(0).operations(1).idempotency_key(), "a");
  AnswerLast(order, true);
  EXPECT_EQ(order.payments(0).status(), OrderPayment::VOIDED);

  order = TenEuros();
  ASSERT_TRUE(BeginPayment({"manual", "", {}}, "a", kPaidAt, order).ok());
  order.set_status(Order::CANCELLED);
  order.set_keeps_payments(true);
  AnswerLast(order, true);
  EXPECT_EQ(order.payments(0).operations_size(), 1);
}

}  // namespace
}  // namespace storeops::inventory
