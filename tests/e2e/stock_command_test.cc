// `storeops import stock`, `export stock`, `check stock`, as people run them.
#include <fstream>
#include <iterator>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

using ::testing::HasSubstr;

TEST(StockCommandTest, WhatIsImportedIsExportedAndSound) {
  TestSuite suite;
  auto client = suite.MakeClient();
  inventory::v1::CreateLocationRequest create;
  create.mutable_location()->set_title("Berlin");
  create.mutable_location()->set_code("BER");
  create.mutable_location()->set_kind(inventory::v1::Location::WAREHOUSE);
  inventory::v1::Location location;
  ASSERT_TRUE(client.Call("storeops.inventory.v1.LocationService/CreateLocation", create, &location).ok());

  const std::string path = suite.home() + "/stock.csv";
  std::ofstream(path) << "sku,location,on_hand,safety_stock\nA,BER,12,3\nB,MUC,1,\nC,BER,many,\nD,BER,5,\n";
  const RunResult dry = suite.Run({"import", "stock", path, "--dry-run"});
  EXPECT_EQ(dry.exit_code, 3) << dry.errors;
  EXPECT_THAT(dry.output, HasSubstr("nothing was written"));
  EXPECT_THAT(dry.errors, HasSubstr(path + ":3:3: location: there is no location with code MUC"));
  EXPECT_THAT(dry.errors, HasSubstr(path + ":4:7: on_hand: must be a number"));
  EXPECT_EQ(suite.Run({"export", "stock", "-"}).output.find("A,BER"), std::string::npos);

  EXPECT_EQ(suite.Run({"import", "stock", path}).exit_code, 3);
  const std::string copy = suite.home() + "/export.csv";
  ASSERT_EQ(suite.Run({"export", "stock", copy}).exit_code, 0);
  std::ifstream file(copy);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_THAT(text, HasSubstr("\nA,BER,12,3,0,0,0,12,0,0,0,12\nD,BER,5,0,0,0,0,5,0,0,0,5\n"));
  const RunResult again = suite.Run({"import", "stock", copy});
  EXPECT_EQ(again.exit_code, 0) << again.errors;
  EXPECT_THAT(again.output, HasSubstr("unchanged"));

  const RunResult checked = suite.Run({"check", "stock"});
  EXPECT_EQ(checked.exit_code, 0) << checked.errors;
  EXPECT_THAT(checked.output, HasSubstr("differences          0\n"));
}

}  // namespace
}  // namespace storeops::testing
