#include "services/storeops/import/retail_lines.h"

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

std::vector<std::string> LineRow(absl::string_view line) { return absl::StrSplit(line, ','); }

TEST(RetailLinesTest, ReadsDecimalsExactly) {
  const struct {
    const char* text;
    int64_t expected;  // -1 for none
  } cases[] = {{"2.55", 255000},
               {"0.001", 100},
               {"-11062.06", -1106206000},
               {"3", 300000},
               {"0.00001", 1},
               {"0", 0},
               {"0.000001", -1},
               {"", -1},
               {".5", -1},
               {"1.", -1},
               {"1.2.3", -1},
               {"1e3", -1},
               {"--1", -1},
               {"99999999999", -1},
               {"99999999999999999999999", -1}};
  for (const auto& test : cases) EXPECT_EQ(ParseExact(test.text, 5).value_or(-1), test.expected) << test.text;
}

TEST(RetailLinesTest, RoundsHalfAwayFromZeroAndWritesAllPlaces) {
  EXPECT_EQ(ToMinor(499), 0);
  EXPECT_EQ(ToMinor(500), 1);
  EXPECT_EQ(ToMinor(-500), -1);
  EXPECT_EQ(ToMinor(-1499), -1);
  EXPECT_EQ(FormatExact(974774793400, "GBP"), "9747747.934");
  EXPECT_EQ(FormatExact(-255000, "GBP"), "-2.55");
  EXPECT_EQ(FormatExact(0, "GBP"), "0.00");
  EXPECT_EQ(FormatExact(1, "GBP"), "0.00001");
  EXPECT_EQ(FormatExact(1500, "JPY"), "1.5");
  EXPECT_EQ(FormatExact(7000, "JPY"), "7");
}

TEST(RetailLinesTest, CountsWhatIsMalformedWithItsMoney) {
  const struct {
    const char* row;
    bool good;
  } cases[] = {
      {"536365,85123A,WHITE HEART,6,2010-12-01 08:26:00,2.55,17850,United Kingdom", true},
      {"C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527,United Kingdom", true},
      {"536365,71053,LANTERN,6,2010-12-01 08:26:00,3.39,,United Kingdom", true},
      {"536365,71053,LANTERN,0,2010-12-01 08:26:00,3.39,,United Kingdom", false},
      {"536365,71053,LANTERN,1,yesterday,1.00,,United Kingdom", false},
      {"536365,,X,1,2010-12-01 16:50:00,1.00,,United Kingdom", false},
      {",1,X,1,2010-12-01 16:50:00,1.00,,United Kingdom", false},
      {"53 65,1,X,1,2010-12-01 16:50:00,1.00,,United Kingdom", false},
      {"536589,1,X,one,2010-12-01 16:50:00,1.00,,United Kingdom", false},
      {"536589,1,X,1,2010-12-01 16:50:00,1.0x,,United Kingdom", false},
      {"536589,1,X,1,2010-12-01 16:50:00,1.123456,,United Kingdom", false},
      {"536589,1,X,1000000000,2010-12-01 16:50:00,100000000.00,,United Kingdom", false},
      {"536589,1,X", false},
  };
  RetailLines lines("GBP");
  for (const auto& test : cases) EXPECT_EQ(lines.Add(LineRow(test.row)), test.good) << test.row;
  EXPECT_EQ(lines.malformed(), 10);
  ASSERT_EQ(lines.lines().size(), 3u);
  ASSERT_EQ(lines.invoices().size(), 2u);
  EXPECT_EQ(lines.lines()[2].number, 2);
  EXPECT_EQ(lines.text(lines.lines()[2].sku), "71053");
  EXPECT_EQ(lines.invoices()[0].time, absl::CivilSecond(2010, 12, 1, 8, 26, 0));
  EXPECT_EQ(lines.invoices()[0].customer, "17850");
  const absl::int128 huge = absl::int128(100'000'000'000'00) * 1'000'000'000;  // a price in thousandths of a penny
  EXPECT_EQ(lines.malformed_amount(), huge + 4 * 100'000);
  EXPECT_EQ(lines.amount(), huge + 4 * 100'000 + 6 * 255'000 - 2'750'000 + 6 * 339'000);
}

}  // namespace
}  // namespace storeops
