#include "common/base/money.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "common/base/errors.h"

namespace storeops {
namespace {

google::type::Money Money(const std::string& currency, int64_t units, int32_t nanos = 0) {
  google::type::Money money;
  money.set_currency_code(currency);
  money.set_units(units);
  money.set_nanos(nanos);
  return money;
}

TEST(Money, CurrenciesHaveTheirDigits) {
  EXPECT_EQ(*CurrencyDigits("EUR"), 2);
  EXPECT_EQ(*CurrencyDigits("CNY"), 2);
  EXPECT_EQ(*CurrencyDigits("JPY"), 0);
  EXPECT_EQ(*CurrencyDigits("KWD"), 3);
  for (const char* bad : {"", "EU", "EURO", "eur", "E1R", "€"}) EXPECT_FALSE(CurrencyDigits(bad).ok()) << bad;
}

TEST(Money, GoesToMinorUnitsAndBack) {
  const struct {
    google::type::Money money;
    int64_t minor;
  } cases[] = {
      {Money("EUR", 0), 0},
      {Money("EUR", 2, 550'000'000), 255},
      {Money("EUR", -2, -550'000'000), -255},
      {Money("EUR", 0, -10'000'000), -1},
      {Money("JPY", 1200), 1200},
      {Money("KWD", 1, 5'000'000), 1005},
      {Money("EUR", 92'233'720'368'547'758, 70'000'000), INT64_MAX},
      {Money("EUR", -92'233'720'368'547'758, -80'000'000), INT64_MIN},
      {Money("JPY", INT64_MIN), INT64_MIN},
  };
  for (const auto& c : cases) {
    const auto minor = MoneyToMinor(c.money);
    ASSERT_TRUE(minor.ok()) << c.money.ShortDebugString() << minor.status();
    EXPECT_EQ(*minor, c.minor);
    EXPECT_EQ(MoneyFromMinor(c.minor, c.money.currency_code()).ShortDebugString(), c.money.ShortDebugString());
  }
}

TEST(Money, RefusesWhatIsNoAmount) {
  const google::type::Money cases[] = {
      Money("", 1),
      Money("EUR", 1, 1),
      Money("EUR", 1, 5'000'000),
      Money("JPY", 1, 10'000'000),
      Money("EUR", 1, -10'000'000),
      Money("EUR", -1, 10'000'000),
      Money("EUR", 0, 1'000'000'000),
      Money("EUR", 0, -1'000'000'000),
      Money("EUR", INT64_MAX),
      Money("EUR", INT64_MIN),
      Money("EUR", 92'233'720'368'547'758, 80'000'000),
  };
  for (const auto& money : cases) EXPECT_FALSE(MoneyToMinor(money).ok()) << money.ShortDebugString();
}

TEST(Money, ReadsDecimals) {
  const struct {
    const char* text;
    const char* currency;
    int64_t minor;
    bool rounded;
  } cases[] = {
      {"0", "EUR", 0, false},
      {"2.55", "EUR", 255, false},
      {"-0.5", "EUR", -50, false},
      {"2", "EUR", 200, false},
      {"2.", "EUR", 200, false},
      {".5", "EUR", 50, false},
      {"0.005", "EUR", 1, true},
      {"0.004", "EUR", 0, true},
      {"-0.005", "EUR", -1, true},
      {"0.0049", "EUR", 0, true},
      {"1.9999", "EUR", 200, true},
      {"1.500", "EUR", 150, false},
      {"12.5", "JPY", 13, true},
      {"12.0", "JPY", 12, false},
      {"1.2345", "KWD", 1235, true},
      {"00012.30", "EUR", 1230, false},
      {"92233720368547758.07", "EUR", INT64_MAX, false},
      {"-92233720368547758.08", "EUR", INT64_MIN, false},
  };
  for (const auto& c : cases) {
    bool rounded = !c.rounded;
    const auto minor = ParseDecimalMinor(c.text, c.currency, &rounded);
    ASSERT_TRUE(minor.ok()) << c.text << minor.status();
    EXPECT_EQ(*minor, c.minor) << c.text;
    EXPECT_EQ(rounded, c.rounded) << c.text;
    EXPECT_EQ(*ParseDecimalMinor(c.text, c.currency), c.minor);
  }
}

TEST(Money, RefusesWhatIsNoDecimal) {
  for (const char* text :
       {"", "-", ".", "-.", "+1", "1,5", "1.2.3", "1e3", " 1", "1 ", "--1", "0x1", "NaN", "92233720368547758.08",
        "-92233720368547758.09", "92233720368547758.075", "100000000000000000000"}) {
    EXPECT_FALSE(ParseDecimalMinor(text, "EUR").ok()) << text;
  }
  EXPECT_FALSE(ParseDecimalMinor("1", "eur").ok());
}

TEST(Money, AStatedAmountIsReadInItsCurrencyOnly) {
  const StatedMoney euros(Money("EUR", 5), "price");
  EXPECT_EQ(*euros.In("EUR"), 500);
  EXPECT_EQ(euros.In("JPY").status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(*StatedMoney().In("JPY"), 0);
  std::vector<FieldViolation> violations;
  EXPECT_EQ(euros.In("EUR", violations), 500);
  EXPECT_TRUE(violations.empty());
  EXPECT_EQ(euros.In("JPY", violations), 0);
  EXPECT_EQ(StatedMoney(Money("JPY", 0, 5), "fee").In("JPY", violations), 0);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(violations[0].field, "price");
  EXPECT_EQ(violations[0].description, "must be in JPY, not in EUR");
  EXPECT_EQ(violations[1].field, "fee");
  EXPECT_EQ(MinorIn(Money("EUR", 5), "EUR"), 500);
  EXPECT_EQ(MinorIn(Money("EUR", 5), "JPY"), std::nullopt);
  EXPECT_EQ(MinorIn({}, "EUR"), std::nullopt);
  EXPECT_EQ(ReadMoney(Money("JPY", 5))->minor, 5);
  EXPECT_EQ(ReadMoney(Money("JPY", 5))->currency, "JPY");
  EXPECT_FALSE(ReadMoney({}).ok());
}

TEST(Money, IsWrittenForPeople) {
  EXPECT_EQ(FormatMoney(Money("GBP", 2, 550'000'000)), "2.55 GBP");
  EXPECT_EQ(FormatMoney(Money("GBP", 0, -50'000'000)), "-0.05 GBP");
  EXPECT_EQ(FormatMoney(Money("JPY", -1200)), "-1200 JPY");
  EXPECT_EQ(FormatMoney(Money("KWD", 1, 5'000'000)), "1.005 KWD");
  EXPECT_EQ(FormatMoney(Money("JPY", INT64_MIN)), "-9223372036854775808 JPY");
}

}  // namespace
}  // namespace storeops
