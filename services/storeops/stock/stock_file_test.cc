#include "services/storeops/stock/stock_file.h"

#include <algorithm>
#include <cstring>

#include "common/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

CsvReader::Source SourceOf(std::string text) {
  return [text = std::move(text), at = size_t{0}](char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
    const size_t length = std::min(size, text.size() - at);
    std::memcpy(buffer, text.data() + at, length);
    at += length;
    return length;
  };
}

TEST(StockFileTest, ReadsWhatAnExportWrites) {
  inventory::v1::StockLevel level;
  level.set_sku("A,1");
  level.set_location("locations/7");
  level.set_on_hand(12);
  level.set_safety_stock(3);
  level.set_reserved(4);
  StockFileReader reader(SourceOf(StockFileHeader() + StockFileLine(level, {{"locations/7", "BER"}})));
  ASSERT_TRUE(reader.ReadHeader().ok());
  StockFileReader::Row row;
  std::vector<StockRowError> errors;
  ASSERT_TRUE(*reader.Next(&row, &errors));
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(row.sku(), "A,1");
  EXPECT_EQ(row.location_code(), "BER");
  EXPECT_EQ(row.on_hand(), 12);
  EXPECT_EQ(row.safety_stock(), 3);
  EXPECT_FALSE(*reader.Next(&row, &errors));
}

TEST(StockFileTest, WhatIsLeftOutIsNotSet) {
  StockFileReader reader(SourceOf("sku,location,on_hand,lot\nA,BER,,\nB,BER\n"));
  ASSERT_TRUE(reader.ReadHeader().ok());
  StockFileReader::Row row;
  std::vector<StockRowError> errors;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(*reader.Next(&row, &errors));
    EXPECT_TRUE(errors.empty());
    EXPECT_FALSE(row.has_on_hand());
  }
}

TEST(StockFileTest, ControlCharactersAreCleanedOutAndNamed) {
  StockFileReader reader(SourceOf("sku,location,on_hand,lot\n\"A\tB\",BER\u200B,5\x07,L\u00A01\n"));
  ASSERT_TRUE(reader.ReadHeader().ok());
  StockFileReader::Row row;
  std::vector<StockRowError> errors;
  ASSERT_TRUE(*reader.Next(&row, &errors));
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(row.sku(), "A B");
  EXPECT_EQ(row.location_code(), "BER");
  EXPECT_EQ(row.on_hand(), 5);
  EXPECT_EQ(row.lot(), "L 1");
  ASSERT_EQ(reader.warnings().size(), 3u) << "blanks around a cell are none";
  EXPECT_EQ(reader.warnings()[0].column, "sku");
  EXPECT_EQ(reader.warnings()[0].problem, "U+0009 (at character 2) is stored as a blank");
  EXPECT_EQ(reader.warnings()[1].column, "on_hand");
}

TEST(StockFileTest, TheTimeOfCountingHasAZone) {
  absl::TimeZone berlin;
  ASSERT_TRUE(absl::LoadTimeZone("Europe/Berlin", &berlin));
  const struct {
    std::string text, time;
  } cases[] = {
      {"2026-11-30T14:05:07Z", "2026-11-30T14:05:07Z"},
      {"2026-11-30T14:05:00+01:00", "2026-11-30T13:05:00Z"},
      {"2026-11-30 14:05", "2026-11-30T13:05:00Z"},
      {"2026-07-01T14:05:30", "2026-07-01T12:05:30Z"},
      {"2026-03-29 02:30", "\"2026-03-29 02:30\" is no time in Europe/Berlin: state the offset, such as +01:00"},
      {"2026-10-25 02:30", "\"2026-10-25 02:30\" is there twice in Europe/Berlin: state the offset, such as +01:00"},
      {"30.11.2026", "must be a time such as 2026-11-30T14:05:00Z or 2026-11-30 14:05, not \"30.11.2026\""},
      {"2026-11-30", "must be a time such as 2026-11-30T14:05:00Z or 2026-11-30 14:05, not \"2026-11-30\""},
  };
  for (const auto& test : cases) {
    const auto time = ParseCountTime(test.text, berlin);
    EXPECT_EQ(time.ok() ? FormatRfc3339(*time) : std::string(time.status().message()), test.time);
  }
  StockFileReader reader(SourceOf("sku,location,on_hand,counted_at\nA,BER,5,2026-11-30 14:05\nA,BER,5,\nA,BER,5,x\n"),
                         {}, berlin);
  ASSERT_TRUE(reader.ReadHeader().ok());
  StockFileReader::Row row;
  std::vector<StockRowError> errors;
  ASSERT_TRUE(*reader.Next(&row, &errors));
  EXPECT_EQ(FormatRfc3339(FromTimestamp(row.count_time())), "2026-11-30T13:05:00Z");
  ASSERT_TRUE(*reader.Next(&row, &errors));
  EXPECT_FALSE(row.has_count_time());
  ASSERT_TRUE(*reader.Next(&row, &errors));
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].column, "counted_at");
  EXPECT_EQ(StockColumnOf("count_time"), "counted_at");
}

TEST(StockFileTest, SaysWhereARowIsWrong) {
  StockFileReader reader(SourceOf("location,sku,on_hand\nBER,\"Ä\nB\",many\nBER,,-1\n"));
  ASSERT_TRUE(reader.ReadHeader().ok());
  StockFileReader::Row row;
  std::vector<StockRowError> errors;
  ASSERT_TRUE(*reader.Next(&row, &errors));
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].column, "on_hand");
  EXPECT_EQ(errors[1].column, "sku") << "no SKU has an umlaut";
  EXPECT_EQ(reader.PlaceOf("on_hand"), "3:4");
  ASSERT_TRUE(*reader.Next(&row, &errors));
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[1].column, "sku");
  EXPECT_EQ(reader.PlaceOf("sku"), "4:5");
}

TEST(StockFileTest, BlanksAroundCellsAndEmptyRowsArePassedOver) {
  StockFileReader reader(SourceOf("sku ,location, on_hand\nA-1 , BER\xC2\xA0, 7 \n,,\n , ,\nB,BER,1\n"));
  ASSERT_TRUE(reader.ReadHeader().ok());
  StockFileReader::Row row;
  std::vector<StockRowError> errors;
  ASSERT_TRUE(*reader.Next(&row, &errors));
  EXPECT_TRUE(errors.empty()) << errors[0].problem;
  EXPECT_EQ(row.sku(), "A-1");
  EXPECT_EQ(row.location_code(), "BER");
  EXPECT_EQ(row.on_hand(), 7);
  ASSERT_TRUE(*reader.Next(&row, &errors));
  EXPECT_EQ(row.sku(), "B");
  EXPECT_EQ(reader.line(), 5);
  EXPECT_FALSE(*reader.Next(&row, &errors));
}

TEST(StockFileTest, NamesEveryCellThatViolatesARule) {
  StockFileReader reader(SourceOf("sku,location,lot,bin\nÄ," + std::string(33, 'x') + ",L,A 1\n"));
  ASSERT_TRUE(reader.ReadHeader().ok());
  StockFileReader::Row row;
  std::vector<StockRowError> errors;
  ASSERT_TRUE(*reader.Next(&row, &errors));
  std::vector<std::string> columns;
  for (const StockRowError& error : errors) columns.push_back(error.column);
  EXPECT_THAT(columns, testing::ElementsAre("sku", "location", "bin"));
}

TEST(StockFileTest, FilesOfSpreadsheetsAreRead) {
  StockFileReader reader(SourceOf("\xEF\xBB\xBFsep=;\r\nsku;location;on_hand\r\n;;\r\nA;BER;3\r\n;;\r\n"));
  ASSERT_TRUE(reader.ReadHeader().ok());
  EXPECT_EQ(DescribeDialect(reader.dialect()), "UTF-8, fields separated by semicolons");
  StockFileReader::Row row;
  std::vector<StockRowError> errors;
  ASSERT_TRUE(*reader.Next(&row, &errors));
  EXPECT_TRUE(errors.empty());
  EXPECT_EQ(row.on_hand(), 3);
  EXPECT_EQ(reader.PlaceOf("on_hand"), "4:7");
  EXPECT_FALSE(*reader.Next(&row, &errors)) << "rows of delimiters only are passed over";
}

TEST(StockFileTest, SaysWhichColumnsAreWrong) {
  StockFileReader reader(SourceOf("sku,colour,sku\n"));
  const absl::Status status = reader.ReadHeader();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const char* problem :
       {"1:5: there is no column \"colour\"", "1:12: the column \"sku\" is there twice", "\"location\" is missing"}) {
    EXPECT_THAT(std::string(status.message()), testing::HasSubstr(problem));
  }
}

}  // namespace
}  // namespace storeops
