// Orders from placement to the end of their wait: prices, stock, repetitions, changes, lists.
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/time.h"
#include "storeops/changes/v1/changes.pb.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class OrderTest : public OrderFixture {
 protected:
  std::vector<std::string> Names(const std::string& filter, const std::string& order_by = "") {
    std::vector<std::string> names;
    for (const Order& order : List(filter, order_by)) names.push_back(order.name());
    return names;
  }
};

TEST_F(OrderTest, PlacingTakesPricesFromTheCatalogueAndPromisesStock) {
  PlaceOrderRequest request = Request({{"A", 2}, {"B", 5}});
  request.set_customer("customers/7");
  request.add_coupon_codes("WELCOME");
  *request.mutable_shipping_charge() = MoneyFromMinor(499, "EUR");
  const Order order = Placed(request);
  EXPECT_EQ(order.status(), Order::PLACED);
  EXPECT_EQ(order.payment_status(), Order::UNPAID);
  EXPECT_EQ(order.fulfillment_status(), Order::UNFULFILLED);
  EXPECT_EQ(Minor(order.total()), 2 * 1000 + 5 * 250 + 499);
  EXPECT_EQ(order.coupon_codes(0), "WELCOME");
  EXPECT_EQ(order.lines(0).title(), "Product A");
  EXPECT_EQ(FromTimestamp(order.expire_time()) - FromTimestamp(order.place_time()), absl::Minutes(30));
  // B lies at two places: three pieces at the first, two at the second.
  ASSERT_EQ(order.lines(1).allocations_size(), 2);
  EXPECT_EQ(order.lines(1).allocations(0).location(), berlin_);
  EXPECT_EQ(order.lines(1).allocations(0).quantity(), 3);
  EXPECT_EQ(order.lines(1).allocations(1).quantity(), 2);
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 2, 8}));
  EXPECT_EQ(Stock("B"), (std::vector<int64_t>{13, 5, 8}));
  const auto movements = ListMovements(*process_, "A", order.name());
  ASSERT_EQ(movements.size(), 1u);
  EXPECT_EQ(movements[0].type(), inventory::v1::StockMovement::ALLOCATED);
  EXPECT_EQ(Get(order.name()).SerializeAsString(), order.SerializeAsString());
  ExpectSound();
}

TEST_F(OrderTest, ATitleThatIsStatedStays) {
  PlaceOrderRequest request = Request({{"A", 1}, {"B", 1}});
  request.mutable_lines(0)->set_title("With engraving");
  const Order order = Placed(request);
  EXPECT_EQ(order.lines(0).title(), "With engraving");
  EXPECT_EQ(order.lines(1).title(), "Product B");
}

TEST_F(OrderTest, FewestSplitsKeepsALineTogether) {
  PlaceOrderRequest request = Request({{"B", 5}});
  request.set_strategy(PlaceOrderRequest::FEWEST_SPLITS);
  const Order order = Placed(request);
  ASSERT_EQ(order.lines(0).allocations_size(), 1);
  EXPECT_EQ(order.lines(0).allocations(0).location(), paris_);
}

TEST_F(OrderTest, EveryLineThatCannotBeIsNamedAndNothingIsKept) {
  auto refused = Place(Request({{"A", 1}, {"none", 1}, {"C", 1}}));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reason(refused.status()), "NO_PRICE");
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("lines[1].sku", "lines[2].sku"));
  refused = Place(Request({{"A", 6}, {"B", 1}, {"A", 5}}));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("lines[0]", "lines[2]"));
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 0, 10}));
  EXPECT_EQ(Stock("B"), (std::vector<int64_t>{13, 0, 13}));
  EXPECT_EQ(List({}).size(), 1u);
}

TEST_F(OrderTest, StatedPricesDemandAPermission) {
  PlaceOrderRequest request = Request({{"C", 1}});
  *request.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(700, "EUR");
  ASSERT_TRUE(Receive(*process_, "C", berlin_, 5).ok());
  const Order order = Placed(request);
  EXPECT_EQ(order.lines(0).price_source(), "stated");
  EXPECT_EQ(Minor(order.total()), 700);
  rpc::PeerCall call = process_->MakeCall("OrderService/PlaceOrder");
  call.principal = {"users/2", "Agent", {"inventory.orders.write"}};
  Order response;
  EXPECT_EQ(process_->peer().CallBlocking(call, request, &response).code(), absl::StatusCode::kPermissionDenied);
  // Without one the same caller gets the catalogue's.
  EXPECT_TRUE(process_->peer().CallBlocking(call, Request({{"A", 1}}), &response).ok());
  *request.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(700, "USD");
  EXPECT_THAT(FieldsOf(Place(request).status()), ElementsAre("lines[0].unit_price"));
  *request.mutable_shipping_charge() = MoneyFromMinor(700, "JPY");
  EXPECT_THAT(FieldsOf(Place(request).status()), ElementsAre("lines[0].unit_price", "shipping_charge"));
  inventory::v1::EditOrderRequest edit;
  edit.set_name(order.name());
  edit.add_lines()->set_number(1);
  edit.mutable_lines(0)->set_quantity(1);
  *edit.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(700, "JPY");
  *edit.mutable_shipping_charge() = MoneyFromMinor(700, "USD");
  EXPECT_THAT(FieldsOf(Ask<Order>("EditOrder", edit).status()), ElementsAre("lines[0].unit_price", "shipping_charge"));
}

TEST_F(OrderTest, AStatedPriceIsOfTheUnitsItWasStatedFor) {
  ASSERT_TRUE(Receive(*process_, "C", berlin_, 70).ok());
  PlaceOrderRequest request = Request({{"C", 1}, {"A", 1}});
  *request.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(100, "EUR");
  *request.mutable_shipping_charge() = MoneyFromMinor(490, "EUR");
  const Order order = Placed(request);
  inventory::v1::EditOrderRequest edit;
  const auto code = [&] {
    rpc::PeerCall call = process_->MakeCall("OrderService/EditOrder");
    call.principal = {"users/2", "Agent", {"inventory.orders.write"}};
    Order response;
    return process_->peer().CallBlocking(call, edit, &response).code();
  };
  const auto change = [&](int line, int64_t quantity) {
    edit.Clear();
    edit.set_name(order.name());
    edit.add_lines()->set_number(line);
    edit.mutable_lines(0)->set_quantity(quantity);
  };
  change(1, 60);
  EXPECT_EQ(code(), absl::StatusCode::kPermissionDenied);
  change(2, 2);
  *edit.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(1, "EUR");
  EXPECT_EQ(code(), absl::StatusCode::kPermissionDenied);
  change(2, 2);
  *edit.mutable_shipping_charge() = MoneyFromMinor(0, "EUR");
  EXPECT_EQ(code(), absl::StatusCode::kPermissionDenied);
  // What states no price is allowed.
  *edit.mutable_shipping_charge() = MoneyFromMinor(490, "EUR");
  EXPECT_EQ(code(), absl::StatusCode::kOk);
  change(1, 0);
  EXPECT_EQ(code(), absl::StatusCode::kOk);
  change(1, 1);
  EXPECT_EQ(code(), absl::StatusCode::kPermissionDenied);
  // Callers who may state prices may.
  change(1, 60);
  const auto edited = Ask<Order>("EditOrder", edit);
  ASSERT_TRUE(edited.ok()) << edited.status();
  EXPECT_EQ(Minor(edited->lines(0).total()), 6000);
}

TEST_F(OrderTest, ARepetitionGetsTheFirstAnswerAnotherBodyIsRefused) {
  PlaceOrderRequest request = Request({{"A", 1}});
  request.set_request_id("r-1");
  const Order first = Placed(request);
  EXPECT_EQ(Placed(request).SerializeAsString(), first.SerializeAsString());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 1, 9}));
  request.mutable_lines(0)->set_quantity(2);
  EXPECT_EQ(Reason(Place(request).status()), "REQUEST_ID_REUSED");

  inventory::v1::CancelOrderRequest cancel;
  cancel.set_name(first.name());
  cancel.set_reason("changed my mind");
  cancel.set_request_id("r-2");
  ASSERT_TRUE(Ask<Order>("CancelOrder", cancel).ok());
  EXPECT_TRUE(Ask<Order>("CancelOrder", cancel).ok());
  cancel.set_reason("another");
  EXPECT_EQ(Reason(Ask<Order>("CancelOrder", cancel).status()), "REQUEST_ID_REUSED");
  cancel.clear_request_id();
  EXPECT_EQ(Reason(Ask<Order>("CancelOrder", cancel).status()), "ACTION_NOT_ALLOWED");
}

TEST_F(OrderTest, AnExternalReferenceBelongsToOneOrder) {
  PlaceOrderRequest request = Request({{"A", 1}});
  request.set_external_reference("web-1");
  Placed(request);
  EXPECT_EQ(Place(request).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 1, 9}));
}

TEST_F(OrderTest, BackorderedAndPreorderedPiecesAreShown) {
  inventory::v1::SetStockPolicyRequest policy;
  auto& line = *policy.add_lines();
  line.set_sku("A");
  line.set_location(paris_);
  line.set_backorder_limit(4);
  ASSERT_TRUE(process_->Call<inventory::v1::SetStockPolicyResponse>("SetStockPolicy", policy).ok());
  const Order order = Placed(Request({{"A", 12}}));
  ASSERT_EQ(order.lines(0).allocations_size(), 2);
  EXPECT_EQ(order.lines(0).allocations(1).location(), paris_);
  EXPECT_EQ(order.lines(0).allocations(1).quantity(), 2);
  EXPECT_EQ(order.lines(0).allocations(1).backordered(), 2);
  EXPECT_EQ(Reason(Place(Request({{"A", 3}})).status()), "OUT_OF_STOCK");
  ExpectSound();
}

TEST_F(OrderTest, CancellingGivesBackOrHoldsForALook) {
  Order order = Placed(Request({{"A", 2}, {"B", 4}}));
  ASSERT_TRUE(Cancel(order.name()).ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 0, 10}));
  order = Get(order.name());
  EXPECT_EQ(order.status(), Order::CANCELLED);
  EXPECT_EQ(order.lines(0).cancelled_quantity(), 2);
  EXPECT_THAT(order.lines(0).allocations(), IsEmpty());
  order = Placed(Request({{"A", 2}}));
  inventory::v1::CancelOrderRequest request;
  request.set_name(order.name());
  request.set_reason("seen a leak");
  request.set_restock(inventory::v1::CancelOrderRequest::INSPECT);
  ASSERT_TRUE(Ask<Order>("CancelOrder", request).ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 0, 8}));
  EXPECT_EQ(GetStock(*process_, "A").total().quality_hold(), 2);
  ExpectSound();
}

TEST_F(OrderTest, HoldsBlockWhatIsSentAndSayWhy) {
  PlaceOrderRequest request = Request({{"A", 1}});
  request.set_payment_terms(Order::INVOICE);
  const Order order = Placed(request);
  EXPECT_EQ(order.status(), Order::CONFIRMED);
  inventory::v1::HoldOrderRequest hold;
  hold.set_name(order.name());
  hold.set_reason(inventory::v1::OrderHold::ADDRESS);
  hold.set_note("no street");
  ASSERT_TRUE(Ask<Order>("HoldOrder", hold).ok());
  const auto held = Ask<Order>("HoldOrder", hold);
  ASSERT_TRUE(held.ok());
  EXPECT_TRUE(held->on_hold());
  EXPECT_EQ(held->holds_size(), 1);
  const absl::Status refused = Fulfill(order).status();
  EXPECT_EQ(Reason(refused), "ORDER_ON_HOLD");
  EXPECT_THAT(std::string(refused.message()), HasSubstr("no street"));
  inventory::v1::ReleaseHoldRequest release;
  release.set_name(order.name());
  release.set_reason(inventory::v1::OrderHold::PAYMENT);
  EXPECT_EQ(Reason(Ask<Order>("ReleaseHold", release).status()), "NOT_ON_HOLD");
  release.clear_reason();
  const auto released = Ask<Order>("ReleaseHold", release);
  ASSERT_TRUE(released.ok()) << released.status();
  EXPECT_FALSE(released->on_hold());
  EXPECT_TRUE(Fulfill(order).ok());
}

TEST_F(OrderTest, OddOrdersAreHeld) {
  PlaceOrderRequest request = Request({{"A", 1}});
  *request.mutable_billing_address() = request.shipping_address();
  request.mutable_billing_address()->set_country("US");
  const Order order = Placed(request);
  ASSERT_EQ(order.holds_size(), 1);
  EXPECT_TRUE(order.on_hold());
  EXPECT_EQ(order.holds(0).reason(), inventory::v1::OrderHold::FRAUD_SUSPICION);
  EXPECT_THAT(order.holds(0).note(), HasSubstr("MISMATCH"));
  request = Request({{"B", 1}});
  request.set_customer("customers/9");
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Placed(request).on_hold());
  EXPECT_THAT(Placed(request).holds(0).note(), HasSubstr("VELOCITY"));
}

TEST_F(OrderTest, EditingMovesStockAndMoney) {
  const Order order = Placed(Request({{"A", 2}, {"B", 4}}));
  inventory::v1::EditOrderRequest request;
  request.set_name(order.name());
  request.set_etag(order.etag());
  auto* change = request.add_lines();
  change->set_number(1);
  change->set_quantity(5);
  change = request.add_lines();
  change->set_number(2);
  change->set_quantity(0);
  change = request.add_lines();
  change->set_sku("B");
  change->set_quantity(13);
  const auto edited = Ask<Order>("EditOrder", request);
  ASSERT_TRUE(edited.ok()) << edited.status();
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 5, 5}));
  EXPECT_EQ(Stock("B"), (std::vector<int64_t>{13, 13, 0}));
  EXPECT_EQ(edited->lines(2).number(), 3);
  EXPECT_EQ(edited->lines(2).title(), "Product B");
  EXPECT_EQ(Minor(edited->total()), 5 * 1000 + 13 * 250);
  EXPECT_EQ(Reason(Ask<Order>("EditOrder", request).status()), "ETAG_MISMATCH");
  // All or nothing.
  request.clear_etag();
  request.clear_lines();
  change = request.add_lines();
  change->set_number(1);
  change->set_quantity(1);
  change = request.add_lines();
  change->set_sku("B");
  change->set_quantity(1);
  EXPECT_EQ(Reason(Ask<Order>("EditOrder", request).status()), "OUT_OF_STOCK");
  EXPECT_EQ(Get(order.name()).SerializeAsString(), edited->SerializeAsString());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 5, 5}));
  ExpectSound();
}

TEST_F(OrderTest, UnpaidOrdersExpireAndGiveTheirStockBack) {
  const Order waiting = Placed(Request({{"A", 2}}));
  const Order paid = Placed(Request({{"A", 3}}));
  ASSERT_TRUE(Authorize(paid).ok());
  RunJobs(absl::Minutes(29));
  EXPECT_EQ(Get(waiting.name()).status(), Order::PLACED);
  RunJobs(absl::Minutes(2));
  EXPECT_EQ(Get(waiting.name()).status(), Order::EXPIRED);
  EXPECT_EQ(Get(paid.name()).status(), Order::CONFIRMED);
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 3, 7}));
  EXPECT_EQ(Reason(Authorize(waiting).status()), "ACTION_NOT_ALLOWED");
  ExpectSound();
}

TEST_F(OrderTest, ListsByWhatADeskAsksFor) {
  PlaceOrderRequest request = Request({{"A", 1}, {"B", 1}, {"A", 1}});
  request.set_customer("customers/1");
  request.set_channel("channels/web");
  const std::string web = Placed(request).name();
  request = Request({{"B", 1}});
  request.set_external_reference("shop-1");
  *request.mutable_ship_by_time() = ToTimestamp(clock_.Now() + absl::Hours(1));
  const std::string late = Placed(request).name();
  const std::string paid = Placed(Request({{"A", 1}})).name();
  ASSERT_TRUE(Authorize(Get(paid)).ok());
  const auto late_now = [&] {
    return absl::StrCat("ship_by_time < \"", absl::FormatTime(clock_.Now(), absl::UTCTimeZone()), "\"");
  };
  const auto of_a = Names("lines.sku = \"A\"");
  ASSERT_EQ(of_a.size(), 3u);  // with the fixture's own
  EXPECT_EQ(of_a[0], paid);
  EXPECT_EQ(of_a[1], web);
  EXPECT_THAT(Names("lines.sku = \"A\" AND status = PLACED"), ElementsAre(web));
  EXPECT_THAT(Names("lines.sku = \"A\" AND lines.sku = \"B\""), ElementsAre(web, of_a[2]));
  EXPECT_THAT(Names("status = PLACED AND NOT lines.sku = \"A\""), ElementsAre(late));
  EXPECT_THAT(Names("customer = \"customers/1\""), ElementsAre(web));
  EXPECT_THAT(Names("channel = \"channels/web\""), ElementsAre(web));
  EXPECT_THAT(Names("external_reference = \"shop-1\""), ElementsAre(late));
  EXPECT_THAT(Names("payment_status = AUTHORIZED"), ElementsAre(paid));
  EXPECT_THAT(Names("customer = \"customers/1\" OR external_reference = \"shop-1\""), ElementsAre(late, web));
  EXPECT_THAT(Names(late_now()), IsEmpty());
  const std::string start = absl::FormatTime(FromTimestamp(Get(late).place_time()), absl::UTCTimeZone());
  clock_.Advance(absl::Hours(2));
  EXPECT_THAT(Names(late_now()), ElementsAre(late));
  EXPECT_THAT(Names("on_hold = true"), IsEmpty());
  EXPECT_THAT(Names("fulfillment_status = UNFULFILLED AND status = PLACED"), ElementsAre(late, web));
  EXPECT_THAT(Names(absl::StrCat("place_time >= \"", start, "\"")), ElementsAre(paid, late));
  EXPECT_THAT(Names("status = PLACED", "place_time"), ElementsAre(web, late));
  EXPECT_THAT(Names("lines.sku = \"A\" AND status = PLACED", "place_time"), ElementsAre(web));
}

TEST_F(OrderTest, AFilterOnAnotherFieldNamesTheFilterableOnes) {
  inventory::v1::ListOrdersRequest request;
  const auto error = [&](const std::string& filter, const std::string& order_by = "") {
    request.set_filter(filter);
    request.set_order_by(order_by);
    return std::string(Ask<inventory::v1::ListOrdersResponse>("ListOrders", request).status().message());
  };
  EXPECT_THAT(error("email = \"a@b.c\""),
              HasSubstr("column 1: \"email\" cannot be filtered by; fields are name, place_time, balance_due, "
                        "external_reference, ship_by_time, lines.sku, status, payment_status, fulfillment_status, "
                        "on_hold, customer, channel"));
  EXPECT_THAT(error("status = OPEN"), HasSubstr("status is compared with one of STATUS_UNSPECIFIED, PLACED"));
  EXPECT_THAT(error("", "total"), HasSubstr("order_by: cannot sort by \"total\"; fields are place_time"));
}

TEST_F(OrderTest, HistoryAndFeedHaveEveryChange) {
  const Order order = Placed(Request({{"A", 1}}));
  inventory::v1::AddOrderNoteRequest note;
  note.set_name(order.name());
  note.set_text("rings twice");
  ASSERT_TRUE(Ask<Order>("AddOrderNote", note).ok());
  inventory::v1::ListOrderHistoryRequest request;
  request.set_name(order.name());
  const auto history = Ask<inventory::v1::ListOrderHistoryResponse>("ListOrderHistory", request);
  ASSERT_TRUE(history.ok()) << history.status();
  ASSERT_EQ(history->entries_size(), 2);
  EXPECT_EQ(history->entries(0).changes(0).field(), "notes");
  EXPECT_EQ(history->entries(1).kind(), changes::v1::Change::CREATED);
  EXPECT_EQ(history->entries(1).actor(), "users/1");
  request.set_name("orders/999999");
  EXPECT_EQ(Ask<inventory::v1::ListOrderHistoryResponse>("ListOrderHistory", request).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(OrderTest, ManyAtOnceEachByItself) {
  const Order first = Placed(Request({{"A", 1}}));
  const Order second = Placed(Request({{"A", 2}}));
  ASSERT_TRUE(Cancel(second.name()).ok());
  inventory::v1::BulkUpdateOrdersRequest request;
  for (const std::string& name : {first.name(), second.name(), std::string("orders/999999")}) request.add_names(name);
  request.mutable_cancel()->set_reason("shop closes");
  request.set_request_id("bulk");
  const auto response = Ask<inventory::v1::BulkUpdateOrdersResponse>("BulkUpdateOrders", request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_TRUE(response->results(0).changed());
  EXPECT_EQ(response->results(1).reason(), "ACTION_NOT_ALLOWED");
  EXPECT_FALSE(response->results(2).changed());
  EXPECT_EQ(Ask<inventory::v1::BulkUpdateOrdersResponse>("BulkUpdateOrders", request)->SerializeAsString(),
            response->SerializeAsString());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 0, 10}));
  request.clear_request_id();
  request.add_names(first.name());
  EXPECT_THAT(FieldsOf(Ask<inventory::v1::BulkUpdateOrdersResponse>("BulkUpdateOrders", request).status()),
              ElementsAre("names[3]"));
  ExpectSound();
}

}  // namespace
}  // namespace storeops::testing
