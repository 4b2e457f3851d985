#include "services/catalog/prices/price_rights.h"

#include <string>
#include <vector>

#include "common/base/money.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::Product;

Product Mug(Product::State state) {
  Product product;
  product.set_state(state);
  v1::Variant& variant = *product.add_variants();
  variant.set_sku("M-1");
  *variant.mutable_price() = MoneyFromMinor(1200, "EUR");
  return product;
}

std::vector<std::string> Changes(const Product& before, const Product& after) {
  std::vector<std::string> fields;
  for (const FieldViolation& change : FindPriceChanges(before, after)) fields.push_back(change.field);
  return fields;
}

TEST(PriceRightsTest, PricesAndCostsOfWhatWasApprovedAreCompared) {
  for (const auto state : {Product::APPROVED, Product::PUBLISHED}) {
    const Product before = Mug(state);
    Product after = before;
    after.set_title("Mug");
    EXPECT_THAT(Changes(before, after), IsEmpty());
    *after.mutable_variants(0)->mutable_price() = MoneyFromMinor(1, "EUR");
    *after.mutable_variants(0)->mutable_cost() = MoneyFromMinor(1, "EUR");
    EXPECT_THAT(Changes(before, after), ElementsAre("variants[0].price", "variants[0].cost"));
    after.mutable_variants(0)->clear_price();
    after.mutable_variants(0)->clear_cost();
    EXPECT_THAT(Changes(before, after), ElementsAre("variants[0].price"));
  }
}

TEST(PriceRightsTest, ANewVariantsPriceIsAChange) {
  const Product before = Mug(Product::PUBLISHED);
  Product after = before;
  after.add_variants()->set_sku("M-2");
  EXPECT_THAT(Changes(before, after), IsEmpty());
  *after.mutable_variants(1)->mutable_price() = MoneyFromMinor(1, "EUR");
  EXPECT_THAT(Changes(before, after), ElementsAre("variants[1].price"));
}

TEST(PriceRightsTest, DraftsAndNewProductsAreFree) {
  const rpc::Principal writer = {"users/2", "", {"catalog.products.write"}};
  for (const auto state : {Product::DRAFT, Product::IN_REVIEW, Product::ARCHIVED}) {
    Product after = Mug(state);
    after.mutable_variants(0)->mutable_price()->set_units(1);
    const Product before = Mug(state);
    EXPECT_TRUE(CheckPriceRights(writer, &before, after).ok());
    EXPECT_TRUE(CheckPriceRights(writer, nullptr, after).ok());
  }
  Product after = Mug(Product::PUBLISHED);
  after.mutable_variants(0)->mutable_price()->set_units(1);
  const Product before = Mug(Product::PUBLISHED);
  EXPECT_EQ(CheckPriceRights(writer, &before, after).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(CheckPriceRights({"users/2", "", {"catalog.*"}}, &before, after).ok());
}

}  // namespace
}  // namespace storeops::catalog
