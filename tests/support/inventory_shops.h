// Processes that serve the inventory on one database, any of which may be killed.
#ifndef STOREOPS_TESTS_SUPPORT_INVENTORY_SHOPS_H_
#define STOREOPS_TESTS_SUPPORT_INVENTORY_SHOPS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/db/private_server.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/peer.h"
#include "gtest/gtest.h"
#include "services/storeops/settings.h"
#include "services/storeops/suite.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/support/program.h"

namespace storeops::testing {

class InventoryShops : public ::testing::Test {
 protected:
  InventoryShops() {
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
    call.deadline = absl::Now() + absl::Seconds(60);
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

  void Stock(rpc::Peer& peer, const std::string& sku, const std::string& location, int64_t pieces) {
    inventory::v1::ReceiveStockRequest request;
    auto& line = *request.add_lines();
    line.set_sku(sku);
    line.set_location(location);
    line.set_quantity(pieces);
    inventory::v1::StockChangeResponse response;
    const absl::Status received = Call(peer, "StockService/ReceiveStock", request, &response);
    ASSERT_TRUE(received.ok()) << received;
  }

  const TempFolder folder_;
  Settings settings_;
  std::unique_ptr<db::PrivateServer> server_;
  std::unique_ptr<rpc::AccessTokens> tokens_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_INVENTORY_SHOPS_H_
