#include "services/catalog/transfers/cell_text.h"

#include <string>
#include <vector>

#include "common/base/money.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::HasSubstr;
using ListAttribute = std::vector<std::string>;

TEST(CellTextTest, SplitsLists) {
  const struct {
    std::string cell;
    ListAttribute values;
  } cases[] = {
      {"", {}},
      {"red", {"red"}},
      {" red | blue|", {"red", "blue"}},
      {"||", {}},
      {R"(a\|b|c\\)", {"a|b", "c\\"}},
      {R"(\ edge\ )", {" edge "}},
      {"end\\", {"end\\"}},
      {"中|文", {"中", "文"}},
  };
  for (const auto& test : cases) EXPECT_EQ(SplitCell(test.cell, '|'), test.values) << test.cell;
}

TEST(CellTextTest, ListsComeBackAsTheyWere) {
  const ListAttribute cases[] = {{}, {"a"}, {"a|b", "\\", " c ", "d>e"}, {"x\\|y", "|"}, {"two words", "\ttab\t"}};
  for (const ListAttribute& values : cases) {
    const std::string cell = JoinCell({values.begin(), values.end()}, '|');
    EXPECT_EQ(SplitCell(cell, '|'), values) << cell;
  }
}

TEST(CellTextTest, PathsComeBackAsTheyWere) {
  const std::vector<CategoryPath> paths = {{"Home", "Mugs & more"}, {"A>B", "C|D", "\\"}, {"Sale"}};
  std::string cell;
  for (const CategoryPath& path : paths) cell += (cell.empty() ? "" : " | ") + FormatPath(path);
  EXPECT_EQ(ParsePaths(cell), paths) << cell;
  EXPECT_EQ(FormatPath(paths[0]), "Home > Mugs & more");
  EXPECT_TRUE(ParsePaths(" | > |").empty());
}

TEST(CellTextTest, AmountsAreExact) {
  const struct {
    std::string text, currency, wrong;
    int64_t minor;
  } cases[] = {
      {"2.55", "EUR", "", 255},
      {"2.5", "EUR", "", 250},
      {"2.550", "EUR", "", 255},
      {"300", "JPY", "", 300},
      {"1.234", "KWD", "", 1234},
      {"2.555", "EUR", "EUR has 2 decimal places", 0},
      {"1.5", "JPY", "JPY has 0 decimal places", 0},
      {"-1", "EUR", "is below zero", 0},
      {"1,50", "EUR", "is not a decimal number", 0},
      {"12e3", "EUR", "is not a decimal number", 0},
      {"NaN", "EUR", "is not a decimal number", 0},
      {"99999999999999999999", "EUR", "too large", 0},
      {"1", "euro", "three-letter", 0},
  };
  for (const auto& test : cases) {
    const auto amount = ParseAmount(test.text, test.currency);
    ASSERT_EQ(amount.ok(), test.wrong.empty()) << test.text << " " << amount.status();
    if (!amount.ok()) {
      EXPECT_THAT(std::string(amount.status().message()), HasSubstr(test.wrong));
      continue;
    }
    EXPECT_EQ(*MoneyToMinor(*amount), test.minor);
    EXPECT_EQ(*MoneyToMinor(*ParseAmount(FormatAmount(*amount), test.currency)), test.minor);
  }
}

TEST(CellTextTest, AttributesComeBackAsTheyWere) {
  using Definition = v1::AttributeDefinition;
  const struct {
    Definition::Type type;
    std::string value, text;
  } cases[] = {
      {Definition::TEXT, "text: 'as it is | or not'", "as it is | or not"},
      {Definition::NUMBER, "number: 0.1", "0.1"},
      {Definition::NUMBER, "number: 1e+300", "1e+300"},
      {Definition::BOOLEAN, "boolean: false", "false"},
      {Definition::CHOICE, "choice: 'clay'", "clay"},
      {Definition::CHOICES, "choices {values: 'a|b' values: 'c'}", "a\\|b|c"},
      {Definition::DATE, "date: '2026-11-22'", "2026-11-22"},
  };
  for (const auto& test : cases) {
    v1::AttributeValue value;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(test.value, &value));
    EXPECT_EQ(FormatAttribute(value), test.text);
    Definition definition;
    definition.set_type(test.type);
    const auto parsed = ParseAttribute(definition, test.text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(*parsed, value)) << test.text;
  }
  Definition number;
  number.set_type(Definition::NUMBER);
  EXPECT_FALSE(ParseAttribute(number, "1,5").ok());
  number.set_type(Definition::BOOLEAN);
  EXPECT_FALSE(ParseAttribute(number, "yes").ok());
}

}  // namespace
}  // namespace storeops::catalog
