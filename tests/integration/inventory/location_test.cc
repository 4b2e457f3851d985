// Locations: what the engine does for them and what is their own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::Location;
using ::testing::ElementsAre;

class LocationTest : public ::testing::Test {
 protected:
  absl::StatusOr<Location> Create(const Location& location) {
    inventory::v1::CreateLocationRequest request;
    *request.mutable_location() = location;
    return process_.Call<Location>("LocationService/CreateLocation", request);
  }
  static Location Make(const std::string& code) {
    Location location;
    location.set_title("Warehouse");
    location.set_code(code);
    location.set_kind(Location::WAREHOUSE);
    return location;
  }

  Site site_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}};
};

TEST_F(LocationTest, KeepsAllOfItself) {
  Location location = Make("BER-1");
  location.mutable_address()->add_lines("Hafenstr. 1");
  location.mutable_address()->set_city("Berlin");
  location.mutable_address()->set_country("DE");
  location.mutable_coordinates()->set_latitude(52.5);
  location.mutable_coordinates()->set_longitude(13.4);
  location.set_priority(3);
  location.set_ships_orders(true);
  location.add_bins()->set_code("A-01");
  location.add_bins()->set_code("A-02");
  const auto made = Create(location);
  ASSERT_TRUE(made.ok()) << made.status();
  inventory::v1::GetLocationRequest get;
  get.set_name(made->name());
  const auto read = process_.Call<Location>("LocationService/GetLocation", get);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), made->SerializeAsString());
  EXPECT_EQ(read->bins(1).code(), "A-02");
  EXPECT_EQ(read->coordinates().latitude(), 52.5);
  EXPECT_TRUE(read->ships_orders());
}

TEST_F(LocationTest, RefusesWhatMakesNoSense) {
  ASSERT_TRUE(Create(Make("BER")).ok());
  EXPECT_EQ(Create(Make("BER")).status().code(), absl::StatusCode::kAlreadyExists);
  Location twice = Make("MUC");
  twice.add_bins()->set_code("A");
  twice.add_bins()->set_code("A");
  EXPECT_THAT(FieldsOf(Create(twice).status()), ElementsAre("location.bins[1].code"));
  Location afar = Make("MUC");
  afar.mutable_coordinates()->set_latitude(91);
  EXPECT_THAT(FieldsOf(Create(afar).status()), ElementsAre("location.coordinates.latitude"));
  Location nowhere = Make("MUC");
  nowhere.mutable_address()->set_city("Munich");
  EXPECT_THAT(FieldsOf(Create(nowhere).status()), ElementsAre("location.address.country"));
  EXPECT_THAT(FieldsOf(Create(Make("with space")).status()), ElementsAre("location.code"));
}

TEST_F(LocationTest, ListsByPriority) {
  CreateLocation(process_, "C", 3);
  CreateLocation(process_, "A", 1);
  CreateLocation(process_, "B", 2, /*ships_orders=*/false);
  inventory::v1::ListLocationsRequest request;
  request.set_order_by("priority");
  request.set_filter("ships_orders = true");
  const auto page = process_.Call<inventory::v1::ListLocationsResponse>("LocationService/ListLocations", request);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->locations_size(), 2);
  EXPECT_EQ(page->locations(0).code(), "A");
  EXPECT_EQ(page->locations(1).code(), "C");
}

}  // namespace
}  // namespace storeops::testing
