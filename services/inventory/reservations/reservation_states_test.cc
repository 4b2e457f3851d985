#include "services/inventory/reservations/reservation_states.h"

#include "common/base/errors.h"
#include "google/rpc/error_info.pb.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using enum ReservationAction;
using v1::Reservation;

TEST(ReservationStatesTest, EveryActionFromEveryState) {
  struct Case {
    Reservation::State from;
    ReservationAction action;
    Reservation::State to;  // unspecified: refused
    absl::string_view reason;
  };
  for (const Case& c : std::initializer_list<Case>{
           {Reservation::ACTIVE, kCommit, Reservation::COMMITTED, ""},
           {Reservation::ACTIVE, kRelease, Reservation::RELEASED, ""},
           {Reservation::ACTIVE, kExpire, Reservation::EXPIRED, ""},
           {Reservation::COMMITTED, kCommit, Reservation::COMMITTED, ""},
           {Reservation::COMMITTED, kRelease, Reservation::STATE_UNSPECIFIED, "RESERVATION_COMMITTED"},
           {Reservation::COMMITTED, kExpire, Reservation::COMMITTED, ""},
           {Reservation::RELEASED, kCommit, Reservation::STATE_UNSPECIFIED, "RESERVATION_RELEASED"},
           {Reservation::RELEASED, kRelease, Reservation::RELEASED, ""},
           {Reservation::RELEASED, kExpire, Reservation::RELEASED, ""},
           {Reservation::EXPIRED, kCommit, Reservation::STATE_UNSPECIFIED, "RESERVATION_EXPIRED"},
           {Reservation::EXPIRED, kRelease, Reservation::EXPIRED, ""},
           {Reservation::EXPIRED, kExpire, Reservation::EXPIRED, ""},
       }) {
    SCOPED_TRACE(testing::Message() << Reservation::State_Name(c.from) << " " << static_cast<int>(c.action));
    const auto next = NextState("reservations/1", c.from, c.action);
    if (c.to != Reservation::STATE_UNSPECIFIED) {
      ASSERT_TRUE(next.ok()) << next.status();
      EXPECT_EQ(*next, c.to);
      continue;
    }
    EXPECT_EQ(next.status().code(), absl::StatusCode::kFailedPrecondition);
    google::rpc::ErrorInfo info;
    ASSERT_TRUE(GetDetail(next.status(), &info));
    EXPECT_EQ(info.reason(), c.reason);
  }
}

}  // namespace
}  // namespace storeops::inventory
