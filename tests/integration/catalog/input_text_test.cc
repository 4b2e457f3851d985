// The rule for text, from requests and files to what is stored, filtered, imported and exported.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "storeops/catalog/v1/collection_service.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/listing_calls.h"
#include "tests/support/transfers.h"

namespace storeops::testing {
namespace {

using catalog::v1::Collection;
using catalog::v1::ImportOptions;
using catalog::v1::Product;
using google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kNfd[] = "Cafe\u0301";

// "product.title: what is wrong", of the only field that is wrong.
std::string WrongFieldText(const absl::Status& status) {
  google::rpc::BadRequest bad_request;
  if (!GetDetail(status, &bad_request) || bad_request.field_violations_size() != 1) return status.ToString();
  return absl::StrCat(bad_request.field_violations(0).field(), ": ", bad_request.field_violations(0).description());
}

class InputTextTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  std::vector<std::string> Titles(const std::string& filter) {
    catalog::v1::ListProductsRequest request;
    request.set_filter(filter);
    const auto page = process_.Call<catalog::v1::ListProductsResponse>("ListProducts", request);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> titles;
    if (page.ok()) {
      for (const Product& product : page->products()) titles.push_back(product.title());
    }
    return titles;
  }
  catalog::v1::ImportReport Import(const std::string& text) {
    ImportOptions options;
    options.set_policy(ImportOptions::SKIP);
    options.set_create_categories(true);
    auto operation = UploadImport(process_.peer(), process_.MakeCall("TransferService/ImportProducts"), text, options);
    EXPECT_TRUE(operation.ok()) << operation.status();
    if (!operation.ok()) return {};
    EXPECT_TRUE(Eventually([&] {
      const auto now = process_.runtime().environment().operations.Get(operation->name(), Soon());
      if (now.ok()) operation = *now;
      return operation->done();
    }));
    const auto report = ReportOf(*operation);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.ok() ? *report : catalog::v1::ImportReport();
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
};

TEST_F(InputTextTest, TitlesThatNobodyCanSeeAreRefused) {
  EXPECT_THAT(WrongFieldText(CreateProduct(process_, MakeProduct("A-1", "   ")).status()),
              HasSubstr("product.title: "));
  EXPECT_THAT(WrongFieldText(CreateProduct(process_, MakeProduct("A-1", "\u200B")).status()),
              HasSubstr("product.title: must have a visible character"));
  Product product = MakeProduct("A-1", "Cup");
  product.set_description("fine\uFFFE");
  EXPECT_THAT(WrongFieldText(CreateProduct(process_, product).status()),
              HasSubstr("product.description: must not contain"));
  catalog::v1::CreateCategoryRequest category;
  category.mutable_category()->set_title("\u2060");
  const auto refused = process_.Call<catalog::v1::Category>("CategoryService/CreateCategory", category);
  EXPECT_THAT(WrongFieldText(refused.status()), HasSubstr("category.title: "));
}

TEST_F(InputTextTest, FormsOfOneTextAreOneText) {
  Product product = MakeProduct("A-1", absl::StrCat(" ", kNfd, " "));
  product.set_brand(kNfd);
  product.add_tags(kNfd);
  product.add_options()->set_name(kNfd);
  product.mutable_options(0)->add_values(kNfd);
  (*product.mutable_variants(0)->mutable_option_values())["Café"] = kNfd;
  const auto created = CreateProduct(process_, product);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->title(), "Café");
  for (const char* form : {kNfd, "Café"}) {
    for (const char* field : {"title", "brand", "tags"}) {
      EXPECT_THAT(Titles(absl::StrCat(field, field == std::string("tags") ? " : \"" : " = \"", form, "\"")),
                  ElementsAre("Café"))
          << field;
    }
  }
  product.add_tags("Café");
  EXPECT_THAT(WrongFieldText(CreateProduct(process_, product).status()), HasSubstr("product.tags[1]: "));
}

TEST_F(InputTextTest, RuleValuesCompareWithWhatIsStored) {
  Product product = MakeProduct("A-1", "Café");
  product.add_tags("crème");
  ASSERT_TRUE(CreateProduct(process_, product).ok());
  catalog::v1::CreateCollectionRequest request;
  request.mutable_collection()->set_title("Cafés");
  request.mutable_collection()->set_rule("tags : \"cre\u0300me\"");
  const auto collection = process_.Call<Collection>("CollectionService/CreateCollection", request);
  ASSERT_TRUE(collection.ok()) << collection.status();
  EXPECT_EQ(collection->rule(), "tags : \"crème\"");
}

TEST_F(InputTextTest, FilesHaveTheSameRule) {
  const auto report = Import(absl::StrCat("product,title,sku,categories,option1_name,option1_value,tags\n",  //
                                          "a,", kNfd, " ,A-1,", kNfd, ",Gro\u0308ße,kle\u0301in,x\n",        //
                                          "a,,A-2,,Größe,gros,\n",                                           //
                                          "b,\u200B,B-1,Café,,,\n",                                          //
                                          "c,Cup\tblue,C-1,Café,,,\"a\x01\"\n"));
  EXPECT_EQ(report.products_created(), 2) << report.DebugString();
  EXPECT_EQ(report.categories_created(), 1) << report.DebugString();
  std::vector<std::string> errors;
  for (const auto& error : report.first_errors()) {
    errors.push_back(absl::StrCat(error.line(), ":", error.column(), " ", error.field(), ": ", error.message()));
  }
  EXPECT_THAT(errors, ElementsAre("4:3 title: is required"));
  EXPECT_THAT(Titles("title = \"Café\""), ElementsAre("Café"));
  // What spreadsheets leave in cells sets no product aside.
  EXPECT_THAT(Titles("tags : \"a\""), ElementsAre("Cup blue"));
  ASSERT_EQ(report.first_warnings_size(), 2) << report.DebugString();
  EXPECT_EQ(report.first_warnings(0).field(), "title");
  EXPECT_EQ(report.first_warnings(0).message(), "U+0009 (at character 4) is stored as a blank");
  EXPECT_EQ(report.first_warnings(1).field(), "tags");
}

TEST_F(InputTextTest, FilesOfJsonAndOfCategoriesAreCleaned) {
  const auto report = Import("{\"title\":\"Blue\\tMug\",\"tags\":[\"a\\u0001\"],\"variants\":[{\"sku\":\"M-1\"}]}\n");
  EXPECT_EQ(report.products_created(), 1) << report.DebugString();
  ASSERT_EQ(report.first_warnings_size(), 2) << report.DebugString();
  EXPECT_EQ(report.first_warnings(0).field(), "title");
  EXPECT_EQ(report.first_warnings(1).field(), "tags[0]");
  EXPECT_THAT(Titles("tags : \"a\""), ElementsAre("Blue Mug"));

  catalog::v1::ImportCategoriesRequest request;
  request.set_file("path,description\n\"Tea\vcups\",\"a\tb\"\n");
  const auto imported =
      process_.Call<catalog::v1::ImportCategoriesResponse>("TransferService/ImportCategories", request);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->created(), 1);
  ASSERT_EQ(imported->first_warnings_size(), 1) << imported->DebugString();
  EXPECT_EQ(imported->warnings(), 1);
  EXPECT_EQ(imported->first_warnings(0).line(), 2);
  EXPECT_EQ(imported->first_warnings(0).field(), "path");
}

TEST_F(InputTextTest, TheMerchantFeedIsWellFormedWhateverIsStored) {
  const auto created = CreateProduct(process_, PricedProduct("A-1", "Cup"));
  ASSERT_TRUE(created.ok()) << created.status();
  DoAll(process_, created->name(), WayTo(Product::PUBLISHED));
  // As it was accepted before there was a rule.
  ASSERT_TRUE(process_.runtime()
                  .database()
                  .Execute(Soon(),
                           "UPDATE products SET description = 'a\uFFFE\uFFFFb\x0B"
                           "c<'")
                  .ok());
  catalog::v1::ExportProductsRequest request;
  request.set_format(catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS);
  request.set_filter("title = \"Cup\"");  // from the database, not from memory
  request.mutable_google()->set_link("https://shop.example/{sku}");
  const auto file = ExportFile(process_.peer(), process_.MakeCall("TransferService/ExportProducts"), request);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->text, HasSubstr("<g:description>abc&lt;</g:description>"));
}

}  // namespace
}  // namespace storeops::testing
