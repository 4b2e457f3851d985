#include "services/inventory/transfers/stock_transfer_rules.h"

#include <string>
#include <vector>

#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using ::testing::ElementsAre;
using v1::StockTransfer;

// "REASON field field"
std::string Refusal(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest request;
  GetDetail(status, &info);
  GetDetail(status, &request);
  std::string all = info.reason();
  for (const auto& violation : request.field_violations()) all += " " + violation.field();
  return all;
}

StockTransfer Shipped() {
  StockTransfer transfer;
  for (const auto& [sku, lot, shipped] :
       std::vector<std::tuple<std::string, std::string, int64_t>>{{"A", "", 10}, {"B", "L1", 5}, {"B", "L2", 5}}) {
    auto& parcel = *transfer.add_parcels();
    parcel.set_sku(sku);
    parcel.set_lot(lot);
    parcel.set_shipped(shipped);
  }
  return transfer;
}

v1::ReceiveStockTransferRequest::Item* Add(v1::ReceiveStockTransferRequest& request, const std::string& sku,
                                           const std::string& lot, int64_t quantity, int64_t damaged = 0,
                                           int64_t lost = 0) {
  auto* item = request.add_items();
  item->set_sku(sku);
  item->set_lot(lot);
  item->set_quantity(quantity);
  item->set_damaged(damaged);
  item->set_lost(lost);
  return item;
}

TEST(StockTransferRulesTest, ATransferHasTwoPlacesAndDistinctItems) {
  StockTransfer transfer;
  transfer.set_source("locations/1");
  transfer.set_destination("locations/1");
  for (const char* lot : {"", "L", ""}) {
    transfer.add_items()->set_sku("A");
    transfer.mutable_items()->rbegin()->set_lot(lot);
  }
  EXPECT_THAT(Refusal(CheckTransfer(transfer)), ::testing::HasSubstr(" destination items[2]"));
  transfer.set_destination("locations/2");
  transfer.mutable_items()->RemoveLast();
  EXPECT_TRUE(CheckTransfer(transfer).ok());
}

TEST(StockTransferRulesTest, EveryPieceIsToldOfOnce) {
  StockTransfer transfer = Shipped();
  v1::ReceiveStockTransferRequest request;
  Add(request, "A", "", 6, 1, 1);
  Add(request, "B", "L2", 5);
  auto settled = Settle(request, transfer);
  ASSERT_TRUE(settled.ok()) << settled.status();
  EXPECT_EQ(settled->size(), 2u);
  EXPECT_EQ(UnderWay(transfer.parcels(0)), 2);
  EXPECT_FALSE(AllToldOf(transfer));
  request.Clear();
  request.set_rest_is_lost(true);
  settled = Settle(request, transfer);
  ASSERT_TRUE(settled.ok()) << settled.status();
  ASSERT_EQ(settled->size(), 2u);
  EXPECT_EQ((*settled)[0].lost, 2);
  EXPECT_EQ((*settled)[1].lost, 5);
  EXPECT_EQ((*settled)[1].lot, "L1");
  EXPECT_TRUE(AllToldOf(transfer));
  EXPECT_FALSE(Settle(request, transfer).ok());
}

TEST(StockTransferRulesTest, RefusesWhatWasNotShipped) {
  const auto refusal = [](const std::string& sku, const std::string& lot, int64_t quantity) {
    StockTransfer transfer = Shipped();
    v1::ReceiveStockTransferRequest request;
    Add(request, "A", "", 6);
    Add(request, sku, lot, quantity);
    return Refusal(Settle(request, transfer).status());
  };
  EXPECT_EQ(refusal("A", "", 5), "MORE_THAN_SHIPPED items[1]");
  EXPECT_EQ(refusal("A", "L1", 1), "NOT_SHIPPED items[1]");
  EXPECT_EQ(refusal("C", "", 1), "NOT_SHIPPED items[1]");
  EXPECT_THAT(refusal("B", "", 1), ::testing::EndsWith(" items[1].lot"));
  EXPECT_THAT(refusal("A", "", 0), ::testing::EndsWith(" items[1]"));
}

}  // namespace
}  // namespace storeops::inventory
