#include "common/base/money.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/errors.h"
#include "common/base/visible_text.h"

namespace storeops {
namespace {

constexpr int64_t kNanosPerUnit = 1'000'000'000;

// ISO 4217 currencies whose minor unit is not a hundredth.
constexpr absl::string_view kNoDigits[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                           "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr absl::string_view kThreeDigits[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

int64_t MinorPerUnit(int digits) {
  int64_t factor = 1;
  for (int i = 0; i < digits; ++i) factor *= 10;
  return factor;
}

bool Contains(absl::Span<const absl::string_view> list, absl::string_view currency) {
  return std::find(list.begin(), list.end(), currency) != list.end();
}

}  // namespace

absl::StatusOr<int> CurrencyDigits(absl::string_view currency) {
  if (currency.size() != 3 || !std::all_of(currency.begin(), currency.end(), absl::ascii_isupper)) {
    return absl::InvalidArgumentError("the currency must be a three-letter ISO 4217 code, e.g. \"EUR\"");
  }
  if (Contains(kNoDigits, currency)) return 0;
  return Contains(kThreeDigits, currency) ? 3 : 2;
}

absl::StatusOr<int64_t> MoneyToMinor(const google::type::Money& money) {
  const auto digits = CurrencyDigits(money.currency_code());
  if (!digits.ok()) return digits.status();
  const int64_t units = money.units();
  const int64_t nanos = money.nanos();
  if (nanos <= -kNanosPerUnit || nanos >= kNanosPerUnit) return absl::InvalidArgumentError("nanos are out of range");
  if ((units > 0 && nanos < 0) || (units < 0 && nanos > 0)) {
    return absl::InvalidArgumentError("units and nanos must have the same sign");
  }
  const int64_t factor = MinorPerUnit(*digits);
  const int64_t nanos_per_minor = kNanosPerUnit / factor;
  if (nanos % nanos_per_minor != 0) {
    return absl::InvalidArgumentError(absl::StrCat(money.currency_code(), " has ", *digits, " decimal places"));
  }
  int64_t minor = 0;
  if (__builtin_mul_overflow(units, factor, &minor) || __builtin_add_overflow(minor, nanos / nanos_per_minor, &minor)) {
    return absl::InvalidArgumentError("the amount is too large");
  }
  return minor;
}

absl::StatusOr<CurrencyAmount> ReadMoney(const google::type::Money& money) {
  const absl::StatusOr<int64_t> minor = MoneyToMinor(money);
  if (!minor.ok()) return minor.status();
  return CurrencyAmount{*minor, money.currency_code()};
}

std::optional<int64_t> MinorIn(const google::type::Money& money, absl::string_view currency) {
  if (money.currency_code() != currency) return std::nullopt;
  const absl::StatusOr<int64_t> minor = MoneyToMinor(money);
  return minor.ok() ? std::optional<int64_t>(*minor) : std::nullopt;
}

std::string StatedMoney::Read(absl::string_view currency, int64_t* minor) const {
  *minor = 0;
  if (!money_.has_value()) return "";
  if (money_->currency_code() != currency) {
    return absl::StrCat("must be in ", currency, ", not in ", money_->currency_code());
  }
  const absl::StatusOr<int64_t> read = MoneyToMinor(*money_);
  if (!read.ok()) return std::string(read.status().message());
  *minor = *read;
  return "";
}

absl::StatusOr<int64_t> StatedMoney::In(absl::string_view currency) const {
  int64_t minor = 0;
  const std::string wrong = Read(currency, &minor);
  if (!wrong.empty()) return InvalidField(field_, wrong);
  return minor;
}

int64_t StatedMoney::In(absl::string_view currency, std::vector<FieldViolation>& violations) const {
  int64_t minor = 0;
  std::string wrong = Read(currency, &minor);
  if (!wrong.empty()) violations.push_back({field_, std::move(wrong)});
  return minor;
}

MoneyWriter::MoneyWriter(absl::string_view currency)
    : currency_(currency), minor_per_unit_(MinorPerUnit(CurrencyDigits(currency).value_or(2))) {}

void MoneyWriter::Write(int64_t minor, google::type::Money* money) const {
  money->set_currency_code(currency_.data(), currency_.size());
  money->set_units(minor / minor_per_unit_);
  money->set_nanos(static_cast<int32_t>(minor % minor_per_unit_ * (kNanosPerUnit / minor_per_unit_)));
}

google::type::Money MoneyFromMinor(int64_t minor, absl::string_view currency) {
  google::type::Money money;
  MoneyWriter(currency).Write(minor, &money);
  return money;
}

absl::StatusOr<int64_t> ParseDecimalMinor(absl::string_view text, absl::string_view currency, bool* rounded) {
  const auto digits = CurrencyDigits(currency);
  if (!digits.ok()) return digits.status();
  if (rounded != nullptr) *rounded = false;
  const auto malformed = [&] {
    return absl::InvalidArgumentError(absl::StrCat(Visible(text, 40), " is not a decimal number"));
  };
  const bool negative = !text.empty() && text.front() == '-';
  const int sign = negative ? -1 : 1;  // summed up with its sign: the smallest number has no positive twin
  const absl::string_view body = text.substr(negative ? 1 : 0);
  int64_t minor = 0;
  int decimals = -1;  // digits seen behind the point, -1 before it
  bool any_digit = false;
  bool round_up = false;
  for (const char c : body) {
    if (c == '.' && decimals < 0) {
      decimals = 0;
      continue;
    }
    if (!absl::ascii_isdigit(c)) return malformed();
    any_digit = true;
    if (decimals >= 0 && decimals >= *digits) {
      if (decimals == *digits) round_up = c >= '5';
      if (c != '0' && rounded != nullptr) *rounded = true;
      ++decimals;
      continue;
    }
    if (decimals >= 0) ++decimals;
    if (__builtin_mul_overflow(minor, 10, &minor) || __builtin_add_overflow(minor, sign * (c - '0'), &minor)) {
      return absl::InvalidArgumentError("the amount is too large");
    }
  }
  if (!any_digit) return malformed();
  for (int i = std::max(decimals, 0); i < *digits; ++i) {
    if (__builtin_mul_overflow(minor, 10, &minor)) return absl::InvalidArgumentError("the amount is too large");
  }
  if (round_up && __builtin_add_overflow(minor, sign, &minor)) {
    return absl::InvalidArgumentError("the amount is too large");
  }
  return minor;
}

std::string FormatMoney(const google::type::Money& money) {
  const auto minor = MoneyToMinor(money);
  if (!minor.ok()) return absl::StrCat(money.units(), " ", money.currency_code());
  const int digits = *CurrencyDigits(money.currency_code());
  const int64_t factor = MinorPerUnit(digits);
  const absl::string_view sign = *minor < 0 ? "-" : "";
  const uint64_t magnitude = *minor < 0 ? 0 - static_cast<uint64_t>(*minor) : static_cast<uint64_t>(*minor);
  if (digits == 0) return absl::StrCat(sign, magnitude, " ", money.currency_code());
  return absl::StrFormat("%s%d.%0*d %s", sign, magnitude / factor, digits, magnitude % factor, money.currency_code());
}

}  // namespace storeops
