#include "services/storeops/demo/demo_catalogue.h"

#include <set>
#include <string>

#include "common/base/validation.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

TEST(DemoCatalogueTest, ProductsAreValidDistinctAndInBothLanguages) {
  std::set<std::string> skus;
  int services = 0;
  for (int64_t index = 0; index < 2000; ++index) {
    const auto product = DemoProduct(index);
    ASSERT_TRUE(Validate(product).ok()) << Validate(product) << product.DebugString();
    EXPECT_EQ(product.translations(0).language(), "zh");
    services += product.kind() == catalog::v1::Product::SERVICE ? 1 : 0;
    for (const auto& variant : product.variants()) {
      EXPECT_TRUE(skus.insert(variant.sku()).second) << variant.sku();
      EXPECT_EQ(variant.option_values_size(), product.options_size());
    }
  }
  EXPECT_EQ(services, 40);
}

TEST(DemoCatalogueTest, IsTheSameEachTime) {
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(DemoProduct(123), DemoProduct(123)));
  EXPECT_NE(DemoProduct(123).title(), DemoProduct(124).title());
}

}  // namespace
}  // namespace storeops
