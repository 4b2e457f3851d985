// Other goods instead of money, and claims, for which nothing need come back.
#include <string>
#include <vector>

#include "tests/support/return_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using ::testing::ElementsAre;
using Counters = std::vector<int64_t>;

class ReturnExchangeTest : public ReturnFixture {
 protected:
  void TearDown() override { ExpectSound(); }
};

TEST_F(ReturnExchangeTest, TheSameGoodsCostNothing) {
  const Order order = Sent({{"A", 3}});
  const Return ret = Back(order, {{1, 2}}, Return::EXCHANGE);
  const auto exchanged = Exchange(ret);
  ASSERT_TRUE(exchanged.ok()) << exchanged.status();
  EXPECT_EQ(exchanged->state(), Return::EXCHANGED);
  EXPECT_EQ(Minor(exchanged->exchanged()), 2000);
  const Order replacement = Get(exchanged->replacement_order());
  EXPECT_EQ(replacement.source_return(), ret.name());
  EXPECT_EQ(replacement.replaces_order(), order.name());
  EXPECT_THAT(Get(order.name()).replacement_orders(), ElementsAre(replacement.name()));
  EXPECT_EQ(replacement.status(), Order::CONFIRMED);
  EXPECT_EQ(replacement.payment_status(), Order::PAID);
  EXPECT_EQ(Minor(replacement.total()), 2000);
  EXPECT_EQ(replacement.shipping_address().recipient(), "Ada");
  EXPECT_EQ(Stock("A"), (Counters{9, 2, 7}));
  EXPECT_EQ(provider_->DoneCount(Operation::REFUND), 0);
  EXPECT_EQ(Reason(Exchange(ret).status()), "ACTION_NOT_ALLOWED");
  // What was passed on cannot be refunded twice; what is sent can come back in its turn, for the first order's money.
  const Return rest = Back(order, {{1, 1}});
  ASSERT_TRUE(Refund(rest).ok());
  const Return again = Back(SendAll(replacement.name()), {{1, 2}});
  const auto refunded = Refund(again);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(provider_->Done(Operation::REFUND), 3000);
}

TEST_F(ReturnExchangeTest, UnitsBeyondThoseThatCameBackCostWhatTheCatalogSays) {
  PlaceOrderRequest request = Request({{"A", 1}});
  *request.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(100, "EUR");
  const Order order = Sent(request);
  const Return ret = Back(order, {{1, 1}}, Return::EXCHANGE);
  const auto exchanged = Exchange(ret, {{"A", 4}, {"B", 1}});
  ASSERT_TRUE(exchanged.ok()) << exchanged.status();
  const Order replacement = Get(exchanged->replacement_order());
  ASSERT_EQ(replacement.lines_size(), 3);
  EXPECT_EQ(replacement.lines(0).quantity(), 1);
  EXPECT_EQ(Minor(replacement.lines(0).total()), 100);
  EXPECT_EQ(replacement.lines(0).price_source(), "returned goods");
  EXPECT_EQ(Minor(replacement.lines(1).total()), 250);
  EXPECT_EQ(replacement.lines(2).number(), 3);
  EXPECT_EQ(replacement.lines(2).quantity(), 3);
  EXPECT_EQ(Minor(replacement.lines(2).total()), 3000);
  EXPECT_EQ(replacement.lines(2).price_source(), "");
  EXPECT_EQ(Minor(replacement.balance_due()), 3250);
}

TEST_F(ReturnExchangeTest, AStatedPriceDemandsAPermission) {
  const Return ret = Back(Sent({{"A", 1}}), {{1, 1}}, Return::EXCHANGE);
  inventory::v1::ExchangeReturnRequest request;
  request.set_name(ret.name());
  auto& line = *request.add_lines();
  line.set_sku("A");
  line.set_quantity(5);
  *line.mutable_unit_price() = MoneyFromMinor(1, "EUR");
  rpc::PeerCall call = process_->MakeCall("ReturnService/ExchangeReturn");
  call.principal = {"users/2", "Agent", {"inventory.returns.write", "inventory.orders.write"}};
  Return response;
  EXPECT_EQ(process_->peer().CallBlocking(call, request, &response).code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(ReturnExchangeTest, ADearerOneWaitsForTheDifference) {
  const Order order = Sent({{"B", 2}});
  const Return ret = Back(order, {{1, 2}}, Return::EXCHANGE);
  const auto exchanged = Exchange(ret, {{"A", 1}});
  ASSERT_TRUE(exchanged.ok()) << exchanged.status();
  Order replacement = Get(exchanged->replacement_order());
  EXPECT_EQ(replacement.status(), Order::PLACED);
  EXPECT_EQ(replacement.payment_status(), Order::PARTLY_PAID);
  EXPECT_EQ(Minor(replacement.captured()), 500);
  const auto paid = Authorize(replacement, "", /*capture=*/true);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->status(), Order::CONFIRMED);
  EXPECT_EQ(Minor(paid->payments(1).captured()), 500);
}

TEST_F(ReturnExchangeTest, ADifferenceThatIsNotPaidGivesTheMoneyBack) {
  const Order order = Sent({{"B", 2}});
  const Return ret = Back(order, {{1, 2}}, Return::EXCHANGE);
  const auto exchanged = Exchange(ret, {{"A", 1}});
  ASSERT_TRUE(exchanged.ok()) << exchanged.status();
  RunJobs(absl::Hours(24) * 8);
  const Order replacement = Get(exchanged->replacement_order());
  EXPECT_EQ(replacement.status(), Order::EXPIRED);
  EXPECT_EQ(replacement.payment_status(), Order::REFUNDED);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 500);
  EXPECT_EQ(Stock("A"), (Counters{10, 0, 10}));
}

TEST_F(ReturnExchangeTest, ACheaperOneGivesTheDifferenceBack) {
  const Order order = Sent({{"A", 2}});
  const Return ret = Back(order, {{1, 2}}, Return::EXCHANGE);
  // One of the same, and something for 2.50: 7.50 are left.
  provider_->Do(ScriptedProvider::kTimeOutAfterwards);
  auto exchanged = Exchange(ret, {{"A", 1}, {"B", 1}});
  ASSERT_TRUE(exchanged.ok()) << exchanged.status();
  EXPECT_EQ(exchanged->state(), Return::REFUNDING);
  EXPECT_EQ(Get(exchanged->replacement_order()).status(), Order::CONFIRMED);
  provider_->Do(ScriptedProvider::kApprove);
  RunJobs(absl::Minutes(3));
  RunJobs();
  const Return after = GetReturn(ret.name());
  EXPECT_EQ(after.state(), Return::EXCHANGED);
  EXPECT_EQ(Minor(after.refunded()), 750);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 750);
}

TEST_F(ReturnExchangeTest, ADifferenceThatIsRefusedIsTheOnlyThingLeft) {
  const Order order = Sent({{"A", 2}});
  const Return ret = Back(order, {{1, 2}}, Return::EXCHANGE);
  provider_->Do(ScriptedProvider::kRefuse);
  const auto exchanged = Exchange(ret, {{"B", 1}});
  ASSERT_TRUE(exchanged.ok()) << exchanged.status();
  EXPECT_EQ(exchanged->state(), Return::INSPECTED);
  EXPECT_EQ(Minor(exchanged->refundable()), 1750);
  EXPECT_EQ(Reason(Exchange(ret, {{"B", 1}}).status()), "ALREADY_EXCHANGED");
  provider_->Do(ScriptedProvider::kApprove);
  const auto done = Refund(ret);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->state(), Return::EXCHANGED);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 1750);
}

TEST_F(ReturnExchangeTest, OutOfStockLeavesTheReturnAsItWas) {
  const Order order = Sent({{"A", 2}});
  const Return ret = Back(order, {{1, 2}}, Return::EXCHANGE);
  const size_t orders = List({}).size();
  const auto refused = Exchange(ret, {{"A", 1}, {"B", 14}});
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("lines[1]"));
  EXPECT_EQ(GetReturn(ret.name()).SerializeAsString(), ret.SerializeAsString());
  EXPECT_EQ(List({}).size(), orders);
  EXPECT_THAT(FieldsOf(Exchange(ret, {{"C", 1}}).status()), ElementsAre("lines[0].sku"));
  EXPECT_EQ(GetReturn(ret.name()).SerializeAsString(), ret.SerializeAsString());
  EXPECT_TRUE(Get(order.name()).replacement_orders().empty());
  EXPECT_TRUE(Exchange(ret, {{"A", 2}, {"B", 1}}).ok());
}

TEST_F(ReturnExchangeTest, AClaimIsPaidWithoutGoods) {
  const Order order = Sent({{"A", 3}});
  auto request = ReturnRequest(order, {{1, 2}}, Return::CLAIM);
  request.mutable_lines(0)->set_reason(Return::LOST_IN_TRANSIT);
  request.set_note("the carrier has no trace of it");
  request.add_media("media/3");
  const auto claim = Do("CreateReturn", request);
  ASSERT_TRUE(claim.ok()) << claim.status();
  EXPECT_EQ(claim->notes(0).media(0), "media/3");
  EXPECT_THAT(FieldsOf(Approve(*claim).status()), ElementsAre("remedy"));
  auto accepted = Approve(*claim, Return::MONEY, {{1, 1}});
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  EXPECT_EQ(accepted->state(), Return::ACCEPTED);
  EXPECT_EQ(Minor(accepted->refundable()), 1000);
  EXPECT_EQ(Reason(Arrive(*claim, {{1, 1}}).status()), "ACTION_NOT_ALLOWED");
  provider_->Do(ScriptedProvider::kRefuse);
  EXPECT_EQ(Reason(Refund(*claim).status()), "PAYMENT_REFUSED");
  EXPECT_EQ(GetReturn(claim->name()).state(), Return::ACCEPTED);
  EXPECT_EQ(Minor(GetReturn(claim->name()).refundable()), 1000);
  EXPECT_EQ(Of(Get(order.name()).lines(0)), (Counters{0, 0, 1}));
  provider_->Do(ScriptedProvider::kApprove);
  const auto paid = Refund(*claim);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->state(), Return::REFUNDED);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 1000);
  EXPECT_EQ(Of(Get(order.name()).lines(0)), (Counters{0, 0, 1}));
  EXPECT_EQ(Reason(Create(order, {{1, 3}}).status()), "NOT_RETURNABLE");
  EXPECT_EQ(Stock("A"), (Counters{7, 0, 7}));
}

TEST_F(ReturnExchangeTest, AClaimIsReplaced) {
  const Order order = Sent({{"A", 2}});
  const Return claim = Approved(order, {{1, 2}}, Return::CLAIM, Return::REPLACEMENT);
  const auto replaced = Exchange(claim);
  ASSERT_TRUE(replaced.ok()) << replaced.status();
  EXPECT_EQ(replaced->state(), Return::EXCHANGED);
  const Order replacement = Get(replaced->replacement_order());
  EXPECT_EQ(replacement.status(), Order::CONFIRMED);
  EXPECT_EQ(replacement.lines(0).quantity(), 2);
  EXPECT_EQ(Of(Get(order.name()).lines(0)), (Counters{0, 0, 2}));
  EXPECT_EQ(Stock("A"), (Counters{8, 2, 6}));
}

TEST_F(ReturnExchangeTest, AClaimsGoodsMayBeWantedBack) {
  const Order order = Sent({{"A", 2}});
  const Return claim = Approved(order, {{1, 2}}, Return::CLAIM, Return::GOODS_BACK);
  EXPECT_EQ(claim.state(), Return::APPROVED);
  ASSERT_TRUE(Arrive(claim, {{1, 2}}).ok());
  ASSERT_TRUE(Inspect(claim, 1, 0, 2).ok());
  provider_->Do(ScriptedProvider::kRefuse);
  EXPECT_EQ(Reason(Refund(claim).status()), "PAYMENT_REFUSED");
  EXPECT_EQ(GetReturn(claim.name()).state(), Return::INSPECTED);
  EXPECT_EQ(Pieces("A"), (Counters{10, 2, 0, 8}));
  ASSERT_TRUE(CloseReturn(claim).ok());
}

TEST_F(ReturnExchangeTest, AClaimThatIsGivenUpSettlesNothing) {
  const Order order = Sent({{"A", 2}});
  const Return claim = Approved(order, {{1, 2}}, Return::CLAIM, Return::MONEY);
  provider_->Do(ScriptedProvider::kRefuse);
  EXPECT_EQ(Reason(Refund(claim).status()), "PAYMENT_REFUSED");
  const auto cancelled = CancelReturn(claim);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->items(0).settled_quantity(), 0);
  EXPECT_EQ(Of(Get(order.name()).lines(0)), (Counters{0, 0, 0}));
  provider_->Do(ScriptedProvider::kApprove);
  ASSERT_TRUE(Refund(Back(order, {{1, 2}})).ok());
  EXPECT_EQ(provider_->Done(Operation::REFUND), 2000);
}

}  // namespace
}  // namespace storeops::testing
