// `storeops import retail` on the real file, if it lies beside the repository.
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "common/base/csv.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/inventory/orders/order_totals.h"
#include "services/storeops/import/gzip_file.h"
#include "services/storeops/import/retail_fates.h"
#include "services/storeops/import/retail_lines.h"
#include "services/storeops/import/retail_orders.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/program.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr size_t kRows = 30'000;
constexpr char kFile[] = STOREOPS_TEST_DATA "/online_retail.csv.gz";

// What a part of the file comes to, summed in integers by nothing of the import's own.
struct Part {
  int64_t rows = 0;
  int64_t thousandths = 0;  // of a pound
};

// "0.85" in thousandths.
int64_t Thousandths(absl::string_view price) {
  const std::vector<std::string> parts = absl::StrSplit(price, '.');
  std::string places = parts.size() > 1 ? parts[1] : "";
  places.resize(3, '0');
  int64_t units = 0, rest = 0;
  EXPECT_TRUE(absl::SimpleAtoi(parts[0], &units) && absl::SimpleAtoi(places, &rest)) << price;
  return absl::StartsWith(parts[0], "-") ? units * 1000 - rest : units * 1000 + rest;
}

// The file's lines, the header first.
std::vector<std::string> ReadFile() {
  auto file = GzipFile::Open(kFile);
  EXPECT_TRUE(file.ok()) << file.status();
  std::string text(64 << 20, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const auto read = file->Read(text.data() + size, text.size() - size);
    EXPECT_TRUE(read.ok()) << read.status();
    if (!read.ok() || *read == 0) break;
    size += *read;
  }
  EXPECT_LT(size, text.size());
  return absl::StrSplit(absl::string_view(text).substr(0, size), '\n', absl::SkipEmpty());
}

Part Sum(absl::Span<const std::string> lines) {
  Part part;
  for (const std::string& line : lines) {
    // Only descriptions have commas: the numbers are counted from the end.
    const std::vector<std::string> fields = absl::StrSplit(line, ',');
    int64_t quantity = 0;
    EXPECT_TRUE(absl::SimpleAtoi(fields[fields.size() - 5], &quantity)) << line;
    part.thousandths += quantity * Thousandths(fields[fields.size() - 3]);
    ++part.rows;
  }
  return part;
}

// The words behind a line's label.
std::vector<std::string> Told(const std::string& output, absl::string_view label) {
  for (const absl::string_view line : absl::StrSplit(output, '\n')) {
    if (!absl::StartsWith(line, label)) continue;
    return absl::StrSplit(line.substr(label.size()), ' ', absl::SkipEmpty());
  }
  return {};
}

int64_t Number(const std::string& output, absl::string_view label) {
  int64_t number = -1;
  const std::vector<std::string> words = Told(output, label);
  EXPECT_TRUE(!words.empty() && absl::SimpleAtoi(words[0], &number)) << label << " in\n" << output;
  return number;
}

// Pennies of "12.34".
int64_t Pennies(const std::string& output, absl::string_view label) {
  const std::vector<std::string> words = Told(output, label);
  int64_t pennies = 0;
  EXPECT_TRUE(!words.empty() && absl::SimpleAtoi(absl::StrReplaceAll(words.back(), {{".", ""}}), &pennies)) << label;
  return pennies;
}

struct Sums {
  int64_t orders = 0, lines = 0, ordered = 0, cancelled = 0;
};

Sums SumOrders(Client& client) {
  Sums sums;
  inventory::v1::ListOrdersRequest request;
  request.set_page_size(500);
  do {
    inventory::v1::ListOrdersResponse page;
    const absl::Status status = client.Call("storeops.inventory.v1.OrderService/ListOrders", request, &page);
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) break;
    for (const auto& order : page.orders()) {
      ++sums.orders;
      sums.lines += order.lines_size();
      sums.ordered += Minor(order.total());
      sums.cancelled += Minor(order.refunded());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return sums;
}

TEST(RetailImportTest, WhatIsSentOfTheWholeFileIsItsSum) {
  if (!std::filesystem::exists(kFile)) return;  // then the tests beside the import are all there is
  const std::vector<std::string> rows = ReadFile();
  const Part whole = Sum(absl::MakeConstSpan(rows).subspan(1));
  EXPECT_EQ(whole.rows, 541'909);
  EXPECT_EQ(whole.thousandths, 9'747'747'934);

  RetailLines lines("GBP");
  auto file = GzipFile::Open(kFile);
  CsvReader reader([&file](char* buffer, size_t size) { return file->Read(buffer, size); });
  std::vector<std::string> fields;
  ASSERT_TRUE(reader.Next(&fields).value());
  while (reader.Next(&fields).value()) lines.Add(fields);
  RetailOrders orders(lines, "GBP");
  int64_t sent_lines = 0, pennies = 0;
  inventory::v1::ImportOrdersRequest request;
  while (orders.Next(&request)) {
    for (const auto& order : request.orders()) {
      for (const auto& line : order.lines()) {
        ++sent_lines;
        int64_t left = line.quantity();
        for (const auto& cancellation : line.cancellations()) left -= cancellation.quantity();
        EXPECT_GE(left, 0) << line.DebugString();
        pennies += left * Minor(line.unit_price());
      }
    }
    for (const auto& adjustment : request.adjustments()) pennies += Minor(adjustment.amount());
  }
  const int64_t cancellations = orders.tallies()[static_cast<size_t>(RetailFate::kCancellation)].lines;
  EXPECT_EQ(sent_lines + cancellations + orders.adjustments(), whole.rows);
  // Four prices of a tenth of a penny are rounded away.
  EXPECT_EQ(pennies * 10 + 4, whole.thousandths);
}

TEST(RetailImportTest, AKilledImportGoesOnAndEveryPennyIsThere) {
  if (!std::filesystem::exists(kFile)) return;  // then up_test.cc and the tests beside the import are all there is
  TestSuite suite;
  const std::string path = suite.home() + "/part.csv";
  std::vector<std::string> rows = ReadFile();
  ASSERT_GT(rows.size(), kRows + 1);
  rows.resize(kRows + 1);
  const Part part = Sum(absl::MakeConstSpan(rows).subspan(1));
  std::ofstream(path) << absl::StrJoin(rows, "\n") << "\n";

  auto client = suite.MakeClient();
  {
    Program killed({StoreopsProgram(), "--home", suite.home(), "import", "retail", path}, suite.home());
    ASSERT_TRUE(Eventually([&] { return !killed.Running() || SumOrders(client).orders > 0; }, absl::Minutes(2)));
    EXPECT_TRUE(killed.Running()) << "it was done before it could be killed";
    killed.Signal(SIGKILL);
  }
  kill(suite.pid(), SIGKILL);
  ASSERT_EQ(suite.Up().exit_code, 0);
  client = suite.MakeClient();
  const Sums before = SumOrders(client);

  const RunResult first = suite.Run({"import", "retail", path});
  ASSERT_EQ(first.exit_code, 0) << first.errors << first.output;
  EXPECT_THAT(Told(first.output, "  differs from the file by"), ElementsAre("0.00"));
  EXPECT_EQ(Number(first.output, "rows read"), part.rows);
  EXPECT_EQ(Number(first.output, "sum of these"), part.rows);
  // All prices of this part have two places.
  EXPECT_EQ(Pennies(first.output, "rows read") * 10, part.thousandths);
  EXPECT_EQ(Pennies(first.output, "revenue") * 10, part.thousandths);
  const Sums sums = SumOrders(client);
  EXPECT_GT(sums.orders, before.orders) << "nothing was left to do";
  EXPECT_EQ(sums.orders, Number(first.output, "orders"));
  EXPECT_EQ(sums.lines, Number(first.output, "  ordered"));
  EXPECT_EQ(sums.ordered, Pennies(first.output, "  ordered"));
  EXPECT_EQ(sums.cancelled, -Pennies(first.output, "  cancelled"));
  EXPECT_GT(sums.cancelled, 0);
  EXPECT_THAT(first.output, HasSubstr("at \"Main warehouse\", which was made for it"));
  EXPECT_GT(Number(first.output, "SKUs given opening stock"), 1000);

  const RunResult second = suite.Run({"import", "retail", path});
  ASSERT_EQ(second.exit_code, 0) << second.errors;
  EXPECT_THAT(second.output, HasSubstr("nothing was changed: all of this was there already\n"));
  EXPECT_EQ(Number(second.output, "  had stock already"), Number(first.output, "SKUs given opening stock"));
  EXPECT_EQ(Told(second.output, "revenue"), Told(first.output, "revenue"));
  EXPECT_EQ(SumOrders(client).ordered, sums.ordered);

  inventory::v1::ListStockMovementsRequest request;
  request.set_filter("cause = \"retailImports/opening\"");
  inventory::v1::ListStockMovementsResponse movements;
  ASSERT_TRUE(client.Call("storeops.inventory.v1.StockService/ListStockMovements", request, &movements).ok());
  ASSERT_GT(movements.movements_size(), 0);
  EXPECT_EQ(movements.movements(0).type(), inventory::v1::StockMovement::ADJUSTED);
  EXPECT_EQ(movements.movements(0).reason(), inventory::v1::OPENING_STOCK);
  EXPECT_EQ(suite.Run({"check", "stock"}).exit_code, 0);
}

}  // namespace
}  // namespace storeops::testing
