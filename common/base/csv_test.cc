#include "common/base/csv.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

using ::testing::HasSubstr;
using Table = std::vector<std::vector<std::string>>;

// Hands out the text in pieces, so that every state meets the end of a piece.
CsvReader::Source InPieces(std::string text, size_t piece) {
  return [text = std::move(text), piece, position = size_t{0}](char* buffer,
                                                               size_t size) mutable -> absl::StatusOr<size_t> {
    const size_t count = std::min({piece, size, text.size() - position});
    std::copy_n(text.data() + position, count, buffer);
    position += count;
    return count;
  };
}

absl::StatusOr<Table> ReadAll(const std::string& text, size_t piece, CsvReader::Limits limits = {}) {
  CsvReader reader(InPieces(text, piece), limits);
  Table table;
  std::vector<std::string> row;
  while (true) {
    const auto more = reader.Next(&row);
    if (!more.ok()) return more.status();
    if (!*more) return table;
    table.push_back(row);
  }
}

TEST(CsvReaderTest, ReadsWhateverThePieces) {
  const struct {
    std::string text;
    Table expected;
  } cases[] = {
      {"", {}},
      {"a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
      {"a,b\r\n1,2", {{"a", "b"}, {"1", "2"}}},
      {"\xEF\xBB\xBFx\n", {{"x"}}},
      {",\n", {{"", ""}}},
      {"\"a,\"\"b\"\"\nc\",d\n", {{"a,\"b\"\nc", "d"}}},
      {"\"\"\n", {{""}}},
      {"a\n\n\r\nb\n", {{"a"}, {"b"}}},
      {"1,\n,2", {{"1", ""}, {"", "2"}}},
      {"中文,é\n", {{"中文", "é"}}},
      {"\"a\"  ,\"b\"\t,\"c\" \r\n\"d\" ", {{"a", "b", "c"}, {"d"}}},
  };
  for (const auto& test : cases) {
    for (const size_t piece : {size_t{1}, size_t{2}, size_t{3}, size_t{1000}}) {
      const auto table = ReadAll(test.text, piece);
      ASSERT_TRUE(table.ok()) << table.status() << " in " << test.text;
      EXPECT_EQ(*table, test.expected) << test.text << " in pieces of " << piece;
    }
  }
}

TEST(CsvReaderTest, NamesThePlaceOfWhatIsBroken) {
  const struct {
    std::string text;
    std::string message;
  } cases[] = {
      {"a\n\"b", "line 2, column 2: the quote opened on line 2, column 1 is not closed"},
      {"a,\"b\"c\n", "line 1, column 5: text behind a closing quote"},
      {"a,\"b\" c\n", "line 1, column 5: text behind a closing quote"},
      {"a,b\"c\n", "line 1, column 4: a quote inside a field that is not quoted"},
      {"a\rb\n", "line 1, column 2: a carriage return without a line feed"},
      {"ok\n0123456789ABCDEF\n", "line 2, column 11: the row is longer than 10 bytes"},
      {"1,2,3,4\n", "more than 3 columns"},
  };
  for (const auto& test : cases) {
    const auto table = ReadAll(test.text, 1, {.max_row_bytes = 10, .max_columns = 3});
    EXPECT_EQ(table.status().code(), absl::StatusCode::kInvalidArgument) << test.text;
    EXPECT_THAT(std::string(table.status().message()), HasSubstr(test.message));
  }
}

TEST(CsvReaderTest, FieldsAreSeparatedByWhatIsStated) {
  for (const char delimiter : {';', '\t', '|'}) {
    const std::string text = "a,b" + std::string(1, delimiter) + "\"c" + delimiter + "\"\n";
    CsvReader reader(InPieces(text, 2), {}, {.delimiter = delimiter, .first_line = 2});
    std::vector<std::string> row;
    ASSERT_TRUE(*reader.Next(&row));
    EXPECT_EQ(row, (std::vector<std::string>{"a,b", std::string("c") + delimiter}));
    EXPECT_EQ(reader.line(), 2);
  }
}

TEST(CsvReaderTest, CountsLinesAndRecords) {
  CsvReader reader(InPieces("h\n\"two\nlines\"\nlast\n", 4));
  std::vector<std::string> row;
  ASSERT_TRUE(*reader.Next(&row));
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_EQ(reader.line(), 2);
  ASSERT_TRUE(*reader.Next(&row));
  EXPECT_EQ(reader.line(), 4);
  EXPECT_EQ(reader.record(), 3);
  EXPECT_FALSE(*reader.Next(&row));
}

// A quote that is never closed swallows the rest of the file: no more of it than one row's worth is kept.
TEST(CsvReaderTest, RefusesAHugeRowWithoutKeepingIt) {
  size_t given = 0;
  CsvReader reader([&given](char* buffer, size_t size) -> absl::StatusOr<size_t> {
    std::fill_n(buffer, size, 'x');
    if (given == 0) std::copy_n("a,b\n1,\"", 7, buffer);
    given += size;
    return size;
  });
  std::vector<std::string> row;
  ASSERT_TRUE(*reader.Next(&row));
  const absl::Status status = reader.Next(&row).status();
  EXPECT_EQ(
      status.message(),
      "line 2, column 1048577: the row is longer than 1048576 bytes; the quote opened on line 2, column 3 is still "
      "open");
  EXPECT_LT(given, 2u << 20);
}

TEST(CsvReaderTest, KnowsThePlacesOfFields) {
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{1000}}) {
    CsvReader reader(InPieces("\xEF\xBB\xBF中,b,\n\"x\ny\",ü,\"z\"\r\nend", piece));
    std::vector<std::string> row;
    std::vector<TextPlace> places;
    const auto text = [&places] {
      std::string all;
      for (const TextPlace& place : places) {
        all += std::to_string(place.line) + ":" + std::to_string(place.column) + " ";
      }
      return all;
    };
    ASSERT_TRUE(*reader.Next(&row));
    reader.GetPlaces(&places);
    EXPECT_EQ(text(), "1:1 1:3 1:5 ");
    ASSERT_TRUE(*reader.Next(&row));
    reader.GetPlaces(&places);
    EXPECT_EQ(text(), "2:1 3:4 3:6 ");
    ASSERT_TRUE(*reader.Next(&row));
    EXPECT_EQ(reader.bytes(), 27);
  }
}

TEST(CsvReaderTest, FindsBytesThatAreNoText) {
  CsvReader reader(InPieces("fine é\nname,caf\xE9,x\n\"a\nb\xC3\"\nfine\n", 5));
  std::vector<std::string> row;
  const auto place = [&]() -> std::string {
    EXPECT_TRUE(*reader.Next(&row));
    const auto found = reader.InvalidUtf8();
    return found.has_value() ? std::to_string(found->line) + ":" + std::to_string(found->column) : "none";
  };
  EXPECT_EQ(place(), "none");
  EXPECT_EQ(place(), "2:9");
  EXPECT_EQ(place(), "4:2");
  EXPECT_EQ(place(), "none");
}

TEST(CsvWriterTest, ASpreadsheetsFormulasBecomeTexts) {
  const auto written = [](absl::string_view field) {
    std::string out;
    AppendSpreadsheetField(field, &out);
    return out;
  };
  EXPECT_EQ(written("=1+1"), "\"'=1+1\"");
  EXPECT_EQ(written("+49 30 1"), "\"'+49 30 1\"");
  EXPECT_EQ(written("-2+3"), "\"'-2+3\"");
  EXPECT_EQ(written("@A1"), "\"'@A1\"");
  EXPECT_EQ(written("\t1"), "\"'\t1\"");
  EXPECT_EQ(written("\r1"), "\"'\r1\"");
  EXPECT_EQ(written("\n1"), "\"'\n1\"");
  EXPECT_EQ(written("a;=1"), "\"a;'=1\"");
  EXPECT_EQ(written("＝1"), "\"'＝1\"");
  EXPECT_EQ(written("=\"a\""), "\"'=\"\"a\"\"\"");
  for (const char* plain : {"", "-12.50", "12", "a=b", "Tea"}) EXPECT_EQ(written(plain), plain);
  EXPECT_EQ(written("-"), "\"'-\"");
  EXPECT_EQ(written("-1."), "\"'-1.\"");
  EXPECT_EQ(written("-1.5e3"), "\"'-1.5e3\"");
  EXPECT_EQ(written("a,b"), "\"a,b\"");
}

}  // namespace
}  // namespace storeops
