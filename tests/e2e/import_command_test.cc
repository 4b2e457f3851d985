// `storeops import` and `storeops export` of products and categories as people use them.
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
  EXPECT_EQ(dry.exit_code, 3) << "one product would be set aside";
  EXPECT_NE(dry.output.find("  created                    2  nothing was written: dry run"), std::string::npos)
      << dry.output;
  const auto rejected = suite.Run({"import", "products", path, "--policy", "reject-all"});
  EXPECT_EQ(rejected.exit_code, 3);
  EXPECT_NE(rejected.errors.find(path + ":3:12: price: \"1.555\": EUR has 2 decimal places (SKU B-1)"),
            std::string::npos)
      << rejected.errors;
  const auto skipped = suite.Run({"import", "products", path, "--policy", "skip"});
  EXPECT_EQ(skipped.exit_code, 3);
  EXPECT_NE(skipped.errors.find("1 product was set aside"), std::string::npos) << skipped.errors;
  const std::string exported = suite.home() + "/export.csv";
  const auto out = suite.Run({"export", "products", exported, "--fields", "sku,price"});
  EXPECT_EQ(out.exit_code, 0) << out.errors;
  std::ifstream file(exported);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "sku,price\nA-1,1.50\nC-1,2.00\n");
  const auto again = suite.Run({"import", "products", exported, "--currency", "EUR"});
  EXPECT_NE(again.output.find("  unchanged                  2"), std::string::npos) << again.output << again.errors;
  EXPECT_EQ(suite.Run({"import", "products", "/no/such/file"}).exit_code, 5);
}

TEST(ImportCommandTest, NamesWhatShopifysFileHasAndProductsHaveNot) {
  TestSuite suite;
  const std::string path = suite.home() + "/shopify.csv";
  std::ofstream(path) << "Handle,Title,Variant SKU,Variant Price,Variant Inventory Qty,Image Src,Gift Card\n"
                         "mug,Mug,M-1,2.50,3,https://x.example/1.jpg,\nmug,,,,,https://x.example/2.jpg,\n";
  const auto done = suite.Run({"import", "products", path, "--currency", "EUR"});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_NE(done.output.find("left out: \"Variant Inventory Qty\" of 1 row: stock is kept by the inventory service\n"
                             "left out: \"Image Src\" of 2 rows: nothing is fetched from addresses; upload pictures "
                             "with UploadMedia\nleft out, and empty: Gift Card\n"),
            std::string::npos)
      << done.output;
  const std::string link = "https://shop.example/{product}";
  const auto feed = suite.Run({"export", "products", "-", "--format", "google", "--link", link, "--availability",
                               "preorder", "--availability-date", "2026-12-24"});
  EXPECT_EQ(feed.exit_code, 0) << feed.errors;
  EXPECT_EQ(feed.output.find("<item>"), std::string::npos) << "a draft is for nobody to see: " << feed.output;
  EXPECT_EQ(
      suite.Run({"export", "products", "-", "--format", "google", "--link", link, "--availability", "soon"}).exit_code,
      64);
}

TEST(ImportCommandTest, AFileOfASpreadsheetIsReadAndItsDialectStated) {
  TestSuite suite;
  const std::string path = suite.home() + "/sheet.csv";
  std::string utf16 = "\xFF\xFE";
  for (const char c : std::string("sku\ttitle\r\nA-1\tMug\r\n\t\r\n")) utf16 += {c, '\0'};
  std::ofstream(path) << utf16;
  const auto done = suite.Run({"import", "products", path});
  EXPECT_EQ(done.exit_code, 0) << done.errors;
  EXPECT_NE(done.output.find("  created                    1"), std::string::npos) << done.output;
  EXPECT_NE(done.output.find("read as UTF-16LE, fields separated by tabs\n"), std::string::npos) << done.output;
  std::ofstream(path) << "sku;title\nB-1;Caf\xE9\n";
  const auto stated = suite.Run({"import", "products", path, "--encoding", "windows-1252", "--delimiter", "semicolon"});
  EXPECT_EQ(stated.exit_code, 0) << stated.errors;
  const auto wrong = suite.Run({"import", "products", path, "--delimiter", "comma"});
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_NE(wrong.errors.find("read as windows-1252, fields separated by commas"), std::string::npos) << wrong.errors;
  std::ofstream(path) << "sep=;\npath;title.zh\nHome;家\n;\n";
  const auto tree = suite.Run({"import", "categories", path});
  EXPECT_EQ(tree.exit_code, 0) << tree.errors;
  EXPECT_NE(tree.output.find("read as UTF-8, fields separated by semicolons\n"), std::string::npos) << tree.output;
}

TEST(ImportCommandTest, CategoriesComeAndGoAsAFile) {
  TestSuite suite;
  const std::string path = suite.home() + "/tree.csv";
  std::ofstream(path) << "path,title.zh\nHome > Mugs,杯子\nHome,\n";
  const auto dry = suite.Run({"import", "categories", path, "--dry-run"});
  EXPECT_EQ(dry.exit_code, 0) << dry.errors;
  EXPECT_NE(dry.output.find("create Home > Mugs\ncreate Home\n"), std::string::npos) << dry.output;
  EXPECT_NE(dry.output.find("  created                    2  nothing was written: dry run"), std::string::npos)
      << dry.output;
  const auto done = suite.Run({"import", "categories", path});
  EXPECT_EQ(done.output,
            "rows read                    2\n  created                    2\n  moved                      0\n"
            "  updated                    0\n  unchanged                  0\n");
  const auto out = suite.Run({"export", "categories"});
  EXPECT_EQ(out.exit_code, 0) << out.errors;
  EXPECT_EQ(out.output,
            "path,parent,title,description,language,position,slug,title.zh,description.zh\nHome,,Home,,en,0,,,\n"
            "Home > Mugs,Home,Mugs,,en,0,,杯子,\n");
  const std::string exported = suite.home() + "/exported.csv";
  EXPECT_EQ(suite.Run({"export", "categories", exported}).exit_code, 0);
  const auto again = suite.Run({"import", "categories", exported});
  EXPECT_NE(again.output.find("  unchanged                  2\n"), std::string::npos) << again.output << again.errors;
  std::ofstream(path) << "key,parent,title\na,b,A\nb,a,B\nc,,\n";
  const auto refused = suite.Run({"import", "categories", path});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_NE(refused.errors.find(path + ":2:3: parent: closes a circle: line 2 is below line 3 is below line 2\n" +
                                path + ":4:4: title: is required\n"),
            std::string::npos)
      << refused.errors;
}

}  // namespace
}  // namespace storeops::testing
