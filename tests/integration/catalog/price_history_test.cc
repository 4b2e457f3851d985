// What prices were: changes of lists and variants, what was observed, the lowest price before a reduction.
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/price_history.pb.h"
#include "tests/support/price_fixture.h"

namespace storeops::testing {
namespace {

using catalog::v1::GetLowestPricesRequest;
using catalog::v1::GetLowestPricesResponse;
using catalog::v1::ListPriceHistoryRequest;
using catalog::v1::ListPriceHistoryResponse;
using catalog::v1::LowestPrice;
using catalog::v1::PriceHistoryEntry;
using catalog::v1::RecordPriceHistoryRequest;
using catalog::v1::RecordPriceHistoryResponse;
using ::testing::ElementsAre;

class PriceHistoryTest : public PriceFixture {
 protected:
  absl::StatusOr<catalog::v1::Product> Reprice(const std::string& euros) {
    catalog::v1::UpdateProductRequest request;
    *request.mutable_product() = tea_;
    request.mutable_product()->clear_etag();
    auto* variant = request.mutable_product()->mutable_variants(0);
    variant->clear_price();
    if (!euros.empty()) *variant->mutable_price() = Euros(euros);
    request.mutable_update_mask()->add_paths("variants");
    return process_.Call<catalog::v1::Product>("UpdateProduct", request);
  }
  // "BASE users/1 20.00 EUR>18.00 EUR" of each entry, over pages.
  std::vector<std::string> History(const std::string& sku, int page_size = 100, const std::string& list = "") {
    ListPriceHistoryRequest request;
    request.set_sku(sku);
    if (!list.empty()) request.set_filter(absl::StrCat("price_list = \"", list, "\""));
    request.set_page_size(page_size);
    std::vector<std::string> entries;
    do {
      const auto page = process_.Call<ListPriceHistoryResponse>("PriceService/ListPriceHistory", request);
      if (!page.ok()) return {page.status().ToString()};
      for (const PriceHistoryEntry& entry : page->entries()) {
        entries.push_back(absl::StrCat(PriceHistoryEntry::Source_Name(entry.source()), " ", entry.actor(), " ",
                                       entry.has_old_price() ? FormatMoney(entry.old_price()) : "", ">",
                                       entry.has_new_price() ? FormatMoney(entry.new_price()) : ""));
      }
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return entries;
  }
  static RecordPriceHistoryRequest Observed(const std::string& sku,
                                            const std::vector<std::pair<int, std::string>>& by_days_ago) {
    RecordPriceHistoryRequest request;
    request.set_origin("invoices");
    for (const auto& [days_ago, euros] : by_days_ago) {
      auto* price = request.add_prices();
      price->set_sku(sku);
      *price->mutable_time() = ToTimestamp(absl::Now() - absl::Hours(24 * days_ago));
      *price->mutable_price() = Euros(euros);
    }
    return request;
  }
  absl::StatusOr<RecordPriceHistoryResponse> Record(const RecordPriceHistoryRequest& request) {
    return process_.Call<RecordPriceHistoryResponse>("PriceService/RecordPriceHistory", request);
  }
  static GetLowestPricesRequest LowestOf(const std::string& sku) {
    GetLowestPricesRequest request;
    request.add_skus(sku);
    request.set_currency("EUR");
    return request;
  }
  LowestPrice Lowest(const GetLowestPricesRequest& request) {
    const auto response = process_.Call<GetLowestPricesResponse>("PriceService/GetLowestPrices", request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response.ok() ? response->prices(0) : LowestPrice();
  }
};

TEST_F(PriceHistoryTest, ShowsWhatAVariantsPriceBecame) {
  EXPECT_THAT(History("TEA-1"), ElementsAre("BASE users/1 >20.00 EUR"));
  ASSERT_TRUE(Reprice("18").ok());
  ASSERT_TRUE(Reprice("18").ok());  // no change
  ASSERT_TRUE(Reprice("").ok());
  ASSERT_TRUE(Reprice("19").ok());
  const auto expected = ElementsAre("BASE users/1 >19.00 EUR", "BASE users/1 18.00 EUR>",
                                    "BASE users/1 20.00 EUR>18.00 EUR", "BASE users/1 >20.00 EUR");
  for (const int page_size : {1, 2, 3, 4, 100}) EXPECT_THAT(History("TEA-1", page_size), expected) << page_size;
  ASSERT_TRUE(Delete(process_, tea_.name()).ok());
  EXPECT_EQ(History("TEA-1").front(), "BASE users/1 19.00 EUR>");
  EXPECT_EQ(History("TEA-9").size(), 0u);
}

TEST_F(PriceHistoryTest, ShowsWhatPricesOfListsBecame) {
  const std::string a = MakeList(), b = MakeList();
  ASSERT_TRUE(Set({MakePrice(a, "TEA-1", "18"), MakePrice(b, "TEA-1", "17"), MakePrice(b, "TEA-2", "16")}).ok());
  ASSERT_TRUE(Set({MakePrice(a, "TEA-1", "18"), MakePrice(b, "TEA-1", "15")}).ok());
  catalog::v1::DeletePricesRequest remove;
  remove.add_prices()->set_price_list(b);
  remove.mutable_prices(0)->set_sku("TEA-1");
  ASSERT_TRUE(process_.Call<catalog::v1::DeletePricesResponse>("PriceService/DeletePrices", remove).ok());
  EXPECT_THAT(History("TEA-1", 1, b),
              ElementsAre("PRICE_LIST users/1 15.00 EUR>", "PRICE_LIST users/1 17.00 EUR>15.00 EUR",
                          "PRICE_LIST users/1 >17.00 EUR"));
  EXPECT_THAT(History("TEA-1", 2, a), ElementsAre("PRICE_LIST users/1 >18.00 EUR"));
  EXPECT_EQ(History("TEA-1").size(), 5u);
}

TEST_F(PriceHistoryTest, RecordsWhatWasObservedOnce) {
  const auto observed = Observed("TEA-1", {{60, "25"}, {50, "24"}});
  EXPECT_EQ(Record(observed)->recorded(), 2);
  EXPECT_EQ(Record(observed)->recorded(), 0);
  auto corrected = observed;
  *corrected.mutable_prices(0)->mutable_price() = Euros("26");
  EXPECT_EQ(Record(corrected)->recorded(), 1);
  EXPECT_THAT(History("TEA-1"),
              ElementsAre("OBSERVED users/1 >24.00 EUR", "OBSERVED users/1 >26.00 EUR", "BASE users/1 >20.00 EUR"));
  EXPECT_EQ(Record(Observed("NOT-YET-THERE", {{60, "25"}}))->recorded(), 1);
}

TEST_F(PriceHistoryTest, FindsTheLowestPriceBeforeAReduction) {
  // 22 when the 30 days began: it was in force then.
  ASSERT_TRUE(Record(Observed("TEA-1", {{60, "25"}, {40, "22"}, {20, "28"}})).ok());
  LowestPrice lowest = Lowest(LowestOf("TEA-1"));
  EXPECT_EQ(FormatMoney(lowest.price()), "20.00 EUR");
  EXPECT_TRUE(lowest.reduced());
  EXPECT_EQ(FormatMoney(lowest.price_before()), "28.00 EUR");
  EXPECT_EQ(FormatMoney(lowest.lowest_price()), "22.00 EUR");
  EXPECT_TRUE(lowest.complete());
  ASSERT_TRUE(Reprice("30").ok());
  lowest = Lowest(LowestOf("TEA-1"));
  EXPECT_FALSE(lowest.reduced());
  EXPECT_EQ(FormatMoney(lowest.lowest_price()), "20.00 EUR");

  auto then = LowestOf("TEA-1");
  *then.mutable_time() = ToTimestamp(absl::Now() - absl::Hours(24 * 30));
  lowest = Lowest(then);
  EXPECT_EQ(FormatMoney(lowest.price()), "22.00 EUR");
  EXPECT_EQ(FormatMoney(lowest.price_before()), "25.00 EUR");
  EXPECT_FALSE(lowest.complete());
}

TEST_F(PriceHistoryTest, AListThatIsSwitchedOnIsAReduction) {
  ASSERT_TRUE(Record(Observed("TEA-1", {{60, "21"}})).ok());
  // The sale is prepared before, switched off; that nobody ever paid it is what counts.
  const std::string sale = MakeList("status: INACTIVE");
  ASSERT_TRUE(Set({MakePrice(sale, "TEA-1", "15")}).ok());
  EXPECT_EQ(FormatMoney(Lowest(LowestOf("TEA-1")).price()), "20.00 EUR");
  ASSERT_TRUE(UpdateList(sale, "status: ACTIVE", "status").ok());
  const LowestPrice lowest = Lowest(LowestOf("TEA-1"));
  EXPECT_EQ(FormatMoney(lowest.price()), "15.00 EUR");
  EXPECT_EQ(FormatMoney(lowest.price_before()), "20.00 EUR");
  EXPECT_EQ(FormatMoney(lowest.lowest_price()), "20.00 EUR");
}

TEST_F(PriceHistoryTest, QuestionsAreChecked) {
  RecordPriceHistoryRequest bad = Observed("TEA-1", {{-1, "1"}, {30'000, "1"}});
  EXPECT_THAT(WrongFields(Record(bad).status()), ElementsAre("prices[0].time", "prices[1].time"));
  bad.clear_prices();
  EXPECT_THAT(WrongFields(Record(bad).status()), ElementsAre("prices"));
  GetLowestPricesRequest lowest = LowestOf("TEA-1");
  lowest.set_days(7);
  *lowest.mutable_time() = ToTimestamp(absl::Now() + absl::Hours(1));
  EXPECT_THAT(WrongFields(process_.Call<GetLowestPricesResponse>("PriceService/GetLowestPrices", lowest).status()),
              ElementsAre("time", "days"));
  ListPriceHistoryRequest list;
  list.set_filter("price_list = \"lists/1\"");
  list.set_sku("TEA-1");
  EXPECT_THAT(WrongFields(process_.Call<ListPriceHistoryResponse>("PriceService/ListPriceHistory", list).status()),
              ElementsAre("filter"));
}

}  // namespace
}  // namespace storeops::testing
