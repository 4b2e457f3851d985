// Bulk updates through the pipeline, on a real database: results, errors, crashes.
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/longrunning/operations.pb.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/bulk_update.pb.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "storeops/catalog/v1/collection_service.pb.h"
#include "storeops/catalog/v1/product_type_service.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/database_helpers.h"

namespace storeops::testing {
namespace {

using catalog::v1::BulkUpdateProductsRequest;
using catalog::v1::BulkUpdateProductsResponse;
using catalog::v1::BulkUpdateResult;
using catalog::v1::Product;
using google::longrunning::Operation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class BulkUpdateTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }
  db::Database& database() { return process_.runtime().database(); }
  jobs::Operations& operations() { return process_.runtime().operations(); }

  static BulkUpdateProductsRequest Request(const std::string& text) {
    BulkUpdateProductsRequest request;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &request)) << text;
    return request;
  }
  absl::StatusOr<Operation> Begin(const BulkUpdateProductsRequest& request) {
    return process_.Call<Operation>("BulkUpdateProducts", request);
  }
  // Until it is done.
  Operation Run(const BulkUpdateProductsRequest& request) {
    const auto begun = Begin(request);
    EXPECT_TRUE(begun.ok()) << begun.status();
    if (!begun.ok()) return {};
    return Await(begun->name());
  }
  Operation Await(const std::string& name) {
    const auto done = operations().Wait(name, Soon(), Soon());
    EXPECT_TRUE(done.ok() && done->done()) << done.status();
    return done.ok() ? *done : Operation();
  }
  // "updated unchanged failed", with "stopped" behind.
  static std::string Counts(const Operation& operation) {
    BulkUpdateProductsResponse response;
    if (!operation.response().UnpackTo(&response)) return operation.ShortDebugString();
    return absl::StrCat(response.updated(), " ", response.unchanged(), " ", response.failed(),
                        response.stopped() ? " stopped" : "");
  }
  std::vector<BulkUpdateResult> Results(const std::string& operation, int size = 0, const std::string& filter = "") {
    catalog::v1::ListBulkUpdateResultsRequest request;
    request.set_operation(operation);
    request.set_page_size(size);
    request.set_filter(filter);
    std::vector<BulkUpdateResult> results;
    do {
      const auto page = process_.Call<catalog::v1::ListBulkUpdateResultsResponse>("ListBulkUpdateResults", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      results.insert(results.end(), page->results().begin(), page->results().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return results;
  }
  std::vector<std::string> Outcomes(const std::string& operation, int size = 0) {
    std::vector<std::string> outcomes;
    for (const BulkUpdateResult& result : Results(operation, size)) {
      outcomes.push_back(absl::StrCat(result.name(), " ", BulkUpdateResult::Outcome_Name(result.outcome())));
    }
    return outcomes;
  }

  // "products/1" and so on, SKUs "B-0" and so on, tagged "old".
  std::vector<std::string> Create(int count) {
    std::vector<std::string> names;
    catalog::v1::BatchCreateProductsRequest batch;
    for (int i = 0; i < count; ++i) {
      Product* product = batch.add_requests()->mutable_product();
      *product = MakeProduct(absl::StrCat("B-", i), absl::StrCat("Product ", i));
      product->add_tags("old");
      if (batch.requests_size() < 500 && i + 1 < count) continue;
      const auto created = process_.Call<catalog::v1::BatchCreateProductsResponse>("BatchCreateProducts", batch);
      EXPECT_TRUE(created.ok()) << created.status();
      for (const Product& one : created->products()) names.push_back(one.name());
      batch.clear_requests();
    }
    return names;
  }
  Product Get(const std::string& name) {
    catalog::v1::GetProductRequest request;
    request.set_name(name);
    const auto product = process_.Call<Product>("GetProduct", request);
    EXPECT_TRUE(product.ok()) << product.status();
    return product.ok() ? *product : Product();
  }
  std::string CreateCategory(const std::string& title) {
    catalog::v1::CreateCategoryRequest request;
    request.mutable_category()->set_title(title);
    return process_.Call<catalog::v1::Category>("CategoryService/CreateCategory", request)->name();
  }
  // Whoever works on operations has died, as far as the database knows.
  void ExpireLeases() {
    ASSERT_TRUE(database()
                    .Execute(Soon(), "UPDATE operations SET lease_expire_time = '2020-01-01' WHERE end_time IS NULL")
                    .ok());
  }
  int64_t ResultCount() { return Number(database(), "SELECT COUNT(*) FROM bulk_update_results"); }
  // However often the work was interrupted: `count` products, each changed by one write, each with one result.
  void ExpectEachUpdatedOnce(int count) {
    EXPECT_EQ(ResultCount(), count);
    EXPECT_EQ(Number(database(), "SELECT COUNT(DISTINCT position) FROM bulk_update_results"), count);
    EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM products WHERE version = 2 AND tags LIKE '%new%'"), count);
    EXPECT_EQ(Number(database(),
                     "SELECT COUNT(*) FROM history WHERE type = 'catalog.storeops/Product' AND version = 2 "
                     "AND actor = 'users/1'"),
              count);
    EXPECT_EQ(
        Number(database(), "SELECT COUNT(*) FROM history WHERE type = 'catalog.storeops/Product' AND version > 2"), 0);
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
};

TEST_F(BulkUpdateTest, ByFilter) {
  const auto names = Create(5);
  ASSERT_TRUE(Retitle(process_, names[1], "Other").ok());
  const Operation done = Run(Request(R"(filter: "tags:old AND title:\"Product*\"" remove_tags: "old" add_tags: "new"
                                        product { brand: "Acme" } update_mask { paths: "brand" })"));
  EXPECT_EQ(Counts(done), "4 0 0");
  EXPECT_THAT(Get(names[0]).tags(), ElementsAre("new"));
  EXPECT_EQ(Get(names[4]).brand(), "Acme");
  EXPECT_THAT(Get(names[1]).tags(), ElementsAre("old"));
  EXPECT_THAT(Outcomes(done.name(), 2),
              ElementsAre(names[0] + " UPDATED", names[2] + " UPDATED", names[3] + " UPDATED", names[4] + " UPDATED"));
  // Once more: nothing matches any more, and by name nothing changes.
  EXPECT_EQ(Counts(Run(Request(R"(filter: "tags:old AND title:\"Product*\"" add_tags: "new")"))), "0 0 0");
  EXPECT_EQ(Counts(Run(Request(absl::StrCat("names: '", names[0], "' add_tags: 'new'")))), "0 1 0");
  EXPECT_EQ(Get(names[0]).etag(), "2");
}

TEST_F(BulkUpdateTest, ByCollection) {
  const auto names = Create(4);
  catalog::v1::CreateCollectionRequest create;
  create.mutable_collection()->set_title("Picked");
  create.mutable_collection()->add_products(names[2]);
  create.mutable_collection()->add_products(names[0]);
  const auto picked = process_.Call<catalog::v1::Collection>("CollectionService/CreateCollection", create);
  ASSERT_TRUE(picked.ok()) << picked.status();
  auto request = Request("add_tags: 'new'");
  request.set_collection(picked->name());
  const Operation all = Run(request);
  EXPECT_EQ(Counts(all), "2 0 0");
  EXPECT_THAT(Outcomes(all.name()), ElementsAre(names[0] + " UPDATED", names[2] + " UPDATED"));
  request.set_filter("title = \"Product 2\"");
  request.add_add_tags("newer");
  EXPECT_EQ(Counts(Run(request)), "1 0 0");
  EXPECT_THAT(Get(names[2]).tags(), ElementsAre("old", "new", "newer"));
}

TEST_F(BulkUpdateTest, ByNamesAndSkus) {
  const auto names = Create(3);
  ASSERT_TRUE(Delete(process_, names[1]).ok());
  const Operation by_name = Run(
      Request(absl::StrCat("names: '", names[2], "' names: '", names[1], "' names: 'products/999' add_tags: 'new'")));
  EXPECT_EQ(Counts(by_name), "1 0 2");
  EXPECT_THAT(Outcomes(by_name.name()),
              ElementsAre(names[2] + " UPDATED", names[1] + " FAILED", "products/999 FAILED"));
  const Operation by_sku = Run(Request("skus: 'B-0' skus: 'NONE' skus: 'B-2' add_tags: 'new'"));
  EXPECT_EQ(Counts(by_sku), "1 1 1");
  EXPECT_THAT(Outcomes(by_sku.name()), ElementsAre(names[0] + " UPDATED", "NONE FAILED", names[2] + " UNCHANGED"));
  const auto failed = Results(by_sku.name(), 0, "outcome = FAILED");
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(FromRpcStatus(failed[0].error()).code(), absl::StatusCode::kNotFound);
}

// What fails leaves no trace, not even of what was written before it failed.
TEST_F(BulkUpdateTest, OneThatFailsDoesNotStopTheOthers) {
  const auto names = Create(3);
  Product full = MakeProduct("FULL", "Has a hundred tags");
  for (int i = 0; i < 100; ++i) full.add_tags(absl::StrCat("t", i));
  const auto created = CreateProduct(process_, full);
  ASSERT_TRUE(created.ok()) << created.status();
  const std::string sale = CreateCategory("Sale");
  auto request = Request(R"(filter: "create_time:*" add_tags: "new")");
  request.add_add_categories(sale);
  const Operation done = Run(request);
  EXPECT_EQ(Counts(done), "3 0 1");
  const auto failed = Results(done.name(), 0, "outcome = FAILED");
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].name(), created->name());
  EXPECT_THAT(WrongFields(FromRpcStatus(failed[0].error())), ElementsAre("product.tags"));
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM product_categories"), 3);
  EXPECT_EQ(Get(created->name()).etag(), "1");
  EXPECT_EQ(Number(database(), absl::StrCat("SELECT COUNT(*) FROM history WHERE type = 'catalog.storeops/Product' "
                                            "AND version > 1")),
            3);
}

TEST_F(BulkUpdateTest, AttributesMustFitEachProductsType) {
  const auto names = Create(2);
  catalog::v1::CreateProductTypeRequest type;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"(title: "Mug" attributes {key: "capacity" title: "Capacity" type: NUMBER min: 0})",
      type.mutable_product_type()));
  const auto mug = process_.Call<catalog::v1::ProductType>("ProductTypeService/CreateProductType", type);
  ASSERT_TRUE(mug.ok()) << mug.status();
  EXPECT_EQ(Counts(Run(Request(absl::StrCat("names: '", names[0], "' product { product_type: '", mug->name(),
                                            "' } update_mask { paths: 'product_type' } "
                                            "set_attributes { key: 'capacity' value { number: 300 } }")))),
            "1 0 0");
  EXPECT_EQ(Get(names[0]).attributes().at("capacity").number(), 300);
  const Operation done =
      Run(Request("filter: 'create_time:*' set_attributes { key: 'capacity' value { number: 200 } }"));
  EXPECT_EQ(Counts(done), "1 0 1");
  EXPECT_THAT(WrongFields(FromRpcStatus(Results(done.name(), 0, "outcome = FAILED")[0].error())),
              ElementsAre("product.product_type"));
  const Operation negative =
      Run(Request(absl::StrCat("names: '", names[0], "' set_attributes { key: 'capacity' value { number: -1 } }")));
  EXPECT_THAT(WrongFields(FromRpcStatus(Results(negative.name())[0].error())),
              ElementsAre("product.attributes[\"capacity\"]"));
  EXPECT_EQ(Counts(Run(Request(absl::StrCat("names: '", names[0], "' remove_attributes: 'capacity'")))), "1 0 0");
}

TEST_F(BulkUpdateTest, StopsAtTheFirstErrorIfAskedTo) {
  const auto names = Create(3);
  const Operation done = Run(Request("skus: 'B-0' skus: 'NONE' skus: 'B-2' add_tags: 'new' on_error: STOP"));
  EXPECT_EQ(Counts(done), "1 0 1 stopped");
  EXPECT_THAT(Outcomes(done.name()), ElementsAre(names[0] + " UPDATED", "NONE FAILED"));
  EXPECT_THAT(Get(names[2]).tags(), ElementsAre("old"));
}

TEST_F(BulkUpdateTest, ADryRunOnlyTells) {
  const auto names = Create(2);
  const std::string sale = CreateCategory("Sale");
  auto request = Request("skus: 'B-0' skus: 'NONE' skus: 'B-1' product { description: '" + std::string(3000, 'x') +
                         "' } update_mask { paths: 'description' } add_tags: 'new' dry_run: true");
  request.add_add_categories(sale);
  const Operation done = Run(request);
  EXPECT_EQ(Counts(done), "2 0 1");
  const auto results = Results(done.name());
  ASSERT_EQ(results.size(), 3u);
  std::vector<std::string> fields;
  for (const auto& change : results[0].changes()) fields.push_back(change.field());
  EXPECT_THAT(fields, ElementsAre("description", "tags", "categories"));
  EXPECT_EQ(results[0].changes(0).new_value().size(), 1000u);
  EXPECT_EQ(results[0].changes(1).old_value(), "[\"old\"]");
  EXPECT_EQ(results[0].changes(1).new_value(), "[\"old\",\"new\"]");
  EXPECT_EQ(Get(names[0]).etag(), "1");
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM products WHERE version > 1"), 0);
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM product_categories"), 0);
  EXPECT_EQ(Number(database(), "SELECT COUNT(*) FROM history WHERE type = 'catalog.storeops/Product' AND version > 1"),
            0);
}

TEST_F(BulkUpdateTest, WrongRequestsAreRefusedAtOnce) {
  const auto wrong = [this](const std::string& request) { return WrongFields(Begin(Request(request)).status()); };
  EXPECT_THAT(wrong("add_tags: 'new'"), ElementsAre("filter"));
  EXPECT_THAT(wrong("filter: 'colour = red' add_tags: 'new'"), ElementsAre("filter"));
  EXPECT_THAT(wrong("filter: 'tags:a'"), ElementsAre("update_mask"));
  EXPECT_THAT(wrong("collection: 'collections/99' add_tags: 'new'"), ElementsAre("collection"));
  EXPECT_THAT(wrong("collection: 'shelf' add_tags: 'new'"), ElementsAre("collection"));
  EXPECT_THAT(wrong("names: 'products/1' names: 'mug' names: 'products/01' add_tags: 'new'"),
              ElementsAre("names[1]", "names[2]"));
  EXPECT_THAT(wrong("skus: 'A' skus: 'A' add_tags: 'new'"), ElementsAre("skus[1]"));
  EXPECT_THAT(wrong("skus: 'A' product { brand: 'x' } update_mask { paths: 'brand' paths: 'variants' }"),
              ElementsAre("update_mask"));
  EXPECT_THAT(wrong("skus: 'A' on_error: 7 add_tags: 'new'"), ElementsAre("on_error"));
  EXPECT_THAT(wrong(absl::StrCat("skus: 'A' add_tags: '", std::string(65, 'x'), "'")), ElementsAre("add_tags[0]"));

  catalog::v1::ListBulkUpdateResultsRequest list;
  const auto results = [&](const std::string& operation, const std::string& token) {
    list.set_operation(operation);
    list.set_page_token(token);
    return process_.Call<catalog::v1::ListBulkUpdateResultsResponse>("ListBulkUpdateResults", list).status();
  };
  EXPECT_EQ(results("operations/catalog.99", "").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(results("products/1", "").code(), absl::StatusCode::kNotFound);
  const auto reindex = process_.Call<Operation>("ReindexProducts", catalog::v1::ReindexProductsRequest());
  ASSERT_TRUE(reindex.ok()) << reindex.status();
  EXPECT_THAT(WrongFields(results(reindex->name(), "")), ElementsAre("operation"));
  Create(1);
  const Operation done = Run(Request("skus: 'B-0' add_tags: 'new'"));
  EXPECT_THAT(WrongFields(results(done.name(), "made up")), ElementsAre("page_token"));
}

TEST_F(BulkUpdateTest, ARepeatedRequestIsOneOperation) {
  Create(1);
  const auto request = Request("skus: 'B-0' add_tags: 'new' request_id: 'once'");
  const auto first = Begin(request), second = Begin(request);
  ASSERT_TRUE(first.ok() && second.ok()) << first.status() << second.status();
  EXPECT_EQ(first->name(), second->name());
}

TEST_F(BulkUpdateTest, MoreThanTheLimitIsRefused) {
  ASSERT_TRUE(database()
                  .Execute(Soon(),
                           "INSERT INTO products (id, version, create_time, update_time, title, description, language, "
                           "translations, kind, brand, tags, options, variants) SELECT seq, 1, '2026-01-01', "
                           "'2026-01-01', 'Many', '', 'en', '', 1, '', '', '', '' FROM seq_1_to_100001")
                  .ok());
  const Operation done = Run(Request("filter: 'title = Many' add_tags: 'new'"));
  google::rpc::PreconditionFailure failure;
  const absl::Status status = FromRpcStatus(done.error());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_EQ(Reason(status), "BULK_UPDATE_TOO_LARGE");
  EXPECT_EQ(ResultCount(), 0);
}

TEST_F(BulkUpdateTest, CanBeCancelled) {
  Create(5000);
  const auto begun = Begin(Request("filter: 'tags:old' add_tags: 'new'"));
  ASSERT_TRUE(begun.ok()) << begun.status();
  ASSERT_TRUE(Eventually([&] { return ResultCount() > 0; }));
  ASSERT_TRUE(operations().Cancel(begun->name(), Soon()).ok());
  const Operation done = Await(begun->name());
  EXPECT_EQ(FromRpcStatus(done.error()).code(), absl::StatusCode::kCancelled);
  // What was done by then is done, each with its result.
  const int64_t updated = Number(database(), "SELECT COUNT(*) FROM products WHERE version = 2");
  EXPECT_EQ(ResultCount(), updated);
  EXPECT_LT(updated, 5000);
}

TEST_F(BulkUpdateTest, KilledProcessesUpdateEachProductOnce) {
  constexpr int kProducts = 4000;
  Create(kProducts);
  process_.runtime().Stop();  // serves, and leaves the work to others
  const auto begun = Begin(Request("filter: 'tags:old' remove_tags: 'old' add_tags: 'new'"));
  ASSERT_TRUE(begun.ok()) << begun.status();
  for (int kills = 0; kills < 3; ++kills) {
    const int64_t before = ResultCount();
    BackgroundProcess process(site_, "catalog");
    EXPECT_TRUE(Eventually([&] { return ResultCount() > before; }));
    process.Kill();
    EXPECT_LT(ResultCount(), kProducts);
    ExpireLeases();
  }
  ServiceProcess last(site_, {catalog::CatalogModule()}, {.data = "last"});
  last.Start();
  const auto done = last.runtime().operations().Wait(begun->name(), Soon(), Soon());
  ASSERT_TRUE(done.ok()) << done.status();
  EXPECT_EQ(Counts(*done), absl::StrCat(kProducts, " 0 0"));
  ExpectEachUpdatedOnce(kProducts);
}

// A process that was taken for dead lives on: what it has not committed when the other one takes over, it never will.
TEST_F(BulkUpdateTest, ALostLeaseLosesAndRepeatsNothing) {
  constexpr int kProducts = 8000;
  Create(kProducts);
  ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = "other"});
  other.Start();
  std::string skus;
  for (int i = 0; i < kProducts; ++i) absl::StrAppend(&skus, "skus: 'B-", i, "' ");
  const auto begun = Begin(Request(skus + "remove_tags: 'old' add_tags: 'new'"));
  ASSERT_TRUE(begun.ok()) << begun.status();
  const auto attempts = [this] { return Number(database(), "SELECT MAX(attempts) FROM operations"); };
  EXPECT_TRUE(Eventually([&] {
    ExpireLeases();
    return attempts() >= 3 || ResultCount() == kProducts;
  }));
  EXPECT_GE(attempts(), 2);
  EXPECT_EQ(Counts(Await(begun->name())), absl::StrCat(kProducts, " 0 0"));
  ExpectEachUpdatedOnce(kProducts);
}

}  // namespace
}  // namespace storeops::testing
