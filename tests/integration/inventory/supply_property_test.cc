// Whatever is bought, moved and counted at the same time, in whatever order: ledger, counters and papers agree.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "storeops/inventory/v1/count_service.pb.h"
#include "storeops/inventory/v1/stock_transfer_service.pb.h"
#include "tests/support/purchase_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::PurchaseOrder;
using inventory::v1::StockTransfer;
using CountMessage = inventory::v1::Count;

constexpr int kSupplyWorkers = 4;
constexpr int kSupplySteps = 60;

class SupplyPropertyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    ASSERT_NO_FATAL_FAILURE(other_.Start());
    for (const char* code : {"BER", "HAM"}) locations_.push_back(CreateLocation(process_, code));
    supplier_ = CreateSupplier(process_, "ACME");
    for (const std::string& sku : skus_) {
      ASSERT_TRUE(CreateSupplierItem(process_, supplier_, sku, 100).ok());
      for (const std::string& location : locations_) {
        ASSERT_TRUE(Receive(process_, sku, location, 50).ok());
        ASSERT_TRUE(Receive(process_, sku, location, 50, "L1", "2099-01-31").ok());
      }
    }
  }

  // One worker's papers and dice.
  struct Worker {
    ServiceProcess& process;
    std::mt19937 dice;
    std::vector<std::string> orders, transfers;

    int Roll(int sides) { return static_cast<int>(dice() % sides); }
    template <class T>
    const T& Pick(const std::vector<T>& from) {
      return from[dice() % from.size()];
    }
  };
  // Refusals are part of the game; anything else is not.
  template <class T>
  void Expected(const absl::StatusOr<T>& result) {
    const absl::StatusCode code = result.status().code();
    EXPECT_TRUE(code == absl::StatusCode::kOk || code == absl::StatusCode::kFailedPrecondition ||
                code == absl::StatusCode::kInvalidArgument)
        << result.status();
  }

  void Order(Worker& worker) {
    const auto draft = DraftPurchase(worker.process, supplier_, worker.Pick(locations_),
                                     {{"A", 1 + worker.Roll(20)}, {worker.Roll(2) ? "B" : "C", 1 + worker.Roll(20)}});
    ASSERT_TRUE(draft.ok()) << draft.status();
    worker.orders.push_back(draft->name());
    Expected(SendPurchase(worker.process, draft->name()));
  }
  void Arrive(Worker& worker) {
    if (worker.orders.empty()) return;
    Expected(ReceivePurchase(worker.process, worker.Pick(worker.orders),
                             {{worker.Pick(skus_), worker.Roll(12), worker.Roll(3)}}));
  }
  void End(Worker& worker) {
    if (worker.orders.empty()) return;
    const std::string& name = worker.Pick(worker.orders);
    Expected(worker.Roll(2) ? ClosePurchase(worker.process, name) : CancelPurchase(worker.process, name));
  }
  void Move(Worker& worker) {
    inventory::v1::CreateStockTransferRequest request;
    const int from = worker.Roll(2);
    request.mutable_stock_transfer()->set_source(locations_[from]);
    request.mutable_stock_transfer()->set_destination(locations_[1 - from]);
    for (const char* sku : {"C", "A"}) {
      auto& item = *request.mutable_stock_transfer()->add_items();
      item.set_sku(sku);
      item.set_quantity(1 + worker.Roll(70));
    }
    const auto draft = worker.process.Call<StockTransfer>("StockTransferService/CreateStockTransfer", request);
    ASSERT_TRUE(draft.ok()) << draft.status();
    inventory::v1::ShipStockTransferRequest ship;
    ship.set_name(draft->name());
    Expected(worker.process.Call<StockTransfer>("StockTransferService/ShipStockTransfer", ship));
    worker.transfers.push_back(draft->name());
  }
  void Settle(Worker& worker) {
    if (worker.transfers.empty()) return;
    const std::string& name = worker.Pick(worker.transfers);
    if (worker.Roll(4) == 0) {
      inventory::v1::CancelStockTransferRequest cancel;
      cancel.set_name(name);
      Expected(worker.process.Call<StockTransfer>("StockTransferService/CancelStockTransfer", cancel));
      return;
    }
    inventory::v1::ReceiveStockTransferRequest request;
    request.set_name(name);
    auto& item = *request.add_items();
    item.set_sku(worker.Roll(2) ? "A" : "C");
    item.set_lot(worker.Roll(2) ? "L1" : "");
    item.set_quantity(worker.Roll(10));
    item.set_damaged(worker.Roll(2));
    item.set_lost(worker.Roll(2));
    request.set_rest_is_lost(worker.Roll(6) == 0);
    Expected(worker.process.Call<StockTransfer>("StockTransferService/ReceiveStockTransfer", request));
  }
  template <class Request>
  void CountAct(Worker& worker, const std::string& action, const std::string& name, Request request = {}) {
    request.set_name(name);
    Expected(worker.process.Call<CountMessage>("CountService/" + action + "Count", request));
  }
  void Count(Worker& worker) {
    inventory::v1::CreateCountRequest request;
    request.mutable_count()->set_title("count");
    request.mutable_count()->set_location(worker.Pick(locations_));
    request.mutable_count()->add_skus(worker.Pick(skus_));
    request.mutable_count()->set_tolerance_pieces(1000);
    const auto count = worker.process.Call<CountMessage>("CountService/CreateCount", request);
    ASSERT_TRUE(count.ok()) << count.status();
    CountAct<inventory::v1::StartCountRequest>(worker, "Start", count->name());
    inventory::v1::ListCountLinesRequest list;
    list.set_name(count->name());
    const auto lines = worker.process.Call<inventory::v1::ListCountLinesResponse>("CountService/ListCountLines", list);
    ASSERT_TRUE(lines.ok()) << lines.status();
    inventory::v1::EnterCountRequest enter;
    for (const auto& line : lines->lines()) {
      auto& entry = *enter.add_entries();
      entry.set_sku(line.sku());
      entry.set_lot(line.lot());
      entry.set_bin(line.bin());
      entry.set_quantity(std::max<int64_t>(0, line.expected() + worker.Roll(5) - 2));
    }
    CountAct(worker, "Enter", count->name(), enter);
    CountAct<inventory::v1::SubmitCountRequest>(worker, "Submit", count->name());
    if (worker.Roll(3) > 0) CountAct<inventory::v1::PostCountRequest>(worker, "Post", count->name());
  }
  void Play(Worker& worker) {
    for (int i = 0; i < kSupplySteps; ++i) {
      const int roll = worker.Roll(12);
      if (roll < 2) {
        Order(worker);
      } else if (roll < 5) {
        Arrive(worker);
      } else if (roll < 6) {
        End(worker);
      } else if (roll < 8) {
        Move(worker);
      } else if (roll < 10) {
        Settle(worker);
      } else if (roll < 11) {
        Count(worker);
      } else {
        Expected(Adjust(worker.process, worker.Pick(skus_), worker.Pick(locations_), worker.Roll(9) - 5));
      }
    }
  }

  // "sku location" -> pieces that the papers say are to come.
  std::map<std::string, int64_t> ToCome() {
    std::map<std::string, int64_t> to_come;
    inventory::v1::ListPurchaseOrdersRequest orders;
    orders.set_page_size(500);
    const auto listed =
        process_.Call<inventory::v1::ListPurchaseOrdersResponse>("PurchaseOrderService/ListPurchaseOrders", orders);
    EXPECT_TRUE(listed.ok() && listed->next_page_token().empty()) << listed.status();
    for (const PurchaseOrder& order : listed->purchase_orders()) {
      if (order.state() != PurchaseOrder::SENT && order.state() != PurchaseOrder::PARTLY_RECEIVED) continue;
      for (const auto& item : order.items()) {
        to_come[item.sku() + " " + order.location()] += std::max<int64_t>(0, item.ordered() - item.received());
      }
    }
    inventory::v1::ListStockTransfersRequest transfers;
    transfers.set_page_size(500);
    const auto moved =
        process_.Call<inventory::v1::ListStockTransfersResponse>("StockTransferService/ListStockTransfers", transfers);
    EXPECT_TRUE(moved.ok() && moved->next_page_token().empty()) << moved.status();
    for (const StockTransfer& transfer : moved->stock_transfers()) {
      if (transfer.state() != StockTransfer::SHIPPED) continue;
      for (const auto& parcel : transfer.parcels()) {
        to_come[parcel.sku() + " " + transfer.destination()] +=
            parcel.shipped() - parcel.received() - parcel.damaged() - parcel.lost();
      }
    }
    return to_come;
  }

  Site site_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}};
  ServiceProcess other_{site_, {inventory::InventoryModule()}, {.data = "other"}};
  const std::vector<std::string> skus_ = {"A", "B", "C"};
  std::vector<std::string> locations_;
  std::string supplier_;
};

TEST_F(SupplyPropertyTest, LedgerCountersAndPapersAgree) {
  std::vector<Worker> workers;
  for (int i = 0; i < kSupplyWorkers; ++i) {
    workers.push_back({i % 2 == 0 ? process_ : other_, std::mt19937(i + 1), {}, {}});
  }
  std::vector<std::thread> threads;
  for (Worker& worker : workers) threads.emplace_back([&] { Play(worker); });
  for (std::thread& thread : threads) thread.join();
  ExpectSound(process_);
  auto to_come = ToCome();
  int64_t incoming = 0;
  for (const std::string& sku : skus_) {
    for (const std::string& location : locations_) {
      const int64_t level = ReadLevel(process_, sku, location).incoming();
      EXPECT_EQ(level, to_come[sku + " " + location]) << sku << " " << location;
      incoming += level;
    }
  }
  EXPECT_GT(incoming, 0);  // or nothing was compared
}

}  // namespace
}  // namespace storeops::testing
