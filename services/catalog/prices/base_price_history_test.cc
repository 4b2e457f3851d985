#include "services/catalog/prices/base_price_history.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/money.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::Product;

void Add(Product& product, const std::string& sku, int64_t minor, const std::string& currency = "EUR") {
  auto* variant = product.add_variants();
  variant->set_sku(sku);
  if (minor >= 0) *variant->mutable_price() = MoneyFromMinor(minor, currency);
}

std::vector<std::string> Changes(const Product& before, const Product* after) {
  const auto text = [](const std::optional<int64_t>& minor) { return minor.has_value() ? absl::StrCat(*minor) : "-"; };
  std::vector<std::string> changes;
  for (const PriceHistoryRow& row : BasePriceChanges(before, after)) {
    changes.push_back(
        absl::StrCat(row.sku, " ", row.place.currency, " ", text(row.old_minor), ">", text(row.new_minor)));
  }
  return changes;
}

TEST(BasePriceChangesTest, NamesWhatDiffers) {
  Product before, after;
  Add(before, "A", 100);
  Add(before, "B", 200);
  Add(before, "C", -1);
  Add(before, "D", 400);
  Add(after, "B", 250);
  Add(after, "A", 100);
  Add(after, "C", 300);
  Add(after, "E", 500);
  EXPECT_THAT(Changes(before, &after), ElementsAre("B EUR 200>250", "C EUR ->300", "D EUR 400>-", "E EUR ->500"));
  EXPECT_THAT(Changes(before, &before), IsEmpty());
}

TEST(BasePriceChangesTest, ADeletedProductHasNoPrices) {
  Product before;
  Add(before, "A", 100);
  Product deleted = before;
  deleted.mutable_delete_time()->set_seconds(1);
  EXPECT_THAT(Changes(before, nullptr), ElementsAre("A EUR 100>-"));
  EXPECT_THAT(Changes(before, &deleted), ElementsAre("A EUR 100>-"));
  EXPECT_THAT(Changes(deleted, &before), ElementsAre("A EUR ->100"));
}

TEST(BasePriceChangesTest, AnotherCurrencyIsAnotherPrice) {
  Product before, after;
  Add(before, "A", 100, "EUR");
  Add(after, "A", 100, "USD");
  EXPECT_THAT(Changes(before, &after), ElementsAre("A EUR 100>-", "A USD ->100"));
}

}  // namespace
}  // namespace storeops::catalog
