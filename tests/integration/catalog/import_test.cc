// Files as products, through the pipeline, on a real database.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/storeops/demo/demo_catalogue.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/import_fixture.h"
#include "tests/support/listing_calls.h"

namespace storeops::testing {
namespace {

using catalog::v1::ImportOptions;
using catalog::v1::ImportReport;
using catalog::v1::Product;
using google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using ImportTest = ImportFixture;

constexpr char kThree[] =
    "product,title,sku,price\n"
    "a,First,A-1,1.50\n"
    "a,,A-2,2\n"
    "b,Second,B-1,3\n"
    "c,Third,C-1,\n";

TEST_F(ImportTest, ASecondRunOfTheSameFileChangesNothing) {
  const auto first = Import(kThree, Options(ImportOptions::STOP));
  ASSERT_TRUE(first.ok()) << first.status();
  // Two variants without options that tell them apart are no product.
  EXPECT_EQ(first->outcome(), ImportReport::STOPPED);
  EXPECT_THAT(
      Errors(),
      ElementsAre("3:0 option_values: the variant with the SKU \"A-1\" has the same combination of option values"));

  const std::string text =
      "product,title,option1_name,option1_value,sku,price,cost,currency,tags,title.zh\n"
      "a,First,Size,S,A-1,1.50,1,EUR,x|y,第一\n"
      "a,,,M,A-2,2,,,,\n"
      ",Second,,,B-1,3,,,,\n";
  const auto report = Import(text, Options(ImportOptions::STOP));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->outcome(), ImportReport::COMPLETED) << report->DebugString();
  EXPECT_EQ(report->rows(), 3);
  EXPECT_EQ(report->products_created(), 2);
  const std::string exported = Export(catalog::v1::TRANSFER_FORMAT_JSON_LINES);
  const int64_t history = Rows("history");
  const auto second = Import(text, Options(ImportOptions::STOP));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->products_unchanged(), 2);
  EXPECT_EQ(second->products_created() + second->products_updated(), 0);
  EXPECT_EQ(Export(catalog::v1::TRANSFER_FORMAT_JSON_LINES), exported);
  EXPECT_EQ(Rows("history"), history) << "what does not change leaves no trace";

  const auto changed = Import("sku,price,currency\nA-2,2.50,EUR\n", Options(ImportOptions::STOP));
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->products_updated(), 1);
  EXPECT_EQ(Rows("history"), history + 1);
}

// The products of a CSV file without their numbers, which parts that are imported side by side take in any order.
std::multiset<std::string> ProductsOf(const std::string& file) {
  std::multiset<std::string> products;
  std::string name, rows;
  for (const absl::string_view line : absl::StrSplit(file, '\n')) {
    const std::pair<absl::string_view, absl::string_view> row = absl::StrSplit(line, absl::MaxSplits(',', 1));
    if (row.first != name) {
      products.insert(std::move(rows));
      rows.clear();
      name = std::string(row.first);
    }
    absl::StrAppend(&rows, row.second, "\n");
  }
  products.insert(std::move(rows));
  return products;
}

TEST_F(ImportTest, DemoProductsComeBackAsTheyWere) {
  catalog::v1::BatchCreateProductsRequest batch;
  for (int i = 0; i < 300; ++i) *batch.add_requests()->mutable_product() = DemoProduct(i);
  ASSERT_TRUE(process_.Call<catalog::v1::BatchCreateProductsResponse>("BatchCreateProducts", batch).ok());
  ASSERT_TRUE(Eventually([&] { return process_.Loaded(); }));
  for (const auto format : {catalog::v1::TRANSFER_FORMAT_CSV, catalog::v1::TRANSFER_FORMAT_JSON_LINES,
                            catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV}) {
    const auto report = Import(Export(format), Options(ImportOptions::STOP));
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->outcome(), ImportReport::COMPLETED) << report->DebugString();
    EXPECT_EQ(report->format(), format) << "found out";
    EXPECT_EQ(report->products_unchanged(), 300) << report->DebugString();
  }
  // Into another shop: the same, but for its numbers.
  const std::string file = Export();
  Site other_site;
  ServiceProcess other(other_site, {catalog::CatalogModule()});
  ASSERT_NO_FATAL_FAILURE(other.Start());
  auto operation = UploadImport(other.peer(), other.MakeCall("TransferService/ImportProducts"), file,
                                Options(ImportOptions::REJECT_ALL));
  ASSERT_TRUE(operation.ok()) << operation.status();
  ASSERT_TRUE(Eventually([&] {
    operation = other.runtime().environment().operations.Get(operation->name(), Soon());
    return !operation.ok() || operation->done();
  }));
  ASSERT_TRUE(ReportOf(*operation).ok()) << operation->DebugString();
  EXPECT_EQ(ReportOf(*operation)->products_created(), 300) << operation->DebugString();
  const auto again = ExportFile(other.peer(), other.MakeCall("TransferService/ExportProducts"), {});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ProductsOf(again->text), ProductsOf(file));
}

constexpr char kOneWrong[] =
    "sku,title,price\n"
    "A-1,First,1\n"
    "B-1,Second,2.555\n"
    "C-1,,3\n"
    "D-1,Fourth,4\n";

TEST_F(ImportTest, PoliciesSayWhatBecomesOfTheRest) {
  const struct {
    ImportOptions::Policy policy;
    bool dry_run;
    ImportReport::Outcome outcome;
    int created, set_aside;
    std::vector<std::string> titles;
  } cases[] = {
      {ImportOptions::REJECT_ALL, true, ImportReport::REJECTED, 2, 2, {}},
      {ImportOptions::REJECT_ALL, false, ImportReport::REJECTED, 2, 2, {}},
      {ImportOptions::STOP, true, ImportReport::STOPPED, 1, 1, {}},
      {ImportOptions::SKIP, true, ImportReport::COMPLETED, 2, 2, {}},
      {ImportOptions::STOP, false, ImportReport::STOPPED, 1, 1, {"First"}},
      {ImportOptions::SKIP, false, ImportReport::COMPLETED, 1, 2, {"First", "Fourth"}},
  };
  for (const auto& test : cases) {
    const auto report = Import(kOneWrong, Options(test.policy, test.dry_run));
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->outcome(), test.outcome) << test.policy << report->DebugString();
    EXPECT_EQ(report->products_created(), test.created) << report->DebugString();
    EXPECT_EQ(report->products_set_aside(), test.set_aside);
    EXPECT_EQ(Titles(), test.titles);
    std::vector<std::string> errors = {"3:12 price: \"2.555\": EUR has 2 decimal places"};
    if (test.set_aside == 2) errors.push_back("4:5 title: is required");
    EXPECT_EQ(Errors(), errors);
    EXPECT_EQ(report->errors(), test.set_aside);
    EXPECT_EQ(report->first_errors_size(), test.set_aside);
  }
}

// Parts of a file are worked on side by side; that must not show.
TEST_F(ImportTest, NothingBehindTheFirstErrorIsWritten) {
  constexpr int kProducts = 7000;
  std::string text = "title,sku,price,currency\n";
  for (int i = 1; i <= kProducts; ++i) {
    absl::StrAppend(&text, "Cup ", i, ",S-", i, ",", i % 2500 == 2400 ? "much" : "1", ",EUR\n");
  }
  const auto stopped = Import(text, Options(ImportOptions::STOP));
  ASSERT_TRUE(stopped.ok()) << stopped.status();
  EXPECT_EQ(stopped->outcome(), ImportReport::STOPPED);
  EXPECT_EQ(stopped->products(), 2400);
  EXPECT_EQ(stopped->products_created(), 2399);
  EXPECT_EQ(Rows("products"), 2399);

  const auto rejected = Import(text, Options(ImportOptions::REJECT_ALL));
  ASSERT_TRUE(rejected.ok()) << rejected.status();
  EXPECT_EQ(rejected->outcome(), ImportReport::REJECTED);
  EXPECT_EQ(rejected->products(), kProducts);
  EXPECT_EQ(rejected->errors(), 2);
  EXPECT_EQ(Rows("products"), 2399);

  const auto skipped = Import(text, Options(ImportOptions::SKIP));
  ASSERT_TRUE(skipped.ok()) << skipped.status();
  EXPECT_EQ(skipped->outcome(), ImportReport::COMPLETED);
  EXPECT_EQ(skipped->products_unchanged(), 2399);
  EXPECT_EQ(skipped->products_created(), kProducts - 2399 - 2);
  EXPECT_THAT(Errors(), ElementsAre(HasSubstr("2401:17 price"), HasSubstr("4901:17 price")));
}

TEST_F(ImportTest, BrokenFilesAreRefusedWithTheirPlace) {
  const struct {
    std::string text, error;
    std::vector<std::string> written;
  } cases[] = {
      {"", "1:1 : the file is empty", {}},
      {"title,skuu\n", "1:2 : there is no column \"skuu\"", {}},
      {"sku,title\nA-1,Fine\nB-1,\"open\n", "3:10 : the quote opened on line 3, column 5 is not closed", {"Fine"}},
      {"sku,title\nA-1,Fine\nB-1,\"x\" y\n", "3:7 : text behind a closing quote", {"Fine"}},
      {absl::StrCat("sku,title\nA-1,Fine\nB-1,", std::string(3 << 20, 'x'), "\n"),
       "3:1048577 : the row is longer than 1048576 bytes",
       {"Fine"}},
      {"sku,title\nA-1,Fine é ü é\nB-1,caf\xE9\n", "3:8 : this byte is not UTF-8 text", {"Fine é ü é"}},
      {"sku,title\nA-1,Fine\nA-1,Again\n", "3:0 : another product further up has the SKU \"A-1\"", {"Fine"}},
      {"product,sku,title\np,A-1,Fine\nq,B-1,Other\np,C-1,Fine\n",
       "4:0 : rows of this product stand further up",
       {"Fine", "Other"}},
      {"sku,title,categories\nA-1,Fine,\nB-1,Mug,Home > Mugs\n",
       "3:9 categories: there is no category \"Home > Mugs\"",
       {"Fine"}},
      {absl::StrCat("sku,title\nA-1,Fine\nB-1,a", absl::string_view("\0", 1), "b\n"),
       "3:5 title: must not contain the control character U+0000 (at character 2)",
       {"Fine"}},
  };
  for (const auto& test : cases) {
    for (const auto policy : {ImportOptions::REJECT_ALL, ImportOptions::STOP}) {
      const auto report = Import(test.text, Options(policy));
      ASSERT_TRUE(report.ok()) << report.status();
      const bool stop = policy == ImportOptions::STOP;
      EXPECT_EQ(report->outcome(), stop ? ImportReport::STOPPED : ImportReport::REJECTED) << test.error;
      EXPECT_THAT(Errors(), ElementsAre(HasSubstr(test.error)));
      EXPECT_EQ(Titles(), stop ? test.written : std::vector<std::string>()) << test.error;
    }
    DeleteAll();
  }
}

TEST_F(ImportTest, MissingCategoriesAreCreatedWhenAskedFor) {
  const std::string text =
      "sku,title,categories\n"
      "A-1,First,Home > Mugs | Sale\n"
      "B-1,Second,Home > Mugs\n"
      "C-1,,Never > Made\n"
      "D-1,Deep,1>2>3>4>5>6>7>8>9>10>11\n";
  ImportOptions options = Options(ImportOptions::SKIP);
  options.set_create_categories(true);
  options.set_dry_run(true);
  ASSERT_TRUE(Import(text, options).ok());
  EXPECT_EQ(Rows("categories"), 0) << "a dry run creates none";
  options.set_dry_run(false);
  const auto report = Import(text, options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->products_created(), 2) << report->DebugString();
  EXPECT_EQ(report->categories_created(), 3);
  EXPECT_THAT(Errors(),
              ElementsAre("4:5 title: is required", "5:10 categories: the path has 11 levels; at most 10 are allowed"));
  EXPECT_EQ(Rows("categories"), 3) << "none for what is set aside";
  EXPECT_THAT(Export(), HasSubstr("Home > Mugs | Sale"));
  EXPECT_EQ(Import(text, options)->products_unchanged(), 2);
  EXPECT_EQ(Rows("product_categories"), 3);
}

TEST_F(ImportTest, ProductsThatAreThereAreFoundByTheirSkus) {
  ASSERT_TRUE(CreateProduct(process_, MakeProduct("A-1", "Mine")).ok());
  const auto other = CreateProduct(process_, MakeProduct("B-1", "Other"));
  ASSERT_TRUE(other.ok());
  const auto gone = CreateProduct(process_, MakeProduct("C-1", "Gone"));
  ASSERT_TRUE(Delete(process_, gone->name()).ok());
  const auto report = Import(
      "product,title,option1_name,option1_value,sku\n"
      "x,Both,Size,S,A-1\n"
      "x,,,M,B-1\n"
      "y,New,,,C-1\n"
      "z,Changed,,,B-1\n",
      Options(ImportOptions::SKIP));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(Errors(), ElementsAre("3:7 sku: belongs to products/2, another SKU of the product to products/1",
                                    "5:0 : another product further up has the SKU \"B-1\""));
  EXPECT_THAT(Titles(), ElementsAre("Mine", "Other", "New"));
}

TEST_F(ImportTest, ApprovedPricesStayWhereTheCallerMayNotWritePrices) {
  catalog::v1::CreateProductRequest create;
  *create.mutable_product() = PricedProduct("P-1");
  const auto created = process_.Call<Product>("CreateProduct", create);
  ASSERT_TRUE(created.ok()) << created.status();
  DoAll(process_, created->name(), {"SubmitProduct", "ApproveProduct"});
  const auto imported = [&](const std::string& price, std::vector<std::string> permissions) {
    rpc::PeerCall call = ImportCall();
    call.principal = {"users/2", "Writer", std::move(permissions)};
    auto operation =
        UploadImport(process_.peer(), call, "product,title,sku,price\n,Mug,P-1," + price + "\n,New,N-1,5\n",
                     Options(ImportOptions::SKIP));
    EXPECT_TRUE(operation.ok()) << operation.status();
    operation = Finish(*operation);
    last_operation_ = operation->name();
    return *ReportOf(*operation);
  };
  const std::vector<std::string> writer = {"catalog.products.write"};
  ImportReport report = imported("1", writer);
  EXPECT_EQ(report.products_set_aside(), 1);
  EXPECT_EQ(report.products_created(), 1);
  EXPECT_THAT(Errors(), ElementsAre(HasSubstr("demands catalog.prices.write")));
  EXPECT_EQ(imported("12", writer).products_unchanged(), 2);
  report = imported("1", {"catalog.products.write", "catalog.prices.write"});
  EXPECT_EQ(report.products_updated(), 1);
}

TEST_F(ImportTest, TheSameRequestIsOneImport) {
  const auto options = Options(ImportOptions::STOP);
  const auto first = UploadImport(process_.peer(), ImportCall(), "sku,title\nA-1,First\n", options, "once");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = UploadImport(process_.peer(), ImportCall(), "sku,title\nA-1,First\n", options, "once");
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->name(), second->name());
  const auto other = UploadImport(process_.peer(), ImportCall(), "sku,title\nA-1,Other\n", options, "once");
  EXPECT_EQ(Reason(other.status()), "REQUEST_ID_REUSED") << other.status();
  ASSERT_TRUE(Finish(*first).ok());
}

TEST_F(ImportTest, WhatMakesNoSenseIsRefusedAtOnce) {
  ImportOptions options;
  options.set_format(catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS);
  EXPECT_EQ(UploadImport(process_.peer(), ImportCall(), "x", options).status().code(),
            absl::StatusCode::kInvalidArgument);
  options.Clear();
  options.set_currency("euro");
  EXPECT_EQ(UploadImport(process_.peer(), ImportCall(), "x", options).status().code(),
            absl::StatusCode::kInvalidArgument);
  catalog::v1::ListImportErrorsRequest request;
  request.set_operation("operations/catalog.999");
  EXPECT_EQ(
      process_.Call<catalog::v1::ListImportErrorsResponse>("TransferService/ListImportErrors", request).status().code(),
      absl::StatusCode::kNotFound);
}

TEST_F(ImportTest, ErrorsBeyondTheLimitAreCounted) {
  std::string text = "sku,title\n";
  for (int i = 0; i < 10'050; ++i) absl::StrAppend(&text, "S-", i, ",\n");
  absl::StrAppend(&text, "fine,Fine\n");
  const auto report = Import(text, Options(ImportOptions::SKIP));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->errors(), 10'050);
  EXPECT_EQ(report->rows_set_aside(), 10'050);
  const std::vector<std::string> errors = Errors();
  ASSERT_EQ(errors.size(), 10'000);
  EXPECT_EQ(errors.back(), "10001:8 title: is required");
  EXPECT_THAT(Titles(), ElementsAre("Fine"));
}

// The process that began stops in the midst of it; another goes on.
TEST_F(ImportTest, AnotherProcessGoesOnWhereOneLeftOff) {
  std::string text = "sku,title\n";
  for (int i = 0; i < 20'000; ++i) absl::StrAppend(&text, "S-", i, ",Thing ", i, "\n");
  absl::StrAppend(&text, "S-5,Again\n");
  const auto operation = UploadImport(process_.peer(), ImportCall(), text, Options(ImportOptions::SKIP));
  ASSERT_TRUE(operation.ok()) << operation.status();
  ASSERT_TRUE(Eventually([&] { return Rows("products") > 0; }));
  process_.runtime().Stop();
  ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = "other"});
  ASSERT_NO_FATAL_FAILURE(other.Start());
  absl::StatusOr<Operation> ended;
  ASSERT_TRUE(Eventually([&] {
    ended = other.runtime().environment().operations.Get(operation->name(), Soon());
    return !ended.ok() || ended->done();
  }));
  const auto report = ReportOf(*ended);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->products_created(), 20'000) << report->DebugString();
  EXPECT_EQ(report->errors(), 1) << "the SKU of a row before the pause is known";
  EXPECT_EQ(Rows("products"), 20'000);
  EXPECT_EQ(Number(other.runtime().database(), "SELECT MAX(version) FROM products"), 1);
}

}  // namespace
}  // namespace storeops::testing
