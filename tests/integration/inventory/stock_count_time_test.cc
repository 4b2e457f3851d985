// Rows of stock files that state when they were counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/time.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::ImportStockRequest;
using inventory::v1::ImportStockResponse;

class StockCountTimeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    berlin_ = CreateLocation(process_, "BER");
  }
  void TearDown() override { ExpectSound(process_); }

  // Of the SKU's last movement.
  google::protobuf::Timestamp LastTime(const std::string& sku) { return ListMovements(process_, sku).at(0).time(); }

  // "CHANGED -1 moved 3", of a row without lot and bin or with them.
  std::string Import(const std::string& sku, int64_t on_hand, const google::protobuf::Timestamp& count_time,
                     const std::string& lot = "") {
    ImportStockRequest request;
    ImportStockRequest::Row& row = *request.add_rows();
    row.set_sku(sku);
    row.set_location_code("BER");
    row.set_lot(lot);
    row.set_on_hand(on_hand);
    *row.mutable_count_time() = count_time;
    const auto response = process_.Call<ImportStockResponse>("ImportStock", request);
    EXPECT_TRUE(response.ok()) << response.status();
    if (!response.ok()) return "";
    const auto& result = response->results(0);
    if (result.outcome() == ImportStockResponse::REFUSED) return absl::StrCat(result.field(), ": ", result.problem());
    return absl::StrCat(ImportStockResponse::Outcome_Name(result.outcome()), " ", result.quantity(), " moved ",
                        result.moved());
  }
  int64_t OnHand(const std::string& sku) { return ReadLevel(process_, sku, berlin_).on_hand(); }

  Site site_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}};
  std::string berlin_;
};

TEST_F(StockCountTimeTest, WhatMovedSinceTheCountIsNotOverwritten) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 12).ok());
  const auto counted = LastTime("A");
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -2, inventory::v1::BROKEN).ok());
  ASSERT_TRUE(Receive(process_, "A", berlin_, 5).ok());
  EXPECT_EQ(Import("A", 11, counted), "CHANGED -1 moved 3");
  EXPECT_EQ(OnHand("A"), 14) << "11 counted, 2 broken and 5 received since";
  EXPECT_EQ(Import("A", 11, counted), "UNCHANGED 0 moved 3") << "the same file again";
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -4, inventory::v1::BROKEN).ok());
  EXPECT_EQ(Import("A", 11, counted), "UNCHANGED 0 moved -1");
  EXPECT_EQ(OnHand("A"), 10);
}

TEST_F(StockCountTimeTest, AnOlderCountDoesNotReplaceALaterCorrection) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 12).ok());
  const auto counted = LastTime("A");
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -3, inventory::v1::LOST).ok());
  EXPECT_THAT(Import("A", 12, counted),
              ::testing::MatchesRegex("count_time: the stock was corrected by .* after it was "
                                      "counted: have it counted again"));
  EXPECT_EQ(OnHand("A"), 9);
  EXPECT_EQ(Import("A", 9, counted), "UNCHANGED 0 moved 0") << "it says the same";
  EXPECT_EQ(Import("A", 12, LastTime("A")), "CHANGED 3 moved 0") << "a later count";
}

TEST_F(StockCountTimeTest, OfALotOnlyItsOwnMovementsCount) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 6, "L").ok());
  const auto counted = LastTime("A");
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4, "M").ok());
  ASSERT_TRUE(Receive(process_, "A", berlin_, 1, "L").ok());
  EXPECT_EQ(Import("A", 5, counted, "L"), "CHANGED -1 moved 1");
  EXPECT_EQ(OnHand("A"), 10);
}

TEST_F(StockCountTimeTest, ACountOfTheFutureIsRefused) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 6).ok());
  EXPECT_EQ(Import("A", 5, ToTimestamp(absl::Now() + absl::Hours(24))), "count_time: is in the future");
  EXPECT_EQ(OnHand("A"), 6);
}

}  // namespace
}  // namespace storeops::testing
