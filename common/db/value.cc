#include <cstdlib>

#include "absl/base/internal/raw_logging.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/db/database.h"

namespace storeops::db {
namespace {

// The digits text[at, at + length) as a number; -1 if there is anything else.
int Digits(absl::string_view text, size_t at, size_t length) {
  if (text.size() < at + length) return -1;
  int number = 0;
  for (char c : text.substr(at, length)) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

// "YYYY-MM-DD[ HH:MM:SS[.f...]]" in UTC.
absl::Time ParseDateTime(absl::string_view text) {
  const int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  if (year < 0 || month < 0 || day < 0) return absl::InfinitePast();
  if (text.size() < 19) return absl::FromCivil(absl::CivilDay(year, month, day), absl::UTCTimeZone());
  const int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  if (hour < 0 || minute < 0 || second < 0) return absl::InfinitePast();
  absl::Duration fraction = absl::ZeroDuration();
  absl::Duration unit = absl::Milliseconds(100);
  for (size_t at = 20; at < text.size() && at < 26; ++at, unit /= 10) {
    fraction += unit * std::max(0, Digits(text, at, 1));
  }
  return absl::FromCivil(absl::CivilSecond(year, month, day, hour, minute, second), absl::UTCTimeZone()) + fraction;
}

}  // namespace

Value::Value(absl::Time time) : storage_(absl::FormatTime("%E4Y-%m-%d %H:%M:%E6S", time, absl::UTCTimeZone())) {}

int64_t Rows::Int(size_t row, size_t column) const {
  const Value::Storage& cell = Cell(row, column).storage();
  if (const auto* number = std::get_if<int64_t>(&cell)) return *number;
  if (const auto* number = std::get_if<double>(&cell)) return static_cast<int64_t>(*number);
  if (const auto* text = std::get_if<std::string>(&cell)) return std::strtoll(text->c_str(), nullptr, 10);
  return 0;
}

double Rows::Double(size_t row, size_t column) const {
  const Value::Storage& cell = Cell(row, column).storage();
  if (const auto* number = std::get_if<double>(&cell)) return *number;
  if (const auto* number = std::get_if<int64_t>(&cell)) return static_cast<double>(*number);
  double parsed = 0;
  if (const auto* text = std::get_if<std::string>(&cell)) (void)absl::SimpleAtod(*text, &parsed);
  return parsed;
}

const std::string& Rows::Text(size_t row, size_t column) const {
  static const std::string* const empty = new std::string;
  const Value& cell = Cell(row, column);
  if (cell.null()) return *empty;
  const auto* text = std::get_if<std::string>(&cell.storage());
  // Only a wrong program asks a number column for text; an empty answer would hide it.
  ABSL_RAW_CHECK(text != nullptr, "Rows::Text of a number column");
  return *text;
}

absl::Time Rows::Time(size_t row, size_t column) const {
  return Null(row, column) ? absl::InfinitePast() : ParseDateTime(Text(row, column));
}

}  // namespace storeops::db
