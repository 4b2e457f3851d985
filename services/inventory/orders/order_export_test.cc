#include "services/inventory/orders/order_export.h"

#include <cstring>
#include <string>
#include <vector>

#include "common/base/csv.h"
#include "common/base/money.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

TEST(OrderExportTest, EveryRowHasTheHeadersColumnsWhateverTheText) {
  v1::Order order;
  order.set_name("orders/7");
  order.set_currency("EUR");
  order.set_customer("a \"b\", c\r\nd");
  *order.mutable_total() = MoneyFromMinor(1250, "EUR");
  for (const int64_t quantity : {2, 0}) {
    auto& line = *order.add_lines();
    line.set_number(order.lines_size());
    line.set_sku("茶-1");
    line.set_quantity(quantity);
  }
  std::string csv = OrderCsvHeader();
  EXPECT_EQ(AppendOrderCsv(order, /*raw_text=*/false, &csv), 1);
  size_t read = 0;
  CsvReader reader([&](char* buffer, size_t size) -> absl::StatusOr<size_t> {
    const size_t count = std::min(size, csv.size() - read);
    std::memcpy(buffer, csv.data() + read, count);
    read += count;
    return count;
  });
  std::vector<std::string> header, row;
  ASSERT_TRUE(*reader.Next(&header));
  ASSERT_TRUE(*reader.Next(&row));
  ASSERT_EQ(header.size(), row.size());
  for (size_t i = 0; i < header.size(); ++i) {
    if (header[i] == "customer") EXPECT_EQ(row[i], order.customer());
    if (header[i] == "total") EXPECT_EQ(row[i], "12.50");
    if (header[i] == "sku") EXPECT_EQ(row[i], "茶-1");
  }
  EXPECT_FALSE(*reader.Next(&row));
}

TEST(OrderExportTest, TextsAreNoFormulasUnlessTheyAreWantedAsTheyAre) {
  v1::Order order;
  order.set_currency("EUR");
  order.set_customer("=HYPERLINK(\"http://x\",\"y\")");
  order.set_external_reference("+1+cmd|' /C calc'!A0");
  *order.mutable_balance_due() = MoneyFromMinor(-1250, "EUR");
  auto& line = *order.add_lines();
  line.set_quantity(1);
  line.set_sku("-2+3");
  line.set_title("@SUM(1,2)");
  std::string csv;
  AppendOrderCsv(order, /*raw_text=*/false, &csv);
  for (const char* cell : {R"csv("'=HYPERLINK(""http://x"",""y"")")csv", R"csv("'+1+cmd|' /C calc'!A0")csv",
                           R"csv("'-2+3")csv", R"csv("'@SUM(1,2)")csv"}) {
    EXPECT_THAT(csv, ::testing::HasSubstr(cell));
  }
  EXPECT_THAT(csv, ::testing::EndsWith(",-12.50\r\n"));
  csv.clear();
  AppendOrderCsv(order, /*raw_text=*/true, &csv);
  EXPECT_THAT(csv, ::testing::HasSubstr(",-2+3,\"@SUM(1,2)\","));
}

}  // namespace
}  // namespace storeops::inventory
