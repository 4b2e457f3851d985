#include "services/catalog/transfers/shopify_names.h"

#include <string>

#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

TEST(ShopifyNames, HandlesOfAnyScriptAreSlugs) {
  for (const std::string handle :
       {"blue-mug", "t-shirt-2", "青花瓷杯", "кружка-синяя", "كوب-أزرق", "tasse-café", "컵"}) {
    EXPECT_EQ(SlugOf(handle), handle);
  }
  const struct {
    std::string text, slug;
  } cases[] = {
      {"Blue  Mug!", "blue-mug"}, {"a--b_c", "a-b-c"},  {"-a-", "a"},
      {"ÄRMEL 50%", "ärmel-50"},  {"КРУЖКА", "кружка"}, {"™", ""},
  };
  for (const auto& test : cases) EXPECT_EQ(SlugOf(test.text), test.slug);
}

// Slugs are stored in NFC: a handle in another form would not find its product again.
TEST(ShopifyNames, SlugsAreComposed) {
  EXPECT_EQ(SlugOf("J\u030Cap"), "\u01F0ap") << "only the small letter has a composed form";
  EXPECT_EQ(SlugOf("Cafe\u0301"), "caf\u00E9");
}

TEST(ShopifyNames, AHandleIsMadeReadable) {
  EXPECT_EQ(ReadableTitle("blue_mug-2"), "Blue mug 2");
  EXPECT_EQ(ReadableTitle("ärmel-kurz"), "Ärmel kurz");
  EXPECT_EQ(ReadableTitle("青花瓷杯"), "青花瓷杯");
  EXPECT_EQ(ReadableTitle("--"), "--");
}

TEST(ShopifyNames, AnotherProductWithTheHandleHasASlugOfItsOwn) {
  const std::string slug = MakeAlternativeHandle("Mug", "Red Mug");
  EXPECT_EQ(slug.substr(0, 4), "mug-");
  EXPECT_EQ(MakeAlternativeHandle("Mug", "Red Mug"), slug) << "the same in every import";
  EXPECT_NE(MakeAlternativeHandle("Mug", "Blue Mug"), slug);
  EXPECT_EQ(SlugOf(slug), slug);
  EXPECT_EQ(MakeAlternativeHandle(std::string(300, 'a'), "T").size(), 190);
  EXPECT_EQ(MakeAlternativeHandle("!", "T"), "");
}

TEST(ShopifyNames, LongHandlesStayDifferent) {
  const std::string long_handle(250, 'a');
  const std::string slug = SlugOf(long_handle);
  EXPECT_EQ(slug.size(), 190);
  EXPECT_NE(SlugOf(long_handle + "b"), slug);
  EXPECT_EQ(SlugOf(long_handle), slug);
}

TEST(ShopifyNames, SkusAreMadeFromHandleAndOptions) {
  EXPECT_EQ(MakeSku("varsity-top", {}), "varsity-top");
  EXPECT_EQ(MakeSku("varsity-top", {"Small", "Dark Blue"}), "varsity-top-Small-Dark-Blue");
  const std::string chinese = MakeSku("青花瓷杯", {"大"});
  EXPECT_TRUE(IsSku(chinese)) << chinese;
  EXPECT_EQ(MakeSku("青花瓷杯", {"大"}), chinese);
  EXPECT_NE(MakeSku("青花瓷杯", {"小"}), chinese);
  // What would read the same.
  EXPECT_NE(MakeSku("top", {"S/M"}), MakeSku("top", {"S+M"}));
  const std::string long_sku = MakeSku(std::string(80, 'h'), {"S"});
  EXPECT_EQ(long_sku.size(), 64);
  EXPECT_NE(MakeSku(std::string(80, 'h'), {"M"}), long_sku);
}

TEST(ShopifyNames, AlternativesDependOnWhoseTheyAre) {
  const std::string one = MakeAlternativeSku("A-1", "mug", {});
  EXPECT_TRUE(IsSku(one));
  EXPECT_EQ(one.substr(0, 4), "A-1-");
  EXPECT_NE(MakeAlternativeSku("A-1", "cup", {}), one);
  EXPECT_NE(MakeAlternativeSku("A-1", "mug", {"red"}), one);
  EXPECT_TRUE(IsSku(MakeAlternativeSku(std::string(64, 'x'), "mug", {})));
}

TEST(ShopifyNames, ASkuIsPrintableAsciiOfLimitedLength) {
  EXPECT_TRUE(IsSku("A 1/b"));
  for (const std::string text : {"", " a", "a ", "a\tb", "Ø10", "a\xC2\xA0"}) EXPECT_FALSE(IsSku(text)) << text;
  EXPECT_FALSE(IsSku(std::string(65, 'a')));
}

TEST(ShopifyNames, AProductWithoutSlugHasAHandleOfItsOwn) {
  v1::Product product;
  product.set_name("products/12");
  product.set_title("Große Tasse");
  EXPECT_EQ(HandleOf(product), "große-tasse-12");
  product.mutable_seo()->set_slug("tasse");
  EXPECT_EQ(HandleOf(product), "tasse");
}

}  // namespace
}  // namespace storeops::catalog
