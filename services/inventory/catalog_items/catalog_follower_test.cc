#include "services/inventory/catalog_items/catalog_follower.h"

#include <gtest/gtest.h>

namespace storeops::inventory {
namespace {

TEST(CatalogFollowerTest, AnItemHasTheProductsTitleAndItsOptionsInTheirOrder) {
  catalog::v1::Product product;
  product.set_name("products/7");
  product.set_title("A shirt");
  product.set_kind(catalog::v1::Product::GOODS);
  for (const char* option : {"size", "color"}) product.add_options()->set_name(option);
  catalog::v1::Variant& large = *product.add_variants();
  large.set_sku("S-1");
  (*large.mutable_option_values())["color"] = "red";
  (*large.mutable_option_values())["size"] = "large";
  product.add_variants()->set_sku("S-2");
  const auto items = ItemsOf(product);
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[0].sku, "S-1");
  EXPECT_EQ(items[0].product, "products/7");
  EXPECT_EQ(items[0].title, "A shirt, large, red");
  EXPECT_FALSE(items[0].service);
  EXPECT_EQ(items[1].title, "A shirt");
  product.set_kind(catalog::v1::Product::SERVICE);
  EXPECT_TRUE(ItemsOf(product)[0].service);
}

}  // namespace
}  // namespace storeops::inventory
