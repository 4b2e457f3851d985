// Collections through the pipeline, on a real database.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "storeops/catalog/v1/collection_service.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/database_helpers.h"

namespace storeops::testing {
namespace {

using catalog::v1::Collection;
using catalog::v1::ListCollectionProductsResponse;
using catalog::v1::Product;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CollectionTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  Product MakeOne(const std::string& title, const std::string& tag = "") {
    Product product = MakeProduct(absl::StrCat("S-", ++skus_), title);
    if (!tag.empty()) product.add_tags(tag);
    const auto created = CreateProduct(process_, product);
    EXPECT_TRUE(created.ok()) << created.status();
    return created.ok() ? *created : Product();
  }
  absl::StatusOr<Collection> TryCreate(const Collection& collection) {
    catalog::v1::CreateCollectionRequest request;
    *request.mutable_collection() = collection;
    return process_.Call<Collection>("CollectionService/CreateCollection", request);
  }
  Collection Create(const Collection& collection) {
    const auto created = TryCreate(collection);
    EXPECT_TRUE(created.ok()) << created.status();
    return created.ok() ? *created : Collection();
  }
  static Collection Ruled(const std::string& rule) {
    Collection collection;
    collection.set_title("Ruled");
    collection.set_rule(rule);
    return collection;
  }
  static Collection Picked(const std::vector<Product>& products) {
    Collection collection;
    collection.set_title("Picked");
    for (const Product& product : products) collection.add_products(product.name());
    return collection;
  }
  absl::StatusOr<Collection> Update(const Collection& collection, const std::string& mask) {
    catalog::v1::UpdateCollectionRequest request;
    *request.mutable_collection() = collection;
    request.mutable_collection()->clear_etag();
    request.mutable_update_mask()->add_paths(mask);
    return process_.Call<Collection>("CollectionService/UpdateCollection", request);
  }
  absl::StatusOr<Collection> Remove(const std::string& name) {
    catalog::v1::DeleteCollectionRequest request;
    request.set_name(name);
    return process_.Call<Collection>("CollectionService/DeleteCollection", request);
  }
  absl::StatusOr<Collection> Undelete(const std::string& name) {
    catalog::v1::UndeleteCollectionRequest request;
    request.set_name(name);
    return process_.Call<Collection>("CollectionService/UndeleteCollection", request);
  }
  absl::StatusOr<Collection> Add(const std::string& name, const std::vector<std::string>& products,
                                 const std::string& before = "", const std::string& etag = "") {
    catalog::v1::AddCollectionProductsRequest request;
    request.set_name(name);
    request.mutable_products()->Assign(products.begin(), products.end());
    request.set_before(before);
    request.set_etag(etag);
    return process_.Call<Collection>("CollectionService/AddCollectionProducts", request);
  }
  absl::StatusOr<ListCollectionProductsResponse> List(const std::string& name, const std::string& order = "",
                                                      int size = 0, const std::string& token = "") {
    catalog::v1::ListCollectionProductsRequest request;
    request.set_name(name);
    request.set_order_by(order);
    request.set_page_size(size);
    request.set_page_token(token);
    return process_.Call<ListCollectionProductsResponse>("CollectionService/ListCollectionProducts", request);
  }
  // Titles on all pages of `size`.
  std::vector<std::string> Titles(const std::string& name, const std::string& order = "", int size = 0) {
    std::vector<std::string> titles;
    std::string token;
    do {
      const auto page = List(name, order, size, token);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const Product& product : page->products()) titles.push_back(product.title());
      token = page->next_page_token();
    } while (!token.empty());
    return titles;
  }
  bool Becomes(const std::string& name, const std::vector<std::string>& titles) {
    const bool became = Eventually([&] { return Titles(name) == titles; });
    EXPECT_EQ(Titles(name), titles);
    return became;
  }
  std::vector<std::string> CollectionsOf(const std::string& product, int size = 0) {
    catalog::v1::ListProductCollectionsRequest request;
    request.set_product(product);
    request.set_page_size(size);
    std::vector<std::string> names;
    do {
      const auto page = process_.Call<catalog::v1::ListProductCollectionsResponse>(
          "CollectionService/ListProductCollections", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const Collection& collection : page->collections()) names.push_back(collection.name());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return names;
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
  int skus_ = 0;
};

TEST_F(CollectionTest, ARuleFindsWhatIsThereAndWhatComes) {
  MakeOne("Alder", "sale");
  MakeOne("Birch");
  const Collection sale = Create(Ruled("tags:sale"));
  EXPECT_EQ(sale.kind(), Collection::RULE_BASED);
  EXPECT_EQ(sale.language(), "en");
  Becomes(sale.name(), {"Alder"});
  const Product cedar = MakeOne("Cedar", "sale");
  Becomes(sale.name(), {"Alder", "Cedar"});
  ASSERT_TRUE(Delete(process_, cedar.name()).ok());
  Becomes(sale.name(), {"Alder"});
  catalog::v1::UndeleteProductRequest undelete;
  undelete.set_name(cedar.name());
  ASSERT_TRUE(process_.Call<Product>("UndeleteProduct", undelete).ok());
  Becomes(sale.name(), {"Alder", "Cedar"});
  EXPECT_TRUE(Eventually([&] { return !List(sale.name())->evaluating(); }));
}

TEST_F(CollectionTest, AChangedRuleIsAppliedToAll) {
  MakeOne("Alder", "sale");
  MakeOne("Birch", "new");
  Collection collection = Create(Ruled("tags:sale"));
  Becomes(collection.name(), {"Alder"});
  collection.set_rule("tags:new");
  ASSERT_TRUE(Update(collection, "rule").ok());
  Becomes(collection.name(), {"Birch"});
  ASSERT_TRUE(Remove(collection.name()).ok());
  EXPECT_EQ(List(collection.name()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(Eventually(
      [&] { return Number(process_.runtime().database(), "SELECT COUNT(*) FROM collection_products") == 0; }));
  ASSERT_TRUE(Undelete(collection.name()).ok());
  Becomes(collection.name(), {"Birch"});
}

TEST_F(CollectionTest, CategoriesAboveCount) {
  const auto category = [&](const std::string& title, const std::string& parent) {
    catalog::v1::CreateCategoryRequest request;
    request.mutable_category()->set_title(title);
    request.mutable_category()->set_parent(parent);
    return process_.Call<catalog::v1::Category>("CategoryService/CreateCategory", request)->name();
  };
  const std::string kitchen = category("Kitchen", ""), garden = category("Garden", "");
  const std::string mugs = category("Mugs", kitchen);
  Product mug = MakeProduct("MUG", "Mug");
  mug.add_categories(mugs);
  ASSERT_TRUE(CreateProduct(process_, mug).ok());
  const Collection in_kitchen = Create(Ruled(absl::StrCat("category = \"", kitchen, "\"")));
  const Collection in_garden = Create(Ruled(absl::StrCat("category = \"", garden, "\"")));
  Becomes(in_kitchen.name(), {"Mug"});
  Becomes(in_garden.name(), {});
  catalog::v1::UpdateCategoryRequest move;
  move.mutable_category()->set_name(mugs);
  move.mutable_category()->set_parent(garden);
  move.mutable_update_mask()->add_paths("parent");
  ASSERT_TRUE(process_.Call<catalog::v1::Category>("CategoryService/UpdateCategory", move).ok());
  Becomes(in_garden.name(), {"Mug"});
  Becomes(in_kitchen.name(), {});

  // A category that a rule names may go; the collection can be deleted and come back all the same.
  catalog::v1::DeleteCategoryRequest remove;
  remove.set_name(kitchen);
  ASSERT_TRUE(process_.Call<catalog::v1::Category>("CategoryService/DeleteCategory", remove).ok());
  ASSERT_TRUE(Remove(in_kitchen.name()).ok());
  EXPECT_TRUE(Undelete(in_kitchen.name()).ok());
  EXPECT_THAT(WrongFields(TryCreate(Ruled(in_kitchen.rule())).status()), ElementsAre("collection.rule"));
}

TEST_F(CollectionTest, PicksKeepTheirOrder) {
  const Product a = MakeOne("A"), b = MakeOne("B"), c = MakeOne("C"), d = MakeOne("D");
  const Collection picked = Create(Picked({c, a}));
  EXPECT_EQ(picked.kind(), Collection::HAND_PICKED);
  EXPECT_THAT(Titles(picked.name()), ElementsAre("C", "A"));
  const auto added = Add(picked.name(), {d.name(), b.name()}, a.name());
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_THAT(Titles(picked.name(), "", 1), ElementsAre("C", "D", "B", "A"));
  EXPECT_THAT(Titles(picked.name(), "title desc", 3), ElementsAre("D", "C", "B", "A"));

  catalog::v1::MoveCollectionProductRequest move;
  move.set_name(picked.name());
  move.set_product(a.name());
  move.set_before(c.name());
  ASSERT_TRUE(process_.Call<Collection>("CollectionService/MoveCollectionProduct", move).ok());
  EXPECT_THAT(Titles(picked.name(), "", 3), ElementsAre("A", "C", "D", "B"));

  catalog::v1::RemoveCollectionProductsRequest remove;
  remove.set_name(picked.name());
  remove.add_products(c.name());
  ASSERT_TRUE(process_.Call<Collection>("CollectionService/RemoveCollectionProducts", remove).ok());
  EXPECT_THAT(Titles(picked.name(), "", 1), ElementsAre("A", "D", "B"));
  EXPECT_THAT(CollectionsOf(c.name()), IsEmpty());
  EXPECT_THAT(CollectionsOf(d.name()), ElementsAre(picked.name()));

  // A deleted product is not shown, and is back in its place when it comes back.
  ASSERT_TRUE(Delete(process_, d.name()).ok());
  EXPECT_THAT(Titles(picked.name(), "", 2), ElementsAre("A", "B"));
  EXPECT_TRUE(Add(picked.name(), {c.name()}).ok());
  catalog::v1::UndeleteProductRequest undelete;
  undelete.set_name(d.name());
  ASSERT_TRUE(process_.Call<Product>("UndeleteProduct", undelete).ok());
  EXPECT_THAT(Titles(picked.name()), ElementsAre("A", "D", "B", "C"));

  ASSERT_TRUE(Remove(picked.name()).ok());
  EXPECT_THAT(CollectionsOf(d.name()), IsEmpty());
  ASSERT_TRUE(Undelete(picked.name()).ok());
  EXPECT_THAT(Titles(picked.name()), ElementsAre("A", "D", "B", "C"));
  EXPECT_THAT(CollectionsOf(d.name()), ElementsAre(picked.name()));

  catalog::v1::ListCollectionHistoryRequest history;
  history.set_name(picked.name());
  const auto entries =
      process_.Call<catalog::v1::ListCollectionHistoryResponse>("CollectionService/ListCollectionHistory", history);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(entries->entries_size(), 7);
  EXPECT_EQ(entries->entries(2).changes(0).field(), "products");
}

TEST_F(CollectionTest, ListsInPagesAndOrders) {
  for (const char* title : {"Elm", "Alder", "Cedar", "Birch", "Dogwood"}) MakeOne(title, "tree");
  MakeOne("Mug");
  const Collection trees = Create(Ruled("tags:tree"));
  Becomes(trees.name(), {"Elm", "Alder", "Cedar", "Birch", "Dogwood"});
  EXPECT_THAT(Titles(trees.name(), "", 2), ElementsAre("Elm", "Alder", "Cedar", "Birch", "Dogwood"));
  EXPECT_THAT(Titles(trees.name(), "title", 2), ElementsAre("Alder", "Birch", "Cedar", "Dogwood", "Elm"));
  EXPECT_THAT(Titles(trees.name(), "create_time desc", 2), ElementsAre("Dogwood", "Birch", "Cedar", "Alder", "Elm"));
  EXPECT_THAT(WrongFields(List(trees.name(), "colour").status()), ElementsAre("order_by"));
  EXPECT_THAT(WrongFields(List(trees.name(), "", 0, "made up").status()), ElementsAre("page_token"));
  const auto page = List(trees.name(), "title", 2);
  EXPECT_THAT(WrongFields(List(trees.name(), "create_time", 2, page->next_page_token()).status()),
              ElementsAre("page_token"));
}

TEST_F(CollectionTest, AProductKnowsItsCollections) {
  const Product alder = MakeOne("Alder", "sale");
  const Collection sale = Create(Ruled("tags:sale")), picked = Create(Picked({alder})), old = Create(Ruled("tags:old")),
                   titled = Create(Ruled("title:Ald*"));
  EXPECT_TRUE(Eventually([&] { return CollectionsOf(alder.name()).size() == 3; }));
  EXPECT_THAT(CollectionsOf(alder.name(), 1), ElementsAre(sale.name(), picked.name(), titled.name()));
  ASSERT_TRUE(Remove(titled.name()).ok());
  EXPECT_THAT(CollectionsOf(alder.name()), ElementsAre(sale.name(), picked.name()));
  catalog::v1::ListProductCollectionsRequest request;
  request.set_product("products/999");
  EXPECT_EQ(
      process_.Call<catalog::v1::ListProductCollectionsResponse>("CollectionService/ListProductCollections", request)
          .status()
          .code(),
      absl::StatusCode::kNotFound);
  request.set_product("mug");
  EXPECT_THAT(WrongFields(process_
                              .Call<catalog::v1::ListProductCollectionsResponse>(
                                  "CollectionService/ListProductCollections", request)
                              .status()),
              ElementsAre("product"));
}

TEST_F(CollectionTest, WhatIsWrongIsNamed) {
  const Product a = MakeOne("A"), b = MakeOne("B");
  ASSERT_TRUE(Delete(process_, b.name()).ok());
  EXPECT_THAT(WrongFields(TryCreate(Ruled("colour = red")).status()), ElementsAre("collection.rule"));
  EXPECT_THAT(DescribeStatus(TryCreate(Ruled("tags:a AND category = \"categories/99\"")).status()),
              HasSubstr("collection.rule: column 23: there is no categories/99"));
  Collection both = Ruled("tags:a");
  both.add_products(a.name());
  EXPECT_THAT(WrongFields(TryCreate(both).status()), ElementsAre("collection.products"));
  Collection none;
  none.set_title("None");
  none.set_kind(Collection::RULE_BASED);
  EXPECT_THAT(WrongFields(TryCreate(none).status()), ElementsAre("collection.rule"));
  none.set_kind(Collection::HAND_PICKED);
  none.set_rule("tags:a");
  EXPECT_THAT(WrongFields(TryCreate(none).status()), ElementsAre("collection.rule"));
  EXPECT_THAT(WrongFields(TryCreate(Picked({a, a})).status()), ElementsAre("collection.products[1]"));
  Collection picked = Picked({a, b});
  picked.add_products("products/999");
  picked.add_products("products/01");
  EXPECT_THAT(WrongFields(TryCreate(picked).status()),
              ElementsAre("collection.products[1]", "collection.products[2]", "collection.products[3]"));
  Collection window = Picked({});
  window.mutable_start_time()->set_seconds(100);
  window.mutable_end_time()->set_seconds(100);
  EXPECT_THAT(WrongFields(TryCreate(window).status()), ElementsAre("collection.end_time"));
  Collection slug = Picked({});
  slug.set_slug("summer");
  EXPECT_TRUE(TryCreate(slug).ok());
  EXPECT_EQ(TryCreate(slug).status().code(), absl::StatusCode::kAlreadyExists);
  slug.clear_slug();
  slug.add_translations()->set_language("en");
  slug.mutable_translations(0)->set_title("Again");
  EXPECT_THAT(WrongFields(TryCreate(slug).status()), ElementsAre("collection.translations[0].language"));
  Collection large = Picked({});
  for (int i = 0; i < 1001; ++i) large.add_products(absl::StrCat("products/", 1000 + i));
  EXPECT_EQ(TryCreate(large).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(CollectionTest, EditsOfPicksAreRefusedPrecisely) {
  const Product a = MakeOne("A"), b = MakeOne("B");
  const Collection picked = Create(Picked({a})), ruled = Create(Ruled("tags:a"));
  EXPECT_THAT(WrongFields(Add(picked.name(), {a.name()}).status()), ElementsAre("products[0]"));
  EXPECT_THAT(WrongFields(Add(picked.name(), {b.name()}, "products/99").status()), ElementsAre("before"));
  EXPECT_THAT(WrongFields(Add(picked.name(), {"products/99"}).status()), ElementsAre("products[0]"));
  EXPECT_EQ(Add("collections/99", {b.name()}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(WrongFields(Add("shelves/1", {b.name()}).status()), ElementsAre("name"));
  EXPECT_THAT(DescribeStatus(Add(ruled.name(), {b.name()}).status()), HasSubstr("COLLECTION_RULE_BASED"));
  EXPECT_EQ(Add(picked.name(), {b.name()}, "", "99").status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(Add(picked.name(), {b.name()}, "", picked.etag()).ok());
  ASSERT_TRUE(Remove(picked.name()).ok());
  EXPECT_EQ(Add(picked.name(), {b.name()}).status().code(), absl::StatusCode::kNotFound);
  Collection other = ruled;
  other.set_kind(Collection::HAND_PICKED);
  EXPECT_EQ(Update(other, "kind").status().code(), absl::StatusCode::kInvalidArgument);
}

// Whoever has read a part of the feed that is gone by now begins anew.
TEST_F(CollectionTest, IsBuiltAnewWhenTheFeedWasPruned) {
  db::Database& database = process_.runtime().database();
  const Collection sale = Create(Ruled("tags:sale"));
  MakeOne("Alder", "sale");
  Becomes(sale.name(), {"Alder"});
  process_.runtime().Stop();
  // Nobody follows: a product loses its tag and another one comes, and the feed forgets both.
  ASSERT_TRUE(database.Execute(Soon(), "UPDATE products SET tags = '' WHERE title = 'Alder'").ok());
  ASSERT_TRUE(database.Execute(Soon(), "UPDATE feed_position SET last_sequence = last_sequence + 100").ok());
  ASSERT_TRUE(database.Execute(Soon(), "DELETE FROM feed").ok());
  ServiceProcess next(site_, {catalog::CatalogModule()}, {.data = "next"});
  next.Start();
  const auto titles = [&] {
    catalog::v1::ListCollectionProductsRequest request;
    request.set_name(sale.name());
    return next.Call<ListCollectionProductsResponse>("CollectionService/ListCollectionProducts", request)
        ->products_size();
  };
  EXPECT_TRUE(Eventually([&] { return titles() == 0; }));
  Product birch = MakeProduct("B-1", "Birch");
  birch.add_tags("sale");
  ASSERT_TRUE(CreateProduct(next, birch).ok());
  EXPECT_TRUE(Eventually([&] { return titles() == 1; }));
}

}  // namespace
}  // namespace storeops::testing
