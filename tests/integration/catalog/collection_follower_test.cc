// Members of rule-based collections against what the rules say of every product, after random edits by two processes
// and after processes were killed.
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "services/catalog/collections/collection_rule.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "storeops/catalog/v1/collection_service.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/database_helpers.h"

namespace storeops::testing {
namespace {

using catalog::v1::Category;
using catalog::v1::Collection;
using catalog::v1::Product;
// Names of collection and product.
using Members = std::set<std::pair<std::string, std::string>>;

class CollectionFollowerTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  template <class Response, class Item, class Request>
  std::vector<Item> All(const std::string& method, Request request,
                        const google::protobuf::RepeatedPtrField<Item>& (Response::*items)() const) {
    std::vector<Item> all;
    request.set_page_size(500);
    do {
      const auto page = process_.Call<Response>(method, request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      const auto& found = ((*page).*items)();
      all.insert(all.end(), found.begin(), found.end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return all;
  }
  std::vector<Product> Products(const std::string& filter = "create_time:*") {
    catalog::v1::ListProductsRequest request;
    request.set_filter(filter);  // from the database
    return All<catalog::v1::ListProductsResponse, Product>("ListProducts", request,
                                                           &catalog::v1::ListProductsResponse::products);
  }
  std::vector<Collection> Collections() {
    return All<catalog::v1::ListCollectionsResponse, Collection>("CollectionService/ListCollections",
                                                                 catalog::v1::ListCollectionsRequest(),
                                                                 &catalog::v1::ListCollectionsResponse::collections);
  }
  catalog::CategoryParents Parents() {
    catalog::CategoryParents parents;
    for (const Category& category : All<catalog::v1::ListCategoriesResponse, Category>(
             "CategoryService/ListCategories", catalog::v1::ListCategoriesRequest(),
             &catalog::v1::ListCategoriesResponse::categories)) {
      parents[category.name()] = category.parent();
    }
    return parents;
  }

  // What the members are to be: every product held against every rule.
  Members FullEvaluation() {
    Members members;
    const std::vector<Product> products = Products();
    const catalog::CategoryParents parents = Parents();
    for (const Collection& collection : Collections()) {
      const auto rule = catalog::CollectionRule::Parse(collection.rule());
      EXPECT_TRUE(rule.ok()) << rule.status();
      for (const Product& product : products) {
        if (rule->Matches(catalog::RuleSubject(product, parents), absl::Now())) {
          members.emplace(collection.name(), product.name());
        }
      }
    }
    return members;
  }
  Members StoredMembers() {
    Members members;
    const auto rows =
        process_.runtime().database().Query(Soon(), "SELECT collection_id, product_id FROM collection_products");
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (size_t row = 0; row < rows->size(); ++row) {
      members.emplace(absl::StrCat("collections/", rows->Int(row, 0)), absl::StrCat("products/", rows->Int(row, 1)));
    }
    return members;
  }
  void ExpectMembersBecomeRight() {
    const Members expected = FullEvaluation();
    EXPECT_GT(expected.size(), 100u);
    EXPECT_TRUE(Eventually([&] { return StoredMembers() == expected; }));
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
};

// Random edits through either of two processes.
class Editor {
 public:
  Editor(ServiceProcess& a, ServiceProcess& b) : processes_{&a, &b} {}

  void Edit() {
    switch (Pick(20)) {
      case 0:
      case 1:
        return WriteCollection();
      case 2:
        return Pick(2) ? MoveCategory() : ToggleDeleted(&products_, "DeleteProduct", "UndeleteProduct");
      case 3:
        return ToggleDeleted(&collections_, "CollectionService/DeleteCollection",
                             "CollectionService/UndeleteCollection");
      case 4:
      case 5:
        return CreateProduct();
      default:
        return UpdateProduct();
    }
  }
  void CreateProduct() {
    catalog::v1::CreateProductRequest request;
    Fill(request.mutable_product());
    request.mutable_product()->add_variants()->set_sku(absl::StrCat("E-", products_.size()));
    if (Pick(4) > 0) {
      auto* price = request.mutable_product()->mutable_variants(0)->mutable_price();
      price->set_currency_code(Pick(5) > 0 ? "EUR" : "GBP");
      price->set_units(Pick(5));
    }
    products_.push_back({Must<Product>("CreateProduct", request).name(), false});
  }
  void CreateCategory() {
    catalog::v1::CreateCategoryRequest request;
    request.mutable_category()->set_title(absl::StrCat("C", categories_.size()));
    if (!categories_.empty()) request.mutable_category()->set_parent(categories_[Pick(categories_.size())]);
    categories_.push_back(Must<Category>("CategoryService/CreateCategory", request).name());
  }
  void CreateCollection() {
    catalog::v1::CreateCollectionRequest request;
    request.mutable_collection()->set_title("Random");
    request.mutable_collection()->set_rule(Rule(2));
    collections_.push_back({Must<Collection>("CollectionService/CreateCollection", request).name(), false});
  }

 private:
  struct Thing {
    std::string name;
    bool deleted;
  };

  int Pick(size_t n) { return std::uniform_int_distribution<int>(0, static_cast<int>(n) - 1)(random_); }
  std::string Word() { return std::string(1, static_cast<char>('a' + Pick(5))); }

  template <class Response, class Request>
  Response Must(const std::string& method, const Request& request) {
    const auto response = processes_[Pick(2)]->Call<Response>(method, request);
    EXPECT_TRUE(response.ok()) << method << ": " << response.status() << " " << request.ShortDebugString();
    return response.ok() ? *response : Response();
  }

  void Fill(Product* product) {
    product->set_title(Word() + Word() + Word());
    product->set_brand(Pick(4) > 0 ? Word() : "");
    product->set_kind(Pick(3) > 0 ? Product::GOODS : Product::SERVICE);
    std::set<std::string> tags, categories;
    for (int i = Pick(4); i > 0; --i) tags.insert(Word());
    for (int i = Pick(3); i > 0; --i) categories.insert(categories_[Pick(categories_.size())]);
    product->mutable_tags()->Assign(tags.begin(), tags.end());
    product->mutable_categories()->Assign(categories.begin(), categories.end());
  }
  std::string Condition() {
    switch (Pick(8)) {
      case 0:
        return absl::StrCat("brand = ", Word());
      case 1:
        return absl::StrCat("tags:", Word());
      case 2:
        return absl::StrCat("title:\"*", Word(), "*\"");
      case 3:
        return absl::StrCat("kind ", Pick(2) ? "=" : "!=", " GOODS");
      case 4:
        return absl::StrCat("price ", Pick(2) ? "<=" : ">", " \"", Pick(4), " EUR\"");
      case 5:
        return absl::StrCat("categories:\"", categories_[Pick(categories_.size())], "\"");
      case 6:
        return absl::StrCat("age_days ", Pick(2) ? "<" : ">=", " ", 10 * Pick(2));
      default:
        return absl::StrCat("category = \"", categories_[Pick(categories_.size())], "\"");
    }
  }
  std::string Rule(int depth) {
    if (depth == 0) return Condition();
    if (Pick(5) == 0) return absl::StrCat("NOT (", Rule(depth - 1), ")");
    return absl::StrCat("(", Rule(depth - 1), Pick(3) ? " AND " : " OR ", Rule(depth - 1), ")");
  }

  void UpdateProduct() {
    const Thing& thing = products_[Pick(products_.size())];
    if (thing.deleted) return;
    catalog::v1::UpdateProductRequest request;
    Fill(request.mutable_product());
    request.mutable_product()->set_name(thing.name);
    for (const char* field : {"title", "brand", "kind", "tags", "categories"}) {
      if (Pick(2)) request.mutable_update_mask()->add_paths(field);
    }
    Must<Product>("UpdateProduct", request);
  }
  void WriteCollection() {
    if (Pick(3) == 0) return CreateCollection();
    const Thing& thing = collections_[Pick(collections_.size())];
    if (thing.deleted) return;
    catalog::v1::UpdateCollectionRequest request;
    request.mutable_collection()->set_name(thing.name);
    request.mutable_collection()->set_rule(Rule(2));
    request.mutable_update_mask()->add_paths("rule");
    Must<Collection>("CollectionService/UpdateCollection", request);
  }
  void MoveCategory() {
    catalog::v1::UpdateCategoryRequest request;
    request.mutable_category()->set_name(categories_[Pick(categories_.size())]);
    request.mutable_category()->set_parent(Pick(4) ? categories_[Pick(categories_.size())] : "");
    request.mutable_update_mask()->add_paths("parent");
    // Some moves would close a circle.
    const auto moved = processes_[Pick(2)]->Call<Category>("CategoryService/UpdateCategory", request);
    EXPECT_TRUE(moved.ok() || absl::IsInvalidArgument(moved.status())) << moved.status();
  }
  void ToggleDeleted(std::vector<Thing>* things, const std::string& remove, const std::string& restore) {
    Thing& thing = (*things)[Pick(things->size())];
    if (things == &products_) {
      catalog::v1::DeleteProductRequest request;
      request.set_name(thing.name);
      catalog::v1::UndeleteProductRequest back;
      back.set_name(thing.name);
      thing.deleted ? Must<Product>(restore, back) : Must<Product>(remove, request);
    } else {
      catalog::v1::DeleteCollectionRequest request;
      request.set_name(thing.name);
      catalog::v1::UndeleteCollectionRequest back;
      back.set_name(thing.name);
      thing.deleted ? Must<Collection>(restore, back) : Must<Collection>(remove, request);
    }
    thing.deleted = !thing.deleted;
  }

  ServiceProcess* const processes_[2];
  std::mt19937 random_{11};
  std::vector<Thing> products_, collections_;
  std::vector<std::string> categories_;
};

TEST_F(CollectionFollowerTest, IncrementalIsFullEvaluation) {
  ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = "other"});
  other.Start();
  Editor editor(process_, other);
  for (int i = 0; i < 12; ++i) editor.CreateCategory();
  for (int i = 0; i < 60; ++i) editor.CreateProduct();
  for (int i = 0; i < 25; ++i) editor.CreateCollection();
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 800; ++i) editor.Edit();
    ExpectMembersBecomeRight();
  }
}

// A rule that a list's filter can express finds what that finds: SQL and rules mean the same.
TEST_F(CollectionFollowerTest, RulesMeanWhatFiltersMean) {
  Editor editor(process_, process_);
  for (int i = 0; i < 5; ++i) editor.CreateCategory();
  for (int i = 0; i < 200; ++i) editor.CreateProduct();
  const std::vector<Product> products = Products();
  const std::string name = products[17].name(), category = "categories/1";
  for (const std::string& text : std::vector<std::string>{"brand = a",
                                                          "brand != a",
                                                          "brand < c",
                                                          "brand >= b AND brand <= c",
                                                          "brand:*",
                                                          "NOT brand:*",
                                                          "brand = \"\"",
                                                          "brand != \"\"",
                                                          "title = \"a*\"",
                                                          "title != \"*a\"",
                                                          "title:\"*b*\"",
                                                          "title = \"\\*\"",
                                                          "kind = GOODS",
                                                          "kind != GOODS",
                                                          "kind:SERVICE",
                                                          "tags:a",
                                                          "NOT tags:a",
                                                          "tags:*",
                                                          "language = en",
                                                          "description:*",
                                                          "product_type = \"productTypes/1\"",
                                                          "product_type != \"productTypes/1\"",
                                                          "product_type:*",
                                                          absl::StrCat("categories:\"", category, "\""),
                                                          "categories:*",
                                                          absl::StrCat("name = \"", name, "\""),
                                                          absl::StrCat("name != \"", name, "\""),
                                                          "create_time > \"2026-01-01T00:00:00Z\"",
                                                          "create_time <= \"2026-01-01T00:00:00Z\"",
                                                          "tags:a OR tags:b AND NOT brand = c",
                                                          "(tags:a AND brand = b) OR kind = SERVICE"}) {
    const auto rule = catalog::CollectionRule::Parse(text);
    ASSERT_TRUE(rule.ok()) << rule.status() << " " << text;
    std::vector<std::string> by_rule, by_filter;
    for (const Product& product : products) {
      if (rule->Matches(catalog::RuleSubject(product, {}), absl::Now())) by_rule.push_back(product.name());
    }
    for (const Product& product : Products(text)) by_filter.push_back(product.name());
    EXPECT_EQ(by_rule, by_filter) << text;
  }
}

// The round that holds all products against new rules goes on after kill -9, wherever that came.
TEST_F(CollectionFollowerTest, AKilledRoundGoesOnElsewhere) {
  catalog::v1::BatchCreateProductsRequest batch;
  for (int i = 0; i < 6000; ++i) {
    Product* product = batch.add_requests()->mutable_product();
    *product = MakeProduct(absl::StrCat("K-", i), absl::StrCat("Product ", i));
    product->add_tags(absl::StrCat("t", i % 7));
    if (batch.requests_size() < 500) continue;
    ASSERT_TRUE(process_.Call<catalog::v1::BatchCreateProductsResponse>("BatchCreateProducts", batch).ok());
    batch.clear_requests();
  }
  db::Database& database = process_.runtime().database();
  process_.runtime().Stop();
  std::string newest;
  const auto evaluating = [&] {
    catalog::v1::ListCollectionProductsRequest request;
    request.set_name(newest);
    const auto page =
        process_.Call<catalog::v1::ListCollectionProductsResponse>("CollectionService/ListCollectionProducts", request);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() && page->evaluating();
  };
  for (int kills = 0; kills < 3; ++kills) {
    for (int i = 0; i < 7; ++i) {
      catalog::v1::CreateCollectionRequest request;
      request.mutable_collection()->set_title(absl::StrCat("Round ", kills));
      request.mutable_collection()->set_rule(absl::StrCat("tags:t", i, kills == 1 ? " AND title:*9" : ""));
      const auto created = process_.Call<Collection>("CollectionService/CreateCollection", request);
      ASSERT_TRUE(created.ok()) << created.status();
      newest = created->name();
    }
    const int64_t before = Number(database, "SELECT COUNT(*) FROM collection_products");
    BackgroundProcess process(site_, "catalog");
    EXPECT_TRUE(Eventually([&] { return Number(database, "SELECT COUNT(*) FROM collection_products") > before; }));
    process.Kill();
    EXPECT_TRUE(evaluating());
  }
  ServiceProcess last(site_, {catalog::CatalogModule()}, {.data = "last"});
  last.Start();
  EXPECT_TRUE(Eventually([&] { return !evaluating(); }));
  ExpectMembersBecomeRight();
}

// Whether a product is new is looked at again as time passes.
TEST_F(CollectionFollowerTest, AgesAreReviewed) {
  catalog::v1::CreateCollectionRequest request;
  request.mutable_collection()->set_title("New");
  request.mutable_collection()->set_rule("age_days < 30");
  const auto fresh = process_.Call<Collection>("CollectionService/CreateCollection", request);
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  ASSERT_TRUE(CreateProduct(process_, MakeProduct("A-1", "Alder")).ok());
  ASSERT_TRUE(CreateProduct(process_, MakeProduct("B-1", "Birch")).ok());
  EXPECT_TRUE(Eventually([&] { return StoredMembers().size() == 2; }));
  db::Database& database = process_.runtime().database();
  ASSERT_TRUE(database.Execute(Soon(), "UPDATE products SET create_time = '2020-01-01' WHERE title = 'Alder'").ok());
  EXPECT_TRUE(Eventually([&] {
    return database.Execute(Soon(), "UPDATE periodic_jobs SET next_time = '2020-01-01' WHERE name = 'collection-ages'")
               .value_or(0) == 1;
  }));
  // As after an hour: a process that looks at its jobs for the first time.
  ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = "other"});
  other.Start();
  EXPECT_TRUE(Eventually([&] { return StoredMembers().size() == 1; }));
}

}  // namespace
}  // namespace storeops::testing
