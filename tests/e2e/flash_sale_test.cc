// 500 buyers, 100 pieces, two service processes on one database, one of them killed midway: exactly 100 are sold.
#include <signal.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/errors.h"
#include "google/rpc/error_info.pb.h"
#include "gtest/gtest.h"
#include "tests/support/inventory_shops.h"

namespace storeops::testing {
namespace {

using inventory::v1::Reservation;

constexpr int kBuyers = 500;
constexpr int kPieces = 100;
constexpr int kThreads = 50;
constexpr int kSoldBeforeKill = 25;
constexpr int kRounds = 3;

class FlashSaleTest : public InventoryShops {
 protected:
  // Names of the reservations that were acknowledged. A buyer who hears nothing asks the other shop, with the same
  // request_id.
  std::set<std::string> Sell(const std::string& sku, Shop& mortal, Shop& other) {
    std::atomic<int> next{0};
    std::vector<std::thread> threads;
    absl::Mutex mutex;
    std::set<std::string> acknowledged;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int buyer = next++; buyer < kBuyers; buyer = next++) {
          inventory::v1::ReserveStockRequest request;
          request.add_lines()->set_sku(sku);
          request.mutable_lines(0)->set_quantity(1);
          request.mutable_hold()->set_seconds(3600);
          request.set_request_id(absl::StrCat(sku, "-", buyer));
          Reservation reservation;
          absl::Status status =
              Call(buyer % 2 == 0 ? *mortal.peer : *other.peer, "StockService/ReserveStock", request, &reservation);
          if (!status.ok() && !absl::IsFailedPrecondition(status)) {
            status = Call(*other.peer, "StockService/ReserveStock", request, &reservation);
          }
          if (!status.ok()) {
            google::rpc::ErrorInfo info;
            EXPECT_TRUE(GetDetail(status, &info) && info.reason() == "OUT_OF_STOCK") << status;
            continue;
          }
          absl::MutexLock lock(&mutex);
          acknowledged.insert(reservation.name());
          if (acknowledged.size() == kSoldBeforeKill) mortal.program->Signal(SIGKILL);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return acknowledged;
  }
};

TEST_F(FlashSaleTest, ExactlyWhatIsThereIsSoldWhoeverIsKilled) {
  Shop other = Open();
  const std::string location = MakeLocation(*other.peer);
  for (int round = 0; round < kRounds; ++round) {
    Shop mortal = Open();
    const std::string sku = absl::StrCat("SALE-", round);
    ASSERT_NO_FATAL_FAILURE(Stock(*other.peer, sku, location, kPieces));
    const std::set<std::string> acknowledged = Sell(sku, mortal, other);
    EXPECT_EQ(mortal.program->Wait(), 128 + SIGKILL);
    // Every buyer heard in the end, so what was acknowledged is all that was sold.
    EXPECT_EQ(acknowledged.size(), static_cast<size_t>(kPieces));
    for (const std::string& name : acknowledged) {
      inventory::v1::GetReservationRequest request;
      request.set_name(name);
      Reservation reservation;
      const absl::Status found = Call(*other.peer, "StockService/GetReservation", request, &reservation);
      ASSERT_TRUE(found.ok()) << name << ": " << found;
      EXPECT_EQ(reservation.state(), Reservation::ACTIVE);
    }
    inventory::v1::ListStockRequest list;
    list.set_filter(absl::StrCat("sku = \"", sku, "\""));
    inventory::v1::ListStockResponse levels;
    ASSERT_TRUE(Call(*other.peer, "StockService/ListStock", list, &levels).ok());
    ASSERT_EQ(levels.levels_size(), 1);
    EXPECT_EQ(levels.levels(0).reserved(), kPieces);
    EXPECT_EQ(levels.levels(0).available(), 0);
    inventory::v1::CheckStockResponse checked;
    const absl::Status status =
        Call(*other.peer, "StockService/CheckStock", inventory::v1::CheckStockRequest(), &checked);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(checked.difference_count(), 0) << checked.DebugString();
  }
}

}  // namespace
}  // namespace storeops::testing
