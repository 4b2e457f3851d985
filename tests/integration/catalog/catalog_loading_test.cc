// A process that has not loaded its products yet: what it answers is right from its first call on.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"

namespace storeops::testing {
namespace {

using catalog::v1::BatchCreateProductsRequest;
using catalog::v1::BatchCreateProductsResponse;
using catalog::v1::BatchGetProductsRequest;
using catalog::v1::BatchGetProductsResponse;
using catalog::v1::GetProductRequest;
using catalog::v1::ListProductsRequest;
using catalog::v1::ListProductsResponse;
using catalog::v1::Product;
using catalog::v1::SearchProductsRequest;
using catalog::v1::SearchProductsResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

absl::StatusOr<BatchGetProductsResponse> BatchGet(ServiceProcess& process, const std::vector<std::string>& names) {
  BatchGetProductsRequest request;
  for (const std::string& name : names) request.add_names(name);
  return process.Call<BatchGetProductsResponse>("BatchGetProducts", request);
}

ListProductsResponse List(ServiceProcess& process, int page_size, const std::string& page_token = "") {
  ListProductsRequest request;
  request.set_page_size(page_size);
  request.set_page_token(page_token);
  auto page = process.Call<ListProductsResponse>("ListProducts", request);
  EXPECT_TRUE(page.ok()) << page.status();
  return page.ok() ? *page : ListProductsResponse{};
}

// Everything, by name.
std::map<std::string, std::string> ListAll(ServiceProcess& process) {
  std::map<std::string, std::string> texts;
  std::string token;
  do {
    const ListProductsResponse page = List(process, 500, token);
    for (const Product& product : page.products()) texts[product.name()] = product.DebugString();
    token = page.next_page_token();
  } while (!token.empty());
  return texts;
}

absl::StatusOr<SearchProductsResponse> Search(ServiceProcess& process, const std::string& words) {
  SearchProductsRequest request;
  request.set_query(words);
  return process.Call<SearchProductsResponse>("SearchProducts", request);
}

// Titles in the order of the results.
std::vector<std::string> Titles(const absl::StatusOr<SearchProductsResponse>& response) {
  EXPECT_TRUE(response.ok()) << response.status();
  std::vector<std::string> titles;
  if (!response.ok()) return titles;
  for (const auto& result : response->results()) titles.push_back(result.product().title());
  return titles;
}

void AwaitFound(ServiceProcess& process, const std::string& words, int count) {
  ASSERT_TRUE(Eventually([&] {
    const auto response = Search(process, words);
    return response.ok() && response->estimated_total() == count;
  })) << words;
}

// Products "Item 0", "Item 1"...; their names.
std::vector<std::string> CreateMany(ServiceProcess& process, int count) {
  constexpr int kBatch = 200;
  std::vector<std::string> names;
  for (int first = 0; first < count; first += kBatch) {
    BatchCreateProductsRequest batch;
    for (int i = first; i < std::min(first + kBatch, count); ++i) {
      *batch.add_requests()->mutable_product() = MakeProduct(absl::StrCat("ITEM-", i), absl::StrCat("Item ", i));
    }
    const auto created = process.Call<BatchCreateProductsResponse>("BatchCreateProducts", batch);
    EXPECT_TRUE(created.ok()) << created.status();
    if (!created.ok()) break;
    for (const Product& product : created->products()) names.push_back(product.name());
  }
  return names;
}

TEST(CatalogLoadingTest, ReadsAreTheSameBeforeAndAfter) {
  Site site;
  ServiceProcess writer(site, {catalog::CatalogModule()});
  writer.Start();
  const std::vector<std::string> names = CreateMany(writer, 25);
  ASSERT_THAT(names, SizeIs(25));
  ASSERT_TRUE(Delete(writer, names[3]).ok());
  ASSERT_TRUE(Retitle(writer, names[4], "Renamed").ok());

  ServiceProcess process(site, {catalog::CatalogModule()}, {.data = "second"});
  const ListProductsResponse first = List(process, 10);
  EXPECT_EQ(first.SerializeAsString(), List(writer, 10).SerializeAsString()) << "the page token, too";
  for (const bool loaded : {false, true}) {
    if (loaded) process.Start();
    for (const std::string& name : {names[4], names[3]}) {
      ASSERT_TRUE(FetchProduct(process, name).ok());
      EXPECT_EQ(FetchProduct(process, name)->SerializeAsString(), FetchProduct(writer, name)->SerializeAsString());
    }
    EXPECT_EQ(FetchProduct(process, "products/987654").status().code(), absl::StatusCode::kNotFound);
    const auto several = BatchGet(process, {names[7], names[4]});
    ASSERT_TRUE(several.ok()) << several.status();
    EXPECT_EQ(several->SerializeAsString(), BatchGet(writer, {names[7], names[4]})->SerializeAsString());
    EXPECT_EQ(List(process, 10, first.next_page_token()).SerializeAsString(),
              List(writer, 10, first.next_page_token()).SerializeAsString())
        << "a list begun before the load goes on behind it";
    EXPECT_EQ(ListAll(process), ListAll(writer));
  }
}

TEST(CatalogLoadingTest, AnEmptyShopIsLoaded) {
  Site site;
  ServiceProcess process(site, {catalog::CatalogModule()});
  EXPECT_THAT(ListAll(process), IsEmpty());
  process.Start();
  EXPECT_THAT(ListAll(process), IsEmpty());
  AwaitFound(process, "", 0);
}

TEST(CatalogLoadingTest, WhatIsNotLoadedIsNeverBehind) {
  Site site;
  ServiceProcess writer(site, {catalog::CatalogModule()});
  writer.Start();
  ServiceProcess process(site, {catalog::CatalogModule()}, {.data = "second"});
  const std::string name = CreateProduct(writer, MakeProduct("A", "zero"))->name();
  for (int i = 0; i < 20; ++i) {
    // In turns: own writes do not hide those of others.
    ServiceProcess& one = i % 2 == 0 ? writer : process;
    const auto updated = Retitle(one, name, absl::StrCat("title ", i));
    ASSERT_TRUE(updated.ok()) << updated.status();
    ASSERT_EQ(FetchProduct(process, name)->SerializeAsString(), updated->SerializeAsString());
    ASSERT_EQ(BatchGet(process, {name})->products(0).SerializeAsString(), updated->SerializeAsString());
    ASSERT_EQ(List(process, 10).products(0).SerializeAsString(), updated->SerializeAsString());
  }
  process.Start();
  const auto listed = ListAll(process);
  EXPECT_TRUE(Eventually([&] { return ListAll(writer) == listed; }));
}

TEST(CatalogLoadingTest, SearchShowsWhatTheDatabaseHas) {
  Site site;
  ServiceProcess writer(site, {catalog::CatalogModule()});
  writer.Start();
  std::vector<std::string> names;
  {
    ServiceProcess before(site, {catalog::CatalogModule()}, {.data = "restarted"});
    before.Start();
    names = CreateMany(before, 4);
    AwaitFound(before, "item", 4);
  }
  ASSERT_TRUE(Delete(writer, names[0]).ok());
  ASSERT_TRUE(Retitle(writer, names[1], "Item with another title").ok());

  ServiceProcess process(site, {catalog::CatalogModule()}, {.data = "restarted"});
  EXPECT_THAT(Titles(Search(process, "item")),
              ::testing::UnorderedElementsAre("Item with another title", "Item 2", "Item 3"));
  const auto one = Search(process, "2");
  ASSERT_THAT(Titles(one), ElementsAre("Item 2"));
  EXPECT_EQ(one->results(0).highlights(0).snippet(), "Item <em>2</em>");
  process.Start();
  AwaitFound(process, "another", 1);
  AwaitFound(process, "item", 3);
  EXPECT_THAT(Titles(Search(process, "another")), ElementsAre("Item with another title"));
}

TEST(CatalogLoadingTest, AnIndexIsBuiltOnlyFromWhatIsLoaded) {
  Site site;
  ServiceProcess writer(site, {catalog::CatalogModule()});
  writer.Start();
  ASSERT_THAT(CreateMany(writer, 700), SizeIs(700));
  ServiceProcess process(site, {catalog::CatalogModule()}, {.data = "second"});
  const auto refused = Search(process, "item");
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kUnavailable) << refused.status();
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(refused.status(), &info));
  EXPECT_EQ(info.reason(), "SEARCH_INDEX_BUILDING");
  process.BeginToLoad();
  // Not for a moment a part of them.
  ASSERT_TRUE(Eventually([&] { return Search(process, "item").ok(); }));
  EXPECT_EQ(Search(process, "item")->estimated_total(), 700);
}

// Whatever the load has come to at each moment: these hold before, while and after it.
TEST(CatalogLoadingTest, WritesAreReadAndFoundAllTheWhile) {
  Site site;
  ServiceProcess other(site, {catalog::CatalogModule()}, {.data = "other"});
  other.Start();
  std::vector<std::string> names;
  {
    ServiceProcess before(site, {catalog::CatalogModule()}, {.data = "restarted"});
    before.Start();
    names = CreateMany(before, 1500);
    AwaitFound(before, "item", 1500);
  }
  ServiceProcess process(site, {catalog::CatalogModule()}, {.data = "restarted"});
  process.BeginToLoad();
  std::set<std::string> deleted;
  size_t rounds = 0;
  for (bool loaded = false; rounds < 10 || !loaded; ++rounds) {
    ASSERT_LT(rounds, names.size() / 2) << "it takes too long to load";
    loaded = process.Loaded();
    const std::string title = absl::StrCat("Zeppelin", rounds);
    const auto created = CreateProduct(process, MakeProduct(title, title));
    ASSERT_TRUE(created.ok()) << created.status();
    ASSERT_EQ(FetchProduct(process, created->name())->title(), title);
    // From the end, where the load comes last.
    const std::string& own = names[names.size() - 1 - 2 * rounds];
    const std::string& others = names[names.size() - 2 - 2 * rounds];
    ASSERT_TRUE(Delete(process, own).ok());
    ASSERT_TRUE(FetchProduct(process, own)->has_delete_time());
    ASSERT_TRUE(Delete(other, others).ok());
    ASSERT_TRUE(Eventually([&] { return FetchProduct(process, others)->has_delete_time(); }));
    deleted.insert({own, others});
    ASSERT_TRUE(Eventually([&] { return Titles(Search(process, title)) == std::vector{title}; }));
  }
  AwaitFound(process, "item", static_cast<int>(names.size() - deleted.size()));
  const auto listed = ListAll(process);
  EXPECT_EQ(listed.size(), names.size() - deleted.size() + rounds);
  for (const std::string& name : deleted) EXPECT_FALSE(listed.contains(name)) << name;
  EXPECT_TRUE(Eventually([&] { return ListAll(other) == listed; }));
}

TEST(CatalogLoadingTest, MayEndWhileItLoads) {
  Site site;
  std::vector<std::string> names;
  {
    ServiceProcess writer(site, {catalog::CatalogModule()});
    writer.Start();
    names = CreateMany(writer, 1200);
    AwaitFound(writer, "item", 1200);
  }
  for (int i = 0; i < 3; ++i) {
    ServiceProcess process(site, {catalog::CatalogModule()});
    process.BeginToLoad();
    EXPECT_TRUE(Delete(process, names[i]).ok());
  }
  ServiceProcess process(site, {catalog::CatalogModule()});
  process.Start();
  EXPECT_THAT(ListAll(process), SizeIs(1197));
  AwaitFound(process, "item", 1197);
}

}  // namespace
}  // namespace storeops::testing
