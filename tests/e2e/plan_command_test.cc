// `storeops plan`, as people run it.
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/order_import.pb.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

using ::testing::HasSubstr;

TEST(PlanCommandTest, PlansAndShowsWhatToBuy) {
  TestSuite suite;
  auto client = suite.MakeClient();
  const RunResult nothing = suite.Run({"plan", "show"});
  EXPECT_NE(nothing.exit_code, 0);
  EXPECT_THAT(nothing.errors, HasSubstr("NOT_PLANNED"));

  inventory::v1::CreateLocationRequest create;
  create.mutable_location()->set_title("Berlin");
  create.mutable_location()->set_code("BER");
  create.mutable_location()->set_kind(inventory::v1::Location::WAREHOUSE);
  create.mutable_location()->set_ships_orders(true);
  inventory::v1::Location location;
  ASSERT_TRUE(client.Call("storeops.inventory.v1.LocationService/CreateLocation", create, &location).ok());
  inventory::v1::ImportOrdersRequest orders;
  for (int week = 0; week < 20; ++week) {
    auto& order = *orders.add_orders();
    order.set_external_reference("S" + std::to_string(week));
    *order.mutable_place_time() =
        ToTimestamp(absl::FromCivil(absl::CivilDay(2011, 1, 3) + 7 * week, absl::UTCTimeZone()));
    order.set_currency("EUR");
    auto& line = *order.add_lines();
    line.set_sku("TRAY-1");
    line.set_quantity(10);
    *line.mutable_unit_price() = MoneyFromMinor(500, "EUR");
  }
  rpc::PeerCall call;
  call.method = "storeops.inventory.v1.OrderService/ImportOrders";
  call.deadline = absl::Now() + absl::Seconds(60);
  bool sent = false;
  const auto bytes = client.peer().Upload(std::move(call), [&](std::string* out) -> absl::StatusOr<bool> {
    if (std::exchange(sent, true)) return false;
    *out = orders.SerializeAsString();
    return true;
  });
  ASSERT_TRUE(bytes.ok()) << bytes.status();

  const RunResult run = suite.Run({"plan", "run", "--as-of", "2011-05-23"});
  EXPECT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("planningRuns/1: 1 SKUs, 20 order lines"));
  EXPECT_THAT(run.output, HasSubstr("nobody sells it"));
  EXPECT_THAT(run.output, HasSubstr("OUT_OF_STOCK"));
  EXPECT_EQ(suite.Run({"plan", "show"}).exit_code, 0);
  const RunResult forecast = suite.Run({"plan", "forecast", "TRAY-1", "--as-of", "2011-05-23", "--weeks", "2"});
  EXPECT_EQ(forecast.exit_code, 0) << forecast.errors;
  EXPECT_THAT(forecast.output, HasSubstr("2011-05-30      10.0  (10.0 to 10.0)"));
  EXPECT_EQ(suite.Run({"plan", "run", "--as-of", "tomorrow"}).exit_code, 3);
}

}  // namespace
}  // namespace storeops::testing
