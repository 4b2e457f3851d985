// Reservations: of which locations, how they end, repetitions, limits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::Reservation;
using ::testing::ElementsAre;

// The system's time with an offset that a test moves.
class MovedClock final : public Clock {
 public:
  absl::Time Now() const override {
    absl::MutexLock lock(&mutex_);
    return absl::Now() + offset_;
  }
  void Advance(absl::Duration by) {
    absl::MutexLock lock(&mutex_);
    offset_ += by;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Duration offset_ ABSL_GUARDED_BY(mutex_);
};

class ReservationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    far_ = CreateLocation(process_, "FAR", 2);
    near_ = CreateLocation(process_, "NEAR", 1);
    closed_ = CreateLocation(process_, "CLOSED", 0, /*ships_orders=*/false);
  }
  void TearDown() override { ExpectSound(process_); }

  void SetLimits(const std::string& sku, const std::string& location, int64_t backorder, int64_t preorder) {
    inventory::v1::SetStockPolicyRequest request;
    auto& line = *request.add_lines();
    line.set_sku(sku);
    line.set_location(location);
    line.set_backorder_limit(backorder);
    line.set_preorder_limit(preorder);
    const auto set = process_.Call<inventory::v1::SetStockPolicyResponse>("SetStockPolicy", request);
    ASSERT_TRUE(set.ok()) << set.status();
  }
  // "A NEAR 3"
  std::vector<std::string> Lines(const absl::StatusOr<Reservation>& reservation) {
    EXPECT_TRUE(reservation.ok()) << reservation.status();
    std::vector<std::string> lines;
    if (!reservation.ok()) return lines;
    for (const auto& line : reservation->lines()) {
      const std::string where = line.location() == near_ ? "NEAR" : line.location() == far_ ? "FAR" : "CLOSED";
      lines.push_back(absl::StrCat(line.sku(), " ", where, " ", line.quantity()));
    }
    return lines;
  }
  int64_t Reserved(const std::string& sku) { return GetStock(process_, sku).total().reserved(); }
  int64_t OnHand(const std::string& sku) { return GetStock(process_, sku).total().on_hand(); }
  void Expire() {
    clock_.Advance(absl::Minutes(16));
    for (int i = 0; i < 2; ++i) {  // the first round sees the job for the first time
      const auto ran = process_.runtime().periodic().RunDue();
      ASSERT_TRUE(ran.ok()) << ran.status();
      clock_.Advance(absl::Seconds(6));
    }
  }

  Site site_;
  MovedClock clock_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}, {.clock = &clock_}};
  std::string near_, far_, closed_;
};

TEST_F(ReservationTest, TakesFromTheFirstLocationThatHasAll) {
  ASSERT_TRUE(Receive(process_, "A", near_, 3).ok());
  ASSERT_TRUE(Receive(process_, "A", far_, 5).ok());
  ASSERT_TRUE(Receive(process_, "A", closed_, 50).ok());
  EXPECT_THAT(Lines(Reserve(process_, {{"A", 2}})), ElementsAre("A NEAR 2"));
  EXPECT_THAT(Lines(Reserve(process_, {{"A", 2}})), ElementsAre("A FAR 2"));
  EXPECT_THAT(Lines(Reserve(process_, {{"A", 4}})), ElementsAre("A FAR 3", "A NEAR 1"));
  EXPECT_THAT(Lines(Reserve(process_, {{"A", 1, closed_}})), ElementsAre("A CLOSED 1"));
  const auto refused = Reserve(process_, {{"A", 1}});
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_EQ(Reserved("A"), 9);
}

TEST_F(ReservationTest, LinesOfOneSkuAreSummedAndAllOrNoneIsTaken) {
  ASSERT_TRUE(Receive(process_, "A", near_, 3).ok());
  ASSERT_TRUE(Receive(process_, "B", near_, 3).ok());
  const auto refused = Reserve(process_, {{"B", 1}, {"A", 2}, {"A", 2}, {"C", 1}});
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("lines[1]", "lines[2]", "lines[3]"));
  EXPECT_EQ(Reserved("B"), 0);
  EXPECT_THAT(Lines(Reserve(process_, {{"A", 2}, {"A", 1}})), ElementsAre("A NEAR 3"));
}

TEST_F(ReservationTest, ABatchDecidesEachOnWhatTheOnesBeforeLeft) {
  ASSERT_TRUE(Receive(process_, "A", near_, 3).ok());
  ASSERT_TRUE(Receive(process_, "B", far_, 1).ok());
  inventory::v1::BatchReserveStockRequest request;
  const auto add = [&](const std::string& sku, int64_t quantity) -> auto& {
    auto& line = *request.add_requests()->add_lines();
    line.set_sku(sku);
    line.set_quantity(quantity);
    return request;
  };
  add("A", 2);
  add("A", 2);
  add("B", 1);
  add("A", 1);
  request.mutable_requests(3)->mutable_hold()->set_seconds(3600);
  add("A", 1).mutable_requests(4)->mutable_hold()->set_nanos(1);
  request.set_request_id("batch-1");
  const auto call = [&] {
    return process_.Call<inventory::v1::BatchReserveStockResponse>("BatchReserveStock", request);
  };
  const auto settled = call();
  ASSERT_TRUE(settled.ok()) << settled.status();
  ASSERT_EQ(settled->results_size(), 5);
  EXPECT_THAT(Lines(settled->results(0).reservation()), ElementsAre("A NEAR 2"));
  EXPECT_EQ(settled->results(1).error().code(), static_cast<int>(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(Lines(settled->results(2).reservation()), ElementsAre("B FAR 1"));
  EXPECT_THAT(Lines(settled->results(3).reservation()), ElementsAre("A NEAR 1"));
  EXPECT_EQ(settled->results(4).error().code(), static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(Reserved("A"), 3);

  const auto again = call();
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), settled->SerializeAsString());
  EXPECT_EQ(Reserved("A"), 3);
  request.mutable_requests(0)->mutable_lines(0)->set_quantity(1);
  EXPECT_EQ(Reason(call().status()), "REQUEST_ID_REUSED");
  request.set_request_id("batch-2");
  request.mutable_requests(2)->set_request_id("own");
  EXPECT_THAT(FieldsOf(call().status()), ElementsAre("requests[2].request_id"));
}

TEST_F(ReservationTest, LimitsAllowWhatIsNotThere) {
  ASSERT_TRUE(Receive(process_, "A", near_, 2).ok());
  EXPECT_EQ(Reason(Reserve(process_, {{"A", 4}}).status()), "OUT_OF_STOCK");
  ASSERT_NO_FATAL_FAILURE(SetLimits("A", near_, 2, 5));
  const auto reservation = Reserve(process_, {{"A", 4}});
  ASSERT_TRUE(reservation.ok()) << reservation.status();
  EXPECT_EQ(GetStock(process_, "A").total().available(), -2);
  // Nothing is on its way, so the second limit allows nothing.
  EXPECT_EQ(Reason(Reserve(process_, {{"A", 1}}).status()), "OUT_OF_STOCK");
  EXPECT_EQ(Reason(Commit(process_, reservation->name()).status()), "OUT_OF_STOCK");
  ASSERT_TRUE(Receive(process_, "A", near_, 2).ok());
  EXPECT_TRUE(Commit(process_, reservation->name()).ok());
  EXPECT_EQ(OnHand("A"), 0);
}

TEST_F(ReservationTest, CommittedPiecesLeaveFirstExpiredFirst) {
  ASSERT_TRUE(Receive(process_, "A", near_, 2, "old", "2000-01-01").ok());
  ASSERT_TRUE(Receive(process_, "A", near_, 2, "late", "2099-01-01").ok());
  ASSERT_TRUE(Receive(process_, "A", near_, 2, "soon", "2098-01-01").ok());
  const auto reservation = Reserve(process_, {{"A", 3}});
  ASSERT_TRUE(reservation.ok()) << reservation.status();
  const auto committed = Commit(process_, reservation->name());
  ASSERT_TRUE(committed.ok()) << committed.status();
  EXPECT_EQ(committed->state(), Reservation::COMMITTED);
  std::vector<std::string> shipped;
  for (const auto& movement : ListMovements(process_, "A", reservation->name())) {
    if (movement.type() == inventory::v1::StockMovement::SHIPPED) {
      shipped.push_back(absl::StrCat(movement.lot(), " ", movement.on_hand(), " ", movement.reserved()));
    }
  }
  EXPECT_THAT(shipped, ElementsAre("late -1 -1", "soon -2 -2"));
  EXPECT_EQ(Reason(Reserve(process_, {{"A", 2}}).status()), "OUT_OF_STOCK") << "two of the three have expired";
  EXPECT_TRUE(Reserve(process_, {{"A", 1}}).ok());
}

TEST_F(ReservationTest, EndsOnceHoweverOftenItIsAsked) {
  ASSERT_TRUE(Receive(process_, "A", near_, 5).ok());
  const std::string first = Reserve(process_, {{"A", 2}})->name();
  const std::string second = Reserve(process_, {{"A", 1}})->name();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Commit(process_, first)->state(), Reservation::COMMITTED);
    EXPECT_EQ(Release(process_, second)->state(), Reservation::RELEASED);
  }
  EXPECT_EQ(OnHand("A"), 3);
  EXPECT_EQ(Reserved("A"), 0);
  EXPECT_EQ(Reason(Release(process_, first).status()), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(Reason(Commit(process_, second).status()), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(Commit(process_, "reservations/999999").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ReservationTest, RepetitionsAreAnsweredOnceMore) {
  ASSERT_TRUE(Receive(process_, "A", near_, 5).ok());
  const auto first = Reserve(process_, {{"A", 2}}, "r");
  const auto again = Reserve(process_, {{"A", 2}}, "r");
  ASSERT_TRUE(first.ok() && again.ok()) << first.status() << again.status();
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  EXPECT_EQ(Reserved("A"), 2);
  EXPECT_EQ(Reason(Reserve(process_, {{"A", 3}}, "r").status()), "REQUEST_ID_REUSED");
  const auto committed = Commit(process_, first->name(), "c");
  EXPECT_EQ(Commit(process_, first->name(), "c")->SerializeAsString(), committed->SerializeAsString());
  const std::string other = Reserve(process_, {{"A", 1}})->name();
  EXPECT_EQ(Reason(Commit(process_, other, "c").status()), "REQUEST_ID_REUSED");
  const auto released = Release(process_, other, "x");
  EXPECT_EQ(Release(process_, other, "x")->SerializeAsString(), released->SerializeAsString());
  EXPECT_EQ(OnHand("A"), 3);
}

TEST_F(ReservationTest, WhatIsNotCommittedInTimeIsGivenBack) {
  ASSERT_TRUE(Receive(process_, "A", near_, 5).ok());
  const std::string late = Reserve(process_, {{"A", 2}})->name();
  const std::string committed = Reserve(process_, {{"A", 1}})->name();
  ASSERT_TRUE(Commit(process_, committed).ok());
  clock_.Advance(absl::Minutes(16));
  const absl::Status refused = Commit(process_, late).status();  // also before its pieces are back
  EXPECT_EQ(Reason(refused), "ACTION_NOT_ALLOWED");
  EXPECT_THAT(refused.message(), ::testing::HasSubstr("is EXPIRED"));
  ASSERT_NO_FATAL_FAILURE(Expire());
  EXPECT_EQ(GetReservation(process_, late)->state(), Reservation::EXPIRED);
  EXPECT_EQ(GetReservation(process_, committed)->state(), Reservation::COMMITTED);
  EXPECT_EQ(Reserved("A"), 0);
  EXPECT_EQ(OnHand("A"), 4);
  EXPECT_EQ(Release(process_, late)->state(), Reservation::EXPIRED);
}

TEST_F(ReservationTest, OneThatCannotBeGivenBackHoldsUpNoOther) {
  ASSERT_TRUE(Receive(process_, "A", near_, 5).ok());
  ASSERT_TRUE(Receive(process_, "B", near_, 5).ok());
  const std::string broken = Reserve(process_, {{"A", 2}})->name();
  const std::string whole = Reserve(process_, {{"B", 2}})->name();
  const auto set_reserved = [&](int64_t count) {
    const auto set = process_.database().Execute(absl::Now() + absl::Seconds(10),
                                                 "UPDATE stock_levels SET reserved = ? WHERE sku = 'A'", {count});
    ASSERT_TRUE(set.ok()) << set.status();
  };
  ASSERT_NO_FATAL_FAILURE(set_reserved(1));
  ASSERT_NO_FATAL_FAILURE(Expire());
  EXPECT_EQ(GetReservation(process_, broken)->state(), Reservation::ACTIVE);
  EXPECT_EQ(GetReservation(process_, whole)->state(), Reservation::EXPIRED);
  ASSERT_NO_FATAL_FAILURE(set_reserved(2));
  clock_.Advance(absl::Seconds(6));
  ASSERT_TRUE(process_.runtime().periodic().RunDue().ok());
  EXPECT_EQ(GetReservation(process_, broken)->state(), Reservation::EXPIRED);
}

TEST_F(ReservationTest, Lists) {
  ASSERT_TRUE(Receive(process_, "A", near_, 50).ok());
  ASSERT_TRUE(Receive(process_, "B", near_, 50).ok());
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) names.push_back(Reserve(process_, {{i % 2 == 0 ? "A" : "B", 1}, {"B", 1}})->name());
  ASSERT_TRUE(Release(process_, names[0]).ok());
  const auto list = [&](const std::string& filter) {
    inventory::v1::ListReservationsRequest request;
    request.set_filter(filter);
    std::vector<std::string> found;
    request.set_page_size(2);
    do {
      const auto page = process_.Call<inventory::v1::ListReservationsResponse>("ListReservations", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const auto& reservation : page->reservations()) found.push_back(reservation.name());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return found;
  };
  EXPECT_THAT(list(""), ElementsAre(names[4], names[3], names[2], names[1], names[0]));
  EXPECT_THAT(list("state = ACTIVE"), ElementsAre(names[4], names[3], names[2], names[1]));
  EXPECT_THAT(list("state = ACTIVE AND lines.sku = \"A\""), ElementsAre(names[4], names[2]));
  EXPECT_THAT(list("lines.sku = \"A\""), ElementsAre(names[4], names[2], names[0]));
  EXPECT_THAT(list("state = RELEASED OR NOT lines.sku = \"A\""), ElementsAre(names[3], names[1], names[0]));
}

}  // namespace
}  // namespace storeops::testing
