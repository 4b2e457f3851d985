// Goods that come back: from the customer's wish to the money.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/return_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Counters = std::vector<int64_t>;

class ReturnTest : public ReturnFixture {
 protected:
  void TearDown() override { ExpectSound(); }
};

TEST_F(ReturnTest, AWholeLife) {
  const Order order = Sent({{"A", 3}, {"B", 2}});
  EXPECT_EQ(Pieces("A"), (Counters{7, 0, 0, 7}));
  auto ret = Create(order, {{1, 3}});
  ASSERT_TRUE(ret.ok()) << ret.status();
  EXPECT_EQ(ret->state(), Return::REQUESTED);
  EXPECT_TRUE(ret->open());
  EXPECT_EQ(ret->items(0).sku(), "A");
  EXPECT_EQ(Of(Get(order.name()).lines(0)), (Counters{0, 3, 0}));
  ret = Approve(*ret);
  ASSERT_TRUE(ret.ok()) << ret.status();
  EXPECT_EQ(ret->state(), Return::APPROVED);
  EXPECT_EQ(ret->location(), berlin_);
  ret = Arrive(*ret, {{1, 3}});
  ASSERT_TRUE(ret.ok()) << ret.status();
  EXPECT_EQ(ret->state(), Return::RECEIVED);
  EXPECT_EQ(Minor(ret->refundable()), 3000);
  // Nobody can buy them before somebody has looked at them.
  EXPECT_EQ(Pieces("A"), (Counters{10, 0, 3, 7}));
  EXPECT_EQ(Of(Get(order.name()).lines(0)), (Counters{3, 0, 0}));
  EXPECT_EQ(Reason(Refund(*ret).status()), "ACTION_NOT_ALLOWED");
  ret = Inspect(*ret, 1, 1, 1);
  ASSERT_TRUE(ret.ok()) << ret.status();
  EXPECT_EQ(ret->state(), Return::RECEIVED);
  ret = Inspect(*ret, 1, 0, 0, 1);
  ASSERT_TRUE(ret.ok()) << ret.status();
  EXPECT_EQ(ret->state(), Return::INSPECTED);
  EXPECT_EQ(Pieces("A"), (Counters{9, 1, 0, 8}));
  EXPECT_EQ(ret->items(0).restocked_quantity(), 1);
  EXPECT_EQ(ret->items(0).damaged_quantity(), 1);
  EXPECT_EQ(ret->items(0).discarded_quantity(), 1);
  ret = Refund(*ret);
  ASSERT_TRUE(ret.ok()) << ret.status();
  EXPECT_EQ(ret->state(), Return::REFUNDED);
  EXPECT_FALSE(ret->open());
  EXPECT_EQ(Minor(ret->refunded()), 3000);
  EXPECT_EQ(Minor(ret->refundable()), 0);
  EXPECT_EQ(provider_->Done(Operation::REFUND), 3000);
  const Order after = Get(order.name());
  EXPECT_EQ(after.payment_status(), Order::PARTLY_REFUNDED);
  EXPECT_EQ(inventory::Minor(after.balance_due()), 0);
  EXPECT_EQ(Minor(after.lines(0).refunded()), 3000);
  ret = CloseReturn(*ret);
  ASSERT_TRUE(ret.ok()) << ret.status();
  EXPECT_EQ(ret->state(), Return::CLOSED);
  std::vector<std::string> types;
  for (const auto& movement : ListMovements(*process_, "A", ret->name())) {
    types.push_back(inventory::v1::StockMovement::Type_Name(movement.type()));
  }
  EXPECT_THAT(types, ElementsAre("ADJUSTED", "STATUS_CHANGED", "STATUS_CHANGED", "RETURNED"));
  inventory::v1::ListReturnHistoryRequest history;
  history.set_name(ret->name());
  const auto entries =
      process_->Call<inventory::v1::ListReturnHistoryResponse>("ReturnService/ListReturnHistory", history);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(entries->entries_size(), 8);
}

TEST_F(ReturnTest, NoPieceIsReturnedTwice) {
  const Order order = Sent({{"A", 3}});
  const auto first = Create(order, {{1, 2}});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Create(order, {{1, 2}});
  EXPECT_EQ(Reason(second.status()), "NOT_RETURNABLE");
  EXPECT_THAT(FieldsOf(second.status()), ElementsAre("lines[0].quantity"));
  EXPECT_EQ(Reason(Create(order, {{1, 2}}, Return::CLAIM).status()), "NOT_RETURNABLE");
  // Fewer are approved, none is rejected: the rest is free again.
  ASSERT_TRUE(Approve(*first, Return::REMEDY_UNSPECIFIED, {{1, 1}}).ok());
  const auto third = Create(order, {{1, 2}});
  ASSERT_TRUE(third.ok()) << third.status();
  ASSERT_TRUE(RejectReturn(*third).ok());
  ASSERT_TRUE(CancelReturn(*first).ok());
  EXPECT_EQ(Of(Get(order.name()).lines(0)), (Counters{0, 0, 0}));
  Back(order, {{1, 3}});
  EXPECT_EQ(Reason(Create(order, {{1, 1}}).status()), "NOT_RETURNABLE");
}

TEST_F(ReturnTest, ManyAskForTheSamePiecesAtOnce) {
  const Order order = Sent({{"A", 3}, {"B", 4}});
  // In two processes on one database.
  const auto other = MakeProcess("other");
  ASSERT_NO_FATAL_FAILURE(other->Start());
  std::atomic<int> granted{0}, refused{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&, i] {
      const auto request = ReturnRequest(order, {{1, 2}, {2, 1}}, i % 2 == 0 ? Return::RETURN : Return::CLAIM);
      ServiceProcess& process = i < 4 ? *process_ : *other;
      const auto ret = process.Call<Return>("ReturnService/CreateReturn", request);
      if (ret.ok()) ++granted;
      if (Reason(ret.status()) == "NOT_RETURNABLE") ++refused;
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(granted, 1);
  EXPECT_EQ(refused, 7);
  EXPECT_EQ(Of(Get(order.name()).lines(0)), (Counters{0, 2, 0}));
}

TEST_F(ReturnTest, OnlyWhatLeftAndInTime) {
  PlaceOrderRequest wanted = Request({{"A", 2}});
  wanted.set_payment_terms(Order::INVOICE);
  const Order unsent = Placed(wanted);
  EXPECT_EQ(Reason(Create(unsent, {{1, 1}}).status()), "NOT_RETURNABLE");
  EXPECT_THAT(FieldsOf(Create(unsent, {{2, 1}, {1, 1}}).status()), ElementsAre("lines[0].order_line"));
  const Order order = SendAll(unsent.name());
  auto request = ReturnRequest(order, {{1, 1}});
  clock_.Advance(absl::Hours(24) * 29);
  const auto in_time = Do("CreateReturn", request);
  ASSERT_TRUE(in_time.ok()) << in_time.status();
  ASSERT_TRUE(CancelReturn(*in_time).ok());
  request.set_window_days(14);
  auto late = Do("CreateReturn", request);
  EXPECT_EQ(Reason(late.status()), "OUTSIDE_WINDOW");
  EXPECT_THAT(std::string(late.status().message()), HasSubstr("more than 14 days ago"));
  clock_.Advance(absl::Hours(24) * 2);
  request.clear_window_days();
  EXPECT_EQ(Reason(Do("CreateReturn", request).status()), "OUTSIDE_WINDOW");
  request.set_override_reason("was ill");
  late = Do("CreateReturn", request);
  ASSERT_TRUE(late.ok()) << late.status();
  EXPECT_EQ(late->override_reason(), "was ill");
  // A claim has more time.
  EXPECT_TRUE(Create(order, {{1, 1}}, Return::CLAIM).ok());
}

TEST_F(ReturnTest, FewerAndOtherPiecesThanAnnounced) {
  const Order order = Sent({{"A", 3}, {"B", 2}});
  Return ret = Approved(order, {{1, 3}});
  ASSERT_TRUE(Arrive(ret, {{1, 1}}).ok());
  ASSERT_TRUE(Inspect(ret, 1, 1).ok());
  EXPECT_EQ(GetReturn(ret.name()).state(), Return::INSPECTED);
  // A second parcel: one more, one of the other line, and something that was never in the order.
  inventory::v1::ReceiveReturnRequest parcel;
  parcel.set_name(ret.name());
  for (const int line : {1, 2}) {
    parcel.add_items()->set_order_line(line);
    parcel.mutable_items()->rbegin()->set_quantity(1);
  }
  parcel.add_items()->set_sku("X");
  parcel.mutable_items()->rbegin()->set_quantity(2);
  const auto more = Do("ReceiveReturn", parcel);
  ASSERT_TRUE(more.ok()) << more.status();
  ASSERT_EQ(more->items_size(), 3);
  EXPECT_EQ(more->items(1).sku(), "B");
  EXPECT_EQ(more->items(2).order_line(), 0);
  EXPECT_EQ(Minor(more->refundable()), 2250);
  EXPECT_EQ(Pieces("X"), (Counters{2, 0, 2, 0}));
  const auto too_many = Arrive(ret, {{1, 1}, {2, 2}});
  EXPECT_EQ(Reason(too_many.status()), "MORE_THAN_SHIPPED");
  EXPECT_THAT(FieldsOf(too_many.status()), ElementsAre("items[1].quantity"));
  EXPECT_EQ(Reason(Inspect(ret, 1, 2).status()), "MORE_THAN_RECEIVED");
  ASSERT_TRUE(Inspect(ret, 1, 1).ok());
  ASSERT_TRUE(Inspect(ret, 2, 0, 1).ok());
  ASSERT_TRUE(Inspect(ret, 3, 0, 0, 2).ok());
  EXPECT_EQ(Pieces("X"), (Counters{0, 0, 0, 0}));
  const auto refunded = Refund(ret);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(provider_->Done(Operation::REFUND), 2250);
  // The one that never came may come with another return.
  const Order after = Get(order.name());
  EXPECT_EQ(Of(after.lines(0)), (Counters{2, 0, 0}));
  EXPECT_EQ(Minor(after.lines(1).refunded()), 250);
  EXPECT_TRUE(Create(order, {{1, 1}}).ok());
}

TEST_F(ReturnTest, LotsComeBackAsTheyLeft) {
  ASSERT_TRUE(Receive(*process_, "T", berlin_, 2, "LATE", "2099-12-31").ok());
  ASSERT_TRUE(Receive(*process_, "T", berlin_, 2, "SOON", "2099-01-31").ok());
  PlaceOrderRequest request = Request({{"T", 3}});
  *request.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(100, "EUR");
  const Order order = Sent(request);
  Return ret = Approved(order, {{1, 3}});
  EXPECT_THAT(FieldsOf(Arrive(ret, {{1, 1}}).status()), ElementsAre("items[0].lot"));
  EXPECT_THAT(FieldsOf(Arrive(ret, {{1, 1}}, "OTHER").status()), ElementsAre("items[0].lot"));
  ASSERT_TRUE(Arrive(ret, {{1, 2}}, "SOON").ok());
  ASSERT_TRUE(Arrive(ret, {{1, 1}}, "LATE").ok());
  EXPECT_THAT(FieldsOf(Inspect(ret, 1, 1).status()), ElementsAre("items[0].lot"));
  ASSERT_TRUE(Inspect(ret, 1, 1, 1, 0, "SOON").ok());
  ASSERT_TRUE(Inspect(ret, 1, 0, 0, 1).ok());
  inventory::v1::ListLotsRequest lots;
  lots.set_filter("sku = \"T\"");
  const auto page = process_->Call<inventory::v1::ListLotsResponse>("ListLots", lots);
  ASSERT_TRUE(page.ok()) << page.status();
  std::vector<std::string> kept;
  for (const auto& lot : page->lots()) {
    kept.push_back(absl::StrCat(lot.lot(), " ", lot.on_hand(), " ", lot.expire_date()));
  }
  EXPECT_THAT(kept, UnorderedElementsAre("SOON 2 2099-01-31", "LATE 1 2099-12-31"));
}

TEST_F(ReturnTest, TheDeskFindsItsReturns) {
  PlaceOrderRequest request = Request({{"A", 2}, {"B", 2}});
  request.set_customer("customers/7");
  const Order order = Sent(request);
  const Return first = Approved(order, {{1, 1}});
  const auto second = Create(order, {{2, 1}}, Return::CLAIM);
  const auto third = Create(order, {{1, 1}, {2, 1}}, Return::EXCHANGE);
  ASSERT_TRUE(second.ok() && third.ok());
  ASSERT_TRUE(RejectReturn(*third).ok());
  EXPECT_THAT(ListReturns("open = true"), ElementsAre(first.name(), second->name()));
  EXPECT_THAT(ListReturns("kind = \"CLAIM\""), ElementsAre(second->name()));
  EXPECT_THAT(ListReturns("state = \"REJECTED\""), ElementsAre(third->name()));
  EXPECT_THAT(ListReturns(absl::StrCat("source_order = \"", order.name(), "\" AND customer = \"customers/7\"")),
              ElementsAre(first.name(), second->name(), third->name()));
  EXPECT_THAT(ListReturns("customer = \"customers/8\""), IsEmpty());
  EXPECT_THAT(ListReturns("create_time > \"2020-01-01T00:00:00Z\" AND items.sku = \"B\""),
              ElementsAre(second->name(), third->name()));
  EXPECT_THAT(ListReturns("items.sku = \"B\" AND items.reason = DAMAGED_IN_TRANSIT"), ElementsAre(second->name()));
  // Both of one item.
  EXPECT_THAT(ListReturns("items.reason = UNWANTED AND items.sku = \"B\""), ElementsAre(third->name()));
  EXPECT_THAT(ListReturns("items.reason = UNWANTED"), ElementsAre(first.name(), third->name()));
}

TEST_F(ReturnTest, NotesAndTheSlip) {
  PlaceOrderRequest request = Request({{"A", 2}});
  request.mutable_shipping_address()->set_recipient("<b>Ada");
  const Order order = Sent(request);
  const auto asked = Create(order, {{1, 2}});
  ASSERT_TRUE(asked.ok());
  inventory::v1::GetReturnDocumentRequest slip;
  slip.set_name(asked->name());
  const auto document = [&] {
    return process_->Call<inventory::v1::OrderDocument>("ReturnService/GetReturnDocument", slip);
  };
  EXPECT_EQ(Reason(document().status()), "NO_GOODS_EXPECTED");
  ASSERT_TRUE(Approve(*asked).ok());
  auto page = document();
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(page->html(), HasSubstr("&lt;b&gt;Ada"));
  EXPECT_THAT(page->html(), HasSubstr("Warehouse BER"));
  EXPECT_THAT(page->html(), HasSubstr("Not wanted"));
  slip.set_language(inventory::v1::GetOrderDocumentRequest::CHINESE);
  page = document();
  EXPECT_THAT(page->html(), HasSubstr("<html lang=\"zh-CN\">"));
  EXPECT_THAT(page->html(), Not(HasSubstr("Not wanted")));
  inventory::v1::AddReturnNoteRequest note;
  note.set_name(asked->name());
  note.set_text("scratched");
  note.add_media("media/12");
  note.set_tracking_number("JD9");
  const auto noted = Do("AddReturnNote", note);
  ASSERT_TRUE(noted.ok()) << noted.status();
  EXPECT_EQ(noted->notes(0).media(0), "media/12");
  EXPECT_EQ(noted->tracking_number(), "JD9");
}

TEST_F(ReturnTest, EveryWriteAnswersARepetitionAsBefore) {
  const Order order = Sent({{"A", 4}});
  const auto twice = [&](const std::string& action, auto request, auto change) {
    request.set_request_id("once-" + action);
    const auto first = Do(action, request);
    ASSERT_TRUE(first.ok()) << action << ": " << first.status();
    const auto again = Do(action, request);
    ASSERT_TRUE(again.ok()) << action << ": " << again.status();
    EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString()) << action;
    change(request);
    EXPECT_EQ(Reason(Do(action, request).status()), "REQUEST_ID_REUSED") << action;
  };
  const std::string name = "returns/1";
  const auto reasoned = [](auto& request) { request.set_reason("another"); };
  twice("CreateReturn", ReturnRequest(order, {{1, 2}}), [](auto& request) { request.set_note("another"); });
  inventory::v1::ApproveReturnRequest approve;
  approve.set_name(name);
  twice("ApproveReturn", approve, reasoned);
  inventory::v1::ReceiveReturnRequest receive;
  receive.set_name(name);
  receive.add_items()->set_order_line(1);
  receive.mutable_items(0)->set_quantity(2);
  twice("ReceiveReturn", receive, [](auto& request) { request.mutable_items(0)->set_quantity(1); });
  inventory::v1::InspectReturnRequest inspect;
  inspect.set_name(name);
  inspect.add_items()->set_item(1);
  inspect.mutable_items(0)->set_restock(2);
  twice("InspectReturn", inspect, [](auto& request) { request.mutable_items(0)->set_restock(1); });
  inventory::v1::RefundReturnRequest refund;
  refund.set_name(name);
  twice("RefundReturn", refund, reasoned);
  EXPECT_EQ(provider_->DoneCount(Operation::REFUND), 1);
  inventory::v1::CloseReturnRequest close;
  close.set_name(name);
  close.set_reason("done");
  twice("CloseReturn", close, reasoned);
  inventory::v1::AddReturnNoteRequest note;
  note.set_name(name);
  note.set_text("one");
  twice("AddReturnNote", note, [](auto& request) { request.set_text("two"); });
  EXPECT_EQ(GetReturn(name).notes_size(), 1);
  ASSERT_TRUE(Create(order, {{1, 1}}).ok());
  inventory::v1::RejectReturnRequest reject;
  reject.set_name("returns/2");
  reject.set_reason("used");
  twice("RejectReturn", reject, reasoned);
  ASSERT_TRUE(Create(order, {{1, 1}}).ok());
  inventory::v1::CancelReturnRequest cancel;
  cancel.set_name("returns/3");
  cancel.set_reason("kept");
  twice("CancelReturn", cancel, reasoned);
  const Return back = Back(order, {{1, 1}});
  twice("ExchangeReturn", ExchangeRequest(back, {}), [](auto& request) { request.set_note("another"); });
  EXPECT_EQ(List({}).size(), 3u);
}

TEST_F(ReturnTest, AnEtagKeepsOthersWritesSafe) {
  const Order order = Sent({{"A", 2}});
  const auto ret = Create(order, {{1, 1}});
  ASSERT_TRUE(ret.ok());
  inventory::v1::ApproveReturnRequest approve;
  approve.set_name(ret->name());
  approve.set_etag("77");
  EXPECT_EQ(Do("ApproveReturn", approve).status().code(), absl::StatusCode::kAborted);
  approve.set_etag(ret->etag());
  EXPECT_TRUE(Do("ApproveReturn", approve).ok());
  ASSERT_TRUE(Arrive(*ret, {{1, 1}}).ok());
  ASSERT_TRUE(Inspect(*ret, 1, 1).ok());
  inventory::v1::RefundReturnRequest refund;
  refund.set_name(ret->name());
  refund.set_etag(ret->etag());
  EXPECT_EQ(Do("RefundReturn", refund).status().code(), absl::StatusCode::kAborted);
  refund.set_name("returns/99");
  EXPECT_EQ(Do("RefundReturn", refund).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace storeops::testing
