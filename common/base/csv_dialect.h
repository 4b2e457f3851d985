// How a CSV file is written: its encoding, what stands between its fields, and how its lines end. Spreadsheets write
// UTF-16 with tabs, semicolons where the comma is the decimal separator, a first line "sep=;", or a carriage return
// alone at the end of a line.
#ifndef STOREOPS_COMMON_BASE_CSV_DIALECT_H_
#define STOREOPS_COMMON_BASE_CSV_DIALECT_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/base/csv.h"
#include "common/base/text_encoding.h"

namespace storeops {

inline constexpr absl::string_view kCsvDelimiters = ",;\t|";

struct CsvDialect {
  std::optional<TextEncoding> encoding;  // nothing: to be detected
  char delimiter = 0;                    // 0: to be detected
};

// Reads up to `size` bytes ahead; `source` gives them again.
absl::StatusOr<std::string> PeekSource(size_t size, CsvReader::Source* source);

// A reader of the text behind a line "sep=", if there is one. Detects what `dialect` leaves open from the first MiB of
// the text, and states it there. The delimiter is that of kCsvDelimiters which the header has most often outside of
// quotes, a comma if it has none.
absl::StatusOr<std::unique_ptr<CsvReader>> OpenCsv(CsvReader::Source source, CsvDialect* dialect);

// "UTF-8, fields separated by commas"
std::string DescribeDialect(const CsvDialect& dialect);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_CSV_DIALECT_H_
