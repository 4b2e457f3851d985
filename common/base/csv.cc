#include "common/base/csv.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace storeops {
namespace {

constexpr size_t kBufferBytes = 64 << 10;
constexpr int kEnd = -1;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

CsvReader::CsvReader(Source source, Limits limits) : source_(std::move(source)), limits_(limits) {}

absl::Status CsvReader::Error(absl::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat("line ", line_, ", column ", column_, ": ", what));
}

absl::StatusOr<bool> CsvReader::Fill() {
  if (position_ < buffer_.size()) return true;
  buffer_.resize(kBufferBytes);
  position_ = 0;
  size_t filled = 0;
  // The first piece is at least as long as a byte-order mark, however little the source gives at a time.
  while (!ended_ && filled < kByteOrderMark.size()) {
    const auto read = source_(buffer_.data() + filled, buffer_.size() - filled);
    if (!read.ok()) {
      buffer_.clear();
      return read.status();
    }
    ended_ = *read == 0;
    filled += *read;
  }
  buffer_.resize(filled);
  return filled > 0;
}

absl::StatusOr<int> CsvReader::Peek() {
  ASSIGN_OR_RETURN(const bool any, Fill());
  return any ? static_cast<unsigned char>(buffer_[position_]) : kEnd;
}

absl::StatusOr<int> CsvReader::Get() {
  ASSIGN_OR_RETURN(const int c, Peek());
  if (c == kEnd) return c;
  ++position_;
  ++column_;
  if (++record_bytes_ > limits_.max_row_bytes) {
    return Error(absl::StrCat("the row is longer than ", limits_.max_row_bytes, " bytes"));
  }
  if (c == '\n') {
    ++line_;
    column_ = 0;
  }
  return c;
}

// Takes a delimiter or line end if one stands here.
absl::StatusOr<bool> CsvReader::EndsField(bool* last_in_record) {
  ASSIGN_OR_RETURN(const int c, Peek());
  if (c == ',') {
    *last_in_record = false;
    RETURN_IF_ERROR(Get().status());
    return true;
  }
  *last_in_record = true;
  if (c == kEnd) return true;
  if (c == '\r') {
    RETURN_IF_ERROR(Get().status());
    ASSIGN_OR_RETURN(const int next, Peek());
    if (next != '\n' && next != kEnd) return Error("a carriage return without a line feed");
    if (next == '\n') RETURN_IF_ERROR(Get().status());
    return true;
  }
  if (c != '\n') return false;
  RETURN_IF_ERROR(Get().status());
  return true;
}

absl::Status CsvReader::ReadQuoted(std::string* field) {
  const int64_t open_line = line_;
  const int64_t open_column = column_;
  while (true) {
    ASSIGN_OR_RETURN(const int c, Get());
    if (c == kEnd) {
      return Error(absl::StrCat("the quote opened on line ", open_line, ", column ", open_column, " is not closed"));
    }
    if (c != '"') {
      *field += static_cast<char>(c);
      continue;
    }
    ASSIGN_OR_RETURN(const int next, Peek());
    if (next != '"') return absl::OkStatus();
    RETURN_IF_ERROR(Get().status());
    *field += '"';
  }
}

absl::Status CsvReader::ReadField(std::string* field, bool* last_in_record) {
  field->clear();
  ASSIGN_OR_RETURN(const int first, Peek());
  if (first == '"') {
    RETURN_IF_ERROR(Get().status());
    RETURN_IF_ERROR(ReadQuoted(field));
    ASSIGN_OR_RETURN(const bool ends, EndsField(last_in_record));
    return ends ? absl::OkStatus() : Error("text behind a closing quote");
  }
  while (true) {
    ASSIGN_OR_RETURN(const bool ends, EndsField(last_in_record));
    if (ends) return absl::OkStatus();
    ASSIGN_OR_RETURN(const int c, Get());
    if (c == '"') return Error("a quote inside a field that is not quoted");
    *field += static_cast<char>(c);
  }
}

absl::StatusOr<bool> CsvReader::Next(std::vector<std::string>* fields) {
  if (!begun_) {
    begun_ = true;
    RETURN_IF_ERROR(Fill().status());
    if (absl::string_view(buffer_).substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      position_ = kByteOrderMark.size();
    }
  }
  while (true) {
    ASSIGN_OR_RETURN(const int c, Peek());
    if (c == kEnd) return false;
    if (c != '\n' && c != '\r') break;
    bool ignored = false;
    record_bytes_ = 0;
    RETURN_IF_ERROR(EndsField(&ignored).status());
  }
  record_line_ = line_;
  record_bytes_ = 0;
  ++record_;
  size_t count = 0;
  for (bool last = false; !last; ++count) {
    if (count == limits_.max_columns) return Error(absl::StrCat("more than ", limits_.max_columns, " columns"));
    if (count == fields->size()) fields->emplace_back();
    RETURN_IF_ERROR(ReadField(&(*fields)[count], &last));
  }
  fields->resize(count);
  return true;
}

}  // namespace storeops
