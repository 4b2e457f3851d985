#include "services/catalog/products/barcode.h"

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "re2/re2.h"

namespace storeops::catalog {
namespace {

constexpr size_t kIsbn10 = 10;

bool AreDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsNumber(absl::string_view text) {
  if (text.size() == kIsbn10 && (text.back() == 'X' || text.back() == 'x')) text.remove_suffix(1);
  return !text.empty() && AreDigits(text);
}

// "4.00638E+12" -> "400638" and how many more digits the number has; nothing for other texts.
struct Exponential {
  std::string digits;
  int missing = 0;
};
std::optional<Exponential> ParseExponential(absl::string_view text) {
  static const RE2* const kExponential = new RE2("([1-9])(?:[.,]([0-9]{0,20}))?[eE]\\+([0-9]{1,2})");
  std::string lead, fraction;
  int exponent = 0;
  if (!RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *kExponential, &lead, &fraction, &exponent)) {
    return std::nullopt;
  }
  const int missing = exponent - static_cast<int>(fraction.size());
  if (missing < 0) return std::nullopt;
  return Exponential{lead + fraction, missing};
}

}  // namespace

bool IsRoundedNumber(absl::string_view text) {
  const auto number = ParseExponential(absl::StripAsciiWhitespace(text));
  return number.has_value() && number->missing > 0;
}

bool IsGtin(absl::string_view barcode) {
  const size_t size = barcode.size();
  if ((size != 8 && size != 12 && size != 13 && size != 14) || !AreDigits(barcode)) return false;
  int sum = 0;
  // From the right every other digit counts three times, the one beside the check digit first.
  for (size_t i = 0; i < size; ++i) sum += (barcode[size - 1 - i] - '0') * (i % 2 == 0 ? 1 : 3);
  return sum % 10 == 0 && barcode.find_first_not_of('0') != absl::string_view::npos;
}

bool IsGlobalGtin(absl::string_view barcode) {
  if (!IsGtin(barcode)) return false;
  if (barcode.size() == 8) return barcode[0] != '0' && barcode[0] != '2';
  // As 13 digits: a UPC has one less, a case's number one more in front.
  const std::string prefix(barcode.size() == 12   ? "0" + std::string(barcode.substr(0, 1))
                           : barcode.size() == 13 ? std::string(barcode.substr(0, 2))
                                                  : std::string(barcode.substr(1, 2)));
  return prefix != "02" && prefix != "04" && prefix[0] != '2' && prefix != "98" && prefix != "99";
}

std::string NormalizeBarcode(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  // Spreadsheets take what follows an apostrophe for text, not for a number.
  absl::ConsumePrefix(&text, "'");
  text = absl::StripAsciiWhitespace(text);
  if (auto number = ParseExponential(text); number.has_value() && number->missing == 0) return number->digits;
  std::string digits(text);
  std::erase_if(digits, [](char c) { return c == '-' || c == ' '; });
  return IsNumber(digits) ? absl::AsciiStrToUpper(digits) : std::string(text);
}

}  // namespace storeops::catalog
