// Comma-separated values as a stream (RFC 4180): constant memory, errors with their place.
#ifndef STOREOPS_COMMON_BASE_CSV_H_
#define STOREOPS_COMMON_BASE_CSV_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace storeops {

class CsvReader {
 public:
  // Fills `buffer` with up to `size` bytes; 0 at the end.
  using Source = std::function<absl::StatusOr<size_t>(char* buffer, size_t size)>;

  struct Limits {
    size_t max_row_bytes = 1 << 20;
    size_t max_columns = 1000;
  };

  explicit CsvReader(Source source) : CsvReader(std::move(source), Limits()) {}
  CsvReader(Source source, Limits limits);

  // The next record, or false at the end. Lines end with LF or CRLF; a byte-order mark at the start and empty lines are
  // passed over. INVALID_ARGUMENT naming line and column for a quote that is never closed, text behind a closing quote,
  // a quote inside a bare field, or a limit passed; nothing more can be read then.
  absl::StatusOr<bool> Next(std::vector<std::string>* fields);

  // Line (from 1) on which the record that Next gave begins, and its number among the records (from 1).
  int64_t line() const { return record_line_; }
  int64_t record() const { return record_; }

 private:
  absl::StatusOr<bool> Fill();
  absl::StatusOr<int> Get();
  absl::StatusOr<int> Peek();
  absl::Status ReadField(std::string* field, bool* last_in_record);
  absl::Status ReadQuoted(std::string* field);
  absl::StatusOr<bool> EndsField(bool* last_in_record);
  absl::Status Error(absl::string_view what) const;

  const Source source_;
  const Limits limits_;
  std::string buffer_;
  size_t position_ = 0;
  bool begun_ = false;
  bool ended_ = false;
  int64_t line_ = 1;
  int64_t column_ = 0;
  int64_t record_line_ = 0;
  int64_t record_ = 0;
  size_t record_bytes_ = 0;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_CSV_H_
