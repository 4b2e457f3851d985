// What may not be sold any more is reserved for nobody, from the first second on.
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "storeops/inventory/v1/stock_transfer_service.pb.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {
namespace {

using inventory::v1::StockMovement;

class ExpiredLotsTest : public OrderFixture {
 protected:
  // Some days from now, in UTC.
  const absl::CivilDay last_day_ = absl::ToCivilDay(clock_.Now(), absl::UTCTimeZone()) + 3;

  static std::string Text(absl::CivilDay day) { return absl::FormatCivilTime(day); }
  void RunJobsAt(absl::CivilDay day, int hour) {
    RunJobs(absl::FromCivil(absl::CivilHour(day) + hour, absl::UTCTimeZone()) - clock_.Now());
  }
  // No job runs.
  void WaitUntil(absl::CivilDay day) { clock_.Advance(absl::FromCivil(day, absl::UTCTimeZone()) - clock_.Now()); }
  Order OrderOf(const std::string& sku, int64_t quantity) {
    PlaceOrderRequest request = Request({{sku, quantity}});
    *request.mutable_lines(0)->mutable_unit_price() = MoneyFromMinor(100, "EUR");
    request.set_payment_terms(Order::INVOICE);
    return Placed(request);
  }
  static std::string Available(const absl::Status& status) {
    google::rpc::ErrorInfo info;
    GetDetail(status, &info);
    const auto found = info.metadata().find("available");
    return found == info.metadata().end() ? "" : found->second;
  }
};

TEST_F(ExpiredLotsTest, TheirPiecesAreHeldOnceTheirDayIsOver) {
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 5, "OLD", Text(last_day_)).ok());
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 3, "NEW", Text(last_day_ + 30)).ok());
  RunJobsAt(last_day_, 23);
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{8, 0, 8}));
  RunJobsAt(last_day_ + 1, 1);
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{8, 0, 3}));
  const auto movements = ListMovements(*process_, "D", "stockLots/expired");
  ASSERT_EQ(movements.size(), 1u);
  EXPECT_EQ(movements[0].type(), StockMovement::STATUS_CHANGED);
  EXPECT_EQ(movements[0].reason(), inventory::v1::EXPIRED_GOODS);
  EXPECT_EQ(movements[0].lot(), "OLD");

  inventory::v1::ReserveStockRequest reserve;
  auto& line = *reserve.add_lines();
  line.set_sku("D");
  line.set_quantity(4);
  EXPECT_EQ(Reason(process_->Call<inventory::v1::Reservation>("ReserveStock", reserve).status()), "OUT_OF_STOCK");
  RunJobsAt(last_day_ + 1, 2);
  EXPECT_EQ(ListMovements(*process_, "D", "stockLots/expired").size(), 1u) << "nothing is held twice";
  ExpectSound();
}

// Filters compare stored counters, and the feed has them, too.
TEST_F(ExpiredLotsTest, CountersFollowWithinSeconds) {
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 5, "OLD", Text(last_day_)).ok());
  const absl::Time midnight = absl::FromCivil(last_day_ + 1, absl::UTCTimeZone());
  RunJobs(midnight - absl::Seconds(2) - clock_.Now());
  const auto listed = [&] {
    inventory::v1::ListStockRequest request;
    request.set_filter("sku = \"D\" AND available > 0");
    const auto page = process_->Call<inventory::v1::ListStockResponse>("ListStock", request);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->levels_size() : -1;
  };
  EXPECT_EQ(listed(), 1);
  RunJobs(absl::Seconds(8));
  EXPECT_EQ(listed(), 0);
}

TEST_F(ExpiredLotsTest, WhatIsPromisedStaysUntilItIsGivenBack) {
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 5, "OLD", Text(last_day_)).ok());
  inventory::v1::ReserveStockRequest reserve;
  auto& line = *reserve.add_lines();
  line.set_sku("D");
  line.set_quantity(4);
  reserve.mutable_hold()->set_seconds(10 * 86'400);
  const auto reservation = process_->Call<inventory::v1::Reservation>("ReserveStock", reserve);
  ASSERT_TRUE(reservation.ok()) << reservation.status();
  RunJobsAt(last_day_ + 1, 1);
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{5, 4, 0}));
  inventory::v1::ReleaseReservationRequest release;
  release.set_name(reservation->name());
  ASSERT_TRUE(process_->Call<inventory::v1::Reservation>("ReleaseReservation", release).ok());
  RunJobsAt(last_day_ + 1, 2);
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{5, 0, 0}));
  ExpectSound();
}

TEST_F(ExpiredLotsTest, WithoutAnyJobOnlyFreshUnitsAreShownAndReserved) {
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 5, "OLD", Text(last_day_)).ok());
  ASSERT_TRUE(Receive(*process_, "D", paris_, 3, "NEW", Text(last_day_ + 30)).ok());
  const auto level = GetStock(*process_, "D", berlin_).levels(0);
  EXPECT_EQ(level.next_expire_date(), Text(last_day_));
  EXPECT_EQ(level.expiring(), 5);
  WaitUntil(last_day_ + 1);
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{8, 0, 3})) << "read from memory";
  EXPECT_EQ(ReadLevel(*process_, "D", berlin_).available(), 0) << "read from the database";
  const auto refused = Reserve(*process_, {{"D", 4}});
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_EQ(Available(refused.status()), "3");
  EXPECT_EQ(Available(Reserve(*process_, {{"D", 1, berlin_}}).status()), "0");
  const auto reserved = Reserve(*process_, {{"D", 3}});
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  ASSERT_EQ(reserved->lines_size(), 1);
  EXPECT_EQ(reserved->lines(0).location(), paris_);
  const auto held = ListMovements(*process_, "D", "stockLots/expired");
  ASSERT_EQ(held.size(), 1u) << "the reservation's transaction holds them";
  EXPECT_EQ(held[0].quality_hold(), 5);
  EXPECT_EQ(held[0].lot(), "OLD");
  ExpectSound();
}

TEST_F(ExpiredLotsTest, WithoutAnyJobAnOrderGetsOnlyFreshUnits) {
  ASSERT_TRUE(Receive(*process_, "A", berlin_, 6, "OLD", Text(last_day_)).ok());
  WaitUntil(last_day_ + 1);
  const auto refused = Place(Request({{"A", 11}}));
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_EQ(Available(refused.status()), "10");
  EXPECT_TRUE(Place(Request({{"A", 10}})).ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{16, 10, 0}));
  ExpectSound();
}

TEST_F(ExpiredLotsTest, WhatIsFreshShips) {
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 6, "OLD", Text(last_day_)).ok());
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 4, "NEW", Text(last_day_ + 30)).ok());
  const Order order = OrderOf("D", 10);
  ASSERT_TRUE(Fulfill(order).ok());
  WaitUntil(last_day_ + 1);
  const auto refused = Ship(order.name() + "/fulfillments/1");
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_EQ(Available(refused.status()), "4");
  inventory::v1::CancelFulfillmentRequest cancel;
  cancel.set_name(order.name() + "/fulfillments/1");
  ASSERT_TRUE(Ask<Order>("CancelFulfillment", cancel).ok());
  const auto picked = Fulfill(order);
  ASSERT_TRUE(picked.ok()) << picked.status();
  EXPECT_EQ(picked->fulfillments(1).lines(0).quantity(), 4);
  const auto shipped = Ship(order.name() + "/fulfillments/2");
  ASSERT_TRUE(shipped.ok()) << shipped.status();
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{6, 6, 0}));
  // What arrives now is for those who wait already.
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 8, "NEWER", Text(last_day_ + 60)).ok());
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{14, 6, 2}));
  EXPECT_EQ(Available(Reserve(*process_, {{"D", 3}}).status()), "2");
  const auto rest = Fulfill(order);
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->fulfillments(2).lines(0).quantity(), 6);
  EXPECT_TRUE(Ship(order.name() + "/fulfillments/3").ok());
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{8, 0, 2}));
  ExpectSound();
}

TEST_F(ExpiredLotsTest, ACommittedReservationNamesWhatCouldGo) {
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 2, "OLD", Text(last_day_)).ok());
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 1, "NEW", Text(last_day_ + 30)).ok());
  auto request = ReserveRequest({{"D", 3}});
  request.mutable_hold()->set_seconds(10 * 86'400);
  const auto reserved = process_->Call<inventory::v1::Reservation>("ReserveStock", request);
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  WaitUntil(last_day_ + 1);
  const auto refused = Commit(*process_, reserved->name());
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_EQ(Available(refused.status()), "1");
  ASSERT_TRUE(Release(*process_, reserved->name()).ok());
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{3, 0, 1})) << "released units that have expired are for nobody";
  ExpectSound();
}

TEST_F(ExpiredLotsTest, ALotThatArrivesExpiredIsNotForSale) {
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 5, "GONE", Text(last_day_ - 10)).ok());
  EXPECT_EQ(Stock("D"), (std::vector<int64_t>{5, 0, 0}));
  EXPECT_EQ(Reason(Reserve(*process_, {{"D", 1}}).status()), "OUT_OF_STOCK");
  using Status = inventory::v1::MoveStockStatusRequest;
  const auto back = MoveStatus(*process_, "D", berlin_, 5, Status::QUALITY_HOLD, Status::FOR_SALE);
  EXPECT_EQ(Reason(back.status()), "LOT_EXPIRED") << back.status();
  ExpectSound();
}

TEST_F(ExpiredLotsTest, NoTransferTakesExpiredUnits) {
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 5, "OLD", Text(last_day_)).ok());
  ASSERT_TRUE(Receive(*process_, "D", berlin_, 3, "NEW", Text(last_day_ + 30)).ok());
  WaitUntil(last_day_ + 1);
  inventory::v1::CreateStockTransferRequest create;
  create.mutable_stock_transfer()->set_source(berlin_);
  create.mutable_stock_transfer()->set_destination(paris_);
  auto& item = *create.mutable_stock_transfer()->add_items();
  item.set_sku("D");
  item.set_quantity(4);
  const auto transfer =
      process_->Call<inventory::v1::StockTransfer>("StockTransferService/CreateStockTransfer", create);
  ASSERT_TRUE(transfer.ok()) << transfer.status();
  inventory::v1::ShipStockTransferRequest ship;
  ship.set_name(transfer->name());
  const auto refused = process_->Call<inventory::v1::StockTransfer>("StockTransferService/ShipStockTransfer", ship);
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_EQ(Available(refused.status()), "3");
}

}  // namespace
}  // namespace storeops::testing
