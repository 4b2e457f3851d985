// google.type.Money against integer minor units. Money is never a floating-point number.
#ifndef STOREOPS_COMMON_BASE_MONEY_H_
#define STOREOPS_COMMON_BASE_MONEY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/type/money.pb.h"

namespace storeops {

struct FieldViolation;  // common/base/errors.h

// Digits behind the decimal point of a currency (ISO 4217): 2 for most, 0 for JPY and KRW, 3 for KWD and the like.
// INVALID_ARGUMENT for what is not three capital letters.
absl::StatusOr<int> CurrencyDigits(absl::string_view currency);

// INVALID_ARGUMENT (a plain message, to be put under a field's name) for an unknown shape of currency, units and nanos
// of different sign, nanos out of range, more digits than the currency has, or an amount beyond 64 bits of minor units.
// It gives a number without its currency: services read amounts by one of those below.
absl::StatusOr<int64_t> MoneyToMinor(const google::type::Money& money);

// An amount with its currency, where each has its own. Errors as of MoneyToMinor.
struct CurrencyAmount {
  int64_t minor = 0;
  std::string currency;
};
absl::StatusOr<CurrencyAmount> ReadMoney(const google::type::Money& money);

// A stored amount in minor units; nothing if it is in another currency, not set, or malformed.
std::optional<int64_t> MinorIn(const google::type::Money& money, absl::string_view currency);

// An amount that a caller stated for something whose currency is decided already, e.g. a part of an order. Its number
// can be had only together with a comparison of the currencies.
class StatedMoney {
 public:
  StatedMoney() = default;  // the caller stated none
  // `field`: its name in the request.
  StatedMoney(google::type::Money money, std::string field) : money_(std::move(money)), field_(std::move(field)) {}

  bool has_value() const { return money_.has_value(); }
  // In minor units; 0 without a value. INVALID_ARGUMENT naming the field if it is in another currency, or for what
  // MoneyToMinor refuses.
  absl::StatusOr<int64_t> In(absl::string_view currency) const;
  // The same for a request whose wrong fields are all named: adds a violation and returns 0.
  int64_t In(absl::string_view currency, std::vector<FieldViolation>& violations) const;

 private:
  // What is wrong with the value; empty: nothing, and `*minor` is set.
  std::string Read(absl::string_view currency, int64_t* minor) const;

  std::optional<google::type::Money> money_;
  std::string field_;
};

// Writes many amounts of one currency, which must have passed CurrencyDigits.
class MoneyWriter {
 public:
  explicit MoneyWriter(absl::string_view currency);
  void Write(int64_t minor, google::type::Money* money) const;

 private:
  const absl::string_view currency_;
  const int64_t minor_per_unit_;
};

// `currency` must have passed CurrencyDigits.
google::type::Money MoneyFromMinor(int64_t minor, absl::string_view currency);

// "2.55" or "-0.5" of `currency` in minor units; digits beyond the currency's are rounded half away from zero, and
// `*rounded` says so. INVALID_ARGUMENT for what is not a plain decimal or is out of range.
absl::StatusOr<int64_t> ParseDecimalMinor(absl::string_view text, absl::string_view currency, bool* rounded = nullptr);

// "2.55 GBP"
std::string FormatMoney(const google::type::Money& money);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_MONEY_H_
