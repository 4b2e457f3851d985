// Shopify's files as shops have them.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/import_fixture.h"
#include "tests/support/listing_calls.h"

namespace storeops::testing {
namespace {

using catalog::v1::ImportOptions;
using catalog::v1::ImportReport;
using catalog::v1::Product;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ShopifyImportTest : public ImportFixture {
 protected:
  ImportReport Take(const std::string& text, const ImportOptions& options = Options(ImportOptions::SKIP)) {
    const auto report = Import(text, options);
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
  std::vector<std::string> Skus() {
    std::vector<std::string> skus;
    for (const Product& product : Products()) {
      for (const auto& variant : product.variants()) skus.push_back(variant.sku());
    }
    return skus;
  }
  void ExpectUnchanged(const std::string& text, int products) {
    const ImportReport again = Take(text);
    EXPECT_EQ(again.products_unchanged(), products) << again.DebugString();
    EXPECT_EQ(again.products(), products);
  }
};

// As Shopify's own samples: no SKU anywhere, rows of pictures, a category that the shop has not.
constexpr char kSample[] =
    "Handle,Title,Body (HTML),Vendor,Product Category,Tags,Published,Option1 Name,Option1 Value,Variant SKU,"
    "Variant Price,Image Src,Status\n"
    "varsity-top,Varsity Top,\"<p>Soft</p>\",Acme,Apparel > Tops,\"women, "
    "women\",TRUE,Size,Small,,60.00,https://x/1.jpg,active\n"
    "varsity-top,,,,,,,,Medium,,60.00,,\n"
    "varsity-top,,,,,,,,,,,https://x/2.jpg,\n"
    "wool-jumper,Wool Jumper,,Acme,,,TRUE,Title,Default Title,,80,https://x/3.jpg,active\n";

TEST_F(ShopifyImportTest, MissingSkusAreMadeAndTheSameInASecondRun) {
  const ImportReport report = Take(kSample);
  EXPECT_EQ(report.products_created(), 2) << report.DebugString();
  EXPECT_EQ(report.errors(), 0);
  EXPECT_EQ(report.warnings(), 4);
  EXPECT_THAT(Skus(), ElementsAre("varsity-top-Small", "varsity-top-Medium", "wool-jumper"));
  EXPECT_THAT(Warnings(),
              ElementsAre("2:90 Variant SKU: no SKU: varsity-top-Small is used, made from the handle and the options",
                          "3:27 Variant SKU: no SKU: varsity-top-Medium is used, made from the handle and the options",
                          "2:44 Product Category: there is no category \"Apparel > Tops\"; left out",
                          "5:58 Variant SKU: no SKU: wool-jumper is used, made from the handle and the options"));
  ExpectUnchanged(kSample, 2);
  ImportOptions refuse = Options(ImportOptions::SKIP);
  refuse.set_skus(ImportOptions::REFUSE);
  EXPECT_EQ(Take(kSample, refuse).products_set_aside(), 2);
  EXPECT_THAT(Errors(), Contains(HasSubstr("Variant SKU: is required")));
}

TEST_F(ShopifyImportTest, OneSkuOnSeveralVariantsGetsASuffix) {
  const std::string text =
      "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
      "top,Top,Size,S,T-1,5\n"
      "top,,,M,T-1,5\n"
      "cup,Cup,Title,Default Title,T-1,6\n";
  const ImportReport report = Take(text);
  EXPECT_EQ(report.products_created(), 2) << report.DebugString();
  const std::vector<std::string> skus = Skus();
  ASSERT_EQ(skus.size(), 3);
  EXPECT_EQ(skus[0], "T-1");
  EXPECT_THAT(skus[1], ::testing::MatchesRegex("T-1-[0-9a-f]+"));
  EXPECT_THAT(skus[2], ::testing::MatchesRegex("T-1-[0-9a-f]+"));
  EXPECT_THAT(
      Warnings(),
      ElementsAre(absl::StrCat("3:9 Variant SKU: another variant has the SKU \"T-1\": ", skus[1], " is used"),
                  absl::StrCat("4:29 Variant SKU: another variant has the SKU \"T-1\": ", skus[2], " is used")));
  ExpectUnchanged(text, 2);
  // The products in another order: the handle says which is which.
  ExpectUnchanged(
      "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n"
      "cup,Cup,Title,Default Title,T-1,6\n"
      "top,Top,Size,S,T-1,5\n"
      "top,,,M,T-1,5\n",
      2);
  ImportOptions refuse = Options(ImportOptions::SKIP);
  refuse.set_skus(ImportOptions::REFUSE);
  EXPECT_EQ(Take(text, refuse).products_set_aside(), 2);
}

// A shop's file after another shop's: the handle is the key, not the SKU.
TEST_F(ShopifyImportTest, AnotherProductWithTheSameSkuIsNotOverwritten) {
  ASSERT_EQ(Take("Handle,Title,Variant SKU\nmug,Mug,1\n").products_created(), 1);
  ASSERT_EQ(Take("Handle,Title,Variant SKU\nlamp,Lamp,1\n").products_created(), 1);
  EXPECT_THAT(Titles(), ElementsAre("Mug", "Lamp"));
  ExpectUnchanged("Handle,Title,Variant SKU\nlamp,Lamp,1\n", 1);
}

TEST_F(ShopifyImportTest, BarcodesAreNormalizedOrStoredAsTheyAre) {
  const ImportReport report = Take(
      "Handle,Title,Variant SKU,Variant Barcode\n"
      "a,A,A-1,978-1-98765-432-1\nb,B,B-1,1234567890\nc,C,C-1,4006381333931\nd,D,D-1,ACME 7\ne,E,E-1,'036000291452\n"
      "f,F,F-1,条码\n");
  EXPECT_EQ(report.products_created(), 6) << report.DebugString();
  std::vector<std::string> barcodes;
  for (const Product& product : Products()) barcodes.push_back(product.variants(0).barcode());
  EXPECT_THAT(barcodes, ElementsAre("9781987654321", "1234567890", "4006381333931", "ACME 7", "036000291452", ""));
  EXPECT_THAT(
      Warnings(),
      ElementsAre("2:9 Variant Barcode: \"978-1-98765-432-1\" is not a GTIN: it is stored as the barcode 9781987654321",
                  "3:9 Variant Barcode: \"1234567890\" is not a GTIN: it is stored as a barcode of the shop's own",
                  "5:9 Variant Barcode: \"ACME 7\" is not a GTIN: it is stored as a barcode of the shop's own",
                  "6:9 Variant Barcode: \"'036000291452\" is stored as the GTIN 036000291452",
                  "7:9 Variant Barcode: \"条码\" is not a GTIN: it is stored as a barcode of the shop's own",
                  HasSubstr("7:9 Variant Barcode: must match ")));
}

TEST_F(ShopifyImportTest, ShopifysNewColumnNamesAreUnderstood) {
  const ImportReport report = Take(
      "Title,URL handle,Description,Vendor,Product category,Type,Tags,Published on online store,Status,SKU,Barcode,"
      "Option1 name,Option1 value,Option1 Linked To,Price,Compare-at price,Cost per item,Charge tax,Inventory quantity,"
      "Requires shipping,Product image URL,Image position,SEO title,SEO description\n"
      "Trail Mug,trail-mug,Steel,Acme,,Mugs,camp,TRUE,Active,,4006381333931,Color,Blue,,12.50,15,5,TRUE,3,TRUE,,,Mugs,"
      "Of steel\n");
  EXPECT_EQ(report.products_created(), 1) << report.DebugString();
  const Product mug = Products().at(0);
  EXPECT_EQ(mug.seo().slug(), "trail-mug");
  EXPECT_EQ(mug.seo().meta_title(), "Mugs");
  EXPECT_EQ(mug.description(), "Steel");
  EXPECT_EQ(mug.variants(0).sku(), "trail-mug-Blue");
  EXPECT_EQ(mug.variants(0).barcode(), "4006381333931");
  EXPECT_EQ(mug.variants(0).price().units(), 12);
  // Only the title is required.
  EXPECT_EQ(Take("Title,Option1 value\nTin Cup,\n,\nTin Plate,\n,Large\n").products_created(), 2);
  EXPECT_EQ(Products().at(1).seo().slug(), "tin-cup");
  EXPECT_EQ(Products().at(2).variants_size(), 1) << "the row of the title states nothing of a variant";
}

TEST_F(ShopifyImportTest, WhatAProductCannotKeepIsLeftOutAndNamed) {
  const std::string text = absl::StrCat(
      "Handle,Title,Body (HTML),Vendor,Tags,Option1 Name,Option1 Value,Variant SKU,Variant Price,Cost per item,"
      "Variant Requires Shipping\n"
      "mug,Mug,",
      std::string(20'001, 'x'), ",", std::string(121, 'v'), ",\"", std::string(65, 't'),
      ", blue\",Title,Default Title,Ø10,12.999,$5,maybe\n"
      "mug,Other Mug,,,,,,,,,\n"
      "cup  ,  Cup  ,\"Tin\"  ,,,Title,Default Title,C-1,\"2.00\" ,,\n"
      ",,,,,,,,,,\n"
      "plate,Plate,,,,Size,S,P-1\n");
  const ImportReport report = Take(text);
  EXPECT_EQ(report.products_created(), 3) << report.DebugString();
  EXPECT_EQ(report.rows(), 4) << "a row of commas only is none";
  const std::vector<Product> products = Products();
  EXPECT_EQ(products.at(0).description(), "");
  EXPECT_THAT(products.at(0).tags(), ElementsAre("blue"));
  EXPECT_FALSE(products.at(0).variants(0).has_price());
  EXPECT_EQ(products.at(1).title(), "Cup");
  EXPECT_EQ(products.at(1).variants(0).price().units(), 2);
  const std::vector<std::string> warnings = Warnings();
  for (const char* expected :
       {"Body (HTML): must be at most 20000 characters, has 20001; left out",
        "Vendor: must be at most 120 characters, has 121; left out",
        "Tags: must be at most 64 characters, has 65; left out",
        "Variant SKU: \"Ø10\" cannot be a SKU, which is 1 to 64 characters of ASCII: mug is used",
        "Variant Price: \"12.999\": EUR has 2 decimal places; left out",
        "Cost per item: \"$5\" is not a decimal number; left out",
        "Variant Requires Shipping: \"maybe\" is neither true nor false; left out",
        "3:5 Title: differs from what the product states on line 2; left out"}) {
    EXPECT_THAT(warnings, Contains(HasSubstr(expected)));
  }
}

// What cannot be read says nothing of what is there.
TEST_F(ShopifyImportTest, ACellThatIsLeftOutChangesNothing) {
  ASSERT_EQ(Take("Handle,Title,Vendor,Variant SKU,Variant Price\nmug,Mug,Acme,M-1,5\n").products_created(), 1);
  const std::string text =
      absl::StrCat("Handle,Title,Vendor,Variant SKU,Variant Price\nmug,Mug,", std::string(121, 'v'), ",M-1,five\n");
  EXPECT_EQ(Take(text).products_unchanged(), 1);
  EXPECT_EQ(Products().at(0).brand(), "Acme");
  EXPECT_EQ(Products().at(0).variants(0).price().units(), 5);
}

TEST_F(ShopifyImportTest, OptionsAreCompletedWhereTheFileLeavesThemOpen) {
  const ImportReport report = Take(
      "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Variant SKU,Variant Price\n"
      "a,A,Size,S,,Red,A-1,1\n"
      "a,,,M,,,A-2,1\n"
      "a,,,,,,,1\n"
      "a,,,M,,,A-2,1\n"
      "b,B,Size,,Title,Default Title,B-1,1\n"
      "c,C,Size,Stk,,,C-1,1\n"
      "c,,,Stk,,,C-2,1\n"
      "d,D,Title,Default Title,,,D-1,1\n"
      "d,,,,,,D-2,1\n");
  EXPECT_EQ(report.products_created(), 4) << report.DebugString();
  const std::vector<Product> products = Products();
  ASSERT_EQ(products.at(0).variants_size(), 2);
  EXPECT_EQ(products.at(0).options(1).name(), "Option 2");
  EXPECT_EQ(products.at(0).variants(1).option_values().at("Option 2"), "Default");
  EXPECT_EQ(products.at(1).options_size(), 0);
  EXPECT_EQ(products.at(2).variants(1).option_values().at("Size"), "Stk 2");
  EXPECT_THAT(Warnings(), Contains(HasSubstr("8:5 Option1 Value: another variant has the same option values")));
  EXPECT_THAT(Warnings(), Contains(HasSubstr("10:5 Option1 Value:")));
  EXPECT_THAT(Warnings(), Contains(HasSubstr("4:9 Variant Price: belongs to no variant")));
  EXPECT_THAT(Warnings(), Contains(HasSubstr("5:0 : repeats the variant of line 3")));
}

TEST_F(ShopifyImportTest, HandlesOfAnyScriptMakeTheRoundTrip) {
  const std::string text =
      "Handle,Title,Variant SKU,Variant Price\n"
      "blue-mug,Blue Mug,M-1,2\n青花瓷杯,青花瓷杯,M-2,3\nкружка,Кружка,M-3,4\n";
  ASSERT_EQ(Take(text).products_created(), 3);
  const auto slug = [&](size_t i) { return Products().at(i).seo().slug(); };
  EXPECT_EQ(slug(0), "blue-mug");
  EXPECT_EQ(slug(1), "青花瓷杯");
  EXPECT_EQ(slug(2), "кружка");
  const std::string exported = Export(catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV);
  for (const char* line : {"\nblue-mug,Blue Mug,", "\n青花瓷杯,青花瓷杯,", "\nкружка,Кружка,"}) {
    EXPECT_THAT(exported, HasSubstr(line));
  }
  ExpectUnchanged(exported, 3);
  // Into another shop.
  DeleteAll();
  EXPECT_EQ(Take(exported).products_created(), 3);
  EXPECT_EQ(Export(catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV), exported);
}

TEST_F(ShopifyImportTest, AProductIsFoundByItsHandleWhenItsSkuChanged) {
  ASSERT_EQ(Take("Handle,Title,Variant SKU\nmug,Mug,\n").products_created(), 1);
  const ImportReport report = Take("Handle,Title,Variant SKU\nmug,Better Mug,\n");
  EXPECT_EQ(report.products_updated(), 1) << report.DebugString();
  EXPECT_THAT(Titles(), ElementsAre("Better Mug"));
  EXPECT_THAT(Skus(), ElementsAre("mug"));
}

// An export makes up a handle for a product without a slug, which stays without one.
TEST_F(ShopifyImportTest, AMadeUpHandleIsNoSlug) {
  ASSERT_TRUE(CreateProduct(process_, PricedProduct("M-1", "Mug")).ok());
  const std::string exported = Export(catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV);
  EXPECT_THAT(exported, HasSubstr("\nmug-1,Mug,"));
  ExpectUnchanged(exported, 1);
}

TEST_F(ShopifyImportTest, WithoutACurrencyNothingIsImported) {
  ImportOptions options = Options(ImportOptions::SKIP);
  options.clear_currency();
  EXPECT_EQ(Take(kSample, options).outcome(), ImportReport::STOPPED);
  EXPECT_THAT(Errors(), ElementsAre(HasSubstr("\"Variant Price\" has no currency: neither the file nor the import")));
}

// Of our own files: the sibling of the handle.
TEST_F(ShopifyImportTest, ASlugThatAnotherProductHasIsNamed) {
  ASSERT_EQ(Take("sku,title,slug\nA-1,First,first\n").products_created(), 1);
  const ImportReport report = Take("sku,title,slug\nB-1,Second,first\nC-1,Third,third\nD-1,Fourth,third\n");
  EXPECT_EQ(report.products_created(), 1) << report.DebugString();
  EXPECT_THAT(Errors(), ElementsAre("2:12 slug: \"first\" is the slug of products/1",
                                    "4:0 : another product further up has the slug \"third\""));
}

TEST_F(ShopifyImportTest, ErrorsNameTheSku) {
  const ImportReport report = Take("sku,title,price\nA-1,First,x\nB-1,,1\n");
  ASSERT_EQ(report.first_errors_size(), 2);
  EXPECT_EQ(report.first_errors(0).sku(), "A-1");
  EXPECT_EQ(report.first_errors(1).sku(), "B-1");
  EXPECT_EQ(report.first_errors(0).severity(), catalog::v1::ImportError::ERROR);
  EXPECT_THAT(Warnings(), IsEmpty());
}

// It stays, for an import removes none, and does not fit beside those that have options.
TEST_F(ShopifyImportTest, AVariantThatIsNotInTheFileIsNamedByItsSku) {
  ASSERT_EQ(Take("Handle,Title,Variant SKU\nmug,Mug,M-1\n").products_created(), 1);
  const ImportReport report = Take("Handle,Title,Option1 Name,Option1 Value,Variant SKU\nmug,Mug,Size,S,M-S\n");
  ASSERT_EQ(report.first_errors_size(), 1) << report.DebugString();
  EXPECT_EQ(report.first_errors(0).sku(), "M-1");
  EXPECT_EQ(report.first_errors(0).field(), "option_values");
}

TEST_F(ShopifyImportTest, TheReportStatesHowTheFileWasRead) {
  const ImportReport report = Take("sku;title;price\nA-1;Caf\xE9;1\n;;\n");
  EXPECT_EQ(report.products_created(), 1) << report.DebugString();
  EXPECT_EQ(report.encoding(), catalog::v1::TEXT_ENCODING_WINDOWS_1252);
  EXPECT_EQ(report.delimiter(), ";");
  EXPECT_THAT(Titles(), ElementsAre("Café"));
  ImportOptions stated = Options(ImportOptions::SKIP);
  stated.set_encoding(catalog::v1::TEXT_ENCODING_UTF_8);
  EXPECT_EQ(Take("sku;title;price\nB-1;Caf\xE9;1\n", stated).products_set_aside(), 1);
  EXPECT_THAT(Errors(), ElementsAre("2:8 : this byte is not UTF-8 text"));
}

}  // namespace
}  // namespace storeops::testing
