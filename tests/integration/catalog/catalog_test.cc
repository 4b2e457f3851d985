// The catalogue's products through the pipeline, on a real database.
#include <map>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/status_details.h"

namespace storeops::testing {
namespace {

using catalog::v1::BatchCreateProductsRequest;
using catalog::v1::BatchCreateProductsResponse;
using catalog::v1::BatchGetProductsRequest;
using catalog::v1::BatchGetProductsResponse;
using catalog::v1::GetProductRequest;
using catalog::v1::ListProductHistoryRequest;
using catalog::v1::ListProductHistoryResponse;
using catalog::v1::ListProductsRequest;
using catalog::v1::ListProductsResponse;
using catalog::v1::LookupProductsRequest;
using catalog::v1::LookupProductsResponse;
using catalog::v1::Product;
using catalog::v1::UndeleteProductRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

absl::StatusOr<Product> Undelete(ServiceProcess& process, const std::string& name) {
  UndeleteProductRequest request;
  request.set_name(name);
  return process.Call<Product>("UndeleteProduct", request);
}

// All pages of a list.
std::vector<Product> ListAll(ServiceProcess& process, const std::string& filter, int page_size) {
  std::vector<Product> products;
  ListProductsRequest request;
  request.set_filter(filter);
  request.set_page_size(page_size);
  do {
    auto page = process.Call<ListProductsResponse>("ListProducts", request);
    EXPECT_TRUE(page.ok()) << page.status();
    if (!page.ok()) break;
    for (const Product& product : page->products()) products.push_back(product);
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return products;
}

class CatalogTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  Product Create(const std::string& sku, const std::string& title) {
    auto product = CreateProduct(process_, MakeProduct(sku, title));
    EXPECT_TRUE(product.ok()) << product.status();
    return product.ok() ? *product : Product{};
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
};

TEST_F(CatalogTest, CreatesWithDefaultsAndGets) {
  Product wanted = MakeProduct("M-1", "Mug");
  wanted.add_tags("  kitchen ");
  const auto created = CreateProduct(process_, wanted);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_THAT(created->name(), ::testing::StartsWith("products/"));
  EXPECT_FALSE(created->etag().empty());
  EXPECT_EQ(created->kind(), Product::GOODS);
  EXPECT_EQ(created->language(), "en");
  EXPECT_THAT(created->tags(), ElementsAre("kitchen"));
  const auto got = FetchProduct(process_, created->name());
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->SerializeAsString(), created->SerializeAsString());
}

TEST_F(CatalogTest, NamesEachFieldThatBreaksARule) {
  Product product = MakeProduct("A", "");
  product.add_variants()->set_sku("A");
  product.add_tags("x");
  product.add_tags("x");
  const auto created = CreateProduct(process_, product);
  EXPECT_EQ(created.status().code(), absl::StatusCode::kInvalidArgument) << created.status();
  EXPECT_THAT(WrongFields(created.status()), ::testing::IsSupersetOf({"product.tags[1]", "product.variants[1].sku"}));
  EXPECT_THAT(ListAll(process_, "", 10), IsEmpty());
}

TEST_F(CatalogTest, AWriterReadsItsOwnWrites) {
  const Product product = Create("A", "title 0");
  for (int i = 1; i <= 50; ++i) {
    const std::string title = absl::StrCat("title ", i);
    const auto updated = Retitle(process_, product.name(), title);
    ASSERT_TRUE(updated.ok()) << updated.status();
    ASSERT_EQ(FetchProduct(process_, product.name())->SerializeAsString(), updated->SerializeAsString());
    ASSERT_EQ(ListAll(process_, "", 10)[0].title(), title);
  }
}

TEST_F(CatalogTest, RefusesAnOldEtag) {
  const Product product = Create("A", "one");
  ASSERT_TRUE(Retitle(process_, product.name(), "two", product.etag()).ok());
  EXPECT_EQ(Retitle(process_, product.name(), "three", product.etag()).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(FetchProduct(process_, product.name())->title(), "two");
}

TEST_F(CatalogTest, ListsInPagesAndTheSameFromTheDatabase) {
  std::vector<std::string> names;
  for (int i = 0; i < 25; ++i) names.push_back(Create(absl::StrCat("S-", i), absl::StrCat("Product ", i)).name());
  ASSERT_TRUE(Delete(process_, names[10]).ok());
  names.erase(names.begin() + 10);
  for (int page_size : {1, 7, 8, 100}) {
    std::vector<std::string> listed;
    for (const Product& product : ListAll(process_, "", page_size)) listed.push_back(product.name());
    EXPECT_EQ(listed, names) << page_size;
    // A filter sends the list to the database.
    listed.clear();
    for (const Product& product : ListAll(process_, "language = \"en\"", page_size)) listed.push_back(product.name());
    EXPECT_EQ(listed, names) << page_size;
  }
  ListProductsRequest request;
  request.set_page_token("made up");
  EXPECT_THAT(WrongFields(process_.Call<ListProductsResponse>("ListProducts", request).status()),
              ElementsAre("page_token"));
}

TEST_F(CatalogTest, BatchGetsAndLooksUp) {
  const Product a = Create("A-1", "one");
  const Product b = Create("B-1", "two");
  BatchGetProductsRequest batch;
  batch.add_names(b.name());
  batch.add_names(a.name());
  auto got = process_.Call<BatchGetProductsResponse>("BatchGetProducts", batch);
  ASSERT_TRUE(got.ok()) << got.status();
  ASSERT_THAT(got->products(), SizeIs(2));
  EXPECT_EQ(got->products(0).name(), b.name());
  batch.add_names("products/999999");
  EXPECT_EQ(process_.Call<BatchGetProductsResponse>("BatchGetProducts", batch).status().code(),
            absl::StatusCode::kNotFound);

  LookupProductsRequest lookup;
  for (const char* sku : {"B-1", "none", "A-1", "B-1", "none", "a-1"}) lookup.add_skus(sku);
  auto found = process_.Call<LookupProductsResponse>("LookupProducts", lookup);
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_THAT(found->products(), SizeIs(2));
  EXPECT_EQ(found->products(0).name(), b.name());
  EXPECT_EQ(found->products(1).name(), a.name());
  EXPECT_THAT(found->missing_skus(), ElementsAre("none", "a-1"));
}

TEST_F(CatalogTest, DeletedProductsLeaveReadsAndGiveTheirSkusFree) {
  const Product product = Create("A", "one");
  ASSERT_TRUE(Delete(process_, product.name()).ok());
  EXPECT_THAT(ListAll(process_, "", 10), IsEmpty());
  LookupProductsRequest lookup;
  lookup.add_skus("A");
  EXPECT_THAT(process_.Call<LookupProductsResponse>("LookupProducts", lookup)->missing_skus(), ElementsAre("A"));

  const Product other = Create("A", "two");
  EXPECT_EQ(Undelete(process_, product.name()).status().code(), absl::StatusCode::kAlreadyExists);
  ASSERT_TRUE(Delete(process_, other.name()).ok());
  ASSERT_TRUE(Undelete(process_, product.name()).ok());
  EXPECT_EQ(FetchProduct(process_, product.name())->title(), "one");
  ASSERT_THAT(ListAll(process_, "", 10), SizeIs(1));

  ListProductHistoryRequest history;
  history.set_name(product.name());
  auto entries = process_.Call<ListProductHistoryResponse>("ListProductHistory", history);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(entries->entries(), SizeIs(3));
}

TEST_F(CatalogTest, SkusAreUniqueOverAllProducts) {
  Create("A", "one");
  EXPECT_EQ(CreateProduct(process_, MakeProduct("A", "two")).status().code(), absl::StatusCode::kAlreadyExists);
  Create("a", "case counts");
}

TEST_F(CatalogTest, ARepeatedRequestIdGivesTheSameProduct) {
  catalog::v1::CreateProductRequest request;
  *request.mutable_product() = MakeProduct("A", "one");
  request.set_request_id("once");
  const auto first = process_.Call<Product>("CreateProduct", request);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(process_.Call<Product>("CreateProduct", request)->name(), first->name());
  EXPECT_THAT(ListAll(process_, "", 10), SizeIs(1));
}

TEST_F(CatalogTest, AStartFindsWhatWasWrittenBefore) {
  const Product kept = Create("A", "one");
  const Product gone = Create("B", "two");
  ASSERT_TRUE(Delete(process_, gone.name()).ok());
  ServiceProcess second(site_, {catalog::CatalogModule()}, {.data = "second"});
  second.Start();
  const std::vector<Product> listed = ListAll(second, "", 10);
  ASSERT_THAT(listed, SizeIs(1));
  EXPECT_EQ(listed[0].SerializeAsString(), kept.SerializeAsString());
}

// Random creates, updates, deletions and undeletions by two processes on one database at once.
void WriteAtRandom(ServiceProcess& process, int seed) {
  std::mt19937 random(seed);
  std::vector<std::string> names;
  for (int i = 0; i < 120; ++i) {
    const int what = static_cast<int>(random() % 10);
    if (names.empty() || what < 4) {
      auto product = CreateProduct(process, MakeProduct(absl::StrCat(seed, "-", i), absl::StrCat("by ", seed)));
      ASSERT_TRUE(product.ok()) << product.status();
      names.push_back(product->name());
      continue;
    }
    // Also what the other process made: ids are short.
    const std::string name = what < 8 ? names[random() % names.size()] : absl::StrCat("products/", random() % 100 + 1);
    const absl::Status status = random() % 3 != 0   ? Retitle(process, name, absl::StrCat(seed, " ", i)).status()
                                : random() % 2 == 0 ? Delete(process, name).status()
                                                    : Undelete(process, name).status();
    ASSERT_NE(status.code(), absl::StatusCode::kInternal) << status;
  }
}

TEST_F(CatalogTest, SnapshotsOfTwoProcessesEqualTheDatabase) {
  ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = "other"});
  other.Start();
  std::thread one([&] { WriteAtRandom(process_, 1); });
  std::thread two([&] { WriteAtRandom(other, 2); });
  one.join();
  two.join();

  auto as_text = [](const std::vector<Product>& products) {
    std::map<std::string, std::string> texts;
    for (const Product& product : products) texts[product.name()] = product.DebugString();
    return texts;
  };
  const auto stored = as_text(ListAll(process_, "language = \"en\"", 500));
  ASSERT_GT(stored.size(), 20);
  EXPECT_TRUE(Eventually([&] { return as_text(ListAll(process_, "", 500)) == stored; }));
  EXPECT_TRUE(Eventually([&] { return as_text(ListAll(other, "", 500)) == stored; }));
}

TEST_F(CatalogTest, OtherProcessesSeeAWriteWithinASecond) {
  ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = "other"});
  other.Start();
  const Product product = Create("A", "one");
  ASSERT_TRUE(Eventually([&] { return ListAll(other, "", 10).size() == 1; }));
  ASSERT_TRUE(Retitle(process_, product.name(), "two").ok());
  EXPECT_TRUE(Eventually([&] { return FetchProduct(other, product.name())->title() == "two"; }));
}

TEST_F(CatalogTest, BatchesAreAllOrNothing) {
  BatchCreateProductsRequest batch;
  for (const char* sku : {"A", "B", "A"}) *batch.add_requests()->mutable_product() = MakeProduct(sku, sku);
  EXPECT_FALSE(process_.Call<BatchCreateProductsResponse>("BatchCreateProducts", batch).ok());
  EXPECT_THAT(ListAll(process_, "", 10), IsEmpty());
  batch.mutable_requests()->RemoveLast();
  const auto created = process_.Call<BatchCreateProductsResponse>("BatchCreateProducts", batch);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_THAT(ListAll(process_, "", 10), SizeIs(2));
}

}  // namespace
}  // namespace storeops::testing
