// Payments: every way in which a provider answers, or does not.
#include <string>

#include "tests/support/database_helpers.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using Operation = inventory::v1::OrderPayment::Operation;

class OrderPaymentTest : public OrderFixture {
 protected:
  template <class Request>
  absl::StatusOr<Order> OfPayment(const std::string& method, const Order& order, int payment, int64_t amount = 0,
                                  const std::string& request_id = "") {
    Request request;
    request.set_name(absl::StrCat(order.name(), "/payments/", payment));
    request.set_request_id(request_id);
    if constexpr (!std::is_same_v<Request, inventory::v1::VoidPaymentRequest>) {
      if (amount > 0) *request.mutable_amount() = MoneyFromMinor(amount, "EUR");
    }
    return Ask<Order>(method, request);
  }
  // Its first line.
  Order Edit(const Order& order, int quantity) {
    inventory::v1::EditOrderRequest request;
    request.set_name(order.name());
    request.add_lines()->set_number(1);
    request.mutable_lines(0)->set_quantity(quantity);
    auto edited = Ask<Order>("EditOrder", request);
    EXPECT_TRUE(edited.ok()) << edited.status();
    return edited.ok() ? *std::move(edited) : Order();
  }
  absl::StatusOr<Order> Capture(const Order& order, int payment, int64_t amount = 0) {
    return OfPayment<inventory::v1::CapturePaymentRequest>("CapturePayment", order, payment, amount);
  }
  absl::StatusOr<Order> Void(const Order& order, int payment) {
    return OfPayment<inventory::v1::VoidPaymentRequest>("VoidPayment", order, payment);
  }
  absl::StatusOr<Order> Refund(const Order& order, int payment, int64_t amount = 0,
                               const std::string& request_id = "") {
    return OfPayment<inventory::v1::RefundPaymentRequest>("RefundPayment", order, payment, amount, request_id);
  }
};

TEST_F(OrderPaymentTest, AnAmountInAnotherCurrencyIsRefused) {
  const Order order = Placed(Request({{"A", 2}}));
  const auto refused = [](const absl::StatusOr<Order>& order) {
    google::rpc::BadRequest bad;
    return absl::IsInvalidArgument(order.status()) && GetDetail(order.status(), &bad) &&
           bad.field_violations_size() == 1 && bad.field_violations(0).field() == "amount" &&
           bad.field_violations(0).description() == "must be in EUR, not in JPY";
  };
  const auto yen = [&]<class Request>(const std::string& method, Request request) {
    request.set_name(absl::StrCat(order.name(), "/payments/1"));
    *request.mutable_amount() = MoneyFromMinor(5, "JPY");
    return Ask<Order>(method, request);
  };
  auto authorize = Payment(order);
  *authorize.mutable_amount() = MoneyFromMinor(5, "JPY");
  EXPECT_TRUE(refused(Ask<Order>("AuthorizePayment", authorize)));
  ASSERT_TRUE(Authorize(order).ok());
  EXPECT_TRUE(refused(yen("CapturePayment", inventory::v1::CapturePaymentRequest())));
  ASSERT_TRUE(Capture(order, 1).ok());
  EXPECT_TRUE(refused(yen("RefundPayment", inventory::v1::RefundPaymentRequest())));
  EXPECT_EQ(provider_->Done(Operation::REFUND), 0);
}

TEST_F(OrderPaymentTest, AfterAnEditNoMoreIsCapturedThanIsDue) {
  const Order order = Placed(Request({{"A", 2}}));
  ASSERT_TRUE(Authorize(order).ok());
  ASSERT_EQ(Minor(Edit(order, 1).total()), 1000);
  EXPECT_EQ(Reason(Capture(order, 1, 2000).status()), "AMOUNT_OUT_OF_RANGE");
  const auto paid = Capture(order, 1);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(Minor(paid->captured()), 1000);
}

TEST_F(OrderPaymentTest, TheHoldOfAnUnpaidOrderFollowsItsCause) {
  const Order order = Placed(Request({{"A", 2}}));
  ASSERT_TRUE(Authorize(order, "", /*capture=*/true).ok());
  Order edited = Edit(order, 3);
  ASSERT_EQ(edited.holds_size(), 1);
  EXPECT_TRUE(edited.on_hold());
  EXPECT_EQ(edited.holds(0).note(), "after a change, 10.00 EUR are not paid");
  edited = Edit(order, 4);
  ASSERT_EQ(edited.holds_size(), 1);
  EXPECT_EQ(edited.holds(0).note(), "after a change, 20.00 EUR are not paid");
  edited = Edit(order, 2);
  EXPECT_FALSE(edited.on_hold());
  EXPECT_EQ(edited.holds(0).releaser(), "rules");
  // Or the difference is paid.
  ASSERT_TRUE(Edit(order, 3).on_hold());
  const auto paid = Authorize(order, "", /*capture=*/true);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_FALSE(paid->on_hold());
  EXPECT_EQ(paid->payment_status(), Order::PAID);
  // What somebody stopped stays stopped.
  inventory::v1::HoldOrderRequest hold;
  hold.set_name(order.name());
  hold.set_reason(inventory::v1::OrderHold::PAYMENT);
  ASSERT_TRUE(Ask<Order>("HoldOrder", hold).ok());
  EXPECT_TRUE(Edit(order, 2).on_hold());
}

TEST_F(OrderPaymentTest, AnOverpaidOrderShowsWhatTheShopOwes) {
  const auto listed = [&] { return List("payment_status = OVERPAID").size(); };
  const auto invoice = [&](const Order& order) {
    inventory::v1::GetOrderDocumentRequest request;
    request.set_name(order.name());
    request.set_kind(inventory::v1::GetOrderDocumentRequest::INVOICE);
    return Ask<inventory::v1::OrderDocument>("GetOrderDocument", request)
        .value_or(inventory::v1::OrderDocument())
        .html();
  };
  const Order order = Placed(Request({{"A", 3}}));
  ASSERT_TRUE(Authorize(order, "", /*capture=*/true).ok());
  EXPECT_EQ(listed(), 0u);
  Order edited = Edit(order, 1);
  EXPECT_EQ(Minor(edited.balance_due()), -2000);
  EXPECT_EQ(edited.payment_status(), Order::OVERPAID);
  ASSERT_EQ(edited.proposed_refunds_size(), 1);
  EXPECT_EQ(edited.proposed_refunds(0).payment(), order.name() + "/payments/1");
  EXPECT_EQ(Minor(edited.proposed_refunds(0).amount()), 2000);
  EXPECT_EQ(listed(), 1u);
  EXPECT_TRUE(absl::StrContains(invoice(order), "To be refunded</td><td class=\"n\">20.00 EUR"));
  EXPECT_FALSE(absl::StrContains(invoice(order), "To be paid"));
  // What is proposed is what is paid back if no amount is stated.
  const auto refunded = Refund(order, 1);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(provider_->Done(Operation::REFUND), 2000);
  EXPECT_EQ(Minor(refunded->balance_due()), 0);
  EXPECT_EQ(refunded->proposed_refunds_size(), 0);
  EXPECT_EQ(listed(), 0u);
  EXPECT_TRUE(absl::StrContains(invoice(order), "To be paid</td><td class=\"n\">0.00 EUR"));
  // It is due again when the order is what it was.
  edited = Edit(order, 3);
  EXPECT_EQ(Minor(edited.balance_due()), 2000);
  EXPECT_TRUE(edited.on_hold());
  const auto paid = Authorize(order, "", /*capture=*/true);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(Minor(paid->payments(1).captured()), 2000);
  EXPECT_FALSE(paid->on_hold());
}

TEST_F(OrderPaymentTest, ACancelledOrderThatKeepsItsPaymentsIsOverpaid) {
  const Order order = Placed(Request({{"A", 2}}));
  ASSERT_TRUE(Authorize(order, "", /*capture=*/true).ok());
  inventory::v1::CancelOrderRequest cancel;
  cancel.set_name(order.name());
  cancel.set_reason("test");
  cancel.set_refund(inventory::v1::CancelOrderRequest::NONE);
  const auto cancelled = Ask<Order>("CancelOrder", cancel);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(Minor(cancelled->balance_due()), -2000);
  EXPECT_EQ(cancelled->payment_status(), Order::OVERPAID);
  const auto refunded = Refund(order, 1);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->payment_status(), Order::REFUNDED);
  EXPECT_EQ(Minor(refunded->balance_due()), 0);
}

TEST_F(OrderPaymentTest, ListsCompareWhatIsDue) {
  const auto listed = [&](const std::string& filter) {
    std::vector<std::string> names;
    for (const Order& order : List(filter)) names.push_back(order.name());
    return names;
  };
  const Order unpaid = Placed(Request({{"A", 2}}));
  const Order overpaid = Placed(Request({{"A", 3}}));
  ASSERT_TRUE(Authorize(overpaid, "", /*capture=*/true).ok());
  EXPECT_THAT(listed("balance_due = \"0 EUR\""), ::testing::Contains(overpaid.name()));
  EXPECT_EQ(Minor(Edit(overpaid, 1).balance_due()), -2000);
  EXPECT_THAT(listed("balance_due < \"0 EUR\""), ::testing::ElementsAre(overpaid.name()));
  EXPECT_THAT(listed("balance_due <= \"-20.00 EUR\" AND place_time > \"2020-01-01T00:00:00Z\""),
              ::testing::ElementsAre(overpaid.name()));
  EXPECT_THAT(listed("balance_due > \"0 EUR\""), ::testing::ElementsAre(unpaid.name()));
  EXPECT_THAT(listed("balance_due < \"0 USD\""), ::testing::IsEmpty());
  RunJobs();  // a job is due one interval after it was first seen
  // Orders that are older than the column.
  ASSERT_TRUE(process_->database().Execute(Soon(), "UPDATE orders SET balance_due_minor = NULL").ok());
  EXPECT_THAT(listed("balance_due < \"0 EUR\""), ::testing::IsEmpty());
  RunJobs();
  EXPECT_THAT(listed("balance_due < \"0 EUR\""), ::testing::ElementsAre(overpaid.name()));
  EXPECT_THAT(listed("balance_due > \"0 EUR\""), ::testing::ElementsAre(unpaid.name()));
}

TEST_F(OrderPaymentTest, AuthorisedCapturedRefunded) {
  const Order order = Placed(Request({{"A", 2}}));
  auto paid = Authorize(order);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->status(), Order::CONFIRMED);
  EXPECT_EQ(paid->payment_status(), Order::AUTHORIZED);
  EXPECT_FALSE(paid->has_expire_time());
  EXPECT_EQ(paid->payments(0).provider_reference(), "p1");
  EXPECT_EQ(Authorize(order).status().code(), absl::StatusCode::kInvalidArgument);
  paid = Capture(order, 1);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->payment_status(), Order::PAID);
  EXPECT_EQ(Reason(Void(order, 1).status()), "ACTION_NOT_ALLOWED");
  paid = Refund(order, 1, 500, "once");
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->payment_status(), Order::PARTLY_REFUNDED);
  ASSERT_TRUE(Refund(order, 1, 500, "once").ok());
  EXPECT_EQ(Reason(Refund(order, 1, 501, "once").status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(provider_->Done(Operation::REFUND), 500);
  paid = Refund(order, 1);
  EXPECT_EQ(paid->payment_status(), Order::REFUNDED);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 2000);
  EXPECT_EQ(Capture(order, 2).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(OrderPaymentTest, SeveralPaymentsForOneOrder) {
  const Order order = Placed(Request({{"A", 3}}));
  auto request = Payment(order);
  *request.mutable_amount() = MoneyFromMinor(1000, "EUR");
  auto paid = Ask<Order>("AuthorizePayment", request);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->status(), Order::PLACED);
  EXPECT_EQ(paid->payment_status(), Order::PARTLY_AUTHORIZED);
  request.clear_amount();
  request.set_provider("manual");
  request.set_source("till 3, slip 77");
  request.set_capture(true);
  paid = Ask<Order>("AuthorizePayment", request);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->status(), Order::CONFIRMED);
  EXPECT_EQ(paid->payments(1).provider_reference(), "till 3, slip 77");
  EXPECT_EQ(Minor(paid->captured()), 2000);
  EXPECT_EQ(Minor(paid->authorized()), 1000);
}

TEST_F(OrderPaymentTest, ARefusalIsKeptAndAnotherPaymentMayFollow) {
  const Order order = Placed(Request({{"A", 1}}));
  provider_->Do(ScriptedProvider::kRefuse);
  const auto refused = Authorize(order, "try-1");
  EXPECT_EQ(Reason(refused.status()), "PAYMENT_REFUSED");
  EXPECT_EQ(Get(order.name()).payments(0).status(), OrderPayment::FAILED);
  provider_->Do(ScriptedProvider::kApprove);
  // The same request stays refused, another one is another payment.
  EXPECT_EQ(Reason(Authorize(order, "try-1").status()), "PAYMENT_REFUSED");
  EXPECT_TRUE(Authorize(order, "try-2").ok());
  EXPECT_EQ(provider_->DoneCount(Operation::AUTHORIZE), 1);
}

TEST_F(OrderPaymentTest, ATimeOutAfterTheChargeNeverChargesTwice) {
  const Order order = Placed(Request({{"A", 2}}));
  provider_->Do(ScriptedProvider::kTimeOutAfterwards);
  auto paid = Authorize(order, "pay");
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->payments(0).status(), OrderPayment::UNKNOWN);
  EXPECT_EQ(paid->status(), Order::PLACED);
  // Nobody can pay beside it while it is not known.
  EXPECT_EQ(Reason(Authorize(order, "pay-2").status()), "AMOUNT_OUT_OF_RANGE");
  // The caller asks again: the same payment, charged once.
  provider_->Do(ScriptedProvider::kApprove);
  paid = Authorize(order, "pay");
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->payments_size(), 1);
  EXPECT_EQ(paid->payments(0).status(), OrderPayment::AUTHORIZED);
  EXPECT_EQ(paid->status(), Order::CONFIRMED);
  EXPECT_EQ(provider_->Done(Operation::AUTHORIZE), 2000);
  EXPECT_EQ(provider_->DoneCount(Operation::AUTHORIZE), 1);
  // And once more, now from what is stored.
  const int asked = provider_->asked();
  EXPECT_EQ(Authorize(order, "pay")->SerializeAsString(), paid->SerializeAsString());
  EXPECT_EQ(provider_->asked(), asked);
}

TEST_F(OrderPaymentTest, WhatIsUnknownIsSettledByAskingTheProvider) {
  const Order order = Placed(Request({{"A", 2}}));
  provider_->Do(ScriptedProvider::kTimeOutAfterwards);
  ASSERT_TRUE(Authorize(order).ok());
  provider_->GoAway(true);
  RunJobs(absl::Minutes(3));
  EXPECT_EQ(Get(order.name()).payments(0).status(), OrderPayment::UNKNOWN);
  // Its time is up, but somebody may have paid: it does not expire.
  RunJobs(absl::Minutes(40));
  EXPECT_EQ(Get(order.name()).status(), Order::PLACED);
  provider_->GoAway(false);
  RunJobs(absl::Minutes(3));
  const Order settled = Get(order.name());
  EXPECT_EQ(settled.payments(0).status(), OrderPayment::AUTHORIZED);
  EXPECT_EQ(settled.status(), Order::CONFIRMED);
  EXPECT_EQ(provider_->DoneCount(Operation::AUTHORIZE), 1);
}

TEST_F(OrderPaymentTest, AQuestionThatNeverArrivedIsRefused) {
  const Order order = Placed(Request({{"A", 2}}));
  provider_->Do(ScriptedProvider::kTimeOutBefore);
  ASSERT_TRUE(Authorize(order).ok());
  provider_->Do(ScriptedProvider::kApprove);
  RunJobs(absl::Minutes(3));
  EXPECT_EQ(Get(order.name()).payments(0).status(), OrderPayment::FAILED);
  EXPECT_EQ(provider_->DoneCount(Operation::AUTHORIZE), 0);
  EXPECT_TRUE(Authorize(order).ok());
}

TEST_F(OrderPaymentTest, ACaptureThatTimesOutIsSettledToo) {
  const Order order = Placed(Request({{"A", 2}}));
  ASSERT_TRUE(Authorize(order).ok());
  provider_->Do(ScriptedProvider::kTimeOutAfterwards);
  const auto captured = Capture(order, 1);
  ASSERT_TRUE(captured.ok()) << captured.status();
  EXPECT_EQ(captured->payments(0).status(), OrderPayment::AUTHORIZED);
  EXPECT_EQ(Reason(Void(order, 1).status()), "PAYMENT_OPEN");
  RunJobs(absl::Minutes(3));
  EXPECT_EQ(Get(order.name()).payments(0).status(), OrderPayment::CAPTURED);
  EXPECT_EQ(provider_->Done(Operation::CAPTURE), 2000);
}

TEST_F(OrderPaymentTest, CancellingGivesTheMoneyBack) {
  const Order authorised = Placed(Request({{"A", 1}}));
  ASSERT_TRUE(Authorize(authorised).ok());
  auto cancelled = Cancel(authorised.name());
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->payments(0).status(), OrderPayment::VOIDED);
  const Order captured = Placed(Request({{"A", 1}}));
  ASSERT_TRUE(Authorize(captured, "", true).ok());
  // The provider is away: it is paid back later.
  provider_->Do(ScriptedProvider::kTimeOutBefore);
  cancelled = Cancel(captured.name());
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->status(), Order::CANCELLED);
  EXPECT_EQ(cancelled->payments(0).status(), OrderPayment::CAPTURED);
  provider_->Do(ScriptedProvider::kApprove);
  RunJobs(absl::Minutes(3));
  EXPECT_EQ(Get(captured.name()).payments(0).status(), OrderPayment::REFUNDED);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 1000);
  const Order kept = Placed(Request({{"A", 1}}));
  ASSERT_TRUE(Authorize(kept, "", true).ok());
  inventory::v1::CancelOrderRequest request;
  request.set_name(kept.name());
  request.set_reason("store credit");
  request.set_refund(inventory::v1::CancelOrderRequest::NONE);
  ASSERT_TRUE(Ask<Order>("CancelOrder", request).ok());
  EXPECT_EQ(Get(kept.name()).payments(0).status(), OrderPayment::CAPTURED);
}

TEST_F(OrderPaymentTest, MoneyThatComesWhileTheOrderIsCancelledGoesBack) {
  const Order order = Placed(Request({{"A", 1}}));
  provider_->Meanwhile([&] { EXPECT_TRUE(Cancel(order.name()).ok()); });
  const auto paid = Authorize(order);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->status(), Order::CANCELLED);
  EXPECT_EQ(paid->payments(0).status(), OrderPayment::VOIDED);
  EXPECT_EQ(provider_->Done(Operation::AUTHORIZE), 1000);
  EXPECT_EQ(provider_->Done(Operation::VOID), 1000);
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 0, 10}));
}

TEST_F(OrderPaymentTest, AChargeThatComesAfterItWasGivenUpIsNotForgotten) {
  const Order order = Placed(Request({{"A", 1}}));
  // The question takes so long that it is looked for, not found and given up, and the order expires.
  provider_->Meanwhile([&] { RunJobs(absl::Minutes(31)); });
  const auto paid = Authorize(order);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->status(), Order::EXPIRED);
  EXPECT_EQ(paid->payments(0).status(), OrderPayment::VOIDED);
  EXPECT_EQ(provider_->Done(Operation::AUTHORIZE), 1000);
  EXPECT_EQ(provider_->Done(Operation::VOID), 1000);
}

TEST_F(OrderPaymentTest, AnOrderThatWasPaidOtherwiseMeanwhileIsPaidOnce) {
  const Order order = Placed(Request({{"A", 1}}));
  provider_->Meanwhile([&] {
    RunJobs(absl::Minutes(3));
    EXPECT_TRUE(Authorize(order).ok());
  });
  const auto paid = Authorize(order);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->status(), Order::CONFIRMED);
  EXPECT_EQ(paid->payments(0).status(), OrderPayment::VOIDED);
  EXPECT_EQ(paid->payments(1).status(), OrderPayment::AUTHORIZED);
  EXPECT_EQ(provider_->Done(Operation::AUTHORIZE) - provider_->Done(Operation::VOID), 1000);
}

}  // namespace
}  // namespace storeops::testing
