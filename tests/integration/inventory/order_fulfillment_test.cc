// From the pick list to the customer's door.
#include <string>
#include <vector>

#include "common/base/time.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {
namespace {

using inventory::v1::OrderFulfillment;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OrderFulfillmentTest : public OrderFixture {
 protected:
  Order Confirmed(const std::vector<std::pair<std::string, int64_t>>& lines) {
    PlaceOrderRequest request = Request(lines);
    request.set_payment_terms(Order::INVOICE);
    return Placed(request);
  }
  template <class Request>
  absl::StatusOr<Order> Act(const std::string& method, const std::string& fulfillment) {
    Request request;
    request.set_name(fulfillment);
    return Ask<Order>(method, request);
  }
};

TEST_F(OrderFulfillmentTest, EachLocationSendsItsOwnAndTheOrderIsCompletedWhenItIsPaid) {
  const Order order = Confirmed({{"A", 2}, {"B", 5}});
  auto state = Fulfill(order);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->fulfillments(0).location(), berlin_);
  EXPECT_EQ(state->fulfillments(0).lines_size(), 2);
  state = Fulfill(order);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->fulfillments(1).location(), paris_);
  EXPECT_EQ(state->fulfillments(1).lines(0).quantity(), 2);
  EXPECT_EQ(Reason(Fulfill(order).status()), "NOTHING_TO_FULFILL");
  const std::string first = order.name() + "/fulfillments/1", second = order.name() + "/fulfillments/2";
  state = Act<inventory::v1::PackFulfillmentRequest>("PackFulfillment", first);
  ASSERT_TRUE(state.ok()) << state.status();
  state = Ship(first);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->fulfillment_status(), Order::PARTLY_SHIPPED);
  EXPECT_EQ(Reason(Ship(first).status()), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{8, 0, 8}));
  EXPECT_EQ(Stock("B"), (std::vector<int64_t>{10, 2, 8}));
  EXPECT_EQ(Reason(Cancel(order.name()).status()), "ORDER_PARTLY_SHIPPED");
  state = Ship(second);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->fulfillment_status(), Order::SHIPPED);
  EXPECT_EQ(state->status(), Order::CONFIRMED);
  for (const std::string& name : {first, second}) {
    inventory::v1::AddTrackingEventRequest event;
    event.set_name(name);
    event.mutable_event()->set_code("IN_TRANSIT");
    *event.mutable_event()->mutable_time() = ToTimestamp(absl::FromUnixSeconds(1'800'000'000));
    ASSERT_TRUE(Ask<Order>("AddTrackingEvent", event).ok());
    EXPECT_EQ(Ask<Order>("AddTrackingEvent", event)->fulfillments(0).events_size(), 1);
    ASSERT_TRUE(Act<inventory::v1::DeliverFulfillmentRequest>("DeliverFulfillment", name).ok());
  }
  EXPECT_EQ(Get(order.name()).fulfillment_status(), Order::DELIVERED);
  ASSERT_TRUE(Authorize(order, "", true).ok());
  EXPECT_EQ(Get(order.name()).status(), Order::COMPLETED);
  ExpectSound();
}

TEST_F(OrderFulfillmentTest, PiecesLeaveFirstExpiredFirst) {
  ASSERT_TRUE(Receive(*process_, "T", berlin_, 2, "LATE", "2099-12-31").ok());
  ASSERT_TRUE(Receive(*process_, "T", berlin_, 2, "SOON", "2099-01-31").ok());
  PlaceOrderRequest request = Request({{"T", 3}});
  *request.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(100, "EUR");
  request.set_payment_terms(Order::INVOICE);
  const Order order = Placed(request);
  ASSERT_TRUE(Fulfill(order).ok());
  ASSERT_TRUE(Ship(order.name() + "/fulfillments/1").ok());
  std::vector<std::string> shipped;
  for (const auto& movement : ListMovements(*process_, "T", order.name())) {
    if (movement.type() == inventory::v1::StockMovement::SHIPPED) {
      shipped.push_back(absl::StrCat(movement.lot(), movement.on_hand()));
    }
  }
  EXPECT_THAT(shipped, ::testing::UnorderedElementsAre("SOON-2", "LATE-1"));
  ExpectSound();
}

TEST_F(OrderFulfillmentTest, StatedLinesAreCheckedAgainstWhatIsFree) {
  const Order order = Confirmed({{"A", 3}});
  inventory::v1::CreateFulfillmentRequest request;
  request.set_name(order.name());
  request.set_location(berlin_);
  auto* line = request.add_lines();
  line->set_line(1);
  line->set_quantity(2);
  ASSERT_TRUE(Ask<Order>("CreateFulfillment", request).ok());
  EXPECT_THAT(FieldsOf(Ask<Order>("CreateFulfillment", request).status()), ElementsAre("lines[0].quantity"));
  line->set_line(2);
  EXPECT_THAT(FieldsOf(Ask<Order>("CreateFulfillment", request).status()), ElementsAre("lines[0].line"));
  inventory::v1::EditOrderRequest edit;
  edit.set_name(order.name());
  auto* change = edit.add_lines();
  change->set_number(1);
  change->set_quantity(1);
  EXPECT_EQ(Reason(Ask<Order>("EditOrder", edit).status()), "IN_FULFILLMENT");
  ASSERT_TRUE(Act<inventory::v1::CancelFulfillmentRequest>("CancelFulfillment", order.name() + "/fulfillments/1").ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 3, 7}));
  EXPECT_TRUE(Ask<Order>("EditOrder", edit).ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 1, 9}));
}

TEST_F(OrderFulfillmentTest, BackorderedPiecesWaitUntilTheyCome) {
  inventory::v1::SetStockPolicyRequest policy;
  auto& line = *policy.add_lines();
  line.set_sku("A");
  line.set_location(berlin_);
  line.set_backorder_limit(5);
  ASSERT_TRUE(process_->Call<inventory::v1::SetStockPolicyResponse>("SetStockPolicy", policy).ok());
  const Order order = Confirmed({{"A", 12}});
  auto state = Fulfill(order);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->fulfillments(0).lines(0).quantity(), 10);
  ASSERT_TRUE(Ship(order.name() + "/fulfillments/1").ok());
  EXPECT_EQ(Reason(Fulfill(order).status()), "NOTHING_TO_FULFILL");
  ASSERT_TRUE(Receive(*process_, "A", berlin_, 2).ok());
  state = Fulfill(order);
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ(state->fulfillments(1).lines(0).quantity(), 2);
  ASSERT_TRUE(Ship(order.name() + "/fulfillments/2").ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{0, 0, 0}));
  ExpectSound();
}

TEST_F(OrderFulfillmentTest, Documents) {
  const Order order = Confirmed({{"A", 3}});
  ASSERT_TRUE(Fulfill(order).ok());
  inventory::v1::GetOrderDocumentRequest request;
  request.set_name(order.name());
  request.set_kind(inventory::v1::GetOrderDocumentRequest::PICK_LIST);
  request.set_language(inventory::v1::GetOrderDocumentRequest::CHINESE);
  const auto document = Ask<inventory::v1::OrderDocument>("GetOrderDocument", request);
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_THAT(document->html(), HasSubstr("拣货单"));
  EXPECT_THAT(document->html(), HasSubstr(berlin_));
  EXPECT_THAT(document->html(), HasSubstr("<td>A</td><td>Product A</td>"));
  request.set_fulfillment(7);
  EXPECT_EQ(Ask<inventory::v1::OrderDocument>("GetOrderDocument", request).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace storeops::testing
