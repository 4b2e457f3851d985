#include "common/base/csv.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"

namespace storeops {
namespace {

constexpr size_t kBufferBytes = 64 << 10;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

constexpr std::array<bool, 256> MakeSpecial(char delimiter) {
  std::array<bool, 256> special{};
  for (const char c : {delimiter, '"', '\r', '\n'}) special[static_cast<unsigned char>(c)] = true;
  return special;
}
constexpr std::array<bool, 256> kSpecial = MakeSpecial(',');

bool BeginsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

// Moves `place`, which is where `text` begins, to its end.
void Advance(absl::string_view text, TextPlace* place) {
  for (const char c : text) {
    if (c == '\n') {
      ++place->line;
      place->column = 1;
    } else {
      place->column += BeginsCharacter(c);
    }
  }
}

void AppendQuoted(absl::string_view field, std::string* out) {
  out->push_back('"');
  for (const char c : field) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

bool BeginsFormula(absl::string_view text) {
  constexpr absl::string_view kBeginnings[] = {"=", "+", "-", "@", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
  return std::any_of(std::begin(kBeginnings), std::end(kBeginnings),
                     [text](absl::string_view beginning) { return absl::StartsWith(text, beginning); });
}

bool BeginsCell(char before) { return before == ';' || before == '\t' || before == '\r' || before == '\n'; }

bool IsPlainNumber(absl::string_view field) {
  absl::ConsumePrefix(&field, "-");
  const auto digits = [&field] {
    const size_t count = std::min(field.find_first_not_of("0123456789"), field.size());
    field.remove_prefix(count);
    return count > 0;
  };
  return digits() && (!absl::ConsumePrefix(&field, ".") || digits()) && field.empty();
}

}  // namespace

CsvReader::CsvReader(Source source, Limits limits, Format format)
    : source_(std::move(source)),
      limits_(limits),
      format_(format),
      special_(MakeSpecial(format.delimiter)),
      line_(format.first_line) {}

TextPlace CsvReader::PlaceOf(size_t position) const {
  TextPlace place{record_line_, 1};
  Advance(absl::string_view(buffer_).substr(record_, position - record_), &place);
  return place;
}

absl::Status CsvReader::ErrorAt(size_t position, absl::string_view what) const {
  const TextPlace place = PlaceOf(position);
  return absl::InvalidArgumentError(absl::StrCat("line ", place.line, ", column ", place.column, ": ", what));
}

absl::Status CsvReader::Broken(size_t position, absl::string_view what) const {
  RETURN_IF_ERROR(CheckLength());
  return ErrorAt(position, what);
}

bool CsvReader::WithinLimit() const { return position_ - record_ <= limits_.max_row_bytes; }

absl::Status CsvReader::CheckLength() const {
  if (WithinLimit()) return absl::OkStatus();
  std::string what = absl::StrCat("the row is longer than ", limits_.max_row_bytes, " bytes");
  if (open_quote_ != std::string::npos) {
    const TextPlace quote = PlaceOf(record_ + open_quote_);
    absl::StrAppend(&what, "; the quote opened on line ", quote.line, ", column ", quote.column, " is still open");
  }
  return ErrorAt(record_ + limits_.max_row_bytes, what);
}

// Appends to the buffer until it holds `wanted` bytes or the text ends.
absl::StatusOr<bool> CsvReader::ReadFrom(size_t wanted) {
  while (!ended_ && buffer_.size() < wanted) {
    const size_t old_size = buffer_.size();
    buffer_.resize(old_size + kBufferBytes);
    const auto read = source_(buffer_.data() + old_size, kBufferBytes);
    buffer_.resize(old_size + (read.ok() ? *read : 0));
    RETURN_IF_ERROR(read.status());
    ended_ = *read == 0;
  }
  return buffer_.size() >= wanted;
}

absl::StatusOr<bool> CsvReader::Fill() {
  if (!AtEnd()) return true;
  RETURN_IF_ERROR(CheckLength());
  buffer_.erase(0, record_);
  bytes_before_ += static_cast<int64_t>(record_);
  position_ -= record_;
  record_ = 0;
  return ReadFrom(position_ + 1);
}

absl::Status CsvReader::EndField(bool* last_in_record) {
  ASSIGN_OR_RETURN(const bool more, Fill());
  *last_in_record = !more || buffer_[position_] != format_.delimiter;
  if (!more) return absl::OkStatus();
  if (buffer_[position_++] != '\r') return absl::OkStatus();
  ASSIGN_OR_RETURN(const bool any, Fill());
  if (any && buffer_[position_] != '\n') return Broken(position_ - 1, "a carriage return without a line feed");
  if (any) ++position_;
  return absl::OkStatus();
}

absl::Status CsvReader::ReadQuoted(std::string* field) {
  if (WithinLimit()) open_quote_ = position_ - record_;
  ++position_;
  while (true) {
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) {
      const TextPlace quote = PlaceOf(record_ + open_quote_);
      return ErrorAt(position_ - 1, absl::StrCat("the quote opened on line ", quote.line, ", column ", quote.column,
                                                 " is not closed"));
    }
    const char* begin = buffer_.data() + position_;
    const size_t rest = buffer_.size() - position_;
    const auto* quote = static_cast<const char*>(std::memchr(begin, '"', rest));
    const size_t length = quote == nullptr ? rest : quote - begin;
    field->append(begin, length);
    position_ += length;
    if (quote == nullptr) continue;
    ++position_;
    ASSIGN_OR_RETURN(const bool any, Fill());
    if (any && buffer_[position_] == '"') {
      field->push_back('"');
      ++position_;
      continue;
    }
    if (WithinLimit()) open_quote_ = std::string::npos;
    return EndQuoted();
  }
}

absl::Status CsvReader::EndQuoted() {
  const size_t quote = position_ - 1 - record_;  // filling the buffer moves the record
  while (true) {
    ASSIGN_OR_RETURN(const bool any, Fill());
    if (!any || (buffer_[position_] != '"' && IsSpecial(buffer_[position_]))) return absl::OkStatus();
    if (buffer_[position_] != ' ' && buffer_[position_] != '\t') {
      return Broken(record_ + quote, "text behind a closing quote");
    }
    ++position_;
  }
}

absl::Status CsvReader::ReadBare(std::string* field) {
  while (true) {
    const char* begin = buffer_.data() + position_;
    const char* end = buffer_.data() + buffer_.size();
    const char* stop = std::find_if(begin, end, [this](char c) { return IsSpecial(c); });
    field->append(begin, stop - begin);
    position_ += stop - begin;
    if (stop != end) {
      return *stop == '"' ? Broken(position_, "a quote inside a field that is not quoted") : absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return absl::OkStatus();
  }
}

absl::Status CsvReader::ReadRecord(std::vector<std::string>* fields) {
  size_t count = 0;
  for (bool last = false; !last; ++count) {
    if (count == limits_.max_columns) {
      return Broken(position_, absl::StrCat("more than ", limits_.max_columns, " columns"));
    }
    if (count == fields->size()) fields->emplace_back();
    std::string* field = &(*fields)[count];
    field->clear();
    ASSIGN_OR_RETURN(const bool more, Fill());
    starts_.push_back(position_ - record_);
    RETURN_IF_ERROR(more && buffer_[position_] == '"' ? ReadQuoted(field) : ReadBare(field));
    RETURN_IF_ERROR(EndField(&last));
  }
  fields->resize(count);
  return CheckLength();
}

absl::StatusOr<bool> CsvReader::Next(std::vector<std::string>* fields) {
  if (!begun_) {
    begun_ = true;
    RETURN_IF_ERROR(ReadFrom(kByteOrderMark.size()).status());
    if (absl::string_view(buffer_).substr(0, kByteOrderMark.size()) == kByteOrderMark) {
      position_ = kByteOrderMark.size();
    }
  }
  while (true) {
    record_ = position_;
    record_line_ = line_;
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more) return false;
    if (buffer_[position_] != '\n' && buffer_[position_] != '\r') break;
    bool ignored = false;
    RETURN_IF_ERROR(EndField(&ignored));
    ++line_;
  }
  starts_.clear();
  ++record_count_;
  RETURN_IF_ERROR(ReadRecord(fields));
  const absl::string_view record = Record();
  line_ += std::count(record.begin(), record.end(), '\n');
  return true;
}

void CsvReader::GetPlaces(std::vector<TextPlace>* places) const {
  places->clear();
  TextPlace place{record_line_, 1};
  size_t at = 0;
  for (const size_t start : starts_) {
    Advance(Record().substr(at, start - at), &place);
    places->push_back(place);
    at = start;
  }
}

std::optional<TextPlace> CsvReader::InvalidUtf8() const {
  const size_t bad = std::min(FindInvalidUtf8(Record()), format_.decoded ? Record().find(kReplacement) : Record().npos);
  if (bad == absl::string_view::npos) return std::nullopt;
  return PlaceOf(record_ + bad);
}

bool IsBlankRow(const std::vector<std::string>& fields) {
  return std::all_of(fields.begin(), fields.end(), [](const std::string& field) {
    return std::all_of(field.begin(), field.end(),
                       [](char c) { return absl::ascii_isspace(static_cast<unsigned char>(c)); });
  });
}

void AppendCsvField(absl::string_view field, std::string* out) {
  // A byte-order mark at the beginning of a file is none of its first field's text.
  const bool plain =
      field.substr(0, kByteOrderMark.size()) != kByteOrderMark &&
      std::none_of(field.begin(), field.end(), [](char c) { return kSpecial[static_cast<unsigned char>(c)]; });
  if (plain) {
    out->append(field.data(), field.size());
    return;
  }
  AppendQuoted(field, out);
}

void AppendSpreadsheetField(absl::string_view field, std::string* out) {
  if (IsPlainNumber(field)) return AppendCsvField(field, out);
  std::string text;
  // Some remove the control characters at the beginning.
  if (!field.empty() && field[0] != ';' && BeginsCell(field[0])) text.push_back('\'');
  for (size_t i = 0; i < field.size(); ++i) {
    // Not every program takes our separator and our quotes.
    if ((i == 0 || BeginsCell(field[i - 1])) && BeginsFormula(field.substr(i))) text.push_back('\'');
    text.push_back(field[i]);
  }
  if (text.size() == field.size()) return AppendCsvField(field, out);
  AppendQuoted(text, out);
}

}  // namespace storeops
