// An order that was sent in part, and whose rest will not be.
#include <string>
#include <vector>

#include "tests/support/return_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using inventory::v1::OrderFulfillment;
using Counters = std::vector<int64_t>;

class OrderRestTest : public ReturnFixture {
 protected:
  void TearDown() override { ExpectSound(); }

  // "A" was sent, five "B" wait: three in Berlin, in a fulfilment, and two in Paris.
  Order SentInPart(const std::string& pay, Order::PaymentTerms terms = Order::PREPAID) {
    PlaceOrderRequest request = Request({{"A", 2}, {"B", 5}});
    request.set_payment_terms(terms);
    *request.mutable_shipping_charge() = MoneyFromMinor(490, "EUR");
    const Order order = Placed(request);
    if (!pay.empty()) EXPECT_TRUE(Authorize(order, "", pay == "captured").ok());
    SendFirstLine(order, 2);
    EXPECT_TRUE(Fulfill(order).ok());
    return Get(order.name());
  }
  static inventory::v1::CancelOrderRequest RestOf(const Order& order) {
    inventory::v1::CancelOrderRequest request;
    request.set_name(order.name());
    request.set_reason("never came");
    request.set_rest(true);
    return request;
  }
};

TEST_F(OrderRestTest, ItsShareIsPaidBackAndTheOrderIsComplete) {
  const Order order = SentInPart("captured");
  EXPECT_EQ(Reason(Cancel(order.name()).status()), "ORDER_PARTLY_SHIPPED");
  auto request = RestOf(order);
  request.set_request_id("rest");
  const auto cancelled = Ask<Order>("CancelOrder", request);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->status(), Order::COMPLETED);
  EXPECT_EQ(cancelled->fulfillment_status(), Order::SHIPPED);
  EXPECT_EQ(cancelled->fulfillments(1).status(), OrderFulfillment::CANCELLED);
  EXPECT_EQ(cancelled->lines(1).cancelled_quantity(), 5);
  EXPECT_EQ(cancelled->cancel_reason(), "never came");
  EXPECT_EQ(Minor(cancelled->cancelled_amount()), 1250);
  EXPECT_EQ(Minor(cancelled->refunded()), 1250);
  EXPECT_EQ(Minor(cancelled->balance_due()), 0);
  EXPECT_EQ(Minor(cancelled->lines(1).refunded()), 1250);
  EXPECT_EQ(Stock("B"), (Counters{13, 0, 13}));
  ASSERT_TRUE(Ask<Order>("CancelOrder", request).ok());
  request.set_request_id("");
  EXPECT_EQ(Reason(Ask<Order>("CancelOrder", request).status()), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(provider_->Done(Operation::REFUND), 1250);
  // What was sent can come back all the same.
  ASSERT_TRUE(Refund(Back(order, {{1, 2}})).ok());
  EXPECT_EQ(provider_->Done(Operation::REFUND), 3250);
}

TEST_F(OrderRestTest, WhatIsOnlyAuthorisedIsCapturedForTheRest) {
  const Order order = SentInPart("authorized");
  const auto cancelled = Ask<Order>("CancelOrder", RestOf(order));
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->status(), Order::CONFIRMED);
  EXPECT_EQ(provider_->DoneCount(Operation::REFUND), 0);
  inventory::v1::CapturePaymentRequest capture;
  capture.set_name(order.name() + "/payments/1");
  const auto captured = Ask<Order>("CapturePayment", capture);
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_EQ(Minor(captured->captured()), 2490);
  EXPECT_EQ(captured->payment_status(), Order::PAID);
  EXPECT_EQ(captured->status(), Order::COMPLETED);
}

TEST_F(OrderRestTest, AnInvoiceIsSmallerThen) {
  const Order order = SentInPart("", Order::INVOICE);
  auto cancelled = Ask<Order>("CancelOrder", RestOf(order));
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->status(), Order::CONFIRMED);
  EXPECT_EQ(Reason(Ask<Order>("CancelOrder", RestOf(order)).status()), "ORDER_SHIPPED");
  const auto paid = Authorize(order, "", /*capture=*/true);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(Minor(paid->captured()), 2490);
  EXPECT_EQ(paid->status(), Order::COMPLETED);
}

TEST_F(OrderRestTest, TheMoneyMayBeLeftAndPiecesHeldForALook) {
  const Order order = SentInPart("captured");
  auto request = RestOf(order);
  request.set_refund(inventory::v1::CancelOrderRequest::NONE);
  request.set_restock(inventory::v1::CancelOrderRequest::INSPECT);
  ASSERT_TRUE(Ask<Order>("CancelOrder", request).ok());
  EXPECT_EQ(provider_->DoneCount(Operation::REFUND), 0);
  EXPECT_EQ(Pieces("B"), (Counters{13, 0, 5, 8}));
  EXPECT_EQ(Minor(Get(order.name()).balance_due()), -1250);
  // What comes back is paid for beside it.
  ASSERT_TRUE(Refund(Back(order, {{1, 2}})).ok());
  const Order after = Get(order.name());
  EXPECT_EQ(Minor(after.balance_due()), -1250);
  EXPECT_EQ(after.payment_status(), Order::OVERPAID);
}

TEST_F(OrderRestTest, ARefundThatTimesOutIsSettledByItself) {
  const Order order = SentInPart("captured");
  provider_->Do(ScriptedProvider::kTimeOutAfterwards);
  const auto cancelled = Ask<Order>("CancelOrder", RestOf(order));
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(Minor(cancelled->refunded()), 0);
  provider_->Do(ScriptedProvider::kApprove);
  RunJobs(absl::Minutes(3));
  EXPECT_EQ(Minor(Get(order.name()).refunded()), 1250);
  EXPECT_EQ(provider_->DoneCount(Operation::REFUND), 1);
}

}  // namespace
}  // namespace storeops::testing
