#include "services/inventory/orders/fraud_hints.h"

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::inventory {
namespace {

struct Limit {
  const char* currency;
  int64_t units;
};

// Currencies whose unit is worth much less than a euro; all others go by kUnits.
constexpr int64_t kUnits = 2'000;
constexpr Limit kLimits[] = {{"CNY", 15'000}, {"JPY", 300'000}, {"KRW", 3'000'000}, {"INR", 180'000},
                             {"TWD", 65'000}, {"HKD", 17'000},  {"PLN", 8'500},     {"SEK", 22'000},
                             {"NOK", 23'000}, {"DKK", 15'000},  {"CZK", 50'000},    {"HUF", 800'000}};

}  // namespace

int64_t LargeOrderMinor(const std::string& currency) {
  int64_t units = kUnits;
  for (const Limit& limit : kLimits) {
    if (currency == limit.currency) units = limit.units;
  }
  for (int digits = CurrencyDigits(currency).value_or(2); digits > 0; --digits) units *= 10;
  return units;
}

std::vector<std::string> FindFraudHints(const v1::Order& order, int64_t recent_orders) {
  std::vector<std::string> hints;
  if (!order.customer().empty() && recent_orders >= kVelocityLimit) {
    hints.push_back(absl::StrCat("VELOCITY: ", order.customer(), " placed ", recent_orders, " other orders within ",
                                 absl::FormatDuration(kVelocityWindow)));
  }
  const std::string& goods = order.shipping_address().country();
  const std::string& bill = order.billing_address().country();
  if (order.has_billing_address() && goods != bill) {
    hints.push_back(absl::StrCat("MISMATCH: the goods go to ", goods, ", the bill to ", bill));
  }
  const int64_t large = LargeOrderMinor(order.currency());
  if (order.payment_terms() != v1::Order::INVOICE && Minor(order.total()) >= large) {
    hints.push_back(absl::StrCat("AMOUNT: ", FormatMoney(order.total()), " is ",
                                 FormatMoney(MoneyFromMinor(large, order.currency())), " or more"));
  }
  return hints;
}

}  // namespace storeops::inventory
