#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "services/catalog/transfers/imported_product.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

CsvReader::Source TextSource(std::string text) {
  return [text = std::move(text), at = size_t{0}](char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
    const size_t count = std::min({size, text.size() - at, size_t{7}});
    std::copy_n(text.data() + at, count, buffer);
    at += count;
    return count;
  };
}

struct ReadFile {
  absl::Status status;
  v1::TransferFormat format = v1::TRANSFER_FORMAT_UNSPECIFIED;
  std::vector<ImportedProduct> products;
  std::vector<std::string> ignored;

  // "line:column field: message" of all products.
  std::vector<std::string> Errors() const { return Texts(&ImportedProduct::errors); }
  std::vector<std::string> Warnings() const { return Texts(&ImportedProduct::warnings); }
  std::vector<std::string> Texts(std::vector<v1::ImportError> ImportedProduct::* list) const {
    std::vector<std::string> all;
    for (const ImportedProduct& product : products) {
      for (const v1::ImportError& error : product.*list) {
        all.push_back(absl::StrCat(error.line(), ":", error.column(), " ", error.field(), ": ", error.message()));
      }
    }
    return all;
  }
};

ReadFile Read(const std::string& text, ReaderOptions options = {}) {
  ReadFile file;
  auto reader = OpenProductReader(TextSource(text), options);
  file.status = reader.status();
  if (!reader.ok()) return file;
  file.format = (*reader)->format();
  for (const auto& column : (*reader)->ignored_columns()) {
    file.ignored.push_back(column.column() + ": " + column.reason());
  }
  while (true) {
    ImportedProduct product;
    const auto more = (*reader)->Next(&product);
    file.status = more.status();
    if (!more.ok() || !*more) return file;
    file.products.push_back(std::move(product));
  }
}

void ExpectProduct(const v1::Product& product, const std::string& text) {
  v1::Product expected;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &expected));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(product, expected)) << product.DebugString();
}

TEST(ShopifyCsvTest, CountsTheRowsOfWhatIsLeftOut) {
  const ReadFile file = Read(
      "Handle,Title,Variant SKU,Variant Inventory Qty,Image Src,Variant Grams\nmug,Mug,M-1,3,https://x/1.jpg,\n"
      "mug,,M-2,0,,\nmug,,,,https://x/2.jpg,\n");
  EXPECT_THAT(file.Errors(), IsEmpty());
  ASSERT_EQ(file.products.size(), 1);
  EXPECT_THAT(file.ignored,
              ElementsAre("Variant Inventory Qty: stock is kept by the inventory service",
                          "Image Src: nothing is fetched from addresses; upload pictures with UploadMedia",
                          "Variant Grams: weights are not kept"));
  EXPECT_THAT(file.products[0].ignored_rows, ElementsAre(2, 2, 0));
}

TEST(OwnCsvTest, RowsOfOneProductAreGrouped) {
  const ReadFile file = Read(
      "product,title,title.zh,brand,tags,categories,option1_name,option1_value,sku,barcode,price,cost,currency\n"
      "mug,Blue Mug,蓝色杯子,Acme,blue|sale,Home > Mugs | Sale,Colour,navy,M-1,4006381333931,2.50,1,EUR\n"
      "mug,,,,,,,sky,M-2,,3,,\n"
      ",Plain Cup,,,,,,,C-1,,,,\n"
      "\"x,y\",\"He said \"\"hi\"\"\",,,,,,,H-1,,,,\n");
  ASSERT_TRUE(file.status.ok()) << file.status;
  EXPECT_THAT(file.Errors(), IsEmpty());
  EXPECT_EQ(file.format, v1::TRANSFER_FORMAT_CSV);
  ASSERT_EQ(file.products.size(), 3);
  ExpectProduct(file.products[0].product, R"(
      title: "Blue Mug" brand: "Acme" tags: "blue" tags: "sale"
      translations {language: "zh" title: "蓝色杯子"}
      options {name: "Colour" values: "navy" values: "sky"}
      variants {sku: "M-1" barcode: "4006381333931" option_values {key: "Colour" value: "navy"}
                price {currency_code: "EUR" units: 2 nanos: 500000000} cost {currency_code: "EUR" units: 1}}
      variants {sku: "M-2" option_values {key: "Colour" value: "sky"} price {currency_code: "EUR" units: 3}})");
  EXPECT_THAT(file.products[0].categories, ElementsAre(CategoryPath{"Home", "Mugs"}, CategoryPath{"Sale"}));
  EXPECT_EQ(file.products[0].rows, 2);
  EXPECT_EQ(file.products[0].line, 2);
  EXPECT_EQ(file.products[1].line, 4);
  ExpectProduct(file.products[2].product, R"(title: "He said \"hi\"" variants {sku: "H-1"})");
}

TEST(OwnCsvTest, WhatIsWrongIsNamedWithItsPlace) {
  const struct {
    std::string rows, error;
  } cases[] = {
      {",T,A-1,2.555,EUR\n", "2:8 price: \"2.555\": EUR has 2 decimal places"},
      {",T,A-1,two,EUR\n", "2:8 price: \"two\" is not a decimal number"},
      {",中文,A-1,2.5x,EUR\n", "2:9 price: \"2.5x\" is not a decimal number"},
      {",T,A-1,2.5,\n", "2:8 price: has no currency: neither the file nor the import names one"},
      {",T,A-1,2.5,euro\n", "2:12 currency: must be a three-letter ISO 4217 code, e.g. \"EUR\""},
      {",T,A-1,2.5\n", "2:0 : the row has 4 fields, the header 5"},
      {",T,A-1,2.5,EUR,x\n", "2:0 : the row has 6 fields, the header 5"},
      {",caf\xE9,A-1,2.5,EUR\n", "2:5 : this byte is not UTF-8 text"},
      {"p,One,A-1,,\np,Two,A-2,,\n", "3:3 title: differs from what the product's first row says, on line 2"},
      {"p,\"a\nb\",A-1,,\np,,A-2,x,EUR\n", "4:8 price: \"x\" is not a decimal number"},
  };
  for (const auto& test : cases) {
    ReaderOptions options;
    options.dialect.encoding = TextEncoding::kUtf8;
    const ReadFile file = Read("product,title,sku,price,currency\n" + test.rows + ",fine,F-1,1,EUR\n", options);
    ASSERT_TRUE(file.status.ok()) << file.status;
    EXPECT_THAT(file.Errors(), ElementsAre(test.error)) << test.rows;
    ASSERT_EQ(file.products.size(), 2) << test.rows;
    EXPECT_TRUE(file.products[1].errors.empty()) << "what comes behind is read all the same";
  }
}

TEST(OwnCsvTest, ControlCharactersAreCleanedOutOfCellsAndNamed) {
  const ReadFile file =
      Read("sku,title,description,tags\nA-1,Blue\tMug,\"Line one\nline\x0Btwo\",a|b\x01\nB-1,\"Two\nlines\",,\u200B\n");
  ASSERT_TRUE(file.status.ok()) << file.status;
  EXPECT_THAT(file.Errors(), IsEmpty());
  EXPECT_THAT(file.Warnings(), ElementsAre("2:5 title: U+0009 (at character 5) is stored as a blank",
                                           "2:14 description: U+000B (at character 14) is stored as a blank",
                                           "3:11 tags: U+0001 (at character 4) is left out",
                                           "4:5 title: U+000A (at character 4) is stored as a blank",
                                           "5:9 tags: has invisible characters only (U+200B): left out"));
  EXPECT_EQ(file.products[0].product.title(), "Blue Mug");
  EXPECT_EQ(file.products[0].product.description(), "Line one\nline two");
  EXPECT_THAT(file.products[0].product.tags(), ElementsAre("a", "b"));
  EXPECT_EQ(file.products[0].warnings[0].sku(), "A-1");
  EXPECT_EQ(file.products[1].product.title(), "Two lines");
}

TEST(OwnCsvTest, FilesThatCannotBeReadAreRefused) {
  const struct {
    std::string text, message;
  } cases[] = {
      {"", "line 1, column 1: the file is empty"},
      {"title,skuu\n", "line 1, field 2: there is no column \"skuu\"; columns are product, kind, title"},
      {"sku,title,sku\n", "line 1, field 3: \"sku\" says the same as another column"},
      {"title\n", "line 1, field 1: there is no column \"sku\""},
      {"sku,option1_value\n", "line 1, field 2: \"option1_value\" stands without its name"},
      {"sku,option11_name\n", "there is no column \"option11_name\""},
      {"sku,attributes.\n", "there is no column \"attributes.\""},
      {"sk\xFFu\n", "line 1, field 1: there is no column \"skÿu\""},
      {"sku;titel\n", "; the file was read as UTF-8, fields separated by semicolons"},
      {"sku,title\nA-1,\"open\n", "the quote opened on line 2, column 5 is not closed"},
      {"sku,title\nA-1,T\nB-1,x\"y\n", "line 3, column 6: a quote inside a field that is not quoted"},
  };
  for (const auto& test : cases) {
    const ReadFile file = Read(test.text);
    EXPECT_EQ(file.status.code(), absl::StatusCode::kInvalidArgument) << test.text;
    EXPECT_THAT(std::string(file.status.message()), HasSubstr(test.message)) << test.text;
  }
}

// The broken row may be one of the product's: what was read of it so far is not the whole.
TEST(OwnCsvTest, AProductCutOffByABrokenRowIsNotGiven) {
  const ReadFile file = Read("product,title,sku\na,A,A-1\nb,B,B-1\nb,,B-2\n\"b,");
  EXPECT_FALSE(file.status.ok());
  ASSERT_EQ(file.products.size(), 1);
  EXPECT_EQ(file.products[0].product.title(), "A");
  // A row that is a product by itself is whole.
  EXPECT_EQ(Read("title,sku\nA,A-1\n\"b,").products.size(), 1);
}

TEST(OwnCsvTest, AMarkAndWindowsLinesArePassedOver) {
  const ReadFile file = Read("\xEF\xBB\xBFsku,title\r\nA-1,Cup\r\n");
  ASSERT_TRUE(file.status.ok()) << file.status;
  ASSERT_EQ(file.products.size(), 1);
  EXPECT_EQ(file.products[0].product.variants(0).sku(), "A-1");
}

TEST(OwnCsvTest, RowsWithoutEndOfOneProductDoNotFillTheMemory) {
  std::string text = "product,title,sku\n";
  for (int i = 0; i < 3000; ++i) absl::StrAppend(&text, "same,,S-", i, "\n");
  const ReadFile file = Read(text);
  ASSERT_EQ(file.products.size(), 1);
  EXPECT_EQ(file.products[0].rows, 3000);
  EXPECT_EQ(file.products[0].product.variants_size(), 501);
}

TEST(ShopifyCsvTest, ReadsBothGenerationsOfColumns) {
  const struct {
    std::string text;
  } cases[] = {
      {"Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory "
       "Qty,"
       "Variant Price,Variant Requires Shipping,Variant Barcode,Image Src,Cost per item,Status,SEO Title,SEO "
       "Description\n"
       "trail-mug,Trail Mug,<p>Good</p>,Northwind,Mugs,\"camp, steel\",TRUE,Color,Blue,MUG-B,12,12.50,TRUE,,"
       "https://x/a.jpg,5,active,Mugs,Of steel\n"
       "trail-mug,,,,,,,,Green,MUG-G,8,12.50,TRUE,,,,,,\n"
       "trail-mug,,,,,,,,,,,,,,https://x/b.jpg,,,,\n"},
      {"Title,URL handle,Description,Vendor,Tags,Status,SKU,Option1 name,Option1 value,Price,Cost per item,"
       "Inventory quantity,Requires shipping,Product image URL,SEO title,SEO description\n"
       "Trail Mug,trail-mug,<p>Good</p>,Northwind,\"camp, "
       "steel\",Active,MUG-B,Color,Blue,12.50,5,12,TRUE,https://x/a.jpg,"
       "Mugs,Of steel\n"
       ",trail-mug,,,,,MUG-G,,Green,12.50,,8,TRUE,,,\n"
       ",trail-mug,,,,,,,,,,,,https://x/b.jpg,,\n"},
  };
  for (const auto& test : cases) {
    ReaderOptions options;
    options.currency = "EUR";
    const ReadFile file = Read(test.text, options);
    ASSERT_TRUE(file.status.ok()) << file.status;
    EXPECT_EQ(file.format, v1::TRANSFER_FORMAT_SHOPIFY_CSV);
    EXPECT_THAT(file.Errors(), IsEmpty());
    ASSERT_EQ(file.products.size(), 1);
    EXPECT_EQ(file.products[0].rows, 3);
    ExpectProduct(file.products[0].product, R"(
        title: "Trail Mug" description: "<p>Good</p>" brand: "Northwind" tags: "camp" tags: "steel" kind: GOODS
        seo {slug: "trail-mug" meta_title: "Mugs" meta_description: "Of steel"}
        options {name: "Color" values: "Blue" values: "Green"}
        variants {sku: "MUG-B" option_values {key: "Color" value: "Blue"}
                  price {currency_code: "EUR" units: 12 nanos: 500000000} cost {currency_code: "EUR" units: 5}}
        variants {sku: "MUG-G" option_values {key: "Color" value: "Green"}
                  price {currency_code: "EUR" units: 12 nanos: 500000000}})");
    EXPECT_THAT(absl::StrJoin(file.ignored, "\n"), HasSubstr("stock is kept by the inventory service"));
    EXPECT_THAT(absl::StrJoin(file.ignored, "\n"), HasSubstr("upload pictures"));
  }
}

TEST(ShopifyCsvTest, KnowsProductsWithoutOptionsAndThingsThatAreNotShipped) {
  ReaderOptions options;
  options.currency = "EUR";
  const ReadFile file = Read(
      "Handle,Title,Product Category,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Requires Shipping\n"
      "card,Gift Card,Gifts > Cards,Title,Default Title,GIFT,10,false\n",
      options);
  ASSERT_TRUE(file.status.ok()) << file.status;
  EXPECT_THAT(file.Errors(), IsEmpty());
  ASSERT_EQ(file.products.size(), 1);
  ExpectProduct(file.products[0].product, R"(
      title: "Gift Card" kind: SERVICE seo {slug: "card"} variants {sku: "GIFT" price {currency_code: "EUR" units: 10}})");
  EXPECT_THAT(file.products[0].categories, ElementsAre(CategoryPath{"Gifts", "Cards"}));
}

TEST(JsonLinesTest, ReadsTheApisProducts) {
  const ReadFile file = Read(
      "\xEF\xBB\xBF{\"name\":\"products/9\",\"etag\":\"3\",\"title\":\"Cup\",\"categories\":[\"categories/4\",\"Home > "
      "Cups\"],"
      "\"variants\":[{\"sku\":\"C-1\",\"price\":{\"currencyCode\":\"EUR\",\"units\":\"2\"}}]}\n"
      "\n"
      "{\"titel\":\"x\"}\n"
      "{\"title\":\"x\"\n"
      "{\"title\":\"caf\xE9\"}\n"
      "{\"title\":\"Last\",\"variants\":[{\"sku\":\"L-1\"}]}");
  ASSERT_TRUE(file.status.ok()) << file.status;
  EXPECT_EQ(file.format, v1::TRANSFER_FORMAT_JSON_LINES);
  ASSERT_EQ(file.products.size(), 5);
  ExpectProduct(file.products[0].product,
                R"(title: "Cup" variants {sku: "C-1" price {currency_code: "EUR" units: 2}})");
  EXPECT_THAT(file.products[0].categories, ElementsAre(CategoryPath{"categories/4"}, CategoryPath{"Home", "Cups"}));
  const std::vector<std::string> errors = file.Errors();
  ASSERT_EQ(errors.size(), 3);
  EXPECT_EQ(errors[0], "3:0 titel: there is no such field");
  EXPECT_THAT(errors[1], HasSubstr("4:0 : the JSON cannot be read"));
  EXPECT_EQ(errors[2], "5:14 : this byte is not UTF-8 text");
  EXPECT_EQ(file.products[4].product.title(), "Last");
}

TEST(JsonLinesTest, RefusesAHugeLine) {
  const ReadFile file = Read("{\"title\":\"" + std::string(5 << 20, 'x'));
  EXPECT_THAT(std::string(file.status.message()), HasSubstr("line 1, column 4194305: the line is longer than"));
}

}  // namespace
}  // namespace storeops::catalog
