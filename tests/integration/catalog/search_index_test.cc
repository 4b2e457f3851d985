// The product index as a copy that can be lost: missing, damaged or shared folders, and rebuilding while in use.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "gmock/gmock.h"
#include "google/longrunning/operations.pb.h"
#include "gtest/gtest.h"
#include "services/catalog/products/product_follower.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"

namespace storeops::testing {
namespace {

namespace fs = std::filesystem;
using catalog::ProductFollower;
using catalog::ProductMemory;
using catalog::v1::Product;
using catalog::v1::ReindexProductsRequest;
using catalog::v1::ReindexProductsResponse;
using catalog::v1::SearchProductsRequest;
using catalog::v1::SearchProductsResponse;
using google::longrunning::Operation;

int64_t Count(ServiceProcess& process, const std::string& query) {
  SearchProductsRequest request;
  request.set_query(query);
  const auto response = process.Call<SearchProductsResponse>("SearchProducts", request);
  return response.ok() ? response->estimated_total() : -1;
}

bool AwaitCount(ServiceProcess& process, const std::string& query, int64_t count) {
  return Eventually([&] { return Count(process, query) == count; });
}

void CreateMany(ServiceProcess& process, const std::string& prefix, int count) {
  for (int done = 0; done < count;) {
    catalog::v1::BatchCreateProductsRequest batch;
    for (int i = 0; i < 500 && done < count; ++i, ++done) {
      *batch.add_requests()->mutable_product() =
          MakeProduct(absl::StrCat(prefix, "-", done), absl::StrCat("Mug ", prefix, " ", done));
    }
    auto created = process.Call<catalog::v1::BatchCreateProductsResponse>("BatchCreateProducts", batch);
    ASSERT_TRUE(created.ok()) << created.status();
  }
}

std::string IndexFolder(const Site& site, const std::string& data = "data") {
  return site.folder() + "/" + data + "/catalog/product-index-1";
}

TEST(SearchIndexTest, GoesOnWhereItStopped) {
  Site site;
  {
    ServiceProcess process(site, {catalog::CatalogModule()});
    process.Start();
    CreateMany(process, "first", 10);
    ASSERT_TRUE(AwaitCount(process, "mug", 10));
  }
  {
    ServiceProcess elsewhere(site, {catalog::CatalogModule()}, {.data = "elsewhere"});
    elsewhere.Start();
    CreateMany(elsewhere, "second", 5);
  }
  const auto made = fs::last_write_time(IndexFolder(site) + "/iamglass");
  ServiceProcess again(site, {catalog::CatalogModule()});
  again.Start();
  EXPECT_TRUE(AwaitCount(again, "mug", 15));
  EXPECT_TRUE(AwaitCount(again, "second", 5));
  EXPECT_GT(fs::last_write_time(IndexFolder(site) + "/iamglass"), made);
}

TEST(SearchIndexTest, IsBuiltAnewWhenItsFolderIsGone) {
  Site site;
  {
    ServiceProcess process(site, {catalog::CatalogModule()});
    process.Start();
    CreateMany(process, "first", 20);
    ASSERT_TRUE(AwaitCount(process, "mug", 20));
  }
  fs::remove_all(IndexFolder(site));
  ServiceProcess again(site, {catalog::CatalogModule()});
  again.Start();
  EXPECT_TRUE(AwaitCount(again, "mug", 20));
}

TEST(SearchIndexTest, IsBuiltAnewWhenItsFilesAreDamaged) {
  Site site;
  {
    ServiceProcess process(site, {catalog::CatalogModule()});
    process.Start();
    CreateMany(process, "first", 20);
    ASSERT_TRUE(AwaitCount(process, "mug", 20));
  }
  for (const auto& file : fs::directory_iterator(IndexFolder(site))) {
    std::ofstream(file.path(), std::ios::trunc) << "not an index";
  }
  ServiceProcess again(site, {catalog::CatalogModule()});
  again.Start();
  EXPECT_TRUE(AwaitCount(again, "mug", 20));
}

TEST(SearchIndexTest, IsBuiltAnewWhenDamagedWhileInUse) {
  Site site;
  ServiceProcess process(site, {catalog::CatalogModule()});
  process.Start();
  CreateMany(process, "first", 2000);
  ASSERT_TRUE(AwaitCount(process, "mug", 2000));
  const std::string table = IndexFolder(site) + "/postlist.glass";
  const auto size = fs::file_size(table);
  std::ofstream(table, std::ios::in | std::ios::out) << std::string(size, '\x5a');
  ASSERT_TRUE(CreateProduct(process, MakeProduct("after", "Mug after")).ok());
  // Nothing is lost: neither what the damaged index had nor what was written since.
  EXPECT_TRUE(AwaitCount(process, "after", 1));
  EXPECT_TRUE(AwaitCount(process, "mug", 2001));
}

TEST(SearchIndexTest, ProcessesThatShareAFolderHaveAnIndexEach) {
  Site site;
  ServiceProcess one(site, {catalog::CatalogModule()});
  ServiceProcess two(site, {catalog::CatalogModule()});
  one.Start();
  two.Start();
  CreateMany(one, "first", 3);
  EXPECT_TRUE(AwaitCount(one, "mug", 3));
  EXPECT_TRUE(AwaitCount(two, "mug", 3));
  EXPECT_TRUE(fs::exists(site.folder() + "/data/catalog/product-index-2"));
}

TEST(SearchIndexTest, ReindexesAsAnOperation) {
  Site site;
  ServiceProcess process(site, {catalog::CatalogModule()});
  process.Start();
  CreateMany(process, "first", 1200);
  ReindexProductsRequest request;
  request.set_request_id("once");
  auto started = process.Call<Operation>("ReindexProducts", request);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(process.Call<Operation>("ReindexProducts", request)->name(), started->name());
  const absl::Time end = absl::Now() + absl::Seconds(30);
  auto ended = process.runtime().operations().Wait(started->name(), end, end);
  ASSERT_TRUE(ended.ok()) << ended.status();
  ASSERT_TRUE(ended->done());
  ReindexProductsResponse response;
  ASSERT_TRUE(ended->response().UnpackTo(&response)) << ended->DebugString();
  EXPECT_EQ(response.products(), 1200);
  EXPECT_EQ(Count(process, "mug"), 1200);
}

// An operation that is told to stop after a number of pages.
class FakeOperation final : public jobs::OperationContext {
 public:
  explicit FakeOperation(int pages, std::string checkpoint = "") : pages_(pages), checkpoint_(std::move(checkpoint)) {}
  int64_t id() const override { return 1; }
  const std::string& request() const override { return empty_; }
  const std::string& creator() const override { return empty_; }
  const std::string& checkpoint() const override { return checkpoint_; }
  int attempt() const override { return 1; }
  absl::Status Progress(int64_t done, int64_t total, std::string checkpoint) override {
    EXPECT_LE(done, total);
    checkpoint_ = std::move(checkpoint);
    if (--pages_ > 0) return absl::OkStatus();
    return absl::CancelledError("the operation was cancelled");
  }
  absl::Status ProgressIn(db::Session&, int64_t done, int64_t total, std::string checkpoint) override {
    return Progress(done, total, std::move(checkpoint));
  }
  bool Cancelled() const override { return pages_ <= 0; }

 private:
  int pages_;
  std::string checkpoint_;
  const std::string empty_;
};

TEST(SearchIndexTest, ReindexStopsWhenCancelledAndGoesOnFromItsCheckpoint) {
  Site site;
  ServiceProcess process(site, {catalog::CatalogModule()});
  process.Start();
  CreateMany(process, "first", 1700);
  Environment& environment = process.runtime().environment();
  auto products = resource::Resource::Open(environment.store, environment.page_tokens, Product::default_instance());
  ASSERT_TRUE(products.ok()) << products.status();
  ProductMemory memory;
  ProductFollower follower(**products, environment.store, memory, nullptr, size_t{1} << 30);
  ASSERT_TRUE(follower.Open(site.folder()).ok());
  follower.Start();
  ASSERT_TRUE(Eventually([&] { return follower.Snapshot() != nullptr; }));

  FakeOperation cancelled(2);
  EXPECT_EQ(follower.Reindex(cancelled).status().code(), absl::StatusCode::kCancelled);
  FakeOperation resumed(100, cancelled.checkpoint());
  auto count = follower.Reindex(resumed);
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_EQ(*count, 1700);
  EXPECT_GT(resumed.checkpoint(), cancelled.checkpoint());
  auto found = follower.Search({.words = "mug"});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->estimated_total, 1700);
}

TEST(SearchIndexTest, ReindexMendsAnIndexThatDiffersFromTheDatabase) {
  Site site;
  ServiceProcess process(site, {catalog::CatalogModule()});
  process.Start();
  CreateMany(process, "first", 30);
  ASSERT_TRUE(AwaitCount(process, "mug", 30));
  // Behind the service's back: no change reaches the feed.
  auto& database = process.runtime().database();
  const absl::Time end = absl::Now() + absl::Seconds(30);
  ASSERT_TRUE(
      database.Execute(end, "UPDATE products SET title = 'Saucer', version = version + 1 WHERE id % 2 = 0").ok());
  ASSERT_EQ(Count(process, "saucer"), 0);
  auto started = process.Call<Operation>("ReindexProducts", ReindexProductsRequest());
  ASSERT_TRUE(started.ok()) << started.status();
  auto ended = process.runtime().operations().Wait(started->name(), end, end);
  ASSERT_TRUE(ended.ok() && ended->done());
  EXPECT_EQ(Count(process, "saucer"), 15);
  EXPECT_EQ(Count(process, "mug"), 15);
}

TEST(SearchIndexTest, IsBuiltFromTheDatabaseWhereProductsDoNotFitIntoMemory) {
  Site site;
  {
    ServiceProcess process(site, {catalog::CatalogModule()});
    process.Start();
    CreateMany(process, "roomy", 700);
    ASSERT_TRUE(Delete(process, "products/3").ok());
    ASSERT_TRUE(AwaitCount(process, "mug", 699));
  }
  ModuleInfo tight = catalog::CatalogModule();
  ASSERT_EQ(tight.flags.at(0).name, "product-memory");
  tight.flags[0].value = int64_t{0};
  ServiceProcess process(site, {tight}, {.data = "elsewhere"});
  process.BeginToLoad();
  ASSERT_TRUE(AwaitCount(process, "mug", 699));
  EXPECT_FALSE(process.Loaded());
  // It follows the feed, and is rebuilt while it is in use.
  CreateMany(process, "late", 3);
  ASSERT_TRUE(Delete(process, "products/4").ok());
  ASSERT_TRUE(AwaitCount(process, "mug", 701));
  const auto started = process.Call<Operation>("ReindexProducts", ReindexProductsRequest());
  ASSERT_TRUE(started.ok()) << started.status();
  operations::v1::WaitOperationRequest wait;
  wait.set_name(started->name());
  ASSERT_TRUE(Eventually([&] {
    const auto operation = process.Call<Operation>("WaitOperation", wait);
    return operation.ok() && operation->done() && !operation->has_error();
  }));
  EXPECT_EQ(Count(process, "mug"), 701);
  EXPECT_EQ(Count(process, "late"), 3);
}

}  // namespace
}  // namespace storeops::testing
