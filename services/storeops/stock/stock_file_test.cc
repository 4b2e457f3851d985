#include "services/storeops/stock/stock_file.h"

#include <algorithm>
#include <cstring>

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

TEST(StockFileTest, SaysWhereARowIsWrong) {
  StockFileReader reader(SourceOf("location,sku,on_hand\nBER,\"A\nB\",many\nBER,,-1\n"));
  ASSERT_TRUE(reader.ReadHeader().ok());
  StockFileReader::Row row;
  std::vector<StockRowError> errors;
  ASSERT_TRUE(*reader.Next(&row, &errors));
  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(errors[0].column, "on_hand");
  EXPECT_EQ(errors[1].column, "sku") << "no SKU has a line break";
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
  StockFileReader reader(SourceOf("sku,location,lot,bin\nA\tB," + std::string(33, 'x') + ",L,A 1\n"));
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
