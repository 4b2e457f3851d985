// The wall clock of a process is set, or wrong from the start: nothing but what people read goes by it.
#include <signal.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/support/apart_fixture.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

using inventory::v1::Reservation;

constexpr absl::Duration kHour = absl::Hours(1);

class WallClockTest : public ApartFixture {
 protected:
  // All services, with a wall clock of its own; see moved_wall_clock.cc. The database keeps the machine's.
  struct Process {
    std::unique_ptr<Program> program;
    int port;
    std::string clock;

    void SetClock(absl::Duration ahead) const {
      const int64_t seconds = absl::ToInt64Seconds(ahead);
      std::fstream file(clock, std::ios::binary | std::ios::in | std::ios::out);
      file.write(reinterpret_cast<const char*>(&seconds), sizeof(seconds));
    }
    // Ends as it should.
    void Stop() {
      program->Signal(SIGTERM);
      EXPECT_EQ(program->Wait(absl::Seconds(60)), 0) << program->Errors();
    }
  };

  Process Start(absl::Duration ahead) {
    Process process{nullptr, FreePort(), absl::StrCat(home(), "/clock", ++processes_)};
    std::ofstream(process.clock, std::ios::binary) << std::string(sizeof(int64_t), '\0');
    process.SetClock(ahead);
    process.program = std::make_unique<Program>(
        std::vector<std::string>{"/usr/bin/env", absl::StrCat("LD_PRELOAD=", STOREOPS_MOVED_WALL_CLOCK),
                                 absl::StrCat("STOREOPS_WALL_CLOCK=", process.clock), StoreopsProgram(), "--home",
                                 home(), "serve", "all", "--db-socket", server_->address().socket, "--http-port", "0",
                                 "--grpc-port", absl::StrCat(process.port), "--drain-delay", "0"},
        home());
    return process;
  }

  template <class Response, class Request>
  static Response Call(Client& client, const std::string& method, const Request& request) {
    Response response;
    const absl::Status status = client.Call(method, request, &response);
    EXPECT_TRUE(status.ok()) << method << ": " << status;
    return response;
  }

  static void CreateProduct(Client& client, const std::string& sku) {
    catalog::v1::CreateProductRequest request;
    *request.mutable_product() = SimpleProduct(sku, absl::StrCat("Clock ", sku));
    Call<catalog::v1::Product>(client, "storeops.catalog.v1.ProductService/CreateProduct", request);
  }
  static bool Finds(Client& client, const std::string& sku) {
    catalog::v1::SearchProductsRequest request;
    request.set_query(sku);
    return Call<catalog::v1::SearchProductsResponse>(client, "storeops.catalog.v1.ProductService/SearchProducts",
                                                     request)
               .results_size() == 1;
  }

  std::string StartOfExpiry() {
    db::Options options;
    options.address = server_->address();
    options.database = "storeops_inventory";
    db::Database database(options);
    const auto rows = database.Query(
        absl::Now() + absl::Minutes(1),
        "SELECT COALESCE(MAX(last_start_time), '') FROM periodic_jobs WHERE name = 'expire-reservations'");
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->Text(0, 0) : "";
  }
  // One that began before may end meanwhile; the second began after.
  bool ExpiryRunsTwice() {
    for (int run = 0; run < 2; ++run) {
      const std::string before = StartOfExpiry();
      if (!Eventually([&] { return StartOfExpiry() != before; })) return false;
    }
    return true;
  }

  static void Receive(Client& client, const std::string& sku) {
    inventory::v1::CreateLocationRequest location;
    location.mutable_location()->set_title("Main");
    location.mutable_location()->set_code("MAIN");
    location.mutable_location()->set_kind(inventory::v1::Location::WAREHOUSE);
    location.mutable_location()->mutable_address()->set_country("DE");
    location.mutable_location()->set_ships_orders(true);
    inventory::v1::ReceiveStockRequest receive;
    auto& line = *receive.add_lines();
    line.set_sku(sku);
    line.set_quantity(10);
    line.set_location(
        Call<inventory::v1::Location>(client, "storeops.inventory.v1.LocationService/CreateLocation", location).name());
    Call<inventory::v1::StockChangeResponse>(client, "storeops.inventory.v1.StockService/ReceiveStock", receive);
  }
  static std::string Reserve(Client& client, const std::string& sku, int64_t seconds) {
    inventory::v1::ReserveStockRequest request;
    request.mutable_hold()->set_seconds(seconds);
    auto& line = *request.add_lines();
    line.set_sku(sku);
    line.set_quantity(1);
    return Call<Reservation>(client, "storeops.inventory.v1.StockService/ReserveStock", request).name();
  }
  static Reservation::State StateOf(Client& client, const std::string& reservation) {
    inventory::v1::GetReservationRequest request;
    request.set_name(reservation);
    return Call<Reservation>(client, "storeops.inventory.v1.StockService/GetReservation", request).state();
  }

  int processes_ = 0;
};

TEST_F(WallClockTest, AProcessWorksAndStopsWhateverBecomesOfItsClock) {
  Process process = Start(absl::ZeroDuration());
  Client client = OwnerClient(process.port, {});
  CreateProduct(client, "BEFORE");
  EXPECT_TRUE(Eventually([&] { return Finds(client, "BEFORE"); }));
  int round = 0;
  for (const absl::Duration ahead : {-kHour, kHour, absl::ZeroDuration()}) {
    SCOPED_TRACE(absl::FormatDuration(ahead));
    process.SetClock(ahead);
    const std::string sku = absl::StrCat("MOVED", ++round);
    CreateProduct(client, sku);
    EXPECT_TRUE(Eventually([&] { return Finds(client, sku); }));
    EXPECT_TRUE(ExpiryRunsTwice());
  }
  process.SetClock(-kHour);
  process.Stop();
}

TEST_F(WallClockTest, AReplicaWithAWrongClockSpoilsNothingForOthers) {
  Process ahead = Start(kHour);
  Client ahead_client = OwnerClient(ahead.port, {});
  // It has the jobs to itself.
  EXPECT_TRUE(Eventually([&] { return StartOfExpiry() != ""; }));
  Process right = Start(absl::ZeroDuration());
  Client client = OwnerClient(right.port, {});
  Receive(client, "CLOCK");
  const std::string lasting = Reserve(client, "CLOCK", 20 * 60);
  const std::string lasting_too = Reserve(ahead_client, "CLOCK", 20 * 60);
  const std::string passing = Reserve(client, "CLOCK", 1);
  const std::string passing_too = Reserve(ahead_client, "CLOCK", 1);
  for (const std::string& name : {passing, passing_too}) {
    EXPECT_TRUE(Eventually([&] { return StateOf(client, name) == Reservation::EXPIRED; }));
  }
  EXPECT_TRUE(ExpiryRunsTwice());
  EXPECT_EQ(StateOf(client, lasting), Reservation::ACTIVE);
  EXPECT_EQ(StateOf(ahead_client, lasting_too), Reservation::ACTIVE);

  ahead.Stop();
  EXPECT_TRUE(ExpiryRunsTwice());
  const std::string later = Reserve(client, "CLOCK", 1);
  EXPECT_TRUE(Eventually([&] { return StateOf(client, later) == Reservation::EXPIRED; }));
  right.Stop();
}

}  // namespace
}  // namespace storeops::testing
