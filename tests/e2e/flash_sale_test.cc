// 500 buyers, 100 pieces, two service processes on one database, one of them killed midway: exactly 100 are sold.
#include <signal.h>

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/db/private_server.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/peer.h"
#include "google/rpc/error_info.pb.h"
#include "gtest/gtest.h"
#include "services/storeops/settings.h"
#include "services/storeops/suite.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/support/program.h"

namespace storeops::testing {
namespace {

using inventory::v1::Reservation;

constexpr int kBuyers = 500;
constexpr int kPieces = 100;
constexpr int kThreads = 50;
constexpr int kSoldBeforeKill = 25;
constexpr int kRounds = 3;

class FlashSaleTest : public ::testing::Test {
 protected:
  FlashSaleTest() {
    db::PrivateServer::Options options;
    options.folder = folder_.path() + "/db";
    options.die_with_parent = true;
    server_ = *db::PrivateServer::Start(options);
    settings_.home = folder_.path();
    const auto secret = LoadSecret(settings_, /*create=*/true);
    EXPECT_TRUE(secret.ok()) << secret.status();
    tokens_ = std::make_unique<rpc::AccessTokens>(*secret, Clock::System());
    EXPECT_TRUE(MigrateDatabases(settings_, server_->address(), absl::Now() + absl::Minutes(1)).ok());
  }

  // A process that serves the inventory, reached as a peer of the suite.
  struct Shop {
    std::unique_ptr<Program> program;
    std::unique_ptr<rpc::Peer> peer;
  };
  Shop Open() {
    const int port = FreePort();
    Shop shop;
    shop.program = std::make_unique<Program>(
        std::vector<std::string>{StoreopsProgram(), "--home", folder_.path(), "serve", "inventory", "--db-socket",
                                 server_->address().socket, "--http-port", "0", "--grpc-port", absl::StrCat(port),
                                 "--log-level", "error"},
        folder_.path());
    shop.peer = rpc::MakeRemotePeer(absl::StrCat("127.0.0.1:", port), {}, tokens_.get());
    inventory::v1::ListStockResponse nothing;
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    while (!Call(*shop.peer, "StockService/ListStock", inventory::v1::ListStockRequest(), &nothing).ok()) {
      if (absl::Now() > deadline) {
        ADD_FAILURE() << "the shop does not open: " << shop.program->Errors();
        break;
      }
    }
    return shop;
  }

  template <class Request, class Response>
  absl::Status Call(rpc::Peer& peer, const std::string& method, const Request& request, Response* response) {
    rpc::PeerCall call;
    call.method = "storeops.inventory.v1." + method;
    call.principal = {"users/1", "Owner", {"*"}};
    call.deadline = absl::Now() + absl::Seconds(20);
    return peer.CallBlocking(std::move(call), request, response);
  }

  std::string MakeLocation(rpc::Peer& peer) {
    inventory::v1::CreateLocationRequest request;
    request.mutable_location()->set_title("Warehouse");
    request.mutable_location()->set_code("W");
    request.mutable_location()->set_kind(inventory::v1::Location::WAREHOUSE);
    request.mutable_location()->set_ships_orders(true);
    inventory::v1::Location location;
    const absl::Status made = Call(peer, "LocationService/CreateLocation", request, &location);
    EXPECT_TRUE(made.ok()) << made;
    return location.name();
  }

  void Stock(rpc::Peer& peer, const std::string& sku, const std::string& location) {
    inventory::v1::ReceiveStockRequest request;
    auto& line = *request.add_lines();
    line.set_sku(sku);
    line.set_location(location);
    line.set_quantity(kPieces);
    inventory::v1::StockChangeResponse response;
    const absl::Status received = Call(peer, "StockService/ReceiveStock", request, &response);
    ASSERT_TRUE(received.ok()) << received;
  }

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

  const TempFolder folder_;
  Settings settings_;
  std::unique_ptr<db::PrivateServer> server_;
  std::unique_ptr<rpc::AccessTokens> tokens_;
};

TEST_F(FlashSaleTest, ExactlyWhatIsThereIsSoldWhoeverIsKilled) {
  Shop other = Open();
  const std::string location = MakeLocation(*other.peer);
  for (int round = 0; round < kRounds; ++round) {
    Shop mortal = Open();
    const std::string sku = absl::StrCat("SALE-", round);
    ASSERT_NO_FATAL_FAILURE(Stock(*other.peer, sku, location));
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
    list.set_sku(sku);
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
