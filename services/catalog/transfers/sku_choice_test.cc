#include "services/catalog/transfers/sku_choice.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SkuChoiceTest : public ::testing::Test {
 protected:
  // Of a new product, with this value of "Size".
  void Add(const std::string& cell, const std::string& sku, const std::string& size, bool repeated = false) {
    v1::Variant* variant = imported_.product.add_variants();
    variant->set_sku(sku);
    (*variant->mutable_option_values())["Size"] = size;
    imported_.skus.push_back({cell, cell == sku, repeated, sku + "-x", {7, 3}, "Variant SKU"});
  }
  static void AddTo(v1::Product* product, const std::string& sku, const std::string& size) {
    v1::Variant* variant = product->add_variants();
    variant->set_sku(sku);
    (*variant->mutable_option_values())["Size"] = size;
  }
  std::vector<std::string> Choose(const v1::Product* existing) {
    ChooseSkus(
        existing,
        [&](absl::string_view sku) -> const v1::Product* {
          for (const v1::Product* product : {&mine_, &other_}) {
            for (const v1::Variant& variant : product->variants()) {
              if (variant.sku() == sku) return product;
            }
          }
          return nullptr;
        },
        &imported_);
    std::vector<std::string> skus;
    for (const v1::Variant& variant : imported_.product.variants()) skus.push_back(variant.sku());
    return skus;
  }

  ImportedProduct imported_;
  v1::Product mine_, other_;
};

TEST_F(SkuChoiceTest, WhatTheFileStatesIsUsed) {
  Add("A", "A", "S");
  Add("B", "B", "M");
  EXPECT_THAT(Choose(nullptr), ElementsAre("A", "B"));
  EXPECT_THAT(imported_.warnings, IsEmpty());
}

TEST_F(SkuChoiceTest, AMissingSkuIsMadeAndReported) {
  Add("", "mug-S", "S");
  EXPECT_THAT(Choose(nullptr), ElementsAre("mug-S"));
  ASSERT_EQ(imported_.warnings.size(), 1);
  EXPECT_EQ(imported_.warnings[0].line(), 7);
  EXPECT_EQ(imported_.warnings[0].column(), 3);
  EXPECT_EQ(imported_.warnings[0].sku(), "mug-S");
  EXPECT_THAT(imported_.warnings[0].message(), HasSubstr("no SKU: mug-S is used"));
}

TEST_F(SkuChoiceTest, AnotherProductsSkuIsNotTaken) {
  AddTo(&other_, "A", "S");
  Add("A", "A", "S");
  EXPECT_THAT(Choose(nullptr), ElementsAre("A-x"));
  ASSERT_EQ(imported_.warnings.size(), 1);
  EXPECT_THAT(imported_.warnings[0].message(), HasSubstr("another variant has the SKU \"A\": A-x is used"));
}

TEST_F(SkuChoiceTest, ARepeatedSkuIsTakenByItsOwnerOnly) {
  Add("A", "A", "S");
  Add("A", "A", "M", /*repeated=*/true);
  EXPECT_THAT(Choose(nullptr), ElementsAre("A", "A-x"));
}

// However the file is ordered the second time.
TEST_F(SkuChoiceTest, ASecondRunFindsTheSameSkus) {
  AddTo(&mine_, "A", "S");
  AddTo(&mine_, "A-x", "M");
  Add("A", "A", "S", /*repeated=*/true);
  Add("A", "A", "M", /*repeated=*/true);
  EXPECT_THAT(Choose(&mine_), ElementsAre("A", "A-x"));
}

TEST_F(SkuChoiceTest, AVariantKeepsItsSkuIfTheFileStatesNone) {
  AddTo(&mine_, "REAL-1", "S");
  Add("", "mug-S", "S");
  Add("", "mug-M", "M");
  EXPECT_THAT(Choose(&mine_), ElementsAre("REAL-1", "mug-M"));
}

}  // namespace
}  // namespace storeops::catalog
