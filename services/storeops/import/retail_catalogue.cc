#include "services/storeops/import/retail_catalogue.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "services/storeops/import/retail_lines.h"

namespace storeops {
namespace {

using catalog::v1::ObservedPrice;
using catalog::v1::Product;

constexpr absl::string_view kServiceCodes[] = {"POST", "DOT",  "C2",           "M",        "D", "S",
                                               "B",    "CRUK", "BANK CHARGES", "AMAZONFEE"};
constexpr absl::string_view kServiceEndings[] = {"carriage", "postage", "charge"};
constexpr size_t kMaxTitleBytes = 300;

bool InCapitals(absl::string_view text) {
  return std::none_of(text.begin(), text.end(), absl::ascii_islower) &&
         std::any_of(text.begin(), text.end(), absl::ascii_isupper);
}

// The most frequent entry that passes `accept`; among equals the first in byte order. Empty if there is none.
template <class Accept>
std::string MostFrequent(const absl::flat_hash_map<std::string, int64_t>& counts, Accept accept) {
  std::string best;
  int64_t best_count = 0;
  for (const auto& [text, count] : counts) {
    if (!accept(text) || count < best_count || (count == best_count && text >= best)) continue;
    best = text;
    best_count = count;
  }
  return best;
}

}  // namespace

absl::Status RetailCatalogue::CheckHeader(const std::vector<std::string>& fields) {
  if (std::equal(fields.begin(), fields.end(), std::begin(kHeader), std::end(kHeader))) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the first row must be ", absl::StrJoin(kHeader, ","), " but is ",
                                                 absl::StrJoin(fields, ",").substr(0, 200)));
}

SetAside RetailCatalogue::Add(const std::vector<std::string>& fields) {
  if (fields.size() != RetailColumn::kColumns) return SetAside::kMalformed;
  const std::string code(absl::StripAsciiWhitespace(fields[RetailColumn::kStockCode]));
  const absl::string_view title = absl::StripAsciiWhitespace(fields[RetailColumn::kDescription]);
  int64_t quantity = 0;
  bool rounded = false;
  const auto price = ParseDecimalMinor(fields[RetailColumn::kUnitPrice], currency_, &rounded);
  if (code.empty() || code.size() > kMaxCodeBytes || title.size() > kMaxTitleBytes || !price.ok() ||
      !absl::SimpleAtoi(fields[RetailColumn::kQuantity], &quantity)) {
    return SetAside::kMalformed;
  }
  Observed& observed = codes_[code];
  const absl::string_view invoice = fields[RetailColumn::kInvoiceNo];
  const SetAside reason = absl::StartsWith(invoice, "C")   ? SetAside::kCancellation
                          : absl::StartsWith(invoice, "A") ? SetAside::kBadDebt
                          : *price <= 0 || quantity < 1    ? SetAside::kStockCorrection
                                                           : SetAside::kNone;
  if (reason != SetAside::kNone) {
    if (!title.empty()) ++observed.other_titles[title];
    return reason;
  }
  if (!title.empty()) ++observed.sale_titles[title];
  absl::CivilDay day;
  if (absl::ParseCivilTime(absl::string_view(fields[RetailColumn::kInvoiceDate]).substr(0, kDayBytes), &day)) {
    ++observed.days[day][*price];
  }
  if (!observed.priced || fields[RetailColumn::kInvoiceDate] >= observed.last_date) {
    observed.priced = true;
    observed.last_date = fields[RetailColumn::kInvoiceDate];
    observed.last_price_minor = *price;
    observed.rounded = rounded;
  }
  return SetAside::kNone;
}

std::string RetailCatalogue::TitleOf(const std::string& code, const Observed& observed) const {
  std::string title = MostFrequent(observed.sale_titles, [](absl::string_view) { return true; });
  if (title.empty()) title = MostFrequent(observed.other_titles, InCapitals);
  return title.empty() ? code : title;
}

bool RetailCatalogue::IsService(absl::string_view stock_code, absl::string_view title) {
  const auto same = [&](absl::string_view code) { return absl::EqualsIgnoreCase(code, stock_code); };
  if (std::any_of(std::begin(kServiceCodes), std::end(kServiceCodes), same)) return true;
  if (absl::StartsWith(stock_code, "gift_") || absl::StrContains(absl::AsciiStrToLower(title), "gift voucher"))
    return true;
  const auto ends = [&](absl::string_view ending) { return absl::EndsWithIgnoreCase(title, ending); };
  return std::any_of(std::begin(kServiceEndings), std::end(kServiceEndings), ends);
}

std::vector<Product> RetailCatalogue::Products() const {
  std::vector<Product> products;
  products.reserve(codes_.size());
  for (const auto& [code, observed] : codes_) {
    Product& product = products.emplace_back();
    product.set_title(TitleOf(code, observed));
    product.set_language("en");
    product.set_kind(IsService(code, product.title()) ? Product::SERVICE : Product::GOODS);
    auto& variant = *product.add_variants();
    variant.set_sku(code);
    if (observed.priced) *variant.mutable_price() = MoneyFromMinor(observed.last_price_minor, currency_);
  }
  return products;
}

std::vector<ObservedPrice> RetailCatalogue::PriceHistory() const {
  std::vector<ObservedPrice> history;
  for (const auto& [code, observed] : codes_) {
    int64_t before = 0;  // no price is 0
    for (const auto& [day, prices] : observed.days) {
      const int64_t price = std::max_element(prices.begin(), prices.end(), [](const auto& a, const auto& b) {
                              return a.second < b.second;
                            })->first;
      if (price == before) continue;
      before = price;
      ObservedPrice& change = history.emplace_back();
      change.set_sku(code);
      *change.mutable_time() = ToTimestamp(absl::FromCivil(day, absl::UTCTimeZone()));
      *change.mutable_price() = MoneyFromMinor(price, currency_);
    }
  }
  return history;
}

int64_t RetailCatalogue::CountRoundedPrices() const {
  return std::count_if(codes_.begin(), codes_.end(), [](const auto& entry) { return entry.second.rounded; });
}

}  // namespace storeops
