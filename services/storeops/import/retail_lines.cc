#include "services/storeops/import/retail_lines.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "common/base/text.h"

namespace storeops {
namespace {

constexpr size_t kMaxInvoiceBytes = 48;  // leaves room for a line's number in a reference of 64
constexpr size_t kMaxCustomerBytes = 120;
constexpr size_t kMaxTitleCharacters = 200;
constexpr size_t kTimeBytes = 19;  // "2010-12-01 08:26:00"
constexpr int kExactDecimals = 3;
constexpr int64_t kMaxQuantity = 1'000'000'000;
constexpr int64_t kMaxExact = 1'000'000'000'000'000;

bool Graphic(absl::string_view text) { return std::all_of(text.begin(), text.end(), absl::ascii_isgraph); }

bool Printable(absl::string_view text) { return std::all_of(text.begin(), text.end(), absl::ascii_isprint); }

bool ReadTime(absl::string_view text, absl::CivilSecond* time) {
  if (text.size() != kTimeBytes) return false;
  std::string iso(text);
  iso[kDayBytes] = 'T';
  return absl::ParseCivilTime(iso, time);
}

int DigitsOf(absl::string_view currency) { return CurrencyDigits(currency).value_or(2); }

}  // namespace

absl::StatusOr<int64_t> ParseExact(absl::string_view text, int decimals) {
  const absl::Status wrong = absl::InvalidArgumentError("no plain decimal, or out of range");
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  const size_t point = std::min(text.find('.'), text.size());
  const absl::string_view units = text.substr(0, point);
  const absl::string_view places = point < text.size() ? text.substr(point + 1) : "";
  if (units.empty() || static_cast<int>(places.size()) > decimals) return wrong;
  if (point < text.size() && places.empty()) return wrong;
  std::string digits = absl::StrCat(units, places);
  digits.append(decimals - places.size(), '0');
  int64_t value = 0;
  if (!std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) || !absl::SimpleAtoi(digits, &value) ||
      value > kMaxExact) {
    return wrong;
  }
  return negative ? -value : value;
}

int64_t ToMinor(absl::int128 exact) {
  const absl::int128 half = kExactPerMinor / 2;
  return static_cast<int64_t>((exact < 0 ? exact - half : exact + half) / kExactPerMinor);
}

std::string FormatExact(absl::int128 exact, absl::string_view currency) {
  const int digits = DigitsOf(currency);
  const absl::uint128 size = exact < 0 ? absl::uint128(-exact) : absl::uint128(exact);
  absl::uint128 one = 1;
  for (int i = 0; i < digits + kExactDecimals; ++i) one *= 10;
  std::string places = absl::StrCat(absl::Uint128Low64(one + size % one)).substr(1);
  while (static_cast<int>(places.size()) > digits && places.back() == '0') places.pop_back();
  return absl::StrCat(exact < 0 ? "-" : "", absl::Uint128Low64(size / one), places.empty() ? "" : ".", places);
}

RetailLines::RetailLines(absl::string_view currency) : decimals_(DigitsOf(currency) + kExactDecimals) {}

int32_t RetailLines::Intern(absl::string_view text) {
  const auto found = text_places_.find(text);
  if (found != text_places_.end()) return found->second;
  const auto index = static_cast<int32_t>(texts_.size());
  texts_.emplace_back(text);
  text_places_.emplace(texts_.back(), index);
  return index;
}

RetailInvoice& RetailLines::Invoice(const std::string& number, int32_t* index) {
  const auto [place, is_new] = invoice_places_.try_emplace(number, static_cast<int32_t>(invoices_.size()));
  *index = place->second;
  if (is_new) invoices_.emplace_back().number = number;
  return invoices_[*index];
}

bool RetailLines::Add(const std::vector<std::string>& fields) {
  const auto malformed = [this](absl::int128 amount) {
    ++malformed_;
    malformed_amount_ += amount;
    return false;
  };
  if (fields.size() != RetailColumn::kColumns) return malformed(0);
  RetailLine line;
  const auto price = ParseExact(fields[RetailColumn::kUnitPrice], decimals_);
  if (!price.ok() || !absl::SimpleAtoi(fields[RetailColumn::kQuantity], &line.quantity) ||
      line.quantity > kMaxQuantity || line.quantity < -kMaxQuantity) {
    return malformed(0);
  }
  line.price = *price;
  amount_ += line.amount();
  const absl::string_view code = absl::StripAsciiWhitespace(fields[RetailColumn::kStockCode]);
  const std::string& number = fields[RetailColumn::kInvoiceNo];
  absl::CivilSecond time;
  if (line.quantity == 0 || line.amount() > kMaxExact || line.amount() < -kMaxExact || number.empty() ||
      number.size() > kMaxInvoiceBytes || !Graphic(number) || code.empty() || code.size() > kMaxCodeBytes ||
      !Printable(code) || fields[RetailColumn::kCustomerId].size() > kMaxCustomerBytes ||
      !IsValidUtf8(fields[RetailColumn::kCustomerId]) || !IsValidUtf8(fields[RetailColumn::kDescription]) ||
      !ReadTime(fields[RetailColumn::kInvoiceDate], &time)) {
    return malformed(line.amount());
  }
  RetailInvoice& invoice = Invoice(number, &line.invoice);
  if (invoice.lines.empty()) {
    invoice.time = time;
    invoice.country = fields[RetailColumn::kCountry];
  }
  if (invoice.customer.empty()) invoice.customer = fields[RetailColumn::kCustomerId];
  line.sku = Intern(code);
  line.title =
      Intern(TruncateCodePoints(absl::StripAsciiWhitespace(fields[RetailColumn::kDescription]), kMaxTitleCharacters));
  invoice.lines.push_back(static_cast<int32_t>(lines_.size()));
  line.number = static_cast<int32_t>(invoice.lines.size());
  lines_.push_back(line);
  return true;
}

}  // namespace storeops
