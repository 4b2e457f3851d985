#include "services/catalog/availability/in_stock.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

v1::Product WithSkus(v1::Product::Kind kind, const std::vector<std::string>& skus) {
  v1::Product product;
  product.set_kind(kind);
  for (const std::string& sku : skus) product.add_variants()->set_sku(sku);
  return product;
}

TEST(InStockTest, DecidesByKindAndVariants) {
  const InStock known({"A", "C"});
  const struct {
    v1::Product::Kind kind;
    std::vector<std::string> skus;
    bool in_stock;
  } cases[] = {{v1::Product::GOODS, {"A"}, true},       {v1::Product::GOODS, {"B"}, false},
               {v1::Product::GOODS, {"B", "C"}, true},  {v1::Product::GOODS, {"B", "D"}, false},
               {v1::Product::SERVICE, {"B"}, true},     {v1::Product::KIND_UNSPECIFIED, {"B"}, false},
               {v1::Product::SERVICE, {"A", "B"}, true}};
  for (const auto& one : cases) {
    const v1::Product product = WithSkus(one.kind, one.skus);
    EXPECT_EQ(known.Has(product), one.in_stock) << product.ShortDebugString();
    EXPECT_TRUE(InStock().Has(product)) << product.ShortDebugString();
  }
  EXPECT_FALSE(InStock().known());
  const v1::Product both = WithSkus(v1::Product::GOODS, {"B", "C"});
  EXPECT_FALSE(known.Has(both, both.variants(0)));
  EXPECT_TRUE(known.Has(both, both.variants(1)));
}

TEST(InStockTest, AsksForSkusThatAreStocked) {
  std::vector<std::string> skus;
  AppendStockedSkus(WithSkus(v1::Product::GOODS, {"A", "B"}), &skus);
  AppendStockedSkus(WithSkus(v1::Product::SERVICE, {"S"}), &skus);
  EXPECT_THAT(skus, ::testing::ElementsAre("A", "B"));
}

}  // namespace
}  // namespace storeops::catalog
