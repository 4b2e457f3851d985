// Pieces that go from one location to another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "storeops/inventory/v1/stock_transfer_service.pb.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::ReceiveStockTransferRequest;
using inventory::v1::StockTransfer;

class StockTransferTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    berlin_ = CreateLocation(process_, "BER");
    hamburg_ = CreateLocation(process_, "HAM");
  }
  void TearDown() override { ExpectSound(process_); }

  absl::StatusOr<StockTransfer> Draft(const std::vector<std::pair<std::string, int64_t>>& items,
                                      const std::string& request_id = "") {
    inventory::v1::CreateStockTransferRequest request;
    request.set_request_id(request_id);
    request.mutable_stock_transfer()->set_source(berlin_);
    request.mutable_stock_transfer()->set_destination(hamburg_);
    for (const auto& [sku, quantity] : items) {
      auto& item = *request.mutable_stock_transfer()->add_items();
      item.set_sku(sku);
      item.set_quantity(quantity);
    }
    return process_.Call<StockTransfer>("StockTransferService/CreateStockTransfer", request);
  }
  absl::StatusOr<StockTransfer> Ship(const std::string& name, const std::string& request_id = "") {
    inventory::v1::ShipStockTransferRequest request;
    request.set_name(name);
    request.set_request_id(request_id);
    return process_.Call<StockTransfer>("StockTransferService/ShipStockTransfer", request);
  }
  std::string Shipped(const std::vector<std::pair<std::string, int64_t>>& items) {
    const auto draft = Draft(items);
    EXPECT_TRUE(draft.ok()) << draft.status();
    if (!draft.ok()) return "";
    const auto shipped = Ship(draft->name());
    EXPECT_TRUE(shipped.ok()) << shipped.status();
    return draft->name();
  }
  absl::StatusOr<StockTransfer> ReceiveTransfer(const ReceiveStockTransferRequest& request) {
    return process_.Call<StockTransfer>("StockTransferService/ReceiveStockTransfer", request);
  }
  static ReceiveStockTransferRequest Arrival(const std::string& name, const std::string& sku, int64_t quantity,
                                             int64_t damaged = 0, int64_t lost = 0, const std::string& lot = "") {
    ReceiveStockTransferRequest request;
    request.set_name(name);
    auto& item = *request.add_items();
    item.set_sku(sku);
    item.set_quantity(quantity);
    item.set_damaged(damaged);
    item.set_lost(lost);
    item.set_lot(lot);
    return request;
  }
  absl::StatusOr<StockTransfer> CancelTransfer(const std::string& name) {
    inventory::v1::CancelStockTransferRequest request;
    request.set_name(name);
    request.set_reason("the van broke down");
    return process_.Call<StockTransfer>("StockTransferService/CancelStockTransfer", request);
  }
  // on hand, incoming, damaged
  std::vector<int64_t> At(const std::string& location, const std::string& sku) {
    const auto total = GetStock(process_, sku, location).total();
    return {total.on_hand(), total.incoming(), total.damaged()};
  }
  // "lot bin on_hand date"
  std::vector<std::string> Lots(const std::string& location, const std::string& sku) {
    inventory::v1::ListLotsRequest request;
    request.set_filter(absl::StrCat("sku = \"", sku, "\" AND location = \"", location, "\""));
    const auto page = process_.Call<inventory::v1::ListLotsResponse>("ListLots", request);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> lots;
    for (const auto& lot : page->lots()) {
      lots.push_back(absl::StrCat(lot.lot(), " ", lot.bin(), " ", lot.on_hand(), " ", lot.expire_date()));
    }
    return lots;
  }

  using Counters = std::vector<int64_t>;
  Site site_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}};
  std::string berlin_, hamburg_;
};

TEST_F(StockTransferTest, PiecesAreInTransitUntilTheyArrive) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
  const std::string name = Shipped({{"A", 8}});
  EXPECT_EQ(At(berlin_, "A"), (Counters{2, 0, 0}));
  EXPECT_EQ(At(hamburg_, "A"), (Counters{0, 8, 0}));
  const auto part = ReceiveTransfer(Arrival(name, "A", 4, 1));
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->state(), StockTransfer::SHIPPED);
  EXPECT_EQ(At(hamburg_, "A"), (Counters{5, 3, 1}));
  const auto rest = ReceiveTransfer(Arrival(name, "A", 2, 0, 1));
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->state(), StockTransfer::RECEIVED);
  EXPECT_EQ(rest->parcels(0).lost(), 1);
  EXPECT_EQ(At(hamburg_, "A"), (Counters{7, 0, 1}));
  EXPECT_EQ(Reason(ReceiveTransfer(Arrival(name, "A", 1)).status()), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(Reason(CancelTransfer(name).status()), "ACTION_NOT_ALLOWED");
}

TEST_F(StockTransferTest, LotsTravelAlong) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4, "late", "2099-12-31").ok());
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4, "early", "2098-01-31", "R-1").ok());
  const std::string name = Shipped({{"A", 6}});
  EXPECT_THAT(Lots(berlin_, "A"), ::testing::ElementsAre("late  2 2099-12-31"));
  EXPECT_THAT(FieldsOf(ReceiveTransfer(Arrival(name, "A", 1)).status()), ::testing::ElementsAre("items[0].lot"));
  ASSERT_TRUE(ReceiveTransfer(Arrival(name, "A", 4, 0, 0, "early")).ok());
  ReceiveStockTransferRequest rest;
  rest.set_name(name);
  rest.set_rest_is_lost(true);
  const auto done = ReceiveTransfer(rest);
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(done->state(), StockTransfer::RECEIVED);
  EXPECT_THAT(Lots(hamburg_, "A"), ::testing::ElementsAre("early  4 2098-01-31"));
  EXPECT_EQ(At(hamburg_, "A"), (Counters{4, 0, 0}));
}

TEST_F(StockTransferTest, WhatTheSourceCannotSpareIsNotShipped) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
  ASSERT_TRUE(Reserve(process_, {{"A", 5, berlin_}}).ok());
  const auto draft = Draft({{"A", 6}, {"B", 1}});
  ASSERT_TRUE(draft.ok()) << draft.status();
  const auto refused = Ship(draft->name());
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_THAT(FieldsOf(refused.status()), ::testing::ElementsAre("items[0]", "items[1]"));
  EXPECT_EQ(At(hamburg_, "A"), (Counters{0, 0, 0}));
  EXPECT_EQ(Reason(ReceiveTransfer(Arrival(draft->name(), "A", 1)).status()), "ACTION_NOT_ALLOWED");
}

TEST_F(StockTransferTest, MoreThanWasShippedIsRefused) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
  const std::string name = Shipped({{"A", 8}});
  EXPECT_EQ(Reason(ReceiveTransfer(Arrival(name, "A", 9)).status()), "MORE_THAN_SHIPPED");
  EXPECT_EQ(Reason(ReceiveTransfer(Arrival(name, "B", 1)).status()), "NOT_SHIPPED");
  EXPECT_EQ(At(hamburg_, "A"), (Counters{0, 8, 0}));
}

TEST_F(StockTransferTest, ACancelledTransferComesBackWithItsLots) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 4, "early", "2098-01-31").ok());
  ASSERT_TRUE(Receive(process_, "B", berlin_, 4).ok());
  const std::string name = Shipped({{"A", 3}, {"B", 4}});
  ASSERT_TRUE(ReceiveTransfer(Arrival(name, "B", 1)).ok());
  const auto cancelled = CancelTransfer(name);
  ASSERT_TRUE(cancelled.ok()) << cancelled.status();
  EXPECT_EQ(cancelled->state(), StockTransfer::CANCELLED);
  EXPECT_EQ(At(berlin_, "A"), (Counters{4, 0, 0}));
  EXPECT_EQ(At(berlin_, "B"), (Counters{3, 0, 0}));
  EXPECT_EQ(At(hamburg_, "A"), (Counters{0, 0, 0}));
  EXPECT_EQ(At(hamburg_, "B"), (Counters{1, 0, 0}));
  EXPECT_THAT(Lots(berlin_, "A"), ::testing::ElementsAre("early  4 2098-01-31"));
  const auto draft = Draft({{"A", 1}});
  ASSERT_TRUE(draft.ok() && CancelTransfer(draft->name()).ok());
}

TEST_F(StockTransferTest, WritesAreReplayed) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
  const auto draft = Draft({{"A", 4}}, "draft");
  const auto again = Draft({{"A", 4}}, "draft");
  ASSERT_TRUE(draft.ok() && again.ok()) << draft.status() << again.status();
  EXPECT_EQ(draft->name(), again->name());
  EXPECT_FALSE(Draft({{"A", 5}}, "draft").ok());
  ASSERT_TRUE(Ship(draft->name(), "ship").ok());
  ASSERT_TRUE(Ship(draft->name(), "ship").ok());
  EXPECT_EQ(At(berlin_, "A"), (Counters{6, 0, 0}));
  ReceiveStockTransferRequest request = Arrival(draft->name(), "A", 2);
  request.set_request_id("receive");
  ASSERT_TRUE(ReceiveTransfer(request).ok());
  ASSERT_TRUE(ReceiveTransfer(request).ok());
  EXPECT_EQ(At(hamburg_, "A"), (Counters{2, 2, 0}));
  request.mutable_items(0)->set_quantity(1);
  EXPECT_FALSE(ReceiveTransfer(request).ok());
}

TEST_F(StockTransferTest, RacingArrivalsTellOfEachPieceOnce) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
  const std::string name = Shipped({{"A", 10}});
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { taken += ReceiveTransfer(Arrival(name, "A", 2)).ok(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 5);
  EXPECT_EQ(At(hamburg_, "A"), (Counters{10, 0, 0}));
}

TEST_F(StockTransferTest, OnlyADraftIsEdited) {
  ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
  const std::string name = Shipped({{"A", 10}});
  inventory::v1::UpdateStockTransferRequest update;
  update.mutable_stock_transfer()->set_name(name);
  update.mutable_stock_transfer()->set_notes("later");
  update.mutable_update_mask()->add_paths("notes");
  EXPECT_EQ(Reason(process_.Call<StockTransfer>("StockTransferService/UpdateStockTransfer", update).status()),
            "ACTION_NOT_ALLOWED");
}

}  // namespace
}  // namespace storeops::testing
