// `storeops import stock`, `export stock`, `check stock`, as people run them.
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

using ::testing::HasSubstr;

void CreateBerlin(TestSuite& suite) {
  auto client = suite.MakeClient();
  inventory::v1::CreateLocationRequest create;
  create.mutable_location()->set_title("Berlin");
  create.mutable_location()->set_code("BER");
  create.mutable_location()->set_kind(inventory::v1::Location::WAREHOUSE);
  inventory::v1::Location location;
  const absl::Status made = client.Call("storeops.inventory.v1.LocationService/CreateLocation", create, &location);
  ASSERT_TRUE(made.ok()) << made;
}

// As shops have them: more rows than one call takes, a blank behind a SKU, a date in another form, a repeated row, and
// a quote that is never closed.
TEST(StockCommandTest, OneWrongRowHoldsUpNoOther) {
  TestSuite suite;
  CreateBerlin(suite);
  std::string text = "sku,location,on_hand,lot,expire_date\n";
  for (int i = 1; i <= 600; ++i) {
    const bool first = i == 1, date = i == 300, repeated = i == 599;
    absl::StrAppend(&text,
                    first      ? "S-1 "
                    : repeated ? "S-7"
                               : absl::StrCat("S-", i),
                    ",BER,", i, ",", date ? "L,31.12.2027" : ",", "\n");
  }
  const std::string path = suite.home() + "/stock.csv";
  std::ofstream(path) << text;
  const RunResult dry = suite.Run({"import", "stock", path, "--dry-run"});
  EXPECT_EQ(dry.exit_code, 3) << dry.errors;
  EXPECT_THAT(dry.output, HasSubstr("nothing was written: dry run"));
  EXPECT_THAT(dry.errors, HasSubstr("2 rows would be left out"));
  EXPECT_EQ(suite.Run({"export", "stock", "-"}).output.find("S-1,"), std::string::npos);
  const RunResult run = suite.Run({"import", "stock", path});
  EXPECT_EQ(run.exit_code, 3) << run.errors;
  for (const RunResult* one : {&dry, &run}) {
    EXPECT_THAT(one->errors, HasSubstr(path + ":301:17: expire_date: must be a day such as 2026-12-31"));
    EXPECT_THAT(one->errors, HasSubstr(path + ":600:1: sku: repeats line 8"));
    EXPECT_THAT(one->output, HasSubstr("  changed          598\n"));
    EXPECT_THAT(one->output, HasSubstr("  refused            2\n"));
  }
  EXPECT_THAT(suite.Run({"export", "stock", "-"}).output, HasSubstr("\nS-7,BER,7,"));

  std::ofstream(path) << text << "S-601,BER,1,,\n\"S-602,BER,1,,\n";
  const RunResult broken = suite.Run({"import", "stock", path});
  EXPECT_EQ(broken.exit_code, 3) << broken.errors;
  EXPECT_THAT(broken.output, HasSubstr("the rows up to line 602 are imported"));
  EXPECT_THAT(broken.errors, HasSubstr("603"));
  EXPECT_THAT(suite.Run({"export", "stock", "-"}).output, HasSubstr("\nS-601,BER,1,"));
}

TEST(StockCommandTest, WhatIsImportedIsExportedAndSound) {
  TestSuite suite;
  CreateBerlin(suite);

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
