// Money for goods that came back: exact, once, and through providers that do not answer.
#include <string>
#include <thread>
#include <vector>

#include "tests/support/return_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using ::testing::ElementsAre;
using Counters = std::vector<int64_t>;

class ReturnRefundTest : public ReturnFixture {
 protected:
  void TearDown() override { ExpectSound(); }

  inventory::v1::RefundReturnRequest RefundRequest(const Return& ret) {
    inventory::v1::RefundReturnRequest request;
    request.set_name(ret.name());
    return request;
  }
};

TEST_F(ReturnRefundTest, PartsAddUpToWhatThePiecesCost) {
  // Postage is not part of what the pieces cost.
  PlaceOrderRequest request = Request({{"A", 3}});
  *request.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(333, "EUR");
  *request.mutable_shipping_charge() = MoneyFromMinor(490, "EUR");
  const Order order = Sent(request);
  int64_t sum = 0;
  // In parallel returns, whose goods come in another order than they were asked for.
  std::vector<Return> returns = {Approved(order, {{1, 1}}), Approved(order, {{1, 1}}), Approved(order, {{1, 1}})};
  for (const int i : {2, 0, 1}) {
    ASSERT_TRUE(Arrive(returns[i], {{1, 1}}).ok());
    ASSERT_TRUE(Inspect(returns[i], 1, 1).ok());
    const auto refunded = Refund(returns[i]);
    ASSERT_TRUE(refunded.ok()) << refunded.status();
    sum += Minor(refunded->refunded());
  }
  EXPECT_EQ(sum, 999);
  EXPECT_EQ(Minor(Get(order.name()).lines(0).refunded()), 999);
}

TEST_F(ReturnRefundTest, MoreThanTheGoodsWereWorthDemandsThePermissionOfRefundPayment) {
  const Return ret = Back(Sent({{"A", 2}}), {{1, 1}});
  auto request = RefundRequest(ret);
  request.set_reason("all of it");
  const auto code = [&] {
    rpc::PeerCall call = process_->MakeCall("ReturnService/RefundReturn");
    call.principal = {"users/2", "Agent", {"inventory.returns.write"}};
    Return response;
    return process_->peer().CallBlocking(call, request, &response).code();
  };
  *request.mutable_amount() = MoneyFromMinor(2000, "EUR");
  EXPECT_EQ(code(), absl::StatusCode::kPermissionDenied);
  *request.mutable_amount() = MoneyFromMinor(1000, "EUR");
  *request.mutable_shipping() = MoneyFromMinor(1, "EUR");
  EXPECT_EQ(code(), absl::StatusCode::kPermissionDenied);
  *request.mutable_restocking_fee() = MoneyFromMinor(1, "EUR");
  EXPECT_EQ(code(), absl::StatusCode::kOk);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 1000);
}

TEST_F(ReturnRefundTest, FeesAndPostageNeedAReason) {
  const Order order = Sent({{"A", 2}});
  const Return ret = Back(order, {{1, 1}});
  auto request = RefundRequest(ret);
  *request.mutable_restocking_fee() = MoneyFromMinor(150, "EUR");
  *request.mutable_shipping() = MoneyFromMinor(490, "USD");
  EXPECT_THAT(FieldsOf(Do("RefundReturn", request).status()), ElementsAre("shipping", "reason"));
  *request.mutable_shipping() = MoneyFromMinor(490, "EUR");
  request.set_reason("opened; our mistake in part");
  *request.mutable_restocking_fee() = MoneyFromMinor(1001, "EUR");
  EXPECT_THAT(FieldsOf(Do("RefundReturn", request).status()), ElementsAre("restocking_fee"));
  *request.mutable_restocking_fee() = MoneyFromMinor(150, "EUR");
  const auto refunded = Do("RefundReturn", request);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(Minor(refunded->refunded()), 1340);
  EXPECT_EQ(Minor(refunded->refunds(0).restocking_fee()), 150);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 1340);
  EXPECT_EQ(Minor(Get(order.name()).lines(0).refunded()), 1000 - 150 + 150);
  // More than the order's payments still have is not there to be paid back.
  const Return rest = Back(order, {{1, 1}});
  EXPECT_EQ(Reason(Refund(rest).status()), "NOTHING_TO_REFUND");
  EXPECT_EQ(GetReturn(rest.name()).state(), Return::INSPECTED);
  request = RefundRequest(rest);
  *request.mutable_amount() = MoneyFromMinor(0, "EUR");
  request.set_reason("was paid with the first one");
  const auto nothing = Do("RefundReturn", request);
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(nothing->state(), Return::REFUNDED);
  EXPECT_EQ(provider_->DoneCount(Operation::REFUND), 1);
}

TEST_F(ReturnRefundTest, ARefundGoesOverSeveralPayments) {
  const Order placed = Placed(Request({{"A", 2}, {"B", 2}}));
  auto payment = Payment(placed, "", true);
  *payment.mutable_amount() = MoneyFromMinor(700, "EUR");
  ASSERT_TRUE(Ask<Order>("AuthorizePayment", payment).ok());
  payment.clear_amount();
  payment.set_provider("manual");
  payment.set_source("till 3");
  ASSERT_TRUE(Ask<Order>("AuthorizePayment", payment).ok());
  const Order order = SendAll(placed.name());
  const Return ret = Back(order, {{1, 2}, {2, 2}});
  const auto refunded = Refund(ret);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(Minor(refunded->refunded()), 2500);
  const Order after = Get(order.name());
  EXPECT_EQ(after.payment_status(), Order::REFUNDED);
  EXPECT_EQ(Minor(after.payments(0).refunded()), 700);
  EXPECT_EQ(Minor(after.payments(1).refunded()), 1800);
  EXPECT_EQ(Minor(after.lines(0).refunded()), 2000);
  EXPECT_EQ(Minor(after.lines(1).refunded()), 500);
}

TEST_F(ReturnRefundTest, ATimeOutAfterTheRefundNeverPaysTwice) {
  const Order order = Sent({{"A", 2}});
  const Return ret = Back(order, {{1, 2}});
  provider_->Do(ScriptedProvider::kTimeOutAfterwards);
  auto refunded = Refund(ret, "pay-back");
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->state(), Return::REFUNDING);
  EXPECT_EQ(refunded->refunds(0).outcome(), Return::Refund::OPEN);
  EXPECT_EQ(Reason(Refund(ret, "pay-back-2").status()), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(Reason(CloseReturn(ret).status()), "ACTION_NOT_ALLOWED");
  auto other = RefundRequest(ret);
  other.set_request_id("pay-back");
  *other.mutable_amount() = MoneyFromMinor(1, "EUR");
  other.set_reason("another");
  EXPECT_EQ(Reason(Do("RefundReturn", other).status()), "REQUEST_ID_REUSED");
  // The caller asks again: the same refund, paid once.
  provider_->Do(ScriptedProvider::kApprove);
  refunded = Refund(ret, "pay-back");
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(refunded->state(), Return::REFUNDED);
  EXPECT_EQ(Minor(refunded->refunded()), 2000);
  EXPECT_EQ(provider_->DoneCount(Operation::REFUND), 1);
  const int asked = provider_->asked();
  EXPECT_EQ(Refund(ret, "pay-back")->SerializeAsString(), refunded->SerializeAsString());
  EXPECT_EQ(provider_->asked(), asked);
}

TEST_F(ReturnRefundTest, WhatNobodyAsksAgainIsSettledByItself) {
  const Order order = Sent({{"A", 2}, {"B", 1}});
  const Return first = Back(order, {{1, 1}}), second = Back(order, {{2, 1}});
  provider_->Do(ScriptedProvider::kTimeOutBefore);
  EXPECT_EQ(Refund(first)->state(), Return::REFUNDING);
  // The order's payment is busy: another refund has to wait, and nothing of it is begun.
  EXPECT_EQ(Reason(Refund(second).status()), "PAYMENT_OPEN");
  EXPECT_EQ(GetReturn(second.name()).state(), Return::INSPECTED);
  provider_->GoAway(true);
  RunJobs(absl::Minutes(3));
  EXPECT_EQ(GetReturn(first.name()).state(), Return::REFUNDING);
  provider_->GoAway(false);
  provider_->Do(ScriptedProvider::kApprove);
  RunJobs(absl::Minutes(3));
  RunJobs();
  EXPECT_EQ(GetReturn(first.name()).state(), Return::REFUNDED);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 1000);
  EXPECT_EQ(Refund(second)->state(), Return::REFUNDED);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 1250);
}

TEST_F(ReturnRefundTest, ARefusalLeavesTheGoodsAndMayBeTriedAgain) {
  const Order order = Sent({{"A", 2}});
  const Return ret = Back(order, {{1, 2}});
  provider_->Do(ScriptedProvider::kRefuse);
  EXPECT_EQ(Reason(Refund(ret, "try-1").status()), "PAYMENT_REFUSED");
  Return after = GetReturn(ret.name());
  EXPECT_EQ(after.state(), Return::INSPECTED);
  EXPECT_EQ(after.refunds(0).message(), "card declined");
  EXPECT_EQ(Minor(after.refundable()), 2000);
  provider_->Do(ScriptedProvider::kApprove);
  EXPECT_EQ(Reason(Refund(ret, "try-1").status()), "PAYMENT_REFUSED");
  ASSERT_TRUE(Refund(ret, "try-2").ok());
  after = GetReturn(ret.name());
  EXPECT_EQ(after.state(), Return::REFUNDED);
  EXPECT_EQ(after.refunds_size(), 2);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 2000);
}

TEST_F(ReturnRefundTest, ManyCallersRefundOnce) {
  const Order order = Sent({{"A", 2}});
  const Return ret = Back(order, {{1, 2}});
  std::vector<std::thread> callers;
  for (int i = 0; i < 6; ++i) {
    callers.emplace_back([&, i] { Refund(ret, i % 2 == 0 ? "same" : absl::StrCat("own-", i)).IgnoreError(); });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(GetReturn(ret.name()).state(), Return::REFUNDED);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 2000);
}

TEST_F(ReturnRefundTest, WhatWasPaidBackForALineOtherwiseIsNotPaidAgain) {
  const Order order = Sent({{"A", 2}, {"B", 2}});
  inventory::v1::RefundPaymentRequest goodwill;
  goodwill.set_name(order.name() + "/payments/1");
  goodwill.set_line(1);
  goodwill.set_reason("scratched");
  *goodwill.mutable_amount() = MoneyFromMinor(300, "EUR");
  ASSERT_TRUE(Ask<Order>("RefundPayment", goodwill).ok());
  // One piece is still worth its price, both are what is left of the line's.
  ASSERT_TRUE(Refund(Back(order, {{1, 1}})).ok());
  EXPECT_EQ(provider_->Done(Operation::REFUND), 1300);
  const Return rest = Back(order, {{1, 1}, {2, 2}});
  EXPECT_EQ(Minor(rest.refundable()), 1200);
  ASSERT_TRUE(Refund(rest).ok());
  const Order after = Get(order.name());
  EXPECT_EQ(after.payment_status(), Order::REFUNDED);
  EXPECT_EQ(Minor(after.lines(0).refunded()), 2000);
}

TEST_F(ReturnRefundTest, AnUnpaidInvoiceHasNothingToPayBack) {
  PlaceOrderRequest request = Request({{"A", 2}});
  request.set_payment_terms(Order::INVOICE);
  const Order order = SendAll(Placed(request).name());
  const Return ret = Back(order, {{1, 2}});
  EXPECT_EQ(Reason(Refund(ret).status()), "NOTHING_TO_REFUND");
  EXPECT_EQ(Reason(Exchange(ret).status()), "NOT_PAID");
  const auto closed = CloseReturn(ret);
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->state(), Return::CLOSED);
}

}  // namespace
}  // namespace storeops::testing
