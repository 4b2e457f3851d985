// CSV of any bytes: reads the same whatever the pieces, keeps within its limits, and what it gives is written and read
// back as it was. With its dialect detected it reads the same whatever the pieces, too, as text.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/base/csv_dialect.h"
#include "common/base/text.h"

namespace storeops {
namespace {

struct Result {
  std::vector<std::vector<std::string>> rows;
  std::string error;
  bool operator==(const Result&) const = default;
};

Result ReadAll(absl::string_view text, size_t piece) {
  CsvReader::Limits limits;
  limits.max_row_bytes = 64;
  limits.max_columns = 8;
  CsvReader reader(
      [text, piece](char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
        const size_t count = std::min({piece, size, text.size()});
        std::copy_n(text.data(), count, buffer);
        text.remove_prefix(count);
        return count;
      },
      limits);
  Result result;
  std::vector<std::string> row;
  std::vector<TextPlace> places;
  while (true) {
    const auto more = reader.Next(&row);
    if (!more.ok()) {
      if (more.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
      result.error = std::string(more.status().message());
      return result;
    }
    if (!*more) return result;
    reader.GetPlaces(&places);
    if (row.empty() || row.size() > limits.max_columns || places.size() != row.size()) std::abort();
    if (places[0].line != reader.line() || places[0].column != 1) std::abort();
    size_t bytes = 0;
    for (const std::string& field : row) bytes += field.size();
    if (bytes > limits.max_row_bytes) std::abort();
    (void)reader.InvalidUtf8();
    result.rows.push_back(row);
  }
}

Result ReadDetected(absl::string_view text, size_t piece) {
  CsvDialect dialect;
  auto reader = OpenCsv(
      [text, piece](char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
        const size_t count = std::min({piece, size, text.size()});
        std::copy_n(text.data(), count, buffer);
        text.remove_prefix(count);
        return count;
      },
      &dialect);
  if (!reader.ok() || !dialect.encoding.has_value()) std::abort();
  if (kCsvDelimiters.find(dialect.delimiter) == absl::string_view::npos) std::abort();
  Result result;
  std::vector<std::string> row;
  while (true) {
    const auto more = (*reader)->Next(&row);
    if (!more.ok()) {
      if (more.status().code() != absl::StatusCode::kInvalidArgument) std::abort();
      result.error = std::string(more.status().message());
      return result;
    }
    if (!*more) return result;
    for (const std::string& field : row) {
      if (*dialect.encoding != TextEncoding::kUtf8 && !IsValidUtf8(field)) std::abort();
    }
    result.rows.push_back(row);
  }
}

std::string Write(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (const auto& row : rows) {
    // A single empty field alone would be an empty line; quoted it is a row.
    if (row.size() == 1 && row[0].empty()) text += "\"\"";
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      AppendCsvField(row[i], &text);
    }
    text += '\n';
  }
  return text;
}

}  // namespace
}  // namespace storeops

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const storeops::Result whole = storeops::ReadAll(text, size + 1);
  if (!(whole == storeops::ReadAll(text, 1))) std::abort();
  if (!(whole == storeops::ReadAll(text, 3))) std::abort();
  if (!(storeops::ReadDetected(text, size + 1) == storeops::ReadDetected(text, 1))) std::abort();
  storeops::Result again = storeops::ReadAll(storeops::Write(whole.rows), 5);
  // Written with quotes, a row may be longer than the limit.
  if (again.error.empty() && again.rows != whole.rows) std::abort();
  return 0;
}
