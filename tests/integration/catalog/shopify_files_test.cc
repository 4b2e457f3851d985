// Many small files of Shopify's, as shops have them: what of each arrives, and what the report names.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/catalog/transfers/cell_text.h"
#include "tests/support/import_fixture.h"

namespace storeops::testing {
namespace {

using catalog::v1::ImportOptions;
using catalog::v1::ImportReport;
using catalog::v1::Product;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "Mug [Size=S: M-1 5.00 4006381333931] [...]"; "#mug" in front if the slug is stated.
std::string Describe(const Product& product) {
  std::string text = absl::StrCat("#", product.seo().slug(), " ", product.title());
  for (const auto& variant : product.variants()) {
    absl::StrAppend(&text, " [");
    for (const auto& option : product.options()) {
      absl::StrAppend(&text, option.name(), "=", variant.option_values().at(option.name()), " ");
    }
    absl::StrAppend(&text, variant.sku());
    if (variant.has_price()) absl::StrAppend(&text, " ", catalog::FormatAmount(variant.price()));
    if (!variant.barcode().empty()) absl::StrAppend(&text, " ", variant.barcode());
    text += "]";
  }
  if (product.tags_size() > 0) absl::StrAppend(&text, " {", absl::StrJoin(product.tags(), ","), "}");
  return text;
}

class ShopifyFilesTest : public ImportFixture {
 protected:
  ImportReport Take(const std::string& text) {
    const auto report = Import(text, Options(ImportOptions::SKIP));
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(ImportReport());
  }
  std::vector<Product> Products() {
    catalog::v1::ListProductsRequest request;
    request.set_page_size(500);
    const auto page = process_.Call<catalog::v1::ListProductsResponse>("ListProducts", request);
    EXPECT_TRUE(page.ok()) << page.status();
    return {page->products().begin(), page->products().end()};
  }
  std::vector<std::string> Described() {
    std::vector<std::string> all;
    for (const Product& product : Products()) all.push_back(Describe(product));
    return all;
  }
};

struct SmallFile {
  const char* about;
  std::string text;
  std::vector<std::string> products;
  // Each is a part of one warning; there are as many warnings.
  std::vector<std::string> warnings;
};

const std::string kLong(301, 'x');

std::vector<SmallFile> SmallFiles() {
  return {
      {"a product of pictures, variants and nothing else",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src\n"
       "mug,Mug,Size,S,M-1,5,https://x/1.jpg\nmug,,,M,M-2,6,\nmug,,,,,,https://x/2.jpg\n",
       {"#mug Mug [Size=S M-1 5.00] [Size=M M-2 6.00]"},
       {}},
      {"a picture's row stands first",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src\n"
       "mug,,,,,,https://x/2.jpg\nmug,Mug,Size,S,M-1,5,https://x/1.jpg\n",
       {"#mug Mug [Size=S M-1 5.00]"},
       {}},
      {"the product's row stands behind its variants",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
       "mug,,,M,M-2,6\nmug,Mug,Size,S,M-1,5\n",
       {"#mug Mug [Size=M M-2 6.00] [Size=S M-1 5.00]"},
       {}},
      {"a first row with a title only",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
       "mug,Mug,Size,,,\nmug,,,S,M-1,5\nmug,,,M,M-2,6\n",
       {"#mug Mug [Size=S M-1 5.00] [Size=M M-2 6.00]"},
       {}},
      {"variants of a product in two places",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
       "mug,Mug,Size,S,M-1,5\ncup,Cup,Title,Default Title,C-1,2\nmug,,,M,M-2,6\n,,,L,M-3,7\n"
       "pot,Pot,Title,Default Title,P-1,9\nmug,,,XL,M-4,8\n",
       {"#mug Mug [Size=S M-1 5.00] [Size=M M-2 6.00] [Size=L M-3 7.00] [Size=XL M-4 8.00]", "#cup Cup [C-1 2.00]",
        "#pot Pot [P-1 9.00]"},
       {}},
      {"sorted by SKU, with the title in each row",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
       "mug,Mug,Size,S,A-1,5\ncup,Cup,Size,S,A-2,2\nmug,Mug,Size,M,B-1,6\ncup,Cup,Size,M,B-2,3\n",
       {"#mug Mug [Size=S A-1 5.00] [Size=M B-1 6.00]", "#cup Cup [Size=S A-2 2.00] [Size=M B-2 3.00]"},
       {}},
      {"the title only in a later place",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
       "mug,,,S,A-1,5\ncup,Cup,Size,S,A-2,2\nmug,Mug,Size,M,B-1,6\n",
       {"#mug Mug [Size=S A-1 5.00] [Size=M B-1 6.00]", "#cup Cup [Size=S A-2 2.00]"},
       {}},
      {"a price that belongs to no variant, in another place",
       "Handle,Title,Variant SKU,Variant Price\nmug,Mug,A-1,5\ncup,Cup,A-2,2\nmug,,,7\n",
       {"#mug Mug [A-1 5.00]", "#cup Cup [A-2 2.00]"},
       {"4:7 Variant Price: belongs to no variant"}},
      {"no title in any row",
       "Handle,Title,Variant SKU,Variant Price\nblue_tea-mug,,A-1,5\ncup,Cup,A-2,2\n",
       {"#blue-tea-mug Blue tea mug [A-1 5.00]", "#cup Cup [A-2 2.00]"},
       {"2:1 Handle: \"blue_tea-mug\" is stored as the slug blue-tea-mug",
        "2:14 Title: no title: \"Blue tea mug\" is"}},
      {"no column of titles",
       "Handle,Variant SKU,Variant Price\nblue-mug,A-1,5\n",
       {"#blue-mug Blue mug [A-1 5.00]"},
       {"2:0 title: no title: \"Blue mug\" is used"}},
      {"no title and no handle",
       "Handle,Title,Variant SKU,Variant Price\n,,A-1,5\n",
       {"# A-1 [A-1 5.00]"},
       {"2:2 Title: no title: \"A-1\" is used"}},
      {"a title that is too long",
       absl::StrCat("Handle,Title,Variant SKU\nmug,", kLong, ",A-1\n"),
       {absl::StrCat("#mug ", kLong.substr(0, 300), " [A-1]")},
       {"2:5 Title: is longer than 300 characters: the rest is left out"}},
      {"an option without a name, and one of no option",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU\nmug,Mug,,Default Title,A-1\ncup,Cup,,Red,B-1\n",
       {"#mug Mug [A-1]", "#cup Cup [Option 1=Red B-1]"},
       {"3:9 Option1 Name: the option has no name: it is stored as \"Option 1\""}},
      {"no option, in another language",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU\nmug,Mug,Titel,Default Title,A-1\n",
       {"#mug Mug [A-1]"},
       {}},
      {"names and values of options that are too long",
       absl::StrCat("Handle,Title,Option1 Name,Option1 Value,Variant SKU\nmug,Mug,", std::string(61, 'n'), ",",
                    std::string(121, 'v'), ",A-1\nmug,,,", std::string(122, 'v'), ",A-2\n"),
       {absl::StrCat("#mug Mug [", std::string(56, 'n'), "=", std::string(120, 'v'), " A-1] [", std::string(56, 'n'),
                     "=", std::string(116, 'v'), " 2 A-2]")},
       {"2:71 Option1 Value: is longer than 120 characters", "3:7 Option1 Value: is longer than 120 characters",
        "3:7 Option1 Value: another variant has the same option values", "2:9 Option1 Name: is longer than 60 char"}},
      {"four options",
       "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,Option4 Name,"
       "Option4 Value,Variant SKU\nmug,Mug,A,a,B,b,C,c,D,d,M-1\nmug,,,a,,b,,c,,e,M-2\n",
       {"#mug Mug [A=a B=b C=c D=d M-1] [A=a B=b C=c D=e M-2]"},
       {}},
      {"the same options twice",
       "Handle,Title,Option1 Name,Option1 Value,Variant SKU\nmug,Mug,Size,S,M-1\nmug,,,S,M-2\n",
       {"#mug Mug [Size=S M-1] [Size=S 2 M-2]"},
       {"3:7 Option1 Value: another variant has the same option values: it is stored as \"S 2\""}},
      {"tags: twice, too long, with odd blanks",
       absl::StrCat("Handle,Title,Variant SKU,Tags\nmug,Mug,A-1,\"red, red,\tblue\u00A0sky ,", std::string(65, 't'),
                    ",,green\"\n"),
       {"#mug Mug [A-1] {red,blue sky,green}"},
       {"2:13 Tags: U+0009 (at character 10) and 1 more are stored as a blank", "2:13 Tags: must be at most 64 char"}},
      {"prices as people write them",
       "Handle,Title,Variant SKU,Variant Price\na,A,A-1,\"12,50\"\nb,B,B-1,\"1.299,00\"\nc,C,C-1,\"1,299.00\"\n"
       "d,D,D-1,€ 12.5\ne,E,E-1,12.50 EUR\nf,F,F-1,12.5000\ng,G,G-1,\ng2,G2,G-2,0\n",
       {"#a A [A-1 12.50]", "#b B [B-1 1299.00]", "#c C [C-1 1299.00]", "#d D [D-1 12.50]", "#e E [E-1 12.50]",
        "#f F [F-1 12.50]", "#g G [G-1]", "#g2 G2 [G-2 0.00]"},
       {"2:9 Variant Price: \"12,50\" is read as 12.50", "\"1.299,00\" is read as 1299.00",
        "\"1,299.00\" is read as 1299.00", "\"€ 12.5\" is read as 12.5", "\"12.50 EUR\" is read as 12.50",
        "\"12.5000\" is read as 12.50"}},
      {"prices that nobody can read for sure",
       "Handle,Title,Variant SKU,Variant Price\na,A,A-1,\"1,299\"\nb,B,B-1,$5\nc,C,C-1,-5\nd,D,D-1,free\n"
       "e,E,E-1,1.234\n",
       {"#a A [A-1]", "#b B [B-1]", "#c C [C-1]", "#d D [D-1]", "#e E [E-1]"},
       {"2:9 Variant Price: \"1,299\" is not", "3:9 Variant Price: \"$5\" is not", "4:9 Variant Price: \"-5\" is below",
        "5:9 Variant Price: \"free\" is not", "6:9 Variant Price: \"1.234\": EUR has 2 decimal places"}},
      {"barcodes that a spreadsheet made numbers of",
       "Handle,Title,Variant SKU,Variant Barcode\na,A,A-1,9.78E+12\nb,B,B-1,4.006381333931E+12\n",
       {"#a A [A-1]", "#b B [B-1 4006381333931]"},
       {"2:9 Variant Barcode: \"9.78E+12\" is a number that a spreadsheet rounded",
        "3:9 Variant Barcode: \"4.006381333931E+12\" is stored as the GTIN 4006381333931"}},
      {"control characters in a title, a SKU and a handle",
       "Handle,Title,Variant SKU,Body (HTML)\n\"mug\x01\",\"Blue\tMug\",\"A\u200B-1\",\"<p>a\x02</p>\"\n",
       {"#mug Blue Mug [A-1]"},
       {"2:1 Handle: U+0001 (at character 4) is left out", "Title: U+0009 (at character 5) is stored as a blank",
        "Variant SKU: U+200B (at character 2) is left out", "Body (HTML): U+0002 (at character 5) is left out"}},
      {"columns of all kinds that products do not have",
       "Handle,Title,Type,Custom Product Type,Standardized Product Type,Published,Gift Card,Variant SKU,Variant Grams,"
       "Variant Weight Unit,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant "
       "Fulfillment "
       "Service,Variant Compare At Price,Variant Taxable,Image Src,Image Position,Google Shopping / Gender,Color "
       "(product.metafields.shopify.color-pattern),Included / United States,Price / International,Status\n"
       "card,Gift Card,Cards,,,TRUE,TRUE,GC-1,0,kg,shopify,3,deny,manual,20,FALSE,ftp://x/图 "
       "片.jpg,1,unisex,blue,TRUE,9,"
       "archived\n",
       {"#card Gift Card [GC-1]"},
       {}},
      {"fewest columns",
       "Title\nTin Cup\nTin Plate\n",
       {"#tin-cup Tin Cup [tin-cup]", "#tin-plate Tin Plate [tin-plate]"},
       {"no handle: it was made from the title: tin-cup", "no SKU: tin-cup is used",
        "no handle: it was made from the title: tin-plate", "no SKU: tin-plate is used"}},
      {"columns in another order, with blanks and another case",
       " variant price ,VARIANT SKU, title,HANDLE\n5,A-1,Mug,mug\n",
       {"#mug Mug [A-1 5.00]"},
       {}},
      {"names without what only Shopify has",
       "Title,SKU,Price\nMug,A-1,5\n",
       {"#mug Mug [A-1 5.00]"},
       {"no handle: it was made from the title: mug"}},
  };
}

TEST_F(ShopifyFilesTest, ProductsArriveAndTheReportNamesWhatDidNot) {
  for (const SmallFile& file : SmallFiles()) {
    SCOPED_TRACE(file.about);
    const ImportReport report = Take(file.text);
    EXPECT_THAT(Errors(), IsEmpty());
    EXPECT_EQ(report.products_set_aside(), 0);
    EXPECT_EQ(Described(), file.products);
    const std::vector<std::string> warnings = Warnings();
    EXPECT_EQ(warnings.size(), file.warnings.size()) << absl::StrJoin(warnings, "\n");
    for (const std::string& expected : file.warnings) EXPECT_THAT(warnings, Contains(HasSubstr(expected)));
    const ImportReport again = Take(file.text);
    EXPECT_EQ(again.products_unchanged(), static_cast<int64_t>(file.products.size())) << again.DebugString();
    EXPECT_EQ(again.rows(), report.rows());
    DeleteAll();
  }
}

TEST_F(ShopifyFilesTest, AnotherProductWithTheHandleGetsASuffix) {
  const std::string text =
      "Handle,Title,Variant SKU,Variant Price\n"
      "mug,Blue Mug,A-1,5\ncup,Cup,C-1,2\nmug,Red Mug,B-1,6\npot,Pot,P-1,9\nmug,Red Mug,,\nmug,,,\n";
  const ImportReport report = Take(text);
  EXPECT_EQ(report.products_created(), 4) << report.DebugString();
  EXPECT_EQ(report.rows(), 6);
  const std::vector<Product> products = Products();
  ASSERT_EQ(products.size(), 4);
  EXPECT_EQ(products[0].seo().slug(), "mug");
  EXPECT_EQ(products[2].title(), "Red Mug");
  EXPECT_THAT(products[2].seo().slug(), ::testing::MatchesRegex("mug-[0-9a-f]+"));
  EXPECT_THAT(Warnings(), ElementsAre(absl::StrCat("4:1 Handle: another product further up has the handle \"mug\": ",
                                                   products[2].seo().slug(), " is used")));
  EXPECT_EQ(Take(text).products_unchanged(), 4);
}

// The product has a title: a file that states none does not change it.
TEST_F(ShopifyFilesTest, AnEmptyTitleChangesNone) {
  ASSERT_EQ(Take("Handle,Title,Variant SKU\nmug,Blue Mug,A-1\n").products_created(), 1);
  const ImportReport report = Take("Handle,Title,Variant SKU,Variant Price\nmug,,A-1,7\n");
  EXPECT_EQ(report.products_updated(), 1) << report.DebugString();
  EXPECT_EQ(report.warnings(), 0);
  EXPECT_THAT(Described(), ElementsAre("#mug Blue Mug [A-1 7.00]"));
}

TEST_F(ShopifyFilesTest, ARoundedBarcodeChangesNone) {
  ASSERT_EQ(Take("Handle,Title,Variant SKU,Variant Barcode\nmug,Mug,A-1,4006381333931\n").products_created(), 1);
  EXPECT_EQ(Take("Handle,Title,Variant SKU,Variant Barcode\nmug,Mug,A-1,4.00638E+12\n").products_unchanged(), 1);
  // Of our own files too.
  EXPECT_EQ(Take("sku,title,barcode\nA-1,Mug,4.00638E+12\n").products_unchanged(), 1);
  EXPECT_THAT(Warnings(),
              ElementsAre(HasSubstr("2:9 barcode: \"4.00638E+12\" is a number that a spreadsheet rounded")));
}

TEST_F(ShopifyFilesTest, VariantsBeyondTheLimitsAreLeftOutAndNamed) {
  std::string many = "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU\n";
  for (int i = 0; i < 503; ++i) {
    absl::StrAppend(&many, "mug,", i == 0 ? "Mug,A" : ",", ",", i % 100, i == 0 ? ",B," : ",,", i / 100, ",S-", i,
                    "\n");
  }
  ImportReport report = Take(many);
  EXPECT_EQ(report.products_created(), 1) << report.DebugString();
  EXPECT_EQ(Products().at(0).variants_size(), 500);
  EXPECT_EQ(report.warnings(), 3);
  EXPECT_THAT(Warnings(), Contains("502:0 : a product has at most 500 variants; left out"));
  std::string values = "Handle,Title,Option1 Name,Option1 Value,Variant SKU\n";
  for (int i = 0; i < 202; ++i) absl::StrAppend(&values, "cup,", i == 0 ? "Cup,Size" : ",", ",", i, ",C-", i, "\n");
  report = Take(values);
  EXPECT_EQ(report.products_created(), 1) << report.DebugString();
  EXPECT_EQ(Products().at(1).variants_size(), 200);
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("202:7 Option1 Value: an option has at most 200 values: the variant"),
                                      HasSubstr("203:7 Option1 Value: an option has at most 200 values: the variant")));
  std::string tags = "Handle,Title,Variant SKU,Tags\npot,Pot,P-1,\"";
  for (int i = 0; i < 102; ++i) absl::StrAppend(&tags, i == 0 ? "" : ", ", "t", i);
  report = Take(tags + "\"\n");
  EXPECT_EQ(report.products_created(), 1) << report.DebugString();
  EXPECT_EQ(Products().at(2).tags_size(), 100);
  EXPECT_EQ(report.warnings(), 2);
}

}  // namespace
}  // namespace storeops::testing
