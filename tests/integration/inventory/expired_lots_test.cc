// What may not be sold any more is promised to nobody.
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
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

}  // namespace
}  // namespace storeops::testing
