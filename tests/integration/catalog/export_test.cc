// Products as files, through the pipeline.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/storeops/demo/demo_catalogue.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "storeops/catalog/v1/media_service.pb.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/listing_calls.h"
#include "tests/support/pictures.h"
#include "tests/support/transfers.h"

namespace storeops::testing {
namespace {

using catalog::v1::ExportProductsRequest;
using catalog::v1::Product;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::string WrongFieldOf(const absl::Status& status) {
  google::rpc::BadRequest bad_request;
  return GetDetail(status, &bad_request) && bad_request.field_violations_size() == 1
             ? bad_request.field_violations(0).field()
             : status.ToString();
}

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
  // A picture of its own for each seed.
  catalog::v1::Media Upload(int seed, const std::string& alt_text) {
    catalog::v1::UploadMediaRequest header, content;
    header.mutable_header()->set_alt_text(alt_text);
    content.set_chunk(MakePng(40, 30, seed));
    std::vector<std::string> parts = {header.SerializeAsString(), content.SerializeAsString()};
    size_t at = 0;
    const auto response = process_.peer().Upload(process_.MakeCall("MediaService/UploadMedia"),
                                                 [&](std::string* bytes) -> absl::StatusOr<bool> {
                                                   if (at == parts.size()) return false;
                                                   *bytes = parts[at++];
                                                   return true;
                                                 });
    EXPECT_TRUE(response.ok()) << response.status();
    catalog::v1::UploadMediaResponse uploaded;
    EXPECT_TRUE(response.ok() && uploaded.ParseFromString(*response));
    return uploaded.media();
  }
  static std::string AddressOf(const catalog::v1::Media& media) {
    return absl::StrCat("https://shop.example/media/", media.hash(), "/original");
  }
  // Two variants, a picture of both and one of the second.
  Product MugWithPictures(const catalog::v1::Media& both, const catalog::v1::Media& second) {
    Product mug = MakeProduct("M-1", "Mug");
    mug.add_variants()->set_sku("M-2");
    mug.add_options()->set_name("Colour");
    for (int v = 0; v < 2; ++v) {
      const std::string colour = v == 0 ? "red" : "blue";
      mug.mutable_options(0)->add_values(colour);
      (*mug.mutable_variants(v)->mutable_option_values())["Colour"] = colour;
      mug.mutable_variants(v)->mutable_price()->set_currency_code("EUR");
      mug.mutable_variants(v)->mutable_price()->set_units(3);
    }
    mug.add_media()->set_media(both.name());
    mug.add_media()->set_media(second.name());
    mug.mutable_media(1)->add_variant_skus("M-2");
    return mug;
  }
  void CreatePublished(const Product& product) {
    const auto created = CreateProduct(process_, product);
    ASSERT_TRUE(created.ok()) << created.status();
    DoAll(process_, created->name(), WayTo(Product::PUBLISHED));
  }
  absl::StatusOr<ExportedFile> Export(const ExportProductsRequest& request) {
    return ExportFile(process_.peer(), process_.MakeCall("TransferService/ExportProducts"), request);
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
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
  mug.mutable_translations(0)->mutable_seo()->set_slug("杯子");
  mug.mutable_seo()->set_slug("blue-mug");
  mug.mutable_seo()->set_meta_title("Mugs");
  mug.add_tags("a|b");
  mug.add_categories(CreateCategory("Mugs", CreateCategory("Home", "")));
  ASSERT_TRUE(CreateProduct(process_, mug).ok());
  const auto file = Export({});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(
      absl::StrSplit(file->text, '\n'),
      ElementsAre("product,kind,title,description,language,brand,categories,tags,product_type,option1_name,"
                  "option1_value,sku,barcode,price,cost,currency,slug,meta_title,meta_description,state,title.zh,"
                  "description.zh,slug.zh,meta_title.zh,meta_description.zh",
                  "products/1,GOODS,\"Mug, \"\"blue\"\"\",,en,,Home > "
                  "Mugs,a\\|b,,Colour,red,M-1,,,,,blue-mug,Mugs,,DRAFT,杯子,,杯子,,",
                  "products/1,,,,,,,,,,blue,M-2,,3.00,,EUR,,,,,,,,,", ""));
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
  mug.add_options()->set_name("Size");
  for (const char* size : {"S", "L"}) mug.mutable_options(0)->add_values(size);
  mug.add_variants()->set_sku("N-1");
  for (int v = 0; v < 2; ++v) (*mug.mutable_variants(v)->mutable_option_values())["Size"] = v == 0 ? "S" : "L";
  ASSERT_NO_FATAL_FAILURE(CreatePublished(mug));
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

TEST_F(ExportTest, GoogleFeedNamesTheProductsPictures) {
  const auto both = Upload(1, "Both"), second = Upload(2, "Second");
  ASSERT_NO_FATAL_FAILURE(CreatePublished(MugWithPictures(both, second)));
  Product bare = MakeProduct("B-1", "Bare");
  bare.mutable_variants(0)->mutable_price()->set_currency_code("EUR");
  ASSERT_NO_FATAL_FAILURE(CreatePublished(bare));
  ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS);
  request.mutable_google()->set_link("https://shop.example/p/{product}");
  request.set_media_base("https://shop.example/");
  auto file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->text, HasSubstr(absl::StrCat("<g:link>https://shop.example/p/1</g:link>\n<g:image_link>",
                                                 AddressOf(both), "</g:image_link>\n<g:availability>")));
  EXPECT_THAT(file->text,
              HasSubstr(absl::StrCat("<g:image_link>", AddressOf(second), "</g:image_link>\n<g:additional_image_link>",
                                     AddressOf(both), "</g:additional_image_link>\n")));
  EXPECT_EQ(file->report.incomplete().at("image_link"), 1);
  // Where a product has none of its own.
  request.mutable_google()->set_image_link("https://pictures.example/{sku}.jpg");
  file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->text, HasSubstr("<g:image_link>https://pictures.example/B-1.jpg</g:image_link>"));
  EXPECT_THAT(file->text, HasSubstr(AddressOf(both)));
  EXPECT_EQ(file->report.incomplete_size(), 0);
  request.clear_media_base();
  file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->text, HasSubstr("<g:image_link>https://pictures.example/M-2.jpg</g:image_link>"));
  EXPECT_THAT(file->text, Not(HasSubstr("/media/")));
}

TEST_F(ExportTest, GoogleFeedSaysWhatIsAvailable) {
  Product mug = MakeProduct("M-1", "Mug");
  mug.mutable_variants(0)->mutable_price()->set_currency_code("EUR");
  ASSERT_NO_FATAL_FAILURE(CreatePublished(mug));
  ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS);
  request.mutable_google()->set_link("https://shop.example/p/{product}");
  request.mutable_google()->set_availability(catalog::v1::GoogleFeed::OUT_OF_STOCK);
  auto file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->text, HasSubstr("<g:availability>out_of_stock</g:availability>\n<g:price>"));
  request.mutable_google()->set_availability(catalog::v1::GoogleFeed::PREORDER);
  EXPECT_EQ(WrongFieldOf(Export(request).status()), "google.availability_date");
  request.mutable_google()->mutable_availability_date()->set_seconds(1'798'070'400);
  file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->text, HasSubstr("<g:availability>preorder</g:availability>\n"
                                    "<g:availability_date>2026-12-24T00:00Z</g:availability_date>\n"));
  request.mutable_google()->set_availability(catalog::v1::GoogleFeed::IN_STOCK);
  EXPECT_EQ(WrongFieldOf(Export(request).status()), "google.availability_date");
}

TEST_F(ExportTest, AGoogleFeedHoldsPublishedProductsOnly) {
  for (const auto state :
       {Product::DRAFT, Product::IN_REVIEW, Product::APPROVED, Product::PUBLISHED, Product::ARCHIVED}) {
    CreateIn(process_, state, Product::State_Name(state));
  }
  ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS);
  request.mutable_google()->set_link("https://shop.example/p/{product}");
  const auto file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->text, HasSubstr("<g:id>PUBLISHED</g:id>"));
  EXPECT_EQ(file->report.rows(), 1);
  EXPECT_EQ(file->report.left_out().at("not published"), 4);
}

TEST_F(ExportTest, AGoogleFeedStatesValidGtinsOnly) {
  Product mug = PricedProduct("M-1");
  mug.set_brand("Acme");
  mug.mutable_variants(0)->set_barcode("4006381333931");
  ASSERT_NO_FATAL_FAILURE(CreatePublished(mug));
  int number = 1;
  // A wrong check digit, a number for use within a shop, and what is none.
  for (const char* barcode : {"4006381333932", "2012345678903", "ACME-17"}) {
    mug.mutable_variants(0)->set_sku(absl::StrCat("M-", ++number));
    mug.mutable_variants(0)->set_barcode(barcode);
    ASSERT_NO_FATAL_FAILURE(CreatePublished(mug));
  }
  ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS);
  request.mutable_google()->set_link("https://shop.example/p/{product}");
  const auto file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->report.rows(), 4);
  const std::vector<std::string> parts = absl::StrSplit(file->text, "<g:gtin>");
  EXPECT_EQ(parts.size(), 2);
  EXPECT_THAT(file->text, HasSubstr("<g:gtin>4006381333931</g:gtin>"));
  EXPECT_EQ(file->report.incomplete().at("gtin: the barcode is none"), 3);
}

TEST_F(ExportTest, ExportsStateTheTrueStatus) {
  const struct {
    Product::State state;
    std::string published, status;
  } cases[] = {{Product::DRAFT, "FALSE", "draft"},
               {Product::IN_REVIEW, "FALSE", "draft"},
               {Product::APPROVED, "FALSE", "draft"},
               {Product::PUBLISHED, "TRUE", "active"},
               {Product::ARCHIVED, "FALSE", "archived"}};
  for (const auto& test : cases) CreateIn(process_, test.state, Product::State_Name(test.state));
  ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV);
  const auto shopify = Export(request);
  ASSERT_TRUE(shopify.ok()) << shopify.status();
  request.set_format(catalog::v1::TRANSFER_FORMAT_CSV);
  request.add_fields("sku");
  request.add_fields("state");
  const auto own = Export(request);
  ASSERT_TRUE(own.ok()) << own.status();
  for (const auto& test : cases) {
    const std::string& sku = Product::State_Name(test.state);
    EXPECT_THAT(shopify->text, ::testing::ContainsRegex(absl::StrCat("\n[^\n]*,", test.published, ",Title,[^\n]*,", sku,
                                                                     ",[^\n]*,", test.status, "\n")));
    EXPECT_THAT(own->text, HasSubstr(absl::StrCat("\n", sku, ",", sku, "\n")));
  }
}

TEST_F(ExportTest, OnlyFormatsWithPicturesTakeAMediaBase) {
  ExportProductsRequest request;
  request.set_media_base("https://shop.example");
  EXPECT_EQ(WrongFieldOf(Export(request).status()), "media_base");
  request.set_format(catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV);
  EXPECT_TRUE(Export(request).ok());
  request.set_media_base("shop.example");
  EXPECT_EQ(WrongFieldOf(Export(request).status()), "media_base");
}

TEST_F(ExportTest, ShopifyRowsHavePicturesAndCanBeImported) {
  const auto both = Upload(1, "Both, from the front"), second = Upload(2, "Second"), third = Upload(3, "");
  Product mug = MugWithPictures(both, second);
  mug.add_media()->set_media(third.name());
  ASSERT_TRUE(CreateProduct(process_, mug).ok());
  ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV);
  request.set_media_base("https://shop.example");
  const auto file = Export(request);
  ASSERT_TRUE(file.ok()) << file.status();
  const std::vector<std::string> lines = absl::StrSplit(file->text, '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 4);
  EXPECT_THAT(
      lines[0],
      HasSubstr(
          ",Cost per item,SEO Title,SEO Description,Image Src,Image Position,Image Alt Text,Variant Image,Status"));
  EXPECT_THAT(lines[1],
              HasSubstr(absl::StrCat(",M-1,3.00,TRUE,,,,,", AddressOf(both), ",1,\"Both, from the front\",,draft")));
  EXPECT_THAT(lines[2], HasSubstr(absl::StrCat(",M-2,3.00,TRUE,,,,,", AddressOf(second), ",2,Second,",
                                               AddressOf(second), ",draft")));
  EXPECT_EQ(lines[3], absl::StrCat("mug-1,,,,,,,,,,,,,,,,,,,,", AddressOf(third), ",3,,,"));
  EXPECT_EQ(file->report.rows(), 3);

  catalog::v1::ImportOptions options;
  options.set_currency("EUR");
  const auto operation =
      UploadImport(process_.peer(), process_.MakeCall("TransferService/ImportProducts"), file->text, options);
  ASSERT_TRUE(operation.ok()) << operation.status();
  google::longrunning::Operation done = *operation;
  ASSERT_TRUE(Eventually([&] {
    const auto now = process_.runtime().operations().Get(operation->name(), Soon());
    if (now.ok()) done = *now;
    return done.done();
  }));
  const auto report = ReportOf(done);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->products_unchanged(), 1);
  EXPECT_EQ(report->rows(), 3);
  std::vector<std::string> ignored;
  for (const auto& column : report->ignored_columns()) {
    ignored.push_back(absl::StrCat(column.column(), " ", column.rows()));
  }
  EXPECT_THAT(ignored, ElementsAre("Published 1", "Image Src 3", "Image Position 3", "Image Alt Text 2",
                                   "Variant Image 1", "Status 2"));
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
