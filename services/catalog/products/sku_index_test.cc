#include "services/catalog/products/sku_index.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/catalog/products/product_snapshot.h"

namespace storeops::catalog {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

v1::Product MakeProduct(std::initializer_list<std::string> skus) {
  v1::Product product;
  product.set_title("A thing");
  product.set_description(std::string(300, 'x'));
  product.set_kind(v1::Product::SERVICE);
  for (const std::string& sku : skus) {
    auto* variant = product.add_variants();
    variant->set_sku(sku);
    variant->mutable_price()->set_currency_code("EUR");
    variant->mutable_price()->set_units(static_cast<int64_t>(sku.size()));
  }
  return product;
}

TEST(SkuIndexTest, FindsVariantsInBytes) {
  const std::string bytes = MakeProduct({"A", "BB", "CCC"}).SerializeAsString();
  EXPECT_EQ(FindVariant(bytes, "BB")->price().units(), 2);
  EXPECT_EQ(FindVariant(bytes, "CCC")->price().units(), 3);
  EXPECT_FALSE(FindVariant(bytes, "B").has_value());
  EXPECT_FALSE(FindVariant("", "A").has_value());
  EXPECT_FALSE(FindVariant(bytes.substr(0, 50), "A").has_value());
}

TEST(SkuIndexTest, SaysWhatASkuIs) {
  v1::Product product = MakeProduct({"A", "BB"});
  EXPECT_EQ(FindSoldItem(product.SerializeAsString(), "BB")->title, "A thing");
  EXPECT_EQ(FindSoldItem(product.SerializeAsString(), "BB")->kind, v1::Product::SERVICE);
  EXPECT_FALSE(FindSoldItem(product.SerializeAsString(), "B").has_value());
  product.set_kind(v1::Product::GOODS);
  product.add_options()->set_name("Size");
  product.add_options()->set_name("Colour");
  (*product.mutable_variants(1)->mutable_option_values())["Colour"] = "red";
  (*product.mutable_variants(1)->mutable_option_values())["Size"] = "large";
  EXPECT_EQ(FindSoldItem(product.SerializeAsString(), "BB")->title, "A thing, large, red");
  EXPECT_EQ(FindSoldItem(product.SerializeAsString(), "A")->title, "A thing");
  EXPECT_EQ(FindSoldItem(product.SerializeAsString(), "A")->kind, v1::Product::GOODS);
}

TEST(SkuIndexTest, LeadsToProducts) {
  SkuIndex index;
  index.Add(7, MakeProduct({"A", "B"}).SerializeAsString());
  index.Add(9, MakeProduct({"B"}).SerializeAsString());
  EXPECT_THAT(index.Find("A"), Contains(7));
  EXPECT_THAT(index.Find("B"), ::testing::IsSupersetOf({7, 9}));
  index.Remove(7, MakeProduct({"B"}).SerializeAsString());
  EXPECT_THAT(index.Find("B"), Not(Contains(7)));
  EXPECT_THAT(SkuIndex().Find("A"), IsEmpty());
}

TEST(SkuIndexTest, FollowsTheProductsInMemory) {
  ProductMemory memory;
  memory.Apply({MakeEntry(1, 1, MakeProduct({"A", "BB"})), MakeEntry(2, 1, MakeProduct({"CCC"}))});
  EXPECT_EQ(memory.FindVariant("BB")->price().units(), 2);
  // The SKU moves to another product.
  memory.Apply({MakeEntry(1, 2, MakeProduct({"A"})), MakeEntry(2, 2, MakeProduct({"CCC", "BB"}))});
  EXPECT_EQ(memory.FindVariant("BB")->price().units(), 2);
  // Old news changes nothing.
  memory.Apply({MakeEntry(2, 1, MakeProduct({"CCC"}))});
  EXPECT_TRUE(memory.FindVariant("BB").has_value());
  v1::Product deleted = MakeProduct({"CCC", "BB"});
  deleted.mutable_delete_time()->set_seconds(1);
  memory.Apply({MakeEntry(2, 3, deleted)});
  EXPECT_FALSE(memory.FindVariant("BB").has_value());
  EXPECT_FALSE(memory.FindVariant("CCC").has_value());
  EXPECT_TRUE(memory.FindVariant("A").has_value());
}

}  // namespace
}  // namespace storeops::catalog
