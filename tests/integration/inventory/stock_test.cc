// What is there: adjustments, receipts, lots, status, limits, lists.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using Status = inventory::v1::MoveStockStatusRequest;
using inventory::v1::StockMovement;

class StockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    berlin_ = CreateLocation(process_, "BER");
  }
  // on hand, reserved, available, damaged, held
  std::vector<int64_t> Total(const std::string& sku) {
    const auto total = GetStock(process_, sku).total();
    return {total.on_hand(), total.reserved(), total.available(), total.damaged(), total.quality_hold()};
  }
  // "lot bin on_hand date" of each lot that has pieces.
  std::vector<std::string> Lots(const std::string& sku) {
    inventory::v1::ListLotsRequest request;
    request.set_filter(absl::StrCat("sku = \"", sku, "\""));
    request.set_page_size(2);
    std::vector<std::string> lots;
    do {
      const auto page = process_.Call<inventory::v1::ListLotsResponse>("ListLots", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const auto& lot : page->lots()) {
        lots.push_back(absl::StrCat(lot.lot(), " ", lot.bin(), " ", lot.on_hand(), " ", lot.expire_date()));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return lots;
  }

  void TearDown() override { ExpectSound(process_); }

  Site site_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}};
  std::string berlin_;
};

TEST_F(StockTest, ASkuThatWasNeverThereHasNothing) {
  const auto stock = GetStock(process_, "none");
  EXPECT_EQ(stock.sku(), "none");
  EXPECT_EQ(stock.levels_size(), 0);
  EXPECT_EQ(stock.total().on_hand(), 0);
}

TEST_F(StockTest, EveryChangeIsInTheLedgerAndInTheCounters) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -3, inventory::v1::LOST).ok());
  ASSERT_TRUE(MoveStatus(process_, "A", berlin_, 2, Status::FOR_SALE, Status::DAMAGED).ok());
  ASSERT_TRUE(MoveStatus(process_, "A", berlin_, 1, Status::DAMAGED, Status::QUALITY_HOLD).ok());
  EXPECT_EQ(Total("A"), (std::vector<int64_t>{7, 0, 5, 1, 1}));
  const auto movements = ListMovements(process_, "A", "", 1);
  ASSERT_EQ(movements.size(), 4u);
  EXPECT_EQ(movements[3].type(), StockMovement::RECEIVED);
  EXPECT_EQ(movements[2].type(), StockMovement::ADJUSTED);
  EXPECT_EQ(movements[2].reason(), inventory::v1::LOST);
  EXPECT_EQ(movements[2].on_hand(), -3);
  EXPECT_EQ(movements[2].actor(), "users/1");
  EXPECT_THAT(movements[2].cause(), ::testing::StartsWith("stockAdjustments/"));
  EXPECT_EQ(movements[1].damaged(), 2);
  EXPECT_EQ(movements[0].damaged(), -1);
  EXPECT_EQ(movements[0].quality_hold(), 1);
}

TEST_F(StockTest, PiecesComeInOnHoldAndDamagedOnesAreDiscarded) {
  inventory::v1::ReceiveStockRequest receive;
  auto& held = *receive.add_lines();
  held.set_sku("A");
  held.set_location(berlin_);
  held.set_quantity(5);
  held.set_lot("L");
  held.set_status(Status::QUALITY_HOLD);
  ASSERT_TRUE(process_.Call<inventory::v1::StockChangeResponse>("ReceiveStock", receive).ok());
  EXPECT_EQ(Total("A"), (std::vector<int64_t>{5, 0, 0, 0, 5}));
  EXPECT_EQ(Reason(Adjust(process_, "A", berlin_, -1).status()), "OUT_OF_STOCK") << "none is for sale";
  ASSERT_TRUE(MoveStatus(process_, "A", berlin_, 2, Status::QUALITY_HOLD, Status::DAMAGED).ok());
  inventory::v1::AdjustStockRequest discard;
  auto& line = *discard.add_lines();
  line.set_sku("A");
  line.set_location(berlin_);
  line.set_quantity(-2);
  line.set_reason(inventory::v1::DISCARDED);
  line.set_status(Status::DAMAGED);
  ASSERT_TRUE(process_.Call<inventory::v1::StockChangeResponse>("AdjustStock", discard).ok());
  EXPECT_EQ(Total("A"), (std::vector<int64_t>{3, 0, 0, 0, 3}));
  const auto again = process_.Call<inventory::v1::StockChangeResponse>("AdjustStock", discard);
  EXPECT_EQ(Reason(again.status()), "OUT_OF_STOCK");
  EXPECT_THAT(Lots("A"), ::testing::ElementsAre("L  3 "));
}

TEST_F(StockTest, ManyAreReadAtOnce) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 1).ok());
  ASSERT_TRUE(Receive(process_, "B", berlin_, 2).ok());
  ServiceProcess unloaded(site_, {inventory::InventoryModule()}, {.data = "unloaded"});
  inventory::v1::BatchGetStockRequest request;
  for (const char* sku : {"B", "none", "A", "B"}) request.add_skus(sku);
  for (ServiceProcess* process : {&process_, &unloaded}) {
    const auto stock = process->Call<inventory::v1::BatchGetStockResponse>("BatchGetStock", request);
    ASSERT_TRUE(stock.ok()) << stock.status();
    std::vector<std::string> said;
    for (const auto& one : stock->stock()) said.push_back(absl::StrCat(one.sku(), " ", one.total().on_hand()));
    EXPECT_THAT(said, ::testing::ElementsAre("B 2", "none 0", "A 1", "B 2"));
  }
}

TEST_F(StockTest, AllLinesOrNone) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
  inventory::v1::AdjustStockRequest request;
  for (const auto& [sku, quantity] : std::vector<std::pair<std::string, int64_t>>{{"A", -6}, {"B", 5}, {"A", -5}}) {
    auto& line = *request.add_lines();
    line.set_sku(sku);
    line.set_location(berlin_);
    line.set_quantity(quantity);
    line.set_reason(inventory::v1::CORRECTION);
  }
  const auto refused = process_.Call<inventory::v1::StockChangeResponse>("AdjustStock", request);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_THAT(FieldsOf(refused.status()), ::testing::ElementsAre("lines[0]", "lines[2]"));
  EXPECT_EQ(Total("A"), (std::vector<int64_t>{10, 0, 10, 0, 0}));
  EXPECT_EQ(GetStock(process_, "B").levels_size(), 0);
}

TEST_F(StockTest, ALocationMustExist) {
  const auto refused = Receive(process_, "A", "locations/999", 1);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(FieldsOf(refused.status()), ::testing::ElementsAre("lines[0].location"));
}

TEST_F(StockTest, WhatExpiresFirstLeavesFirst) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4, "late", "2099-12-31").ok());
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4, "early", "2098-01-31", "A-1").ok());
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4).ok());
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -6).ok());
  EXPECT_THAT(Lots("A"), ::testing::ElementsAre("late  2 2099-12-31"));
  EXPECT_EQ(Total("A")[0], 6);
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -5).ok());
  EXPECT_THAT(Lots("A"), ::testing::IsEmpty());
  EXPECT_EQ(Total("A")[0], 1);
}

TEST_F(StockTest, ALotHasOneDate) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4, "one", "2099-12-31").ok());
  EXPECT_EQ(Reason(Receive(process_, "A", berlin_, 4, "one", "2099-12-30", "A-1").status()), "LOT_DATE_DIFFERS");
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4, "one", "", "A-1").ok());
  EXPECT_THAT(Lots("A"), ::testing::ElementsAre("one  4 2099-12-31", "one A-1 4 2099-12-31"));
  const auto wrong = Receive(process_, "A", berlin_, 4, "two", "2099-02-30");
  EXPECT_THAT(FieldsOf(wrong.status()), ::testing::ElementsAre("lines[0].expire_date"));
}

TEST_F(StockTest, ListsByConditionInPages) {
  const std::string hamburg = CreateLocation(process_, "HAM");
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(Receive(process_, absl::StrCat("S-", i), berlin_, 1 + i).ok());
    ASSERT_TRUE(Receive(process_, absl::StrCat("S-", i), hamburg, 1 + i).ok());
  }
  inventory::v1::SetStockPolicyRequest policy;
  for (int i = 0; i < 5; ++i) {
    auto& line = *policy.add_lines();
    line.set_sku(absl::StrCat("S-", i));
    line.set_location(berlin_);
    line.set_safety_stock(3);
  }
  ASSERT_TRUE(process_.Call<inventory::v1::SetStockPolicyResponse>("SetStockPolicy", policy).ok());
  const auto list = [&](const std::string& filter) {
    inventory::v1::ListStockRequest request;
    request.set_filter(filter);
    std::vector<std::string> names;
    request.set_page_size(3);
    do {
      const auto page = process_.Call<inventory::v1::ListStockResponse>("ListStock", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const auto& level : page->levels()) names.push_back(level.sku() + (level.location() == berlin_ ? "" : "h"));
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return names;
  };
  EXPECT_THAT(list(""),
              ::testing::ElementsAre("S-0", "S-0h", "S-1", "S-1h", "S-2", "S-2h", "S-3", "S-3h", "S-4", "S-4h"));
  EXPECT_THAT(list("shortfall > 0"), ::testing::ElementsAre("S-0", "S-1"));
  EXPECT_THAT(list("available >= 4"), ::testing::ElementsAre("S-3", "S-3h", "S-4", "S-4h"));
  EXPECT_THAT(list("location = \"" + hamburg + "\" AND sku = \"S-4*\""), ::testing::ElementsAre("S-4h"));
}

TEST_F(StockTest, TheLedgerIsFilteredBySkuOrCauseFirst) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 5).ok());
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -1).ok());
  inventory::v1::ListStockMovementsRequest request;
  const auto list = [&](const std::string& filter) {
    request.set_filter(filter);
    return process_.Call<inventory::v1::ListStockMovementsResponse>("ListStockMovements", request);
  };
  const auto received = list("sku = \"A\" AND type = RECEIVED AND time > \"2020-01-01T00:00:00Z\"");
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->movements_size(), 1);
  for (const char* slow : {"type = RECEIVED", "type = RECEIVED OR sku = \"A\"", "type = RECEIVED AND sku != \"A\"",
                           "type = RECEIVED AND sku = \"*\""}) {
    const auto refused = list(slow).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << slow;
    EXPECT_THAT(std::string(refused.message()), ::testing::HasSubstr("type is compared only beside a value of"))
        << slow;
  }
}

TEST_F(StockTest, ALocationThatHasPiecesStays) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 1).ok());
  inventory::v1::DeleteLocationRequest request;
  request.set_name(berlin_);
  const auto refused = process_.Call<inventory::v1::Location>("LocationService/DeleteLocation", request);
  EXPECT_EQ(Reason(refused.status()), "LOCATION_IN_USE");
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -1).ok());
  EXPECT_TRUE(process_.Call<inventory::v1::Location>("LocationService/DeleteLocation", request).ok());
  EXPECT_THAT(FieldsOf(Receive(process_, "A", berlin_, 1).status()), ::testing::ElementsAre("lines[0].location"));
}

TEST_F(StockTest, ARepetitionIsAnsweredOnceMoreAndAnotherBodyRefused) {
  const auto first = Adjust(process_, "A", berlin_, 5, inventory::v1::FOUND, "once");
  const auto again = Adjust(process_, "A", berlin_, 5, inventory::v1::FOUND, "once");
  ASSERT_TRUE(first.ok() && again.ok()) << first.status() << again.status();
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  EXPECT_EQ(Total("A")[0], 5);
  EXPECT_EQ(Reason(Adjust(process_, "A", berlin_, 6, inventory::v1::FOUND, "once").status()), "REQUEST_ID_REUSED");
}

TEST_F(StockTest, ADifferenceIsToldAndLeftAsItIs) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 7).ok());
  ASSERT_TRUE(Receive(process_, "B", berlin_, 7).ok());
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  ASSERT_TRUE(process_.database().Execute(limit, "UPDATE stock_levels SET on_hand = 9 WHERE sku = 'A'").ok());
  const auto check = [&] {
    const auto checked =
        process_.Call<inventory::v1::CheckStockResponse>("CheckStock", inventory::v1::CheckStockRequest());
    EXPECT_TRUE(checked.ok()) << checked.status();
    return checked.value_or(inventory::v1::CheckStockResponse());
  };
  const auto found = check();
  ASSERT_EQ(found.differences_size(), 1);
  EXPECT_EQ(found.levels(), 2);
  EXPECT_EQ(found.movements(), 2);
  EXPECT_EQ(found.differences(0).sku(), "A");
  EXPECT_EQ(found.differences(0).counter(), "on_hand");
  EXPECT_EQ(found.differences(0).expected(), 7);
  EXPECT_EQ(found.differences(0).found(), 9);
  EXPECT_EQ(check().difference_count(), 1);
  const auto rows = process_.database().Query(limit, "SELECT sku, expected, found FROM stock_differences");
  ASSERT_TRUE(rows.ok() && rows->size() == 1) << rows.status();
  EXPECT_EQ(rows->Int(0, 2), 9);
  EXPECT_THAT(process_.Metrics(), ::testing::HasSubstr("\nstoreops_stock_differences 1\n"));
  ASSERT_TRUE(process_.database().Execute(limit, "UPDATE stock_levels SET on_hand = 7 WHERE sku = 'A'").ok());
  EXPECT_EQ(check().difference_count(), 0);
  const auto after = process_.database().Query(limit, "SELECT sku FROM stock_differences");
  ASSERT_TRUE(after.ok());
  EXPECT_TRUE(after->empty());
}

TEST_F(StockTest, TheTableItselfRefusesWhatIsOversold) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 7).ok());
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  EXPECT_FALSE(process_.database().Execute(limit, "UPDATE stock_levels SET reserved = 8 WHERE sku = 'A'").ok());
  EXPECT_FALSE(process_.database().Execute(limit, "UPDATE stock_levels SET on_hand = -1 WHERE sku = 'A'").ok());
}

TEST_F(StockTest, ImportsRowByRow) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 7).ok());
  ASSERT_TRUE(Receive(process_, "B", berlin_, 7).ok());
  ASSERT_TRUE(MoveStatus(process_, "B", berlin_, 5, Status::FOR_SALE, Status::DAMAGED).ok());
  inventory::v1::ImportStockRequest request;
  const auto add = [&](const std::string& sku, const std::string& code, int64_t on_hand) {
    auto& row = *request.add_rows();
    row.set_sku(sku);
    row.set_location_code(code);
    row.set_on_hand(on_hand);
    return &row;
  };
  add("A", "BER", 4);
  add("B", "BER", 3);
  add("C", "NOWHERE", 3);
  add("C", "BER", 3)->set_safety_stock(2);
  add("D", "BER", 0);
  request.set_dry_run(true);
  using inventory::v1::ImportStockResponse;
  const auto outcomes = [&]() {
    const auto response = process_.Call<ImportStockResponse>("ImportStock", request);
    EXPECT_TRUE(response.ok()) << response.status();
    std::vector<std::string> said;
    for (const auto& result : response->results()) {
      said.push_back(absl::StrCat(ImportStockResponse::Outcome_Name(result.outcome()), " ", result.quantity(), " ",
                                  result.field()));
    }
    return said;
  };
  const auto expected = ::testing::ElementsAre("CHANGED -3 ", "REFUSED 0 on_hand", "REFUSED 0 location_code",
                                               "CHANGED 3 ", "UNCHANGED 0 ");
  EXPECT_THAT(outcomes(), expected);
  EXPECT_EQ(Total("A")[0], 7);
  EXPECT_EQ(GetStock(process_, "C").levels_size(), 0);
  request.set_dry_run(false);
  EXPECT_THAT(outcomes(), expected);
  EXPECT_EQ(Total("A")[0], 4);
  EXPECT_EQ(Total("B")[0], 7);
  EXPECT_EQ(Total("C")[0], 3);
  EXPECT_EQ(GetStock(process_, "C").total().safety_stock(), 2);
  EXPECT_EQ(ListMovements(process_, "C")[0].type(), StockMovement::COUNTED);
}

TEST_F(StockTest, ARowThatViolatesARuleIsRefusedByItself) {
  inventory::v1::ImportStockRequest request;
  const auto add = [&](const std::string& sku, const std::string& date, int64_t on_hand) {
    auto& row = *request.add_rows();
    row.set_sku(sku);
    row.set_location_code("BER");
    row.set_lot("L");
    row.set_expire_date(date);
    row.set_on_hand(on_hand);
  };
  add("A", "2099-12-31", 4);
  add("B\tC", "2099-12-31", 4);
  add("C", "31.12.2027", 4);
  add("D", "2027-02-30", 4);
  add("E", "2099-12-31", -1);
  add("A", "2099-12-31", 5);
  add("", "", 5);
  const auto response = process_.Call<inventory::v1::ImportStockResponse>("ImportStock", request);
  ASSERT_TRUE(response.ok()) << response.status();
  std::vector<std::string> refused;
  for (const auto& result : response->results()) refused.push_back(result.field());
  EXPECT_THAT(refused, ::testing::ElementsAre("", "sku", "expire_date", "expire_date", "on_hand", "sku", "sku"));
  EXPECT_THAT(response->results(2).problem(), ::testing::HasSubstr("such as 2026-12-31, got \"31.12.2027\""));
  EXPECT_THAT(response->results(5).problem(), ::testing::HasSubstr("repeats rows[0]"));
  EXPECT_EQ(Total("A")[0], 4) << "the first row stands";
  EXPECT_EQ(Total("C")[0] + Total("D")[0], 0);
}

TEST_F(StockTest, WatchersSeeWhatThereIsAndWhatBecomesOfIt) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 7).ok());
  inventory::v1::WatchStockRequest request;
  request.add_skus("A");
  std::vector<int64_t> seen;
  const auto on_message = [&](const std::string& bytes) {
    inventory::v1::WatchStockResponse response;
    EXPECT_TRUE(response.ParseFromString(bytes));
    for (const auto& level : response.levels()) seen.push_back(level.on_hand());
    if (seen.size() == 1) {
      EXPECT_TRUE(Receive(process_, "B", berlin_, 1).ok());
      EXPECT_TRUE(Receive(process_, "A", berlin_, 2).ok());
    }
    return seen.size() < 2;
  };
  const absl::Status status =
      process_.peer().Stream(process_.MakeCall("WatchStock"), request.SerializeAsString(), on_message);
  EXPECT_THAT(seen, ::testing::ElementsAre(7, 9)) << status;
}

TEST_F(StockTest, AnotherProcessHears) {
  ServiceProcess other(site_, {inventory::InventoryModule()}, {.data = "other"});
  ASSERT_NO_FATAL_FAILURE(other.Start());
  ASSERT_TRUE(Receive(process_, "A", berlin_, 7).ok());
  EXPECT_TRUE(Eventually([&] { return GetStock(other, "A").total().on_hand() == 7; }));
}

}  // namespace
}  // namespace storeops::testing
