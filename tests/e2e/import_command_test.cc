// `storeops import products` and `storeops export products` as people use them.
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

TEST(ImportCommandTest, TellsWhatItDidAndWhatIsWrong) {
  TestSuite suite;
  const std::string path = suite.home() + "/products.csv";
  std::ofstream(path) << "sku,title,price,currency\nA-1,First,1.50,EUR\nB-1,Second,1.555,EUR\nC-1,Third,2,EUR\n";
  const auto dry = suite.Run({"import", "products", path, "--dry-run", "--policy", "skip"});
  EXPECT_EQ(dry.exit_code, 0) << dry.errors;
  EXPECT_NE(dry.output.find("  created                    2  nothing was written: dry run"), std::string::npos)
      << dry.output;
  const auto rejected = suite.Run({"import", "products", path, "--policy", "reject-all"});
  EXPECT_EQ(rejected.exit_code, 3);
  EXPECT_NE(rejected.errors.find(path + ":3:12: price: \"1.555\": EUR has 2 decimal places"), std::string::npos)
      << rejected.errors;
  const auto skipped = suite.Run({"import", "products", path, "--policy", "skip"});
  EXPECT_EQ(skipped.exit_code, 0) << skipped.errors;
  const std::string exported = suite.home() + "/export.csv";
  const auto out = suite.Run({"export", "products", exported, "--fields", "sku,price"});
  EXPECT_EQ(out.exit_code, 0) << out.errors;
  std::ifstream file(exported);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "sku,price\nA-1,1.50\nC-1,2.00\n");
  const auto again = suite.Run({"import", "products", exported, "--currency", "EUR"});
  EXPECT_NE(again.output.find("  unchanged                  2"), std::string::npos) << again.output << again.errors;
  EXPECT_EQ(suite.Run({"import", "products", "/no/such/file"}).exit_code, 5);
}

}  // namespace
}  // namespace storeops::testing
