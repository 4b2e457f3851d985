// Products as files, through the pipeline.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/storeops/demo/demo_catalogue.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "tests/support/transfers.h"

namespace storeops::testing {
namespace {

using catalog::v1::ExportProductsRequest;
using catalog::v1::Product;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ExportTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  std::string CreateCategory(const std::string& title, const std::string& parent) {
    catalog::v1::CreateCategoryRequest request;
    request.mutable_category()->set_title(title);
    request.mutable_category()->set_parent(parent);
    return process_.Call<catalog::v1::Category>("CategoryService/CreateCategory", request)->name();
  }
  void CreateDemo(int count) {
    catalog::v1::BatchCreateProductsRequest batch;
    for (int i = 0; i < count; ++i) *batch.add_requests()->mutable_product() = DemoProduct(i);
    ASSERT_TRUE(process_.Call<catalog::v1::BatchCreateProductsResponse>("BatchCreateProducts", batch).ok());
  }
  absl::StatusOr<ExportedFile> Export(const ExportProductsRequest& request) {
    return ExportFile(process_.peer(), process_.MakeCall("TransferService/ExportProducts"), request);
  }

  Site site_;
  CatalogProcess process_{site_};
};

TEST_F(ExportTest, OwnCsvHasARowForEachVariant) {
  Product mug = MakeProduct("M-1", "Mug, \"blue\"");
  mug.add_options()->set_name("Colour");
  for (const char* colour : {"red", "blue"}) mug.mutable_options(0)->add_values(colour);
  (*mug.mutable_variants(0)->mutable_option_values())["Colour"] = "red";
  mug.add_variants()->set_sku("M-2");
  (*mug.mutable_variants(1)->mutable_option_values())["Colour"] = "blue";
  mug.mutable_variants(1)->mutable_price()->set_currency_code("EUR");
  mug.mutable_variants(1)->mutable_price()->set_units(3);
  mug.add_translations()->set_language("zh");
  mug.mutable_translations(0)->set_title("杯子");
  mug.add_tags("a|b");
  mug.add_categories(CreateCategory("Mugs", CreateCategory("Home", "")));
  ASSERT_TRUE(CreateProduct(process_, mug).ok());
  const auto file = Export({});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(absl::StrSplit(file->text, '\n'),
              ElementsAre("product,kind,title,description,language,brand,categories,tags,product_type,option1_name,"
                          "option1_value,sku,barcode,price,cost,currency,title.zh,description.zh",
                          "products/1,GOODS,\"Mug, \"\"blue\"\"\",,en,,Home > Mugs,a\\|b,,Colour,red,M-1,,,,,杯子,",
                          "products/1,,,,,,,,,,blue,M-2,,3.00,,EUR,,", ""));
  EXPECT_EQ(file->report.products(), 1);
  EXPECT_EQ(file->report.rows(), 2);
}

TEST_F(ExportTest, FieldsLanguagesAndFiltersAreChosen) {
  CreateDemo(20);
  ExportProductsRequest request;
  request.add_fields("sku");
  request.add_fields("title.zh");
  request.set_filter("variants.sku = \"D0000003\" OR variants.sku = \"D0000003-0\" OR variants.sku = \"D0000003-0S\"");
  const auto file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->report.products(), 1);
  EXPECT_THAT(file->text, HasSubstr("sku,title.zh\nD0000003"));
  request.add_fields("titel");
  EXPECT_THAT(std::string(Export(request).status().message()), HasSubstr("fields[2]: there is no such column"));
  request.clear_fields();
  request.set_filter("titel = 1");
  EXPECT_EQ(Export(request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ExportTest, JsonLinesAreProducts) {
  CreateDemo(3);
  ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_JSON_LINES);
  const auto file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  const std::vector<std::string> lines = absl::StrSplit(file->text, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 3);
  EXPECT_THAT(lines[0], HasSubstr("{\"name\":\"products/1\",\"title\":"));
  EXPECT_THAT(lines[0], Not(HasSubstr("etag")));
}

TEST_F(ExportTest, GoogleFeedHasWhatItDemands) {
  Product mug = MakeProduct("M/1", "Mug <b> & more");
  mug.mutable_variants(0)->mutable_price()->set_currency_code("EUR");
  mug.mutable_variants(0)->mutable_price()->set_units(3);
  ASSERT_TRUE(CreateProduct(process_, mug).ok());
  ASSERT_TRUE(CreateProduct(process_, MakeProduct("N-1", "No price")).ok());
  ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS);
  EXPECT_EQ(Export(request).status().code(), absl::StatusCode::kInvalidArgument) << "a link is required";
  request.mutable_google()->set_link("https://shop.example/p/{product}?sku={sku}");
  const auto file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->text, HasSubstr("<g:id>M/1</g:id>\n<g:title>Mug &lt;b&gt; &amp; more</g:title>\n"
                                    "<g:description>Mug &lt;b&gt; &amp; more</g:description>\n"
                                    "<g:link>https://shop.example/p/1?sku=M%2F1</g:link>\n"
                                    "<g:availability>in_stock</g:availability>\n<g:price>3.00 EUR</g:price>\n"));
  EXPECT_THAT(file->text, HasSubstr("xmlns:g=\"http://base.google.com/ns/1.0\""));
  EXPECT_EQ(file->report.rows(), 1);
  EXPECT_EQ(file->report.left_out().at("no price"), 1);
  EXPECT_EQ(file->report.incomplete().at("image_link"), 1);
}

TEST_F(ExportTest, ShopifyGroupsRowsByHandle) {
  CreateDemo(20);
  ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV);
  const auto file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->report.products(), 20);
  EXPECT_THAT(file->text, HasSubstr("Handle,Title,Body (HTML)"));
  EXPECT_THAT(file->text, HasSubstr("Title,Default Title"));
}

}  // namespace
}  // namespace storeops::testing
