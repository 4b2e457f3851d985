// What goods cost, for callers who may do everything in the catalog but see that.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "gmock/gmock.h"
#include "google/longrunning/operations.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/listing_check.pb.h"
#include "storeops/catalog/v1/price_service.pb.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/support/transfers.h"

namespace storeops::testing {
namespace {

using catalog::v1::Product;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CostsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    Product product = MakeProduct("MUG", "Mug");
    product.set_description("A mug.");
    *product.mutable_variants(0)->mutable_price() = MoneyFromMinor(500, "EUR");
    *product.mutable_variants(0)->mutable_cost() = MoneyFromMinor(777, "EUR");
    const auto made = CreateProduct(process_, product);
    ASSERT_TRUE(made.ok()) << made.status();
    product_ = *made;
  }
  void TearDown() override { process_.Stop(); }

  // Of a clerk, who may read and write the whole catalog.
  rpc::PeerCall CallAs(const std::string& method, std::vector<std::string> permissions) {
    rpc::PeerCall call = process_.MakeCall(method);
    call.principal = {"users/7", "Clerk", std::move(permissions)};
    return call;
  }
  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const std::string& method, const Request& request) {
    Response response;
    const absl::Status status = process_.peer().CallBlocking(CallAs(method, kClerk), request, &response);
    if (!status.ok()) return status;
    return response;
  }
  static std::string MissingOf(const absl::Status& status) {
    google::rpc::ErrorInfo info;
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    return GetDetail(status, &info) ? info.metadata().at("permission") : "";
  }
  ExportedFile ExportAll(const std::vector<std::string>& permissions, catalog::v1::TransferFormat format) {
    catalog::v1::ExportProductsRequest request;
    request.set_format(format);
    const auto file = ExportFile(process_.peer(), CallAs("ExportProducts", permissions), request);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *file : ExportedFile();
  }
  std::string Export(const std::vector<std::string>& permissions, catalog::v1::TransferFormat format) {
    return ExportAll(permissions, format).text;
  }
  catalog::v1::ImportReport Import(const std::vector<std::string>& permissions, const std::string& text) {
    catalog::v1::ImportOptions options;
    options.set_currency("EUR");
    const auto begun = UploadImport(process_.peer(), CallAs("ImportProducts", permissions), text, options);
    EXPECT_TRUE(begun.ok()) << begun.status();
    operations::v1::WaitOperationRequest wait;
    wait.set_name(begun->name());
    absl::StatusOr<google::longrunning::Operation> done = *begun;
    EXPECT_TRUE(Eventually([&] {
      done = process_.Call<google::longrunning::Operation>("WaitOperation", wait);
      return !done.ok() || done->done();
    }));
    EXPECT_TRUE(done.ok()) << done.status();
    const auto report = ReportOf(*done);
    EXPECT_TRUE(report.ok()) << report.status();
    return report.value_or(catalog::v1::ImportReport());
  }
  // Of the mug, in cents; 0: it has none.
  int64_t StoredCost() {
    const auto mug = FetchProduct(process_, product_.name());
    EXPECT_TRUE(mug.ok()) << mug.status();
    return mug->variants(0).has_cost() ? MoneyToMinor(mug->variants(0).cost()).value() : 0;
  }

  const std::vector<std::string> kClerk = {"*.read", "*.write", "changes.read"};
  const Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
  Product product_;
};

TEST_F(CostsTest, NoAnswerShowsThem) {
  catalog::v1::GetProductRequest get;
  get.set_name(product_.name());
  const auto shown = Ask<Product>("GetProduct", get);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_FALSE(shown->variants(0).has_cost());
  EXPECT_TRUE(shown->variants(0).has_price());
  EXPECT_TRUE(FetchProduct(process_, product_.name())->variants(0).has_cost());

  catalog::v1::ListProductHistoryRequest history;
  history.set_name(product_.name());
  const auto entries = Ask<catalog::v1::ListProductHistoryResponse>("ListProductHistory", history);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(entries->DebugString(), AllOf(HasSubstr("MUG"), Not(HasSubstr("770000000"))));

  changes::v1::StreamChangesRequest follow;
  follow.set_source("catalog");
  follow.set_until_now(true);
  int changes = 0;
  const absl::Status streamed = process_.peer().Stream(CallAs("StreamChanges", kClerk), follow.SerializeAsString(),
                                                       [&](const std::string& bytes) {
                                                         changes::v1::StreamChangesResponse response;
                                                         EXPECT_TRUE(response.ParseFromString(bytes));
                                                         for (const auto& change : response.changes()) {
                                                           Product product;
                                                           if (change.type() != "catalog.storeops/Product") continue;
                                                           EXPECT_TRUE(product.ParseFromString(change.resource()));
                                                           EXPECT_FALSE(product.variants(0).has_cost());
                                                           ++changes;
                                                         }
                                                         return true;
                                                       });
  EXPECT_TRUE(streamed.ok()) << streamed;
  EXPECT_GT(changes, 0);
}

TEST_F(CostsTest, NoIssueTellsThatAPriceIsBelowThem) {
  catalog::v1::CheckListingRequest check;
  check.set_name(product_.name());
  const auto full = process_.Call<catalog::v1::ListingReport>("CheckListing", check);
  ASSERT_TRUE(full.ok()) << full.status();
  const auto report = Ask<catalog::v1::ListingReport>("CheckListing", check);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_THAT(full->DebugString(), HasSubstr("PRICE_BELOW_COST"));
  EXPECT_THAT(report->DebugString(), Not(HasSubstr("PRICE_BELOW_COST")));
  EXPECT_GT(report->score(), full->score());
  catalog::v1::ListWorstListingsRequest worst;
  worst.set_filter("issues:PRICE_BELOW_COST");
  EXPECT_EQ(MissingOf(Ask<catalog::v1::ListWorstListingsResponse>("ListWorstListings", worst).status()),
            "catalog.costs.read");
}

TEST_F(CostsTest, NobodyWritesWhatTheyMayNotSee) {
  catalog::v1::UpdateProductRequest update;
  *update.mutable_product() = product_;
  update.mutable_product()->clear_etag();
  update.mutable_update_mask()->add_paths("variants");
  EXPECT_EQ(MissingOf(Ask<Product>("UpdateProduct", update).status()), "catalog.costs.read");
  // As read: the cost stays.
  update.mutable_product()->mutable_variants(0)->clear_cost();
  *update.mutable_product()->mutable_variants(0)->mutable_price() = MoneyFromMinor(900, "EUR");
  const auto updated = Ask<Product>("UpdateProduct", update);
  ASSERT_TRUE(updated.ok()) << updated.status();
  const auto stored = FetchProduct(process_, product_.name());
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(MoneyToMinor(stored->variants(0).price()).value(), 900);
  EXPECT_EQ(MoneyToMinor(stored->variants(0).cost()).value(), 777);
  // Who may see it, clears it.
  const auto cleared = process_.Call<Product>("UpdateProduct", update);
  ASSERT_TRUE(cleared.ok()) << cleared.status();
  EXPECT_FALSE(cleared->variants(0).has_cost());

  catalog::v1::CreateProductRequest create;
  *create.mutable_product() = MakeProduct("CUP", "Cup");
  *create.mutable_product()->mutable_variants(0)->mutable_cost() = MoneyFromMinor(1, "EUR");
  EXPECT_EQ(MissingOf(Ask<Product>("CreateProduct", create).status()), "catalog.costs.read");
}

TEST_F(CostsTest, ExportsLeaveThemOut) {
  const std::vector<std::string> trusted = {"*.read", "*.costs.read"};
  const std::string full = Export(trusted, catalog::v1::TRANSFER_FORMAT_CSV);
  EXPECT_THAT(full, AllOf(HasSubstr("cost"), HasSubstr("7.77")));
  const std::string csv = Export(kClerk, catalog::v1::TRANSFER_FORMAT_CSV);
  EXPECT_THAT(csv, AllOf(HasSubstr("MUG"), Not(HasSubstr("cost")), Not(HasSubstr("7.77"))));
  for (const auto& [format, cost] : std::vector<std::pair<catalog::v1::TransferFormat, std::string>>{
           {catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV, "7.77"},
           {catalog::v1::TRANSFER_FORMAT_JSON_LINES, "770000000"}}) {
    EXPECT_THAT(Export(trusted, format), AllOf(HasSubstr("MUG"), HasSubstr(cost)));
    EXPECT_THAT(Export(kClerk, format), AllOf(HasSubstr("MUG"), Not(HasSubstr(cost))));
  }
}

TEST_F(CostsTest, AnExportWithoutThemIsImportedWithoutLosingThem) {
  const std::vector<std::string> trusted = {"*.read", "*.write", "*.costs.read"};
  for (const auto& [format, field] : std::vector<std::pair<catalog::v1::TransferFormat, std::string>>{
           {catalog::v1::TRANSFER_FORMAT_CSV, "cost"},
           {catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV, "Cost per item"},
           {catalog::v1::TRANSFER_FORMAT_JSON_LINES, "variants.cost"}}) {
    const ExportedFile file = ExportAll(kClerk, format);
    EXPECT_THAT(file.text, Not(::testing::ContainsRegex("[cC]ost")));
    ASSERT_EQ(file.report.withheld_fields_size(), 1) << field;
    EXPECT_EQ(file.report.withheld_fields(0).field(), field);
    EXPECT_EQ(file.report.withheld_fields(0).permission(), "catalog.costs.read");
    EXPECT_EQ(ExportAll(trusted, format).report.withheld_fields_size(), 0);
    const catalog::v1::ImportReport report = Import(trusted, file.text);
    EXPECT_EQ(report.products_unchanged(), 1) << field << report.DebugString();
    EXPECT_EQ(StoredCost(), 777) << field;
  }
  catalog::v1::ImportReport report = Import(trusted, "sku,title,price,cost,currency\nMUG,Mug,5.00,,EUR\n");
  EXPECT_EQ(StoredCost(), 0) << "an empty cell clears" << report.DebugString();
}

TEST_F(CostsTest, AnImportReportsTheCostsThatItLeavesOut) {
  const catalog::v1::ImportReport csv = Import(kClerk, "sku,title,price,cost,currency\nMUG,Mug,5.00,1.00,EUR\n");
  ASSERT_EQ(csv.ignored_columns_size(), 1) << csv.DebugString();
  EXPECT_EQ(csv.ignored_columns(0).column(), "cost");
  EXPECT_EQ(csv.ignored_columns(0).rows(), 1);
  EXPECT_THAT(csv.ignored_columns(0).reason(), HasSubstr("catalog.costs.read"));
  const catalog::v1::ImportReport json =
      Import(kClerk, R"({"title":"Mug","variants":[{"sku":"MUG","price":{"currencyCode":"EUR","units":"5"},)"
                     R"("cost":{"currencyCode":"EUR","units":"1"}}]})");
  ASSERT_EQ(json.first_warnings_size(), 1) << json.DebugString();
  EXPECT_EQ(json.first_warnings(0).field(), "variants[0].cost");
  EXPECT_EQ(json.first_warnings(0).sku(), "MUG");
  EXPECT_EQ(StoredCost(), 777);
}

TEST_F(CostsTest, ImportsLeaveThemAsTheyAre) {
  catalog::v1::ImportOptions options;
  options.set_format(catalog::v1::TRANSFER_FORMAT_CSV);
  const auto begun =
      UploadImport(process_.peer(), CallAs("ImportProducts", kClerk),
                   "sku,title,price,cost,currency\nMUG,Mug,6.00,1.00,EUR\nCUP,Cup,3.00,1.00,EUR\n", options);
  ASSERT_TRUE(begun.ok()) << begun.status();
  operations::v1::WaitOperationRequest wait;
  wait.set_name(begun->name());
  absl::StatusOr<google::longrunning::Operation> done = *begun;
  ASSERT_TRUE(Eventually([&] {
    done = process_.Call<google::longrunning::Operation>("WaitOperation", wait);
    return !done.ok() || done->done();
  }));
  ASSERT_TRUE(done.ok()) << done.status();
  const auto report = ReportOf(*done);
  ASSERT_TRUE(report.ok()) << report.status();
  const auto mug = FetchProduct(process_, product_.name());
  ASSERT_TRUE(mug.ok()) << mug.status();
  EXPECT_EQ(MoneyToMinor(mug->variants(0).price()).value(), 600) << report->DebugString();
  EXPECT_EQ(MoneyToMinor(mug->variants(0).cost()).value(), 777);
  const std::string all = Export({"*.read", "*.costs.read"}, catalog::v1::TRANSFER_FORMAT_CSV);
  EXPECT_THAT(all, AllOf(HasSubstr("CUP"), Not(HasSubstr("1.00"))));
}

TEST_F(CostsTest, NoPriceIsWorkedOutFromThem) {
  catalog::v1::PreviewRepricingRequest preview;
  preview.mutable_repricing()->add_skus("MUG");
  preview.mutable_repricing()->set_currency("EUR");
  preview.mutable_repricing()->mutable_rule()->set_percent_basis_points(1000);
  const auto shown = Ask<catalog::v1::PreviewRepricingResponse>("PreviewRepricing", preview);
  ASSERT_TRUE(shown.ok()) << shown.status();
  ASSERT_EQ(shown->variants_size(), 1);
  EXPECT_TRUE(shown->variants(0).has_new_price());
  EXPECT_FALSE(shown->variants(0).has_cost() || shown->variants(0).has_margin() || shown->variants(0).below_cost());
  const auto refused = [&](const catalog::v1::PreviewRepricingRequest& request) {
    return MissingOf(Ask<catalog::v1::PreviewRepricingResponse>("PreviewRepricing", request).status());
  };
  catalog::v1::PreviewRepricingRequest floor = preview;
  floor.mutable_repricing()->mutable_rule()->set_not_below_cost(true);
  EXPECT_EQ(refused(floor), "catalog.costs.read");
  preview.mutable_repricing()->mutable_rule()->set_margin_basis_points(0);
  EXPECT_EQ(refused(preview), "catalog.costs.read");
}

}  // namespace
}  // namespace storeops::testing
