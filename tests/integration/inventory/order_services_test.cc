// Orders for what is charged but neither stocked nor sent: gift wrapping, postage.
#include <string>
#include <vector>

#include "tests/support/return_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using Counters = std::vector<int64_t>;

class OrderServicesTest : public ReturnFixture {
 protected:
  void SetUp() override {
    ReturnFixture::SetUp();
    catalog::v1::Product wrapping = MakeProduct("WRAP", "Gift wrapping");
    wrapping.set_kind(catalog::v1::Product::SERVICE);
    *wrapping.mutable_variants(0)->mutable_price() = MoneyFromMinor(300, "EUR");
    ASSERT_TRUE(CreateProduct(catalog_, wrapping).ok());
  }
  void TearDown() override { ExpectSound(); }

  // A line's price as the caller states it.
  static void State(int64_t minor, PlaceOrderRequest& request) {
    *request.mutable_lines(request.lines_size() - 1)->mutable_unit_price() = MoneyFromMinor(minor, "EUR");
  }
};

TEST_F(OrderServicesTest, GoodsAreSentAndTheServiceIsNot) {
  const Order placed = Placed(Request({{"A", 2}, {"WRAP", 2}}));
  EXPECT_FALSE(placed.lines(0).service());
  EXPECT_TRUE(placed.lines(1).service());
  EXPECT_EQ(placed.lines(1).title(), "Gift wrapping");
  EXPECT_TRUE(placed.lines(1).allocations().empty());
  EXPECT_EQ(placed.fulfillment_status(), Order::UNFULFILLED);
  EXPECT_EQ(Minor(placed.total()), 2600);
  ASSERT_TRUE(Authorize(placed, "", /*capture=*/true).ok());
  const auto picked = Fulfill(placed);
  ASSERT_TRUE(picked.ok()) << picked.status();
  ASSERT_EQ(picked->fulfillments(0).lines_size(), 1);
  const auto shipped = Ship(placed.name() + "/fulfillments/1");
  ASSERT_TRUE(shipped.ok()) << shipped.status();
  EXPECT_EQ(shipped->fulfillment_status(), Order::SHIPPED);
  EXPECT_EQ(shipped->status(), Order::COMPLETED);
  EXPECT_EQ(Stock("A"), (Counters{8, 0, 8}));
  // It cannot come back; its money can.
  EXPECT_THAT(FieldsOf(Create(*shipped, {{2, 1}}).status()), ::testing::ElementsAre("lines[0].quantity"));
  inventory::v1::RefundPaymentRequest refund;
  refund.set_name(placed.name() + "/payments/1");
  refund.set_line(2);
  *refund.mutable_amount() = MoneyFromMinor(600, "EUR");
  const auto refunded = Ask<Order>("RefundPayment", refund);
  ASSERT_TRUE(refunded.ok()) << refunded.status();
  EXPECT_EQ(Minor(refunded->lines(1).refunded()), 600);
}

TEST_F(OrderServicesTest, WithoutGoodsItIsCompleteOncePaid) {
  const Order placed = Placed(Request({{"WRAP", 1}}));
  EXPECT_EQ(placed.status(), Order::PLACED);
  EXPECT_EQ(placed.fulfillment_status(), Order::NOTHING_TO_SEND);
  const auto paid = Authorize(placed, "", /*capture=*/true);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->status(), Order::COMPLETED);
  // It is not late, whenever it was to be sent.
  clock_.Advance(absl::Hours(100));
  EXPECT_TRUE(
      List(absl::StrCat("ship_by_time < \"", absl::FormatTime(clock_.Now(), absl::UTCTimeZone()), "\"")).empty());

  const auto cancelled = Cancel(Placed(Request({{"WRAP", 3}})).name());
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->lines(0).cancelled_quantity(), 3);
}

// On invoice it waits for nothing but its money.
TEST_F(OrderServicesTest, AnInvoiceForAServiceIsOpenUntilItIsPaid) {
  PlaceOrderRequest request = Request({{"WRAP", 1}});
  request.set_payment_terms(Order::INVOICE);
  const Order placed = Placed(request);
  EXPECT_EQ(placed.status(), Order::CONFIRMED);
  EXPECT_EQ(Fulfill(placed).status().code(), absl::StatusCode::kFailedPrecondition);
  const auto paid = Authorize(placed, "", /*capture=*/true);
  ASSERT_TRUE(paid.ok()) << paid.status();
  EXPECT_EQ(paid->status(), Order::COMPLETED);
}

TEST_F(OrderServicesTest, TheCatalogueSaysWhatALineIsWhoeverSaysItsPrice) {
  PlaceOrderRequest request = Request({{"WRAP", 1}});
  State(100, request);
  const Order order = Placed(request);
  EXPECT_TRUE(order.lines(0).service());
  EXPECT_EQ(order.lines(0).title(), "Gift wrapping");
  EXPECT_EQ(order.lines(0).price_source(), "stated");
  // What it has not is goods.
  request = Request({{"ELSEWHERE", 1}});
  State(100, request);
  EXPECT_EQ(Reason(Place(request).status()), "OUT_OF_STOCK");
  ASSERT_TRUE(Receive(*process_, "ELSEWHERE", berlin_, 5).ok());
  EXPECT_EQ(Placed(request).lines(0).title(), "");
}

TEST_F(OrderServicesTest, StatedPricesNeedNoCatalogue) {
  process_ = std::make_unique<ServiceProcess>(site_, std::vector{inventory::InventoryModule()},
                                              ProcessOptions{.data = "lonely", .clock = &clock_});
  ASSERT_NO_FATAL_FAILURE(process_->Start());
  PlaceOrderRequest request = Request({{"A", 1}});
  State(100, request);
  EXPECT_FALSE(Placed(request).lines(0).service());
  request.add_lines()->set_sku("B");
  request.mutable_lines(1)->set_quantity(1);
  EXPECT_EQ(Reason(Place(request).status()), "NO_CATALOG");
}

TEST_F(OrderServicesTest, TheRestIsCancelledAndTheServiceStays) {
  const Order order = Placed(Request({{"A", 2}, {"B", 1}, {"WRAP", 1}}));
  ASSERT_TRUE(Authorize(order, "", /*capture=*/true).ok());
  SendFirstLine(order, 2);
  inventory::v1::CancelOrderRequest cancel;
  cancel.set_name(order.name());
  cancel.set_reason("changed their mind");
  cancel.set_rest(true);
  const auto cancelled = Ask<Order>("CancelOrder", cancel);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->status(), Order::COMPLETED);
  EXPECT_EQ(cancelled->lines(1).cancelled_quantity(), 1);
  EXPECT_EQ(cancelled->lines(2).cancelled_quantity(), 0);
  EXPECT_EQ(Minor(cancelled->refunded()), 250);
}

TEST_F(OrderServicesTest, AChangeAddsServices) {
  const Order order = Placed(Request({{"A", 1}}));
  inventory::v1::EditOrderRequest edit;
  edit.set_name(order.name());
  edit.add_lines()->set_sku("WRAP");
  edit.mutable_lines(0)->set_quantity(1);
  auto changed = Ask<Order>("EditOrder", edit);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_TRUE(changed->lines(1).service());
  EXPECT_EQ(Minor(changed->total()), 1300);
  edit.mutable_lines(0)->clear_sku();
  edit.mutable_lines(0)->set_number(2);
  edit.mutable_lines(0)->set_quantity(4);
  changed = Ask<Order>("EditOrder", edit);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(Minor(changed->total()), 2200);
  // The goods go: nothing is left to send.
  edit.mutable_lines(0)->set_number(1);
  edit.mutable_lines(0)->set_quantity(0);
  changed = Ask<Order>("EditOrder", edit);
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->fulfillment_status(), Order::NOTHING_TO_SEND);
}

// More lines than the catalogue is asked about at once; each line that has no price is named.
TEST_F(OrderServicesTest, ALongOrderIsPricedInParts) {
  std::vector<std::pair<std::string, int64_t>> lines(199, {"WRAP", 1});
  lines.emplace_back("A", 1);
  EXPECT_EQ(Minor(Placed(Request(lines)).total()), 199 * 300 + 1000);
  lines[20].first = "C";
  lines[120].first = "NOWHERE";
  EXPECT_THAT(FieldsOf(Place(Request(lines)).status()), ::testing::ElementsAre("lines[20].sku", "lines[120].sku"));
}

}  // namespace
}  // namespace storeops::testing
