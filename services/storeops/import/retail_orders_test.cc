#include "services/storeops/import/retail_orders.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/money.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/storeops/import/order_upload.h"
#include "services/storeops/import/retail_countries.h"
#include "services/storeops/import/retail_report.h"

namespace storeops {
namespace {

using inventory::v1::ImportOrdersRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

RetailLines Read(const std::vector<absl::string_view>& rows) {
  RetailLines lines("GBP");
  for (const absl::string_view row : rows) {
    lines.Add(std::vector<std::string>(absl::StrSplit(row, ',')));
  }
  return lines;
}

// All of it in one message.
ImportOrdersRequest All(RetailOrders& orders) {
  ImportOrdersRequest all, part;
  while (orders.Next(&part)) all.MergeFrom(part);
  return all;
}

std::string Squeezed(absl::string_view text) {
  return absl::StrJoin(absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty()), " ");
}

// What the service would count of what it is sent.
inventory::v1::ImportOrdersResponse Counted(const ImportOrdersRequest& request) {
  int64_t ordered = 0, cancelled = 0, adjusted = 0;
  for (const auto& order : request.orders()) {
    for (const auto& line : order.lines()) {
      const int64_t price = MoneyToMinor(line.unit_price()).value();
      ordered += price * line.quantity();
      for (const auto& cancellation : line.cancellations()) cancelled += price * cancellation.quantity();
    }
  }
  for (const auto& adjustment : request.adjustments()) adjusted += MoneyToMinor(adjustment.amount()).value();
  inventory::v1::ImportOrdersResponse report;
  auto& totals = *report.add_totals();
  totals.set_currency("GBP");
  *totals.mutable_ordered() = MoneyFromMinor(ordered, "GBP");
  *totals.mutable_cancelled() = MoneyFromMinor(cancelled, "GBP");
  *totals.mutable_adjusted() = MoneyFromMinor(adjusted, "GBP");
  *totals.mutable_revenue() = MoneyFromMinor(ordered - cancelled + adjusted, "GBP");
  return report;
}

const std::vector<absl::string_view> kRows = {
    "1,A,RED LAMP,2,2011-01-02 10:00:00,2.50,17,EIRE",
    "1,PADS,PADS,3,2011-01-02 10:00:00,0.001,17,EIRE",
    "2,A,RED LAMP,5,2011-01-03 10:00:00,2.50,17,EIRE",
    "2,BX,BOX,1,2011-01-03 10:00:00,1.006,17,EIRE",
    "C3,A,RED LAMP,-6,2011-01-04 10:00:00,2.50,17,EIRE",
    "C3,A,RED LAMP,-9,2011-01-04 10:00:00,2.50,17,EIRE",
    "C3,BX,BOX,-1,2011-01-04 10:00:00,1.006,17,EIRE",
    "A4,B,bad,1,2011-01-05 10:00:00,-11.06,,EIRE",
    "5,A,,-7,2011-01-05 10:00:00,0.0,,EIRE",
    "6,A,RED LAMP,1,someday,3.00,,EIRE",
};

TEST(RetailOrdersTest, OrdersCarryTheirCancellationsAndTheRestAreAdjustments) {
  const RetailLines lines = Read(kRows);
  RetailOrders orders(lines, "GBP");
  const ImportOrdersRequest request = All(orders);
  ASSERT_EQ(request.orders_size(), 2);
  EXPECT_EQ(request.orders(0).external_reference(), "1");
  EXPECT_EQ(request.orders(0).customer(), "17");
  EXPECT_EQ(request.orders(0).country(), "IE");
  EXPECT_EQ(request.orders(0).place_time().seconds(), 1'293'962'400);
  EXPECT_EQ(request.orders(0).lines(0).title(), "RED LAMP");
  // Order 2 has five of the six, order 1 the sixth.
  ASSERT_EQ(request.orders(0).lines(0).cancellations_size(), 1);
  EXPECT_EQ(request.orders(0).lines(0).cancellations(0).quantity(), 1);
  EXPECT_EQ(request.orders(1).lines(0).cancellations(0).quantity(), 5);
  EXPECT_EQ(request.orders(1).lines(0).cancellations(0).reference(), "C3");
  ASSERT_EQ(request.adjustments_size(), 3);
  EXPECT_EQ(request.adjustments(0).external_reference(), "C3-2");
  EXPECT_EQ(request.adjustments(0).reason(), "cancellation without an order");
  EXPECT_EQ(request.adjustments(0).quantity(), -9);
  EXPECT_EQ(FormatMoney(request.adjustments(0).amount()), "-22.50 GBP");
  EXPECT_EQ(request.adjustments(1).reason(), "bad debt");
  EXPECT_EQ(request.adjustments(2).quantity(), -7);
  EXPECT_EQ(orders.CountCustomers(), 1);
}

TEST(RetailOrdersTest, TheMoneyIsThatOfTheFileToTheLastPlace) {
  const RetailLines lines = Read(kRows);
  RetailOrders orders(lines, "GBP");
  RetailReport report;
  report.currency = "GBP";
  report.orders = Counted(All(orders));
  RetailCatalogue catalogue("GBP");
  EXPECT_TRUE(CheckRetail(lines, orders, report).ok());
  // 5.00 + 0.003 + 12.50 + 1.006 - 15.00 - 22.50 - 1.006 - 11.06 + 3.00, the last one malformed.
  const std::string text = Squeezed(DescribeRetail(lines, orders, catalogue, report));
  EXPECT_THAT(text, HasSubstr("rows read 10 -28.057 "));
  EXPECT_THAT(text, HasSubstr("sum of these 10 -28.057 "));
  EXPECT_THAT(text, HasSubstr("below the currency's smallest unit 0.003 "));
  EXPECT_THAT(text, HasSubstr(" set aside 3.00 "));
  EXPECT_THAT(text, HasSubstr("differs from the file by 0.00 "));
  EXPECT_THAT(text, HasSubstr("nothing was changed"));

  auto& revenue = *report.orders.mutable_totals(0)->mutable_revenue();
  revenue = MoneyFromMinor(MoneyToMinor(revenue).value() + 1, "GBP");
  EXPECT_EQ(CheckRetail(lines, orders, report).code(), absl::StatusCode::kDataLoss);
  report.orders.set_orders_refused(1);
  EXPECT_EQ(CheckRetail(lines, orders, report).code(), absl::StatusCode::kInvalidArgument);
}

TEST(RetailOrdersTest, MessagesAreOfSomeFiveHundredOrdersAndFourThousandLines) {
  RetailLines lines("GBP");
  for (int i = 0; i < 1200; ++i) {
    lines.Add({absl::StrCat(i), "A", "T", "1", "2011-01-02 10:00:00", "1.00", "", ""});
    lines.Add({absl::StrCat("C", i), "A", "T", "-1", "2011-01-02 10:00:00", "1.00", "", ""});
  }
  for (int i = 0; i < 6000; ++i) {
    lines.Add({absl::StrCat("L", i / 1500), "A", "T", "1", "2011-01-02 10:00:00", "1.00", "", ""});
  }
  RetailOrders orders(lines, "GBP");
  std::vector<std::pair<int, int>> sizes;
  ImportOrdersRequest part;
  while (orders.Next(&part)) sizes.emplace_back(part.orders_size(), part.adjustments_size());
  EXPECT_THAT(sizes, ElementsAre(Pair(500, 0), Pair(500, 0), Pair(203, 0), Pair(1, 500), Pair(0, 500), Pair(0, 200)));
}

TEST(RetailOrdersTest, OpeningStockIsHalfOfWhatEightWeeksSold) {
  const RetailLines lines = Read({
      "1,A,T,100,2011-01-01 10:00:00,1.00,17,X",  // the 57th day before the last one's end
      "2,A,T,10,2011-01-02 10:00:00,1.00,17,X", "3,A,T,5,2011-02-26 10:00:00,1.00,17,X",
      "C4,A,T,-4,2011-02-26 11:00:00,1.00,17,X", "3,BX,T,2,2011-02-26 10:00:00,1.00,17,X",
      "C4,BX,T,-2,2011-02-26 11:00:00,1.00,17,X", "3,POST,T,2,2011-02-26 10:00:00,1.00,17,X",
      "C5,A,T,-100,2011-03-26 11:00:00,1.00,17,X",  // of the old order; cancellations do not make a last day
  });
  const RetailOrders orders(lines, "GBP");
  EXPECT_THAT(orders.OpeningStock({"A", "BX"}), ElementsAre(Pair("A", 6)));  // (10 + 5 - 4) / 2, rounded up
}

TEST(RetailOrdersTest, CountriesHaveCodes) {
  for (const auto& [name, code] : std::vector<std::pair<const char*, const char*>>{{"United Kingdom", "GB"},
                                                                                   {"EIRE", "IE"},
                                                                                   {"RSA", "ZA"},
                                                                                   {"USA", "US"},
                                                                                   {"Australia", "AU"},
                                                                                   {"United Arab Emirates", "AE"},
                                                                                   {"Channel Islands", ""},
                                                                                   {"Unspecified", ""},
                                                                                   {"", ""}}) {
    EXPECT_EQ(RetailCountry(name), code) << name;
  }
}

TEST(OrderUploadTest, ReportsAddUp) {
  ImportOrdersRequest request;
  inventory::v1::ImportOrdersResponse a, sum;
  a.set_orders(2);
  a.set_adjustments_unchanged(3);
  auto& totals = *a.add_totals();
  totals.set_currency("GBP");
  *totals.mutable_revenue() = MoneyFromMinor(-150, "GBP");
  a.add_problems()->set_external_reference("1");
  AddReport(a, &sum);
  a.mutable_totals(0)->set_currency("EUR");
  *a.mutable_totals(0)->mutable_revenue() = MoneyFromMinor(7, "EUR");
  AddReport(a, &sum);
  AddReport(a, &sum);
  EXPECT_EQ(sum.orders(), 6);
  EXPECT_EQ(sum.adjustments_unchanged(), 9);
  EXPECT_EQ(sum.problems_size(), 3);
  ASSERT_EQ(sum.totals_size(), 2);
  EXPECT_EQ(FormatMoney(sum.totals(0).revenue()), "-1.50 GBP");
  EXPECT_EQ(FormatMoney(sum.totals(1).revenue()), "0.14 EUR");
}

}  // namespace
}  // namespace storeops
