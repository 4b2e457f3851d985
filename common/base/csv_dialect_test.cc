#include "common/base/csv_dialect.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace storeops {
namespace {

using DialectTable = std::vector<std::vector<std::string>>;

CsvReader::Source TextInPieces(std::string text, size_t piece) {
  return [text = std::move(text), piece, position = size_t{0}](char* buffer,
                                                               size_t size) mutable -> absl::StatusOr<size_t> {
    const size_t count = std::min({piece, size, text.size() - position});
    std::copy_n(text.data() + position, count, buffer);
    position += count;
    return count;
  };
}

struct ReadText {
  DialectTable table;
  CsvDialect dialect;
  std::vector<int64_t> lines;
};

ReadText ReadDetected(const std::string& text, size_t piece, const CsvDialect& stated = {}) {
  ReadText read;
  read.dialect = stated;
  auto reader = OpenCsv(TextInPieces(text, piece), &read.dialect);
  EXPECT_TRUE(reader.ok()) << reader.status();
  std::vector<std::string> row;
  while (reader.ok()) {
    const auto more = (*reader)->Next(&row);
    EXPECT_TRUE(more.ok()) << more.status() << " of " << text;
    if (!more.ok() || !*more) break;
    read.table.push_back(row);
    read.lines.push_back((*reader)->line());
  }
  return read;
}

std::string Utf16(const std::u16string& text, bool little, bool mark) {
  std::string bytes;
  const auto add = [&](char16_t c) {
    const char low = static_cast<char>(c & 0xFF), high = static_cast<char>(c >> 8);
    bytes += little ? low : high;
    bytes += little ? high : low;
  };
  if (mark) add(0xFEFF);
  for (const char16_t c : text) add(c);
  return bytes;
}

TEST(CsvDialectTest, WhatSpreadsheetsWriteIsDetected) {
  const DialectTable mugs = {{"sku", "title"}, {"A-1", "Tasse groß"}};
  const DialectTable chinese = {{"sku", "title"}, {"A-1", "青花瓷杯"}};
  const struct {
    std::string text, described;
    DialectTable table;
  } cases[] = {
      {"sku,title\nA-1,Tasse groß\n", "UTF-8, fields separated by commas", mugs},
      {"\xEF\xBB\xBFsku;title\r\nA-1;Tasse groß\r\n", "UTF-8, fields separated by semicolons", mugs},
      {"sku\ttitle\nA-1\tTasse groß\n", "UTF-8, fields separated by tabs", mugs},
      {"sku|title\nA-1|Tasse groß\n", "UTF-8, fields separated by vertical bars", mugs},
      {"sku;title\rA-1;Tasse groß\r", "UTF-8, fields separated by semicolons", mugs},
      {"sku;title\nA-1;Tasse gro\xDF\n", "windows-1252, fields separated by semicolons", mugs},
      {Utf16(u"sku\ttitle\r\nA-1\tTasse groß\r\n", true, true), "UTF-16LE, fields separated by tabs", mugs},
      {Utf16(u"sku,title\r\nA-1,Tasse groß\r\n", false, true), "UTF-16BE, fields separated by commas", mugs},
      {Utf16(u"sku;title\r\nA-1;Tasse groß\r\n", true, false), "UTF-16LE, fields separated by semicolons", mugs},
      {Utf16(u"sku,title\nA-1,青花瓷杯\n", true, true), "UTF-16LE, fields separated by commas", chinese},
      {"sku,title\nA-1,\xC7\xE0\xBB\xA8\xB4\xC9\xB1\xAD\n", "GB18030, fields separated by commas", chinese},
      {"sku,title\nA-1,青花瓷杯\n", "UTF-8, fields separated by commas", chinese},
  };
  for (const auto& test : cases) {
    for (const size_t piece : {size_t{1}, size_t{3}, size_t{100'000}}) {
      const ReadText read = ReadDetected(test.text, piece);
      EXPECT_EQ(read.table, test.table) << test.described;
      EXPECT_EQ(DescribeDialect(read.dialect), test.described);
    }
  }
}

TEST(CsvDialectTest, ASeparatorLineIsNoRow) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const ReadText read = ReadDetected("sep=;" + end + "a,b;c" + end + "1;2" + end, 4);
    EXPECT_EQ(read.table, (DialectTable{{"a,b", "c"}, {"1", "2"}}));
    EXPECT_EQ(read.lines, (std::vector<int64_t>{2, 3})) << "as an editor counts them";
    EXPECT_EQ(read.dialect.delimiter, ';');
  }
  EXPECT_EQ(ReadDetected("sep=x\n1\n", 4).table, (DialectTable{{"sep=x"}, {"1"}}));
  // What the caller states counts.
  EXPECT_EQ(ReadDetected("sep=;\na,b;c\n", 4, {std::nullopt, ','}).table, (DialectTable{{"a", "b;c"}}));
}

TEST(CsvDialectTest, TheHeaderDecidesWhatSeparates) {
  EXPECT_EQ(ReadDetected("\"a,b,c\";d\n1,2,3;4\n", 4).table, (DialectTable{{"a,b,c", "d"}, {"1,2,3", "4"}}));
  EXPECT_EQ(ReadDetected("\n\na,b\n1;2;3;4,5\n", 4).table, (DialectTable{{"a", "b"}, {"1;2;3;4", "5"}}));
  EXPECT_EQ(ReadDetected("sku\nA;1\n", 4).table, (DialectTable{{"sku"}, {"A;1"}}));
  EXPECT_EQ(ReadDetected("", 4).table, DialectTable());
}

// A byte that is broken does not make Western text of what is UTF-8 otherwise.
TEST(CsvDialectTest, OneBrokenByteDoesNotChangeTheEncoding) {
  CsvDialect dialect;
  auto reader = OpenCsv(TextInPieces("a\né é é\xE9\n", 3), &dialect);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(dialect.encoding, TextEncoding::kUtf8);
  std::vector<std::string> row;
  ASSERT_TRUE(*(*reader)->Next(&row));
  ASSERT_TRUE(*(*reader)->Next(&row));
  ASSERT_TRUE((*reader)->InvalidUtf8().has_value());
  EXPECT_EQ((*reader)->InvalidUtf8()->column, 6);
}

TEST(CsvDialectTest, WhatIsNotTextOfAStatedEncodingIsFound) {
  CsvDialect dialect{TextEncoding::kGb18030, 0};
  auto reader = OpenCsv(TextInPieces("a,b\n1,\xFF\n2,\xC7\xE0\n", 2), &dialect);
  ASSERT_TRUE(reader.ok());
  std::vector<std::string> row;
  ASSERT_TRUE(*(*reader)->Next(&row));
  ASSERT_TRUE(*(*reader)->Next(&row));
  EXPECT_TRUE((*reader)->InvalidUtf8().has_value());
  ASSERT_TRUE(*(*reader)->Next(&row));
  EXPECT_FALSE((*reader)->InvalidUtf8().has_value());
  EXPECT_EQ(row[1], "青");
}

TEST(CsvDialectTest, RowsOfNothingAreBlank) {
  EXPECT_TRUE(IsBlankRow({"", " ", "\t"}));
  EXPECT_TRUE(IsBlankRow({}));
  EXPECT_FALSE(IsBlankRow({"", "0"}));
}

}  // namespace
}  // namespace storeops
