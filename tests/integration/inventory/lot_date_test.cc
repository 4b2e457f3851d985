// A lot has one expiry date, wherever and however it comes in.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "storeops/inventory/v1/count_service.pb.h"
#include "storeops/inventory/v1/stock_transfer_service.pb.h"
#include "tests/support/purchase_calls.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::StockTransfer;
using ::testing::ElementsAre;

constexpr char kDate[] = "2099-01-31";
constexpr char kOther[] = "2099-02-28";

class LotDateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    berlin_ = CreateLocation(process_, "BER");
    hamburg_ = CreateLocation(process_, "HAM");
    ASSERT_TRUE(Receive(process_, "A", berlin_, 10, "L", kDate).ok());
  }
  void TearDown() override { ExpectSound(process_); }

  // "on_hand date" of lot L at a location
  std::vector<std::string> LotAt(const std::string& location, const std::string& sku = "A") {
    inventory::v1::ListLotsRequest request;
    request.set_filter(absl::StrCat("sku = \"", sku, "\" AND location = \"", location, "\""));
    const auto page = process_.Call<inventory::v1::ListLotsResponse>("ListLots", request);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> lots;
    for (const auto& lot : page->lots()) lots.push_back(absl::StrCat(lot.on_hand(), " ", lot.expire_date()));
    return lots;
  }
  absl::Status AdjustTo(const std::string& date, int64_t quantity) {
    inventory::v1::AdjustStockRequest request;
    auto& line = *request.add_lines();
    line.set_sku("A");
    line.set_location(quantity > 0 ? hamburg_ : berlin_);
    line.set_quantity(quantity);
    line.set_reason(inventory::v1::FOUND);
    line.set_lot("L");
    line.set_expire_date(date);
    return process_.Call<inventory::v1::StockChangeResponse>("AdjustStock", request).status();
  }
  inventory::v1::ImportStockResponse::Result ImportRow(const std::string& code, int64_t on_hand,
                                                       const std::string& date) {
    inventory::v1::ImportStockRequest request;
    auto& row = *request.add_rows();
    row.set_sku("A");
    row.set_location_code(code);
    row.set_lot("L");
    row.set_on_hand(on_hand);
    row.set_expire_date(date);
    const auto response = process_.Call<inventory::v1::ImportStockResponse>("ImportStock", request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->results(0) : inventory::v1::ImportStockResponse::Result();
  }
  // A transfer of units of SKU A, on its way.
  std::string Shipped(int64_t quantity) {
    inventory::v1::CreateStockTransferRequest create;
    create.mutable_stock_transfer()->set_source(berlin_);
    create.mutable_stock_transfer()->set_destination(hamburg_);
    auto& item = *create.mutable_stock_transfer()->add_items();
    item.set_sku("A");
    item.set_quantity(quantity);
    const auto made = process_.Call<StockTransfer>("StockTransferService/CreateStockTransfer", create);
    EXPECT_TRUE(made.ok()) << made.status();
    inventory::v1::ShipStockTransferRequest ship;
    ship.set_name(made.value_or(StockTransfer()).name());
    const auto shipped = process_.Call<StockTransfer>("StockTransferService/ShipStockTransfer", ship);
    EXPECT_TRUE(shipped.ok()) << shipped.status();
    return ship.name();
  }
  absl::StatusOr<StockTransfer> Arrive(const std::string& name, int64_t quantity) {
    inventory::v1::ReceiveStockTransferRequest request;
    request.set_name(name);
    auto& item = *request.add_items();
    item.set_sku("A");
    item.set_lot("L");
    item.set_quantity(quantity);
    return process_.Call<StockTransfer>("StockTransferService/ReceiveStockTransfer", request);
  }

  Site site_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}};
  std::string berlin_, hamburg_;
};

TEST_F(LotDateTest, AnotherDateIsRefusedAtAnyLocationByAnyWayIn) {
  const auto received = Receive(process_, "A", hamburg_, 1, "L", kOther);
  EXPECT_EQ(Reason(received.status()), "LOT_DATE_DIFFERS");
  EXPECT_THAT(FieldsOf(received.status()), ElementsAre("lines[0]"));
  EXPECT_THAT(received.status().message(), ::testing::HasSubstr("has the expiry date 2099-01-31 at all locations"));
  EXPECT_EQ(Reason(AdjustTo(kOther, 1)), "LOT_DATE_DIFFERS");
  EXPECT_EQ(Reason(AdjustTo(kOther, -1)), "LOT_DATE_DIFFERS");
  for (const auto& [code, on_hand] :
       std::vector<std::pair<std::string, int64_t>>{{"HAM", 1}, {"BER", 10}, {"BER", 9}}) {
    const auto result = ImportRow(code, on_hand, kOther);
    EXPECT_EQ(result.outcome(), inventory::v1::ImportStockResponse::REFUSED) << code << on_hand;
    EXPECT_EQ(result.field(), "expire_date");
  }
  const std::string acme = CreateSupplier(process_, "ACME");
  ASSERT_TRUE(CreateSupplierItem(process_, acme, "A", 100).ok());
  const auto draft = DraftPurchase(process_, acme, hamburg_, {{"A", 5}});
  ASSERT_TRUE(draft.ok()) << draft.status();
  ASSERT_TRUE(SendPurchase(process_, draft->name()).ok());
  inventory::v1::ReceivePurchaseOrderRequest receipt;
  receipt.set_name(draft->name());
  auto& item = *receipt.add_items();
  item.set_sku("A");
  item.set_quantity(5);
  item.set_lot("L");
  item.set_expire_date(kOther);
  const std::string method = "PurchaseOrderService/ReceivePurchaseOrder";
  using inventory::v1::ReceivePurchaseOrderResponse;
  EXPECT_EQ(Reason(process_.Call<ReceivePurchaseOrderResponse>(method, receipt).status()), "LOT_DATE_DIFFERS");
  receipt.mutable_items(0)->set_expire_date(kDate);
  EXPECT_TRUE(process_.Call<ReceivePurchaseOrderResponse>(method, receipt).ok());
  EXPECT_THAT(LotAt(hamburg_), ElementsAre("5 2099-01-31"));
}

TEST_F(LotDateTest, WithoutADateALotHasTheOneThatIsKnown) {
  ASSERT_TRUE(Receive(process_, "A", hamburg_, 1, "L").ok());
  EXPECT_THAT(LotAt(hamburg_), ElementsAre("1 2099-01-31"));
  const std::string kiel = CreateLocation(process_, "KIE");
  ASSERT_TRUE(Receive(process_, "A", kiel, 1).ok());
  inventory::v1::CreateCountRequest create;
  create.mutable_count()->set_title("All");
  create.mutable_count()->set_location(kiel);
  create.mutable_count()->set_tolerance_pieces(100);
  const auto count = process_.Call<inventory::v1::Count>("CountService/CreateCount", create);
  ASSERT_TRUE(count.ok()) << count.status();
  inventory::v1::StartCountRequest start;
  start.set_name(count->name());
  ASSERT_TRUE(process_.Call<inventory::v1::Count>("CountService/StartCount", start).ok());
  inventory::v1::EnterCountRequest enter;
  enter.set_name(count->name());
  enter.add_entries()->set_sku("A");
  enter.mutable_entries(0)->set_quantity(1);
  enter.add_entries()->set_sku("A");
  enter.mutable_entries(1)->set_lot("L");
  enter.mutable_entries(1)->set_quantity(3);
  ASSERT_TRUE(process_.Call<inventory::v1::Count>("CountService/EnterCount", enter).ok());
  inventory::v1::SubmitCountRequest submit;
  submit.set_name(count->name());
  ASSERT_TRUE(process_.Call<inventory::v1::Count>("CountService/SubmitCount", submit).ok());
  inventory::v1::PostCountRequest post;
  post.set_name(count->name());
  const auto posted = process_.Call<inventory::v1::Count>("CountService/PostCount", post);
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_THAT(LotAt(kiel), ElementsAre("3 2099-01-31"));
}

TEST_F(LotDateTest, TwoLinesOfOneRequestCannotDiffer) {
  inventory::v1::ReceiveStockRequest request;
  for (const std::string& location : {berlin_, hamburg_}) {
    auto& line = *request.add_lines();
    line.set_sku("NEW");
    line.set_location(location);
    line.set_quantity(1);
    line.set_lot("L");
    line.set_expire_date(location == berlin_ ? kDate : kOther);
  }
  const auto refused = process_.Call<inventory::v1::StockChangeResponse>("ReceiveStock", request);
  EXPECT_EQ(Reason(refused.status()), "LOT_DATE_DIFFERS");
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("lines[1]"));
  EXPECT_TRUE(LotAt(berlin_, "NEW").empty());
}

TEST_F(LotDateTest, WhatWasShippedArrivesAlsoWhereAnOlderVersionStoredAnotherDate) {
  ASSERT_TRUE(Receive(process_, "A", hamburg_, 1, "L").ok());
  const auto limit = absl::Now() + absl::Seconds(10);
  ASSERT_TRUE(process_.database()
                  .Execute(limit, absl::StrCat("UPDATE stock_lots SET expire_date = '2099-02-28' WHERE location_id = ",
                                               hamburg_.substr(hamburg_.find('/') + 1)))
                  .ok());
  const std::string name = Shipped(4);
  const auto part = Arrive(name, 3);
  ASSERT_TRUE(part.ok()) << part.status();
  inventory::v1::CancelStockTransferRequest cancel;
  cancel.set_name(name);
  cancel.set_reason("the last box is on its way back");
  const auto back = process_.Call<StockTransfer>("StockTransferService/CancelStockTransfer", cancel);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(GetStock(process_, "A", hamburg_).total().on_hand(), 4);
  EXPECT_EQ(GetStock(process_, "A", berlin_).total().on_hand(), 7);
}

TEST_F(LotDateTest, RacingReceiptsLeaveOneDate) {
  ServiceProcess other{site_, {inventory::InventoryModule()}, {.data = "other"}};
  ASSERT_NO_FATAL_FAILURE(other.Start());
  for (int round = 0; round < 10; ++round) {
    const std::string sku = absl::StrCat("RACE-", round);
    std::atomic<int> taken = 0;
    std::thread first([&] { taken += Receive(process_, sku, berlin_, 1, "L", kDate).ok(); });
    std::thread second([&] { taken += Receive(other, sku, hamburg_, 1, "L", kOther).ok(); });
    first.join();
    second.join();
    EXPECT_EQ(taken, 1) << sku;
    EXPECT_EQ(LotAt(berlin_, sku).size() + LotAt(hamburg_, sku).size(), 1u) << sku;
  }
}

}  // namespace
}  // namespace storeops::testing
