// Lists: filters, orders and pages.
#include <atomic>
#include <set>
#include <thread>

#include "gmock/gmock.h"
#include "storeops/inventory/v1/order.pb.h"
#include "storeops/inventory/v1/stock.pb.h"
#include "tests/support/resource_fixture.h"

namespace storeops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using namespace storeops::catalog::v1;  // NOLINT: the messages of one API

class ResourceListTest : public testing::ResourceFixture {
 protected:
  void Add(absl::string_view title, absl::string_view brand, Product::Kind kind, std::vector<std::string> tags = {}) {
    Product product = MakeProduct(title, absl::StrCat("sku-", title));
    product.set_brand(std::string(brand));
    product.set_kind(kind);
    for (std::string& tag : tags) product.add_tags(std::move(tag));
    const auto created = Create(product);
    ASSERT_TRUE(created.ok()) << created.status();
    clock_.Advance(absl::Minutes(1));
  }

  // Titles P0000, P0001...; brand B0 to B9.
  void AddMany(int count) {
    for (int i = 0; i < count;) {
      BatchCreateProductsRequest request;
      for (int j = 0; j < 500 && i < count; ++j, ++i) {
        Product product = MakeProduct(absl::StrCat("P", 10000 + i), absl::StrCat("S", i));
        product.set_brand(absl::StrCat("B", i % 10));
        *request.add_requests()->mutable_product() = product;
      }
      BatchCreateProductsResponse response;
      const absl::Status status = products_->BatchCreate(MakeCall(), request, &response);
      ASSERT_TRUE(status.ok()) << status;
    }
  }

  std::string ErrorOf(absl::string_view filter) {
    ListProductsRequest request;
    request.set_filter(std::string(filter));
    return testing::FieldsOf(List(request).status());
  }
};

TEST_F(ResourceListTest, FiltersSelect) {
  Add("Ant", "Acme", Product::GOODS, {"sale", "new"});
  Add("Bee", "Bolt", Product::SERVICE, {"Sale"});
  Add("Cat", "", Product::GOODS, {"<b>\"\\/é"});
  Add("50% off_", "Acme", Product::GOODS);
  EXPECT_THAT(ListTitles("title = \"Ant\""), ElementsAre("Ant"));
  EXPECT_THAT(ListTitles("title = ant"), IsEmpty()) << "case counts";
  EXPECT_THAT(ListTitles("title != Ant"), ElementsAre("Bee", "Cat", "50% off_"));
  EXPECT_THAT(ListTitles("title > \"B\""), ElementsAre("Bee", "Cat"));
  EXPECT_THAT(ListTitles("title = \"B*\" OR title:*t"), ElementsAre("Ant", "Bee", "Cat"));
  EXPECT_THAT(ListTitles("title = \"*0% off_*\""), ElementsAre("50% off_"));
  EXPECT_THAT(ListTitles("title = \"*_\""), ElementsAre("50% off_")) << "_ is no wildcard";
  EXPECT_THAT(ListTitles("title != \"*t\""), ElementsAre("Bee", "50% off_"));
  EXPECT_THAT(ListTitles("kind = SERVICE"), ElementsAre("Bee"));
  EXPECT_THAT(ListTitles("-kind = SERVICE brand:*"), ElementsAre("Ant", "50% off_"));
  EXPECT_THAT(ListTitles("NOT brand:*"), ElementsAre("Cat"));
  EXPECT_THAT(ListTitles("tags:\"sale\""), ElementsAre("Ant")) << "case counts";
  EXPECT_THAT(ListTitles("tags:*"), ElementsAre("Ant", "Bee", "Cat"));
  EXPECT_THAT(ListTitles("tags:'<b>\\\"\\\\/é'"), ElementsAre("Cat"));
  EXPECT_THAT(ListTitles("variants.sku = \"sku-Bee\" OR name = \"products/3\""), ElementsAre("Bee", "Cat"));
  EXPECT_THAT(ListTitles("NOT variants.sku = \"sku-Bee\""), ElementsAre("Ant", "Cat", "50% off_"));
  // OR binds tighter than AND.
  EXPECT_THAT(ListTitles("title = Ant OR title = Bee AND kind = GOODS"), ElementsAre("Ant"));
  EXPECT_THAT(ListTitles("title = Ant OR (title = Bee AND kind = SERVICE)"), ElementsAre("Ant", "Bee"));
  EXPECT_THAT(ListTitles("create_time >= \"2026-01-01T00:02:00Z\""), ElementsAre("Cat", "50% off_"));
  EXPECT_THAT(ListTitles("create_time < 2026-01-01T01:01:00+01:00"), ElementsAre("Ant"));
  EXPECT_THAT(ListTitles("  "), ElementsAre("Ant", "Bee", "Cat", "50% off_"));
  EXPECT_THAT(ListTitles("title = \"'; DROP TABLE products; --\""), IsEmpty());
}

TEST_F(ResourceListTest, WrongFiltersNameTheColumn) {
  EXPECT_THAT(ErrorOf("colour = red"),
              HasSubstr("filter: column 1: \"colour\" cannot be filtered by; fields are name,"));
  EXPECT_EQ(ErrorOf("kind = BLUE"),
            "filter: column 8: kind is compared with one of KIND_UNSPECIFIED, GOODS, SERVICE, not with \"BLUE\"");
  EXPECT_EQ(ErrorOf("kind < GOODS"), "filter: column 1: kind is compared by = != or :, not by <");
  EXPECT_EQ(ErrorOf("create_time > yesterday"),
            "filter: column 15: create_time is compared with a time like \"2026-01-31T12:00:00Z\", not with "
            "\"yesterday\"");
  EXPECT_EQ(ErrorOf("tags = sale"), "filter: column 1: tags is a list: write tags:\"value\"");
  EXPECT_THAT(ErrorOf("options:*"), HasSubstr("column 1: \"options\" cannot be filtered by")) << "not annotated";
  EXPECT_EQ(ErrorOf("title > \"a*\""),
            "filter: column 9: * goes with = != and : only, not with >; write \\* for a star");
  EXPECT_EQ(ErrorOf("variants.sku != a"), "filter: column 1: variants.sku is compared by = or :, not by !=");
  EXPECT_EQ(ErrorOf("name = 7"),
            "filter: column 8: name is compared with a name of the form products/{product}, not with \"7\"");
  EXPECT_THAT(ErrorOf("title = a AND"), HasSubstr("filter: column 14: a condition is expected"));
}

// A service opens its lists when it starts: it does not start then.
TEST_F(ResourceListTest, AFilterOnAFieldWithoutAnIndexIsRefusedAtTheStart) {
  const auto run = [&](absl::string_view sql) { ASSERT_TRUE(database().Execute(Soon(), sql).ok()) << sql; };
  run("CREATE TABLE ledger (id BIGINT PRIMARY KEY, sku VARCHAR(64), cause VARCHAR(120), KEY by_sku (sku, id), "
      "KEY by_both (id, cause))");
  const auto open = [&](const google::protobuf::Descriptor& type) {
    return std::string(resource::FilterFields::Open(database(), type, "ledger", {}).status().message());
  };
  EXPECT_EQ(open(*inventory::v1::StockMovement::descriptor()),
            "storeops.inventory.v1.StockMovement: field cause is filterable, but no index of table ledger begins with "
            "cause; add an index, or state (storeops.options.v1.table).max_rows");
  run("CREATE INDEX by_cause ON ledger (cause, id)");
  EXPECT_EQ(open(*inventory::v1::StockMovement::descriptor()), "");
  EXPECT_EQ(open(*inventory::v1::StockLevel::descriptor()), "") << "states that it stays small";
  EXPECT_THAT(open(*inventory::v1::Order::descriptor()),
              HasSubstr("field place_time is sortable, but no index of table ledger begins with place_time"));
}

TEST_F(ResourceListTest, OrdersSort) {
  Add("Bee", "Bolt", Product::GOODS);
  Add("Ant", "Bolt", Product::GOODS);
  Add("Cat", "Acme", Product::GOODS);
  EXPECT_THAT(ListTitles("", "title"), ElementsAre("Ant", "Bee", "Cat"));
  EXPECT_THAT(ListTitles("", "title desc"), ElementsAre("Cat", "Bee", "Ant"));
  EXPECT_THAT(ListTitles("", "brand desc, title"), ElementsAre("Ant", "Bee", "Cat"));
  EXPECT_THAT(ListTitles("", "create_time desc"), ElementsAre("Cat", "Ant", "Bee"));
  ListProductsRequest request;
  for (const char* wrong : {"description", "title down", "title,", "title, title", "title desc desc", "id"}) {
    request.set_order_by(wrong);
    EXPECT_THAT(testing::FieldsOf(List(request).status()), HasSubstr("order_by: ")) << wrong;
  }
}

TEST_F(ResourceListTest, PagesAreCompleteInEveryOrder) {
  AddMany(95);
  for (const char* order : {"", "title", "title desc", "brand", "brand desc", "brand desc, title", "brand, title desc",
                            "create_time desc, brand"}) {
    const std::vector<std::string> whole = ListTitles("", order);
    ASSERT_EQ(whole.size(), 95u) << order;
    for (const int size : {1, 7, 19}) EXPECT_EQ(ListTitles("", order, size), whole) << order << " by " << size;
  }
  EXPECT_EQ(ListTitles("brand = B3", "title desc", 4).size(), 10u);
}

TEST_F(ResourceListTest, ThePageSizeHasADefaultAndALimit) {
  AddMany(520);
  ListProductsRequest request;
  EXPECT_EQ(List(request)->products_size(), 20);
  request.set_page_size(10'000);
  EXPECT_EQ(List(request)->products_size(), 500);
  request.set_page_size(500);
  request.set_page_token(List(request)->next_page_token());
  const auto last = List(request);
  EXPECT_EQ(last->products_size(), 20);
  EXPECT_EQ(last->next_page_token(), "");
}

TEST_F(ResourceListTest, TokensBelongToTheirQuery) {
  AddMany(30);
  ListProductsRequest request;
  request.set_page_size(5);
  request.set_filter("brand:*");
  const std::string token = List(request)->next_page_token();
  ASSERT_FALSE(token.empty());
  request.set_page_token(token);
  request.set_page_size(9);
  EXPECT_TRUE(List(request).ok()) << "the size may change";
  request.set_filter("title:*");
  EXPECT_THAT(testing::FieldsOf(List(request).status()), HasSubstr("page_token: belongs to another query"));
  request.set_filter("brand:*");
  request.set_order_by("title");
  EXPECT_THAT(testing::FieldsOf(List(request).status()), HasSubstr("page_token: belongs to another query"));
  request.clear_order_by();
  for (size_t i = 0; i < token.size(); i += 5) {
    std::string tampered = token;
    tampered[i] = tampered[i] == 'A' ? 'B' : 'A';
    request.set_page_token(tampered);
    EXPECT_EQ(List(request).status().code(), absl::StatusCode::kInvalidArgument) << i;
  }
  // A history token is none for a list.
  ListProductHistoryRequest history;
  history.set_name("products/1");
  history.set_page_token(token);
  ListProductHistoryResponse entries;
  EXPECT_EQ(products_->ListHistory(MakeCall(), history, &entries).code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ResourceListTest, PagesMissNothingWhileOthersWrite) {
  AddMany(200);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const auto created = Create(MakeProduct(absl::StrCat("X", i), absl::StrCat("X", i)));
      EXPECT_TRUE(created.ok()) << created.status();
      if (i % 3 != 0 || !created.ok()) continue;
      EXPECT_TRUE(Delete(created->name()).ok());
    }
  });
  for (const char* order : {"", "title", "title desc", "brand desc, title"}) {
    const std::vector<std::string> titles = ListTitles("", order, 10);
    const std::set<std::string> distinct(titles.begin(), titles.end());
    EXPECT_EQ(distinct.size(), titles.size()) << order;
    for (int i = 0; i < 200; ++i) EXPECT_EQ(distinct.count(absl::StrCat("P", 10000 + i)), 1u) << order;
  }
  stop = true;
  writer.join();
}

// Told by the counters of the only connection.
TEST_F(ResourceListTest, ADeepPageReadsNoMoreRowsThanTheFirst) {
  AddMany(3000);
  db::Options options = test_database_.options();
  options.max_connections = 1;
  db::Database single(options);
  changes::Feed feed(single, "catalog", {});
  resource::IdAllocator ids(single);
  auto opened = resource::Resource::Open({single, feed, clock_, ids}, tokens_, Product::default_instance());
  ASSERT_TRUE(opened.ok()) << opened.status();
  const auto reads = [&] {
    int64_t sum = 0;
    const auto rows = single.Query(Soon(), "SHOW SESSION STATUS LIKE 'Handler_read%'");
    EXPECT_TRUE(rows.ok()) << rows.status();
    for (size_t i = 0; rows.ok() && i < rows->size(); ++i) sum += rows->Int(i, 1);
    return sum;
  };
  // Brand has long runs of equal values.
  for (const char* order : {"", "title", "title desc", "brand", "brand desc", "create_time desc"}) {
    ListProductsRequest request;
    request.set_order_by(order);
    request.set_page_size(20);
    for (int page = 0; page < 120; ++page) {
      ListProductsResponse response;
      const int64_t before = reads();
      const absl::Status status = (*opened)->List(MakeCall(), request, &response);
      ASSERT_TRUE(status.ok()) << status;
      EXPECT_LT(reads() - before, 120) << "order " << order << ", page " << page;
      request.set_page_token(response.next_page_token());
      ASSERT_FALSE(request.page_token().empty());
    }
  }
}

}  // namespace
}  // namespace storeops
