// The columns of a stock file, for import and export.
#ifndef STOREOPS_SERVICES_STOREOPS_STOCK_STOCK_FILE_H_
#define STOREOPS_SERVICES_STOREOPS_STOCK_STOCK_FILE_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/csv_dialect.h"
#include "storeops/inventory/v1/stock_service.pb.h"

namespace storeops {

// Which column of a file a field of a row is: "location" of "location_code".
std::string StockColumnOf(absl::string_view field);

// What is wrong with a row, and in which column.
struct StockRowError {
  std::string column;
  std::string problem;
};

// "2026-11-30T14:05:00+01:00", or without an offset in `zone`: "2026-11-30 14:05". INVALID_ARGUMENT with a plain
// message for other texts, and for a time that clocks in the zone never show or show twice.
absl::StatusOr<absl::Time> ParseCountTime(absl::string_view text, absl::TimeZone zone);

// Rows of a file as the API takes them.
class StockFileReader {
 public:
  using Row = inventory::v1::ImportStockRequest::Row;

  // `zone`: of times of counting that name none.
  explicit StockFileReader(CsvReader::Source source, const CsvDialect& dialect = {},
                           absl::TimeZone zone = absl::UTCTimeZone())
      : source_(std::move(source)), dialect_(dialect), zone_(zone) {}

  // INVALID_ARGUMENT naming line and column of a column that is unknown or twice there, and each one that is missing.
  absl::Status ReadHeader();
  // The next row, or false at the end. Blanks around a cell and rows of empty cells are passed over. `errors`: what
  // cannot be read of it, and what violates the rules of its fields. INVALID_ARGUMENT for a file that is no CSV.
  absl::StatusOr<bool> Next(Row* row, std::vector<StockRowError>* errors);

  // Of the row that Next gave: cells whose text was cleaned (common/base/input_text.h), and how.
  const std::vector<StockRowError>& warnings() const { return warnings_; }

  // In which the header was read.
  const CsvDialect& dialect() const { return dialect_; }
  int64_t line() const { return reader_ == nullptr ? 1 : reader_->line(); }
  // Where a column of the row begins: "12:5"; "12" if it has no such field.
  std::string PlaceOf(absl::string_view column) const;

 private:
  void ReadField(absl::string_view column, absl::string_view text, Row* row, std::vector<StockRowError>* errors);

  // The next row that is not blank.
  absl::StatusOr<bool> NextRow(std::vector<std::string>* fields);

  CsvReader::Source source_;
  CsvDialect dialect_;
  const absl::TimeZone zone_;
  std::unique_ptr<CsvReader> reader_;
  std::vector<std::string> columns_;
  std::vector<TextPlace> places_;
  std::vector<StockRowError> warnings_;
};

// The header of an export, with its line end; then a line for each level. `codes`: of the locations by their names.
std::string StockFileHeader();
std::string StockFileLine(const inventory::v1::StockLevel& level, const std::map<std::string, std::string>& codes);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_STOCK_STOCK_FILE_H_
