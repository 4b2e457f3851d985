// SearchProducts, from the write through the feed and the index to the answer.
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"

namespace storeops::testing {
namespace {

using catalog::v1::DeleteProductRequest;
using catalog::v1::Product;
using catalog::v1::SearchProductsRequest;
using catalog::v1::SearchProductsResponse;
using catalog::v1::UndeleteProductRequest;
using catalog::v1::UpdateProductRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

SearchProductsRequest Request(const std::string& query) {
  SearchProductsRequest request;
  request.set_query(query);
  return request;
}

absl::StatusOr<SearchProductsResponse> TrySearch(ServiceProcess& process, const SearchProductsRequest& request) {
  return process.Call<SearchProductsResponse>("SearchProducts", request);
}

SearchProductsResponse Search(ServiceProcess& process, const SearchProductsRequest& request) {
  auto response = TrySearch(process, request);
  EXPECT_TRUE(response.ok()) << response.status() << " for " << request.ShortDebugString();
  return response.ok() ? *response : SearchProductsResponse{};
}

// Of the first variants, in the order of the results.
std::vector<std::string> Skus(const SearchProductsResponse& response) {
  std::vector<std::string> skus;
  for (const auto& result : response.results()) skus.push_back(result.product().variants(0).sku());
  return skus;
}
std::vector<std::string> Find(ServiceProcess& process, const std::string& query) {
  return Skus(Search(process, Request(query)));
}

void AwaitCount(ServiceProcess& process, int count) {
  ASSERT_TRUE(Eventually([&] {
    auto response = TrySearch(process, Request(""));
    return response.ok() && response->estimated_total() == count;
  }));
}

constexpr const char* kShop[] = {
    R"(title: "Red ceramic teapot" brand: "Acme" tags: "kitchen" tags: "tea" description: "Holds one litre & a half."
       translations { language: "zh" title: "红色陶瓷茶壶" description: "容量一升半" }
       variants { sku: "TP-100" barcode: "5012345678900" price { currency_code: "GBP" units: 12 nanos: 500000000 } })",
    R"(title: "Blue tea cups, set of 4" brand: "Acme" tags: "kitchen" tags: "tea"
       translations { language: "zh" title: "蓝色茶杯四件套" }
       options { name: "Size" values: "small" values: "large" }
       variants { sku: "CUP-S" option_values { key: "Size" value: "small" } price { currency_code: "GBP" units: 8 } }
       variants { sku: "CUP-L" option_values { key: "Size" value: "large" } price { currency_code: "GBP" units: 11 } })",
    R"(title: "Paper lantern" brand: "Lumen" tags: "decoration"
       translations { language: "zh" title: "纸灯笼" }
       variants { sku: "LN-1" price { currency_code: "GBP" units: 3 } })",
    R"(title: "LED灯泡" language: "zh" brand: "Lumen" tags: "decoration" tags: "电器"
       variants { sku: "LED-9" price { currency_code: "CNY" units: 25 } })",
    R"(title: "Gift wrapping" kind: SERVICE variants { sku: "WRAP" })",
};

class ProductSearchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    process_.Start();
    for (const char* text : kShop) {
      Product product;
      ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &product)) << text;
      auto created = CreateProduct(process_, product);
      ASSERT_TRUE(created.ok()) << created.status();
      products_.push_back(*created);
    }
    AwaitCount(process_, 5);
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
  std::vector<Product> products_;
};

TEST_F(ProductSearchTest, FindsByEveryText) {
  EXPECT_THAT(Find(process_, "teapots"), ElementsAre("TP-100"));
  EXPECT_THAT(Find(process_, "tea"), UnorderedElementsAre("TP-100", "CUP-S"));
  EXPECT_THAT(Find(process_, "litre"), ElementsAre("TP-100"));
  EXPECT_THAT(Find(process_, "acme cup"), ElementsAre("CUP-S"));
  EXPECT_THAT(Find(process_, "decoration"), UnorderedElementsAre("LN-1", "LED-9"));
  EXPECT_THAT(Find(process_, "cup-l"), ElementsAre("CUP-S"));
  EXPECT_THAT(Find(process_, "5012345678900"), ElementsAre("TP-100"));
  EXPECT_THAT(Find(process_, "large"), ElementsAre("CUP-S"));
  EXPECT_THAT(Find(process_, "lan"), ElementsAre("LN-1"));
  EXPECT_THAT(Find(process_, "\"tea cups\""), ElementsAre("CUP-S"));
  EXPECT_THAT(Find(process_, "tea -red"), ElementsAre("CUP-S"));
}

TEST_F(ProductSearchTest, FindsChineseOfOneCharacterAndMore) {
  EXPECT_THAT(Find(process_, "茶"), UnorderedElementsAre("TP-100", "CUP-S"));
  EXPECT_THAT(Find(process_, "灯"), UnorderedElementsAre("LN-1", "LED-9"));
  EXPECT_THAT(Find(process_, "茶壶"), ElementsAre("TP-100"));
  EXPECT_THAT(Find(process_, "蓝色茶杯"), ElementsAre("CUP-S"));
  EXPECT_THAT(Find(process_, "LED灯泡"), ElementsAre("LED-9"));
  EXPECT_THAT(Find(process_, "电器"), ElementsAre("LED-9"));
  EXPECT_THAT(Find(process_, "茶灯"), IsEmpty());
}

TEST_F(ProductSearchTest, AnswersWithTheWholeProductAndHighlights) {
  const SearchProductsResponse response = Search(process_, Request("teapot 茶壶"));
  ASSERT_EQ(response.results_size(), 1);
  const auto& result = response.results(0);
  EXPECT_EQ(result.product().SerializeAsString(), products_[0].SerializeAsString());
  EXPECT_GT(result.score_percent(), 0);
  EXPECT_LE(result.score_percent(), 100);
  std::vector<std::string> highlights;
  for (const auto& h : result.highlights())
    highlights.push_back(absl::StrJoin({h.field(), h.language(), h.snippet()}, " "));
  EXPECT_THAT(highlights, ElementsAre("title en Red ceramic <em>teapot</em>", "title zh 红色陶瓷<em>茶壶</em>"));
  EXPECT_EQ(Search(process_, Request("half")).results(0).highlights(0).snippet(),
            "Holds one litre &amp; a <em>half</em>.");
}

TEST_F(ProductSearchTest, HelpsWithSpelling) {
  SearchProductsResponse response = Search(process_, Request("cermaic teapot"));
  EXPECT_EQ(response.corrected_query(), "ceramic teapot");
  EXPECT_THAT(Skus(response), ElementsAre("TP-100"));
  EXPECT_EQ(response.results(0).highlights(0).snippet(), "Red <em>ceramic</em> <em>teapot</em>");
  EXPECT_EQ(Search(process_, Request("ceramic")).corrected_query(), "");
}

TEST_F(ProductSearchTest, Filters) {
  SearchProductsRequest request;
  request.mutable_filter()->add_brands("Lumen");
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("LN-1", "LED-9"));
  request.mutable_filter()->add_brands("Acme");
  EXPECT_EQ(Search(process_, request).estimated_total(), 4);
  request.mutable_filter()->add_tags("tea");
  request.mutable_filter()->add_tags("kitchen");
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("TP-100", "CUP-S"));

  request = {};
  request.mutable_filter()->set_kind(Product::SERVICE);
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("WRAP"));

  request = {};
  request.mutable_filter()->set_currency("GBP");
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("TP-100", "CUP-S", "LN-1"));
  request.mutable_filter()->set_min_price_minor(800);
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("TP-100", "CUP-S"));
  request.mutable_filter()->set_max_price_minor(800);
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("CUP-S")) << "the lowest price counts";
  request.set_query("teapot");
  EXPECT_THAT(Skus(Search(process_, request)), IsEmpty());
}

TEST_F(ProductSearchTest, CountsFacets) {
  SearchProductsRequest request;
  for (const char* facet : {"tag", "brand", "kind"}) request.add_facets(facet);
  const SearchProductsResponse response = Search(process_, request);
  ASSERT_EQ(response.facets_size(), 3);
  std::vector<std::string> counts;
  for (const auto& facet : response.facets()) {
    EXPECT_TRUE(facet.exact());
    for (const auto& value : facet.values())
      counts.push_back(absl::StrCat(facet.name(), " ", value.value(), " ", value.count()));
  }
  EXPECT_THAT(counts, ElementsAre("tag decoration 2", "tag kitchen 2", "tag tea 2", "tag 电器 1", "brand Acme 2",
                                  "brand Lumen 2", "kind GOODS 4", "kind SERVICE 1"));
}

TEST_F(ProductSearchTest, Sorts) {
  SearchProductsRequest request;
  request.mutable_filter()->set_currency("GBP");
  request.set_order(SearchProductsRequest::PRICE_LOW_FIRST);
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("LN-1", "CUP-S", "TP-100"));
  request.set_order(SearchProductsRequest::PRICE_HIGH_FIRST);
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("TP-100", "CUP-S", "LN-1"));
  request = {};
  request.set_order(SearchProductsRequest::NEWEST_FIRST);
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("WRAP", "LED-9", "LN-1", "CUP-S", "TP-100"));
  request.set_order(SearchProductsRequest::TITLE);
  EXPECT_THAT(Skus(Search(process_, request)), ElementsAre("CUP-S", "WRAP", "LED-9", "LN-1", "TP-100"));
}

TEST_F(ProductSearchTest, Pages) {
  SearchProductsRequest request;
  request.set_page_size(2);
  std::vector<std::string> skus;
  do {
    const SearchProductsResponse page = Search(process_, request);
    ASSERT_LE(page.results_size(), 2);
    for (const std::string& sku : Skus(page)) skus.push_back(sku);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(skus, ElementsAre("TP-100", "CUP-S", "LN-1", "LED-9", "WRAP"));

  request.set_page_token(Search(process_, request).next_page_token());
  request.set_query("another");
  EXPECT_EQ(TrySearch(process_, request).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ProductSearchTest, NamesWhatIsWrongWithARequest) {
  SearchProductsRequest request;
  request.add_facets("colour");
  request.add_facets("brand");
  request.add_facets("brand");
  request.set_order(SearchProductsRequest::PRICE_LOW_FIRST);
  request.mutable_filter()->set_min_price_minor(5);
  request.mutable_filter()->set_max_price_minor(4);
  const absl::Status status = TrySearch(process_, request).status();
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(GetDetail(status, &bad_request)) << status;
  std::vector<std::string> fields;
  for (const auto& violation : bad_request.field_violations()) fields.push_back(violation.field());
  EXPECT_THAT(fields, UnorderedElementsAre("facets[0]", "facets[2]", "filter.currency", "filter.currency",
                                           "filter.max_price_minor"));
  EXPECT_EQ(TrySearch(process_, Request(std::string(257, 'a'))).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ProductSearchTest, HostileQueriesAreAnswered) {
  for (const std::string& query :
       {std::string("\"\"\"(((-+-+"), std::string("a* *"), std::string("XB:Acme"), std::string("' OR 1=1 --"),
        std::string("tea NEAR/9999 cup"), std::string(256, '"'), std::string(256, '-'), std::string("tea\tcup\n")}) {
    EXPECT_TRUE(TrySearch(process_, Request(query)).ok()) << query;
  }
}

TEST_F(ProductSearchTest, FindsWordsWithAndWithoutAccents) {
  ASSERT_TRUE(CreateProduct(process_, MakeProduct("AULAIT", "Café au lait")).ok());
  ASSERT_TRUE(CreateProduct(process_, MakeProduct("BAR", "Cafe bar")).ok());
  ASSERT_TRUE(CreateProduct(process_, MakeProduct("MAP", "Straße ５００")).ok());
  AwaitCount(process_, 8);
  EXPECT_THAT(Find(process_, "café"), ElementsAre("AULAIT", "BAR"));
  EXPECT_THAT(Find(process_, "cafe"), ElementsAre("BAR", "AULAIT"));
  EXPECT_THAT(Find(process_, "CAFE\u0301"), ElementsAre("AULAIT", "BAR"));
  EXPECT_THAT(Find(process_, "strasse 500"), ElementsAre("MAP"));
  const SearchProductsResponse response = Search(process_, Request("cafe lait"));
  ASSERT_EQ(response.results_size(), 1);
  EXPECT_EQ(response.results(0).highlights(0).snippet(), "<em>Café</em> au <em>lait</em>");
}

TEST_F(ProductSearchTest, WritesAreFoundWithinASecond) {
  UpdateProductRequest update;
  update.mutable_product()->set_name(products_[2].name());
  update.mutable_update_mask()->add_paths("title");
  for (int i = 0; i < 5; ++i) {
    const std::string title = absl::StrCat("Zeppelin", i);
    update.mutable_product()->set_title(title);
    ASSERT_TRUE(process_.Call<Product>("UpdateProduct", update).ok());
    EXPECT_TRUE(Eventually([&] { return Find(process_, title + " ").size() == 1; })) << title;
  }
  EXPECT_THAT(Find(process_, "zeppelin3 "), IsEmpty());
  EXPECT_THAT(Find(process_, "paper"), IsEmpty()) << "the old words are gone";
}

TEST_F(ProductSearchTest, OtherProcessesFindAWriteWithinASecond) {
  ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = "other"});
  other.Start();
  AwaitCount(other, 5);
  ASSERT_TRUE(CreateProduct(process_, MakeProduct("ZEP", "Zeppelin")).ok());
  EXPECT_TRUE(Eventually([&] { return Find(other, "zeppelin").size() == 1; }));
}

TEST_F(ProductSearchTest, DeletedProductsAreNotFound) {
  DeleteProductRequest request;
  request.set_name(products_[0].name());
  ASSERT_TRUE(process_.Call<Product>("DeleteProduct", request).ok());
  EXPECT_THAT(Find(process_, "teapot"), IsEmpty()) << "at once in the process that deletes";
  AwaitCount(process_, 4);
  UndeleteProductRequest undelete;
  undelete.set_name(products_[0].name());
  ASSERT_TRUE(process_.Call<Product>("UndeleteProduct", undelete).ok());
  EXPECT_TRUE(Eventually([&] { return Find(process_, "teapot").size() == 1; }));
}

}  // namespace
}  // namespace storeops::testing
