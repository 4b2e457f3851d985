// Comma-separated values as a stream (RFC 4180): constant memory, errors with their place.
#ifndef STOREOPS_COMMON_BASE_CSV_H_
#define STOREOPS_COMMON_BASE_CSV_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops {

// A place in a text; both count from 1, columns in characters.
struct TextPlace {
  int64_t line = 0;
  int64_t column = 0;
};

class CsvReader {
 public:
  // Fills `buffer` with up to `size` bytes; 0 at the end.
  using Source = std::function<absl::StatusOr<size_t>(char* buffer, size_t size)>;

  struct Limits {
    size_t max_row_bytes = 1 << 20;
    size_t max_columns = 1000;
  };

  // How the text is written; csv_dialect.h detects it.
  struct Format {
    char delimiter = ',';
    // The number of the text's first line.
    int64_t first_line = 1;
    // The text was decoded from another encoding: U+FFFD stands where that was not possible.
    bool decoded = false;
  };

  explicit CsvReader(Source source) : CsvReader(std::move(source), Limits(), Format()) {}
  CsvReader(Source source, Limits limits) : CsvReader(std::move(source), limits, Format()) {}
  CsvReader(Source source, Limits limits, Format format);

  // The next record, or false at the end. Lines end with LF or CRLF; a byte-order mark at the start, empty lines, and
  // blanks between a closing quote and the delimiter are passed over. INVALID_ARGUMENT naming line and column for a
  // quote that is never closed, text behind a closing quote, a quote inside a bare field, or a limit passed (no more
  // than the limit is ever kept); nothing more can be read then.
  absl::StatusOr<bool> Next(std::vector<std::string>* fields);

  // Of the record that Next gave: the line (from 1) on which it begins, its number among the records (from 1),
  int64_t line() const { return record_line_; }
  int64_t record() const { return record_count_; }
  // where each of its fields begins,
  void GetPlaces(std::vector<TextPlace>* places) const;
  // and where the first byte stands that is not UTF-8, or was not text of the encoding that was decoded.
  std::optional<TextPlace> InvalidUtf8() const;
  // Bytes up to its end.
  int64_t bytes() const { return bytes_before_ + static_cast<int64_t>(position_); }

 private:
  bool AtEnd() const { return position_ == buffer_.size(); }
  // Reads on until something stands at the position; false at the end of the text.
  absl::StatusOr<bool> Fill();
  absl::StatusOr<bool> ReadFrom(size_t wanted);
  absl::Status ReadRecord(std::vector<std::string>* fields);
  absl::Status ReadBare(std::string* field);
  absl::Status ReadQuoted(std::string* field);
  absl::Status EndQuoted();
  bool IsSpecial(char c) const { return special_[static_cast<unsigned char>(c)]; }
  // Takes the delimiter or line end that must stand here.
  absl::Status EndField(bool* last_in_record);
  // What is wrong does not depend on how much of a row was there at once: a row that is too long is said to be that.
  bool WithinLimit() const;
  absl::Status CheckLength() const;
  absl::Status Broken(size_t position, absl::string_view what) const;
  absl::Status ErrorAt(size_t position, absl::string_view what) const;
  TextPlace PlaceOf(size_t position) const;
  absl::string_view Record() const { return absl::string_view(buffer_).substr(record_, position_ - record_); }

  const Source source_;
  const Limits limits_;
  const Format format_;
  // What ends a bare field, or must not be in it.
  const std::array<bool, 256> special_;
  // The record that is being read lies in it as a whole, from `record_` to `position_`.
  std::string buffer_;
  size_t record_ = 0;
  size_t position_ = 0;
  size_t open_quote_ = std::string::npos;  // from `record_`; where the limit is passed, that of the limit
  std::vector<size_t> starts_;             // of the fields, from `record_`
  int64_t bytes_before_ = 0;               // the buffer
  bool begun_ = false;
  bool ended_ = false;
  int64_t line_;
  int64_t record_line_ = 0;
  int64_t record_count_ = 0;
};

// Nothing but blanks in any field: spreadsheets write such rows below their data.
bool IsBlankRow(const std::vector<std::string>& fields);

// Appends a field as CsvReader reads it, in quotes where it needs them; separators and line ends are the caller's.
// For files that are read back by a program.
void AppendCsvField(absl::string_view field, std::string* out);

// The same for files that people open in a spreadsheet. What that would take for a formula, i.e. what begins with = + -
// @ (full-width ones, too), a tab, a carriage return or a line feed, gets an apostrophe before it and quotes around it
// (https://owasp.org/www-community/attacks/CSV_Injection). Plain decimal numbers, "-12.50", stay numbers.
void AppendSpreadsheetField(absl::string_view field, std::string* out);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_CSV_H_
