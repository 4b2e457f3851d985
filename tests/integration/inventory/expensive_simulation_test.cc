// One caller's simulations leave the inventory to the others: over gRPC, on a real database.
#include <algorithm>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "storeops/inventory/v1/planning_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/support/expensive_calls.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::SimulatePolicyRequest;
using inventory::v1::SimulatePolicyResponse;

constexpr int kSimulations = 40;
constexpr int kWaiting = 8;  // of one caller

// Of one caller at a time: half of the cores but one.
int Running() { return std::max(1, (static_cast<int>(std::thread::hardware_concurrency()) - 1) / 2); }

SimulatePolicyRequest AtItsLimits() {
  SimulatePolicyRequest request;
  for (int i = 0; i < 200; ++i) request.add_skus(absl::StrCat("S", i));
  request.set_weeks(260);
  return request;
}

class ExpensiveSimulationTest : public ::testing::Test {
 protected:
  ExpensiveSimulationTest() {
    process_.Start();
    address_ = process_.StartGrpc();
    location_ = CreateLocation(process_, "BER", 1);
  }
  void ExpectWritesAndReads(WireCaller& caller, const std::string& sku) {
    inventory::v1::ReceiveStockRequest receive;
    auto& line = *receive.add_lines();
    line.set_sku(sku);
    line.set_location(location_);
    line.set_quantity(5);
    inventory::v1::StockChangeResponse received;
    const absl::Status written = caller.Call("ReceiveStock", receive, &received);
    ASSERT_TRUE(written.ok()) << written;
    inventory::v1::ListStockRequest list;
    list.set_filter(absl::StrCat("sku = \"", sku, "\""));
    inventory::v1::ListStockResponse listed;
    const absl::Status read = caller.Call("ListStock", list, &listed);
    EXPECT_TRUE(read.ok()) << read;
    EXPECT_EQ(listed.levels_size(), 1);
  }

  const Site site_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}};
  std::string address_;
  std::string location_;
};

TEST_F(ExpensiveSimulationTest, FortyOfOneCallerHoldUpNobody) {
  WireCaller busy(process_, address_, "users/1"), other(process_, address_, "users/2");
  const SimulatePolicyRequest request = AtItsLimits();
  const SimulatePolicyResponse response;
  // Simulations read the settings first, and wait for them with their place.
  TableLock lock(process_.database(), "planning_settings");
  ManyCalls simulations(busy, kSimulations, "SimulatePolicy", request, response);
  const size_t surplus = kSimulations - kWaiting - Running();
  const auto refused = simulations.AwaitEnded(surplus);
  ASSERT_EQ(refused.size(), surplus);
  for (const absl::Status& status : refused) ExpectSurplus(status, "users/1");
  for (int i = 0; i < 20; ++i) ExpectWritesAndReads(other, absl::StrCat("other-", i));
  ExpectWritesAndReads(busy, "busy");
  // Small ones are not expensive; they wait for the lock only.
  SimulatePolicyRequest small;
  small.add_skus("S1");
  small.set_weeks(4);
  ManyCalls cheap(busy, 1, "SimulatePolicy", small, response);

  lock.Release();
  EXPECT_TRUE(cheap.Join()[0].ok());
  int answered = 0;
  for (const absl::Status& status : simulations.Join()) answered += status.ok() ? 1 : 0;
  EXPECT_EQ(answered, kWaiting + Running());
}

}  // namespace
}  // namespace storeops::testing
