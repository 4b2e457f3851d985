#include "services/catalog/prices/base_price_history.h"

#include <optional>
#include <utility>

#include "absl/container/btree_map.h"
#include "common/base/money.h"

namespace storeops::catalog {
namespace {

using v1::Product;

// Amounts by SKU and currency.
using BasePrices = absl::btree_map<std::pair<std::string, std::string>, int64_t>;

BasePrices PricesOf(const Product* product) {
  BasePrices prices;
  if (product == nullptr || product->has_delete_time()) return prices;
  for (const v1::Variant& variant : product->variants()) {
    if (!variant.has_price()) continue;
    const auto price = ReadMoney(variant.price());
    if (price.ok()) prices[{variant.sku(), price->currency}] = price->minor;  // others are refused later
  }
  return prices;
}

}  // namespace

std::vector<PriceHistoryRow> BasePriceChanges(const Product& before, const Product* after) {
  const BasePrices old_prices = PricesOf(&before), new_prices = PricesOf(after);
  absl::btree_map<std::pair<std::string, std::string>, std::pair<std::optional<int64_t>, std::optional<int64_t>>> both;
  for (const auto& [key, minor] : old_prices) both[key].first = minor;
  for (const auto& [key, minor] : new_prices) both[key].second = minor;
  std::vector<PriceHistoryRow> rows;
  for (const auto& [key, minors] : both) {
    if (minors.first == minors.second) continue;
    PriceHistoryRow row;
    row.sku = key.first;
    row.place.source = PriceSource::kBase;
    row.place.currency = key.second;
    row.old_minor = minors.first;
    row.new_minor = minors.second;
    rows.push_back(std::move(row));
  }
  return rows;
}

absl::Status RecordBasePrices(resource::Write& write, const Product& before, const Product* after) {
  std::vector<PriceHistoryRow> rows = BasePriceChanges(before, after);
  if (rows.empty()) return absl::OkStatus();
  for (PriceHistoryRow& row : rows) {
    row.place.time = write.now();
    row.actor = write.call().principal.name;
  }
  return WritePriceHistory(write.session(), rows);
}

}  // namespace storeops::catalog
