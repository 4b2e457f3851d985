// Price lists, their prices, and what is to be paid: through the pipeline, on a real database.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/changes/v1/changes.pb.h"
#include "tests/support/price_fixture.h"

namespace storeops::testing {
namespace {

using catalog::v1::DeletePricesRequest;
using catalog::v1::DeletePricesResponse;
using catalog::v1::ListPricesRequest;
using catalog::v1::ListPricesResponse;
using catalog::v1::Price;
using catalog::v1::PriceCandidate;
using catalog::v1::PriceList;
using catalog::v1::ResolvedPrice;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PriceTest : public PriceFixture {
 protected:
  absl::Status Delete(const std::string& list, const std::string& sku, int min_quantity = 1) {
    DeletePricesRequest request;
    auto* key = request.add_prices();
    key->set_price_list(list);
    key->set_sku(sku);
    key->set_min_quantity(min_quantity);
    return process_.Call<DeletePricesResponse>("PriceService/DeletePrices", request).status();
  }
  // "priceLists/1 TEA-1 1: 10 EUR" of each, over pages.
  std::vector<std::string> List(ListPricesRequest request) {
    std::vector<std::string> prices;
    do {
      const auto page = process_.Call<ListPricesResponse>("PriceService/ListPrices", request);
      if (!page.ok()) return {page.status().ToString()};
      for (const Price& price : page->prices()) {
        prices.push_back(absl::StrCat(price.price_list(), " ", price.sku(), " ", price.min_quantity(), ": ",
                                      FormatMoney(price.price())));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return prices;
  }
};

TEST_F(PriceTest, AListHasDefaultsAndIsChecked) {
  const std::string name = MakeList(R"(title: "Sale" channels: "channels/web")");
  catalog::v1::GetPriceListRequest get;
  get.set_name(name);
  const auto list = process_.Call<PriceList>("PriceService/GetPriceList", get);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ(list->match_policy(), PriceList::BEST_PRICE);
  EXPECT_EQ(list->status(), PriceList::ACTIVE);

  catalog::v1::CreatePriceListRequest bad;
  *bad.mutable_price_list() = FromText<PriceList>(
      R"(currency: "eur" channels: "web" channels: "channels/a" channels: "channels/a" customer_groups: "a b"
         priority: 2000000 start_time {seconds: 20} end_time {seconds: 10})");
  EXPECT_THAT(WrongFields(process_.Call<PriceList>("PriceService/CreatePriceList", bad).status()),
              ::testing::UnorderedElementsAre("price_list.title", "price_list.currency", "price_list.channels[0]",
                                              "price_list.channels[2]", "price_list.customer_groups[0]",
                                              "price_list.priority", "price_list.end_time"));
  EXPECT_THAT(WrongFields(UpdateList(name, R"(currency: "USD")", "currency").status()), ElementsAre("update_mask"));
  catalog::v1::ListPriceListsRequest all;
  all.set_filter("channels:\"channels/web\"");
  EXPECT_EQ(process_.Call<catalog::v1::ListPriceListsResponse>("PriceService/ListPriceLists", all)->price_lists_size(),
            1);
  catalog::v1::ListPriceListHistoryRequest history;
  history.set_name(name);
  ASSERT_TRUE(UpdateList(name, "priority: 3", "priority").ok());
  const auto entries =
      process_.Call<catalog::v1::ListPriceListHistoryResponse>("PriceService/ListPriceListHistory", history);
  ASSERT_EQ(entries->entries_size(), 2);
  EXPECT_EQ(entries->entries(0).changes(0).field(), "priority");
  EXPECT_EQ(entries->entries(0).actor(), "users/1");
}

TEST_F(PriceTest, WithoutListsAVariantsOwnPriceHolds) {
  EXPECT_EQ(Costs("TEA-1"), "20.00 EUR BASE");
  EXPECT_EQ(Costs("TEA-9"), "UNKNOWN_SKU");
  auto question = Question({"TEA-1", "TEA-2"});
  question.set_currency("USD");
  const auto response = Resolve(process_, question);
  EXPECT_EQ(response->prices(0).source(), ResolvedPrice::NO_PRICE);
  EXPECT_FALSE(response->prices(1).has_price());
  EXPECT_TRUE(response->has_time());
}

TEST_F(PriceTest, AListsPriceReplacesIt) {
  const std::string list = MakeList();
  const auto set = Set({MakePrice(list, "TEA-1", "18"), MakePrice(list, "TEA-1", "15", 10)});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ(set->prices(0).min_quantity(), 1);
  EXPECT_THAT(set->prices(0).name(), HasSubstr("prices/"));
  EXPECT_EQ(Costs("TEA-1"), "18.00 EUR PRICE_LIST");
  EXPECT_EQ(Costs("TEA-1", 9), "18.00 EUR PRICE_LIST");
  EXPECT_EQ(Costs("TEA-1", 10), "15.00 EUR PRICE_LIST");
  EXPECT_EQ(Costs("TEA-2"), "30.00 EUR BASE");
  ASSERT_TRUE(Set({MakePrice(list, "TEA-1", "17")}).ok());
  EXPECT_EQ(Costs("TEA-1"), "17.00 EUR PRICE_LIST");
  ASSERT_TRUE(UpdateList(list, "status: INACTIVE", "status").ok());
  EXPECT_EQ(Costs("TEA-1"), "20.00 EUR BASE");
  ASSERT_TRUE(UpdateList(list, "status: ACTIVE", "status").ok());
  ASSERT_TRUE(Delete(list, "TEA-1").ok());
  EXPECT_EQ(Costs("TEA-1"), "20.00 EUR BASE");
  EXPECT_EQ(Delete(list, "TEA-1").code(), absl::StatusCode::kNotFound);
  // A price that comes back.
  ASSERT_TRUE(Set({MakePrice(list, "TEA-1", "16")}).ok());
  EXPECT_EQ(Costs("TEA-1"), "16.00 EUR PRICE_LIST");
}

TEST_F(PriceTest, ADeletedListComesBackWithItsPrices) {
  const std::string list = MakeList();
  ASSERT_TRUE(Set({MakePrice(list, "TEA-1", "18")}).ok());
  catalog::v1::DeletePriceListRequest remove;
  remove.set_name(list);
  ASSERT_TRUE(process_.Call<PriceList>("PriceService/DeletePriceList", remove).ok());
  EXPECT_EQ(Costs("TEA-1"), "20.00 EUR BASE");
  EXPECT_THAT(WrongFields(Set({MakePrice(list, "TEA-1", "18")}).status()), ElementsAre("prices[0].price_list"));
  catalog::v1::UndeletePriceListRequest undelete;
  undelete.set_name(list);
  ASSERT_TRUE(process_.Call<PriceList>("PriceService/UndeletePriceList", undelete).ok());
  EXPECT_EQ(Costs("TEA-1"), "18.00 EUR PRICE_LIST");
}

TEST_F(PriceTest, ThereIsALimitOfLists) {
  const std::string first = MakeList();
  for (int i = 1; i < 1000; ++i) ASSERT_NE(MakeList(), "");
  catalog::v1::CreatePriceListRequest request;
  request.mutable_price_list()->set_title("One too many");
  request.mutable_price_list()->set_currency("EUR");
  const auto create = [&] { return process_.Call<PriceList>("PriceService/CreatePriceList", request).status(); };
  EXPECT_THAT(DescribeStatus(create()), HasSubstr("TOO_MANY_PRICE_LISTS"));
  catalog::v1::DeletePriceListRequest remove;
  remove.set_name(first);
  ASSERT_TRUE(process_.Call<PriceList>("PriceService/DeletePriceList", remove).ok());
  EXPECT_TRUE(create().ok());
  catalog::v1::UndeletePriceListRequest undelete;
  undelete.set_name(first);
  EXPECT_THAT(DescribeStatus(process_.Call<PriceList>("PriceService/UndeletePriceList", undelete).status()),
              HasSubstr("TOO_MANY_PRICE_LISTS"));
}

TEST_F(PriceTest, ExplainsWhoWonAndWhy) {
  const std::string top = MakeList(R"(title: "Top" priority: 9)");
  const std::string exclusive = MakeList(R"(title: "Exclusive" priority: 5 match_policy: PRIORITY)");
  const std::string low = MakeList(R"(title: "Low")");
  const std::string web = MakeList(R"(title: "Web" channels: "channels/web" priority: 8)");
  const std::string dollars = MakeList(R"(title: "Dollars" currency: "USD")");
  Price in_dollars = MakePrice(dollars, "TEA-1", "1");
  in_dollars.mutable_price()->set_currency_code("USD");
  Price later = MakePrice(top, "TEA-1", "2");
  later.mutable_start_time()->set_seconds(4'000'000'000);
  ASSERT_TRUE(
      Set({MakePrice(top, "TEA-1", "19"), MakePrice(top, "TEA-1", "10", 5), later, MakePrice(exclusive, "TEA-1", "18"),
           MakePrice(low, "TEA-1", "3"), MakePrice(web, "TEA-1", "4"), in_dollars})
          .ok());
  auto question = Question({"TEA-1"});
  question.set_explain(true);
  const auto response = Resolve(process_, question);
  ASSERT_TRUE(response.ok()) << response.status();
  std::vector<std::string> verdicts;
  for (const PriceCandidate& candidate : response->prices(0).candidates()) {
    verdicts.push_back(absl::StrCat(candidate.price_list(), " ", FormatMoney(candidate.price()), " ",
                                    PriceCandidate::Verdict_Name(candidate.verdict())));
  }
  EXPECT_THAT(verdicts, ElementsAre(exclusive + " 18.00 EUR WON", top + " 19.00 EUR HIGHER_PRICE",
                                    top + " 2.00 EUR NOT_YET_VALID", top + " 10.00 EUR QUANTITY_BELOW_BREAK",
                                    web + " 4.00 EUR OTHER_CHANNEL", low + " 3.00 EUR LOWER_PRIORITY",
                                    dollars + " 1.00 USD OTHER_CURRENCY", " 20.00 EUR LAST_RESORT"));
  EXPECT_EQ(response->prices(0).valid_until().seconds(), 4'000'000'000);
  EXPECT_EQ(response->prices(0).price_list(), exclusive);

  question.set_channel("channels/web");
  EXPECT_EQ(Resolve(process_, question)->prices(0).price_list(), web);
  question.clear_channel();
  question.mutable_time()->set_seconds(4'000'000'000);
  EXPECT_EQ(FormatMoney(Resolve(process_, question)->prices(0).price()), "2.00 EUR");
  // The variant's own price is among those that are explained.
  question = Question({"TEA-2"});
  question.set_explain(true);
  const auto base = Resolve(process_, question);
  ASSERT_EQ(base->prices(0).candidates_size(), 1);
  EXPECT_EQ(base->prices(0).candidates(0).verdict(), PriceCandidate::WON);
  EXPECT_EQ(base->prices(0).candidates(0).price_list(), "");
}

TEST_F(PriceTest, ShowsMargins) {
  const std::string list = MakeList();
  ASSERT_TRUE(Set({MakePrice(list, "TEA-1", "11", 10)}).ok());
  auto question = Question({"TEA-1", "TEA-2"});
  question.set_show_margin(true);
  question.add_items()->set_sku("TEA-1");
  question.mutable_items(2)->set_quantity(10);
  const auto response = Resolve(process_, question);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(FormatMoney(response->prices(0).margin()), "8.00 EUR");
  EXPECT_EQ(response->prices(0).margin_basis_points(), 4000);
  EXPECT_FALSE(response->prices(0).below_cost());
  EXPECT_FALSE(response->prices(1).has_margin());  // nobody knows what it costs
  EXPECT_EQ(FormatMoney(response->prices(2).margin()), "-1.00 EUR");
  EXPECT_EQ(response->prices(2).margin_basis_points(), -909);
  EXPECT_TRUE(response->prices(2).below_cost());
}

// From memory, and from the database while there is something that memory does not know.
TEST_F(PriceTest, ShowsWhatThingsAre) {
  auto question = Question({"TEA-1"});
  EXPECT_EQ(Resolve(process_, question)->prices(0).title(), "");
  question.set_show_product(true);
  const std::string title = Resolve(process_, question)->prices(0).title();
  EXPECT_NE(title, "");
  question.add_items()->set_sku("TEA-9");
  const auto response = Resolve(process_, question);
  EXPECT_EQ(response->prices(0).title(), title);
  EXPECT_EQ(response->prices(1).title(), "");
}

TEST_F(PriceTest, WritesAllOrNoneAndNamesWhatIsWrong) {
  const std::string list = MakeList();
  Price backwards = MakePrice(list, "TEA-1", "1");
  backwards.mutable_start_time()->set_seconds(20);
  backwards.mutable_end_time()->set_seconds(10);
  EXPECT_THAT(WrongFields(Set({MakePrice(list, "TEA-1", "18"), backwards, MakePrice(list, "TEA-9", "1")}).status()),
              ElementsAre("prices[1].end_time", "prices[2].sku"));
  Price dollars = MakePrice(list, "TEA-1", "1");
  dollars.mutable_price()->set_currency_code("USD");
  EXPECT_THAT(
      WrongFields(Set({MakePrice(list, "TEA-2", "18"), dollars, MakePrice("priceLists/99", "TEA-1", "1")}).status()),
      ElementsAre("prices[1].price.currency_code", "prices[2].price_list"));
  EXPECT_THAT(WrongFields(Set({MakePrice(list, "TEA-1", "18"), MakePrice(list, "TEA-1", "17", 1)}).status()),
              ElementsAre("prices[1]"));
  EXPECT_THAT(WrongFields(Set({MakePrice(list, "TEA-1", "-1"), MakePrice("lists/1", "", "1", -1)}).status()),
              ElementsAre("prices[0].price", "prices[1].price_list", "prices[1].sku", "prices[1].min_quantity"));
  EXPECT_THAT(WrongFields(Set({}).status()), ElementsAre("prices"));
  EXPECT_EQ(Costs("TEA-1"), "20.00 EUR BASE");
  std::vector<Price> many;
  for (int i = 1; i <= 101; ++i) many.push_back(MakePrice(list, "TEA-1", "18", i));
  EXPECT_THAT(WrongFields(Set(many).status()), ElementsAre("prices[100]"));
  many.pop_back();
  EXPECT_TRUE(Set(many).ok());
  EXPECT_THAT(WrongFields(Set({MakePrice(list, "TEA-1", "18", 500)}).status()), ElementsAre("prices[0]"));
}

TEST_F(PriceTest, QuestionsAreChecked) {
  ResolvePricesRequest bad;
  bad.set_currency("euro");
  bad.set_channel("web");
  bad.add_items()->set_quantity(-1);
  EXPECT_THAT(WrongFields(Resolve(process_, bad).status()),
              ::testing::UnorderedElementsAre("items[0].sku", "items[0].quantity", "currency", "channel"));
  auto many = Question(std::vector<std::string>(51, "TEA-1"));
  EXPECT_TRUE(Resolve(process_, many).ok());
  many.set_explain(true);
  EXPECT_THAT(WrongFields(Resolve(process_, many).status()), ElementsAre("items"));
  ListPricesRequest list;
  list.set_filter("price_list = \"lists/1\"");
  EXPECT_THAT(List(list), ElementsAre(HasSubstr("filter")));
  list.set_filter("end_time:*");
  EXPECT_THAT(List(list), ElementsAre(HasSubstr("fields are name, price_list, sku")));
  list.clear_filter();
  list.set_page_token("nonsense");
  EXPECT_THAT(WrongFields(process_.Call<ListPricesResponse>("PriceService/ListPrices", list).status()),
              ElementsAre("page_token"));
  EXPECT_THAT(WrongFields(Delete("lists/1", "")), ElementsAre("prices[0].price_list", "prices[0].sku"));
}

TEST_F(PriceTest, ListsInPages) {
  const std::string a = MakeList(), b = MakeList();
  ASSERT_TRUE(Set({MakePrice(b, "TEA-1", "5"), MakePrice(a, "TEA-2", "4", 2), MakePrice(a, "TEA-2", "3"),
                   MakePrice(a, "TEA-1", "2"), MakePrice(b, "TEA-2", "6")})
                  .ok());
  const std::string a1 = a + " TEA-1 1: 2.00 EUR", a21 = a + " TEA-2 1: 3.00 EUR", a22 = a + " TEA-2 2: 4.00 EUR",
                    b1 = b + " TEA-1 1: 5.00 EUR", b2 = b + " TEA-2 1: 6.00 EUR";
  for (const int page_size : {1, 2, 3, 100}) {
    ListPricesRequest request;
    request.set_page_size(page_size);
    EXPECT_THAT(List(request), ElementsAre(a1, a21, a22, b1, b2));
    request.set_filter(absl::StrCat("price_list = \"", a, "\""));
    EXPECT_THAT(List(request), ElementsAre(a1, a21, a22));
    request.set_filter(absl::StrCat("price_list = \"", a, "\" AND sku = \"TEA-2\""));
    EXPECT_THAT(List(request), ElementsAre(a21, a22));
    request.set_filter(absl::StrCat("price_list = \"", a, "\" AND sku != \"TEA-2\""));
    EXPECT_THAT(List(request), ElementsAre(a1));
    request.set_filter("sku = \"TEA-2\"");
    EXPECT_THAT(List(request), ElementsAre(a21, a22, b2));
  }
}

TEST_F(PriceTest, ARepeatedRequestWritesOnce) {
  const std::string list = MakeList();
  const auto first = Set({MakePrice(list, "TEA-1", "18")}, "once");
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(Set({MakePrice(list, "TEA-1", "17")}, "twice").ok());
  EXPECT_EQ(Set({MakePrice(list, "TEA-1", "18")}, "once")->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Costs("TEA-1"), "17.00 EUR PRICE_LIST");
  EXPECT_THAT(WrongFields(Set({MakePrice(list, "TEA-1", "16")}, "once").status()), ElementsAre("request_id"));
}

TEST_F(PriceTest, AnotherProcessHearsOfPricesAndLists) {
  ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = "other"});
  ASSERT_NO_FATAL_FAILURE(other.Start());
  const std::string list = MakeList();
  ASSERT_TRUE(Set({MakePrice(list, "TEA-1", "18"), MakePrice(list, "TEA-2", "19")}).ok());
  EXPECT_TRUE(Eventually([&] { return Costs(other, "TEA-1") == "18.00 EUR PRICE_LIST"; }));
  EXPECT_EQ(Costs(other, "TEA-2"), "19.00 EUR PRICE_LIST");  // all of a transaction or none
  ASSERT_TRUE(UpdateList(list, "status: INACTIVE", "status").ok());
  EXPECT_TRUE(Eventually([&] { return Costs(other, "TEA-1") == "20.00 EUR BASE"; }));
  // A third one, which begins with what there is.
  ASSERT_TRUE(UpdateList(list, "status: ACTIVE", "status").ok());
  ServiceProcess third(site_, {catalog::CatalogModule()}, {.data = "third"});
  EXPECT_EQ(Costs(third, "TEA-1"), "18.00 EUR PRICE_LIST");  // from the database
  EXPECT_EQ(Costs(third, "TEA-9"), "UNKNOWN_SKU");
  ASSERT_NO_FATAL_FAILURE(third.Start());
  EXPECT_EQ(Costs(third, "TEA-1"), "18.00 EUR PRICE_LIST");
}

}  // namespace
}  // namespace storeops::testing
