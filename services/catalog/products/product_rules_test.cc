#include "services/catalog/products/product_rules.h"

#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Product Parse(const std::string& text) {
  v1::Product product;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &product)) << text;
  return product;
}

std::vector<std::string> Fields(const v1::Product& product) {
  std::vector<std::string> fields;
  for (const FieldViolation& violation : CheckProduct(product)) fields.push_back(violation.field);
  return fields;
}

TEST(FillProductDefaultsTest, FillsWhatIsMissing) {
  v1::Product product = Parse(R"(title: "Mug" tags: "  red " tags: "\tsale")");
  FillProductDefaults(product);
  EXPECT_EQ(product.kind(), v1::Product::GOODS);
  EXPECT_EQ(product.language(), "en");
  EXPECT_THAT(product.tags(), ElementsAre("red", "sale"));
}

TEST(FillProductDefaultsTest, KeepsWhatIsSet) {
  v1::Product product = Parse(R"(kind: SERVICE language: "zh-Hant" tags: "打 折")");
  const v1::Product before = product;
  FillProductDefaults(product);
  EXPECT_EQ(product.SerializeAsString(), before.SerializeAsString());
}

struct ProductCase {
  const char* name;
  const char* product;
  std::vector<std::string> fields;
};

class CheckProductTest : public ::testing::TestWithParam<ProductCase> {};

TEST_P(CheckProductTest, NamesEachWrongField) {
  EXPECT_THAT(Fields(Parse(GetParam().product)), ::testing::ElementsAreArray(GetParam().fields));
}

constexpr char kColours[] = R"(options { name: "Colour" values: "red" values: "blue" })";

INSTANTIATE_TEST_SUITE_P(
    All, CheckProductTest,
    ::testing::Values(ProductCase{"Simple", R"(title: "Mug" language: "en" variants { sku: "A" })", {}},
                      ProductCase{"Complete",
                                  R"(language: "en" translations { language: "zh" title: "杯" } tags: "a" tags: "A"
                options { name: "Colour" values: "red" values: "blue" } options { name: "Size" values: "S" values: "red" }
                variants { sku: "A" option_values { key: "Colour" value: "red" } option_values { key: "Size" value: "S" }
                           price { currency_code: "GBP" units: 2 } cost { currency_code: "GBP" units: 1 } }
                variants { sku: "a" option_values { key: "Colour" value: "blue" } option_values { key: "Size" value: "S" }
                           price { currency_code: "GBP" units: 3 } })",
                                  {}},
                      ProductCase{"TranslationOfOwnLanguage",
                                  R"(language: "en" translations { language: "EN" title: "x" })",
                                  {"translations[0].language"}},
                      ProductCase{"TwoTranslationsOfALanguage",
                                  R"(language: "en" translations { language: "zh" } translations { language: "de" }
                translations { language: "zh" })",
                                  {"translations[2].language"}},
                      ProductCase{"Tags", R"(tags: "a" tags: "" tags: "a")", {"tags[1]", "tags[2]"}},
                      ProductCase{"OptionNames",
                                  R"(options { name: "Size" values: "S" } options { name: "Size" values: "S" }
                variants { sku: "A" option_values { key: "Size" value: "S" } })",
                                  {"options[1].name"}},
                      ProductCase{"OptionValues",
                                  R"(options { name: "Size" values: "S" values: "M" values: "S" }
                variants { sku: "A" option_values { key: "Size" value: "S" } })",
                                  {"options[0].values[2]"}},
                      ProductCase{"VariantWithoutAValue",
                                  R"(options { name: "Colour" values: "red" values: "blue" } variants { sku: "A" })",
                                  {"variants[0].option_values"}},
                      ProductCase{"VariantWithAnUnknownValue",
                                  R"(options { name: "Colour" values: "red" }
                variants { sku: "A" option_values { key: "Colour" value: "green" } })",
                                  {"variants[0].option_values[\"Colour\"]"}},
                      ProductCase{"VariantWithAnUnknownOption",
                                  R"(variants { sku: "A" option_values { key: "Colour" value: "green" } })",
                                  {"variants[0].option_values[\"Colour\"]"}},
                      ProductCase{"SameCombination",
                                  R"(options { name: "Colour" values: "red" values: "blue" }
                variants { sku: "A" option_values { key: "Colour" value: "red" } }
                variants { sku: "B" option_values { key: "Colour" value: "red" } })",
                                  {"variants[1].option_values"}},
                      ProductCase{"TwoVariantsWithoutOptions",
                                  R"(variants { sku: "A" } variants { sku: "B" })",
                                  {"variants[1].option_values"}},
                      ProductCase{"SameSku",
                                  R"(options { name: "Colour" values: "red" values: "blue" }
                variants { sku: "A" option_values { key: "Colour" value: "red" } }
                variants { sku: "A" option_values { key: "Colour" value: "blue" } })",
                                  {"variants[1].sku"}},
                      ProductCase{
                          "TwoCurrencies",
                          R"(variants { sku: "A" price { currency_code: "GBP" } cost { currency_code: "EUR" } })",
                          {"variants[0].cost.currency_code"}}),
    [](const ::testing::TestParamInfo<ProductCase>& info) { return info.param.name; });

// Texts that run into each other when joined without their lengths.
TEST(CheckProductTest, CombinationsDoNotRunTogether) {
  EXPECT_THAT(Fields(Parse(R"(
      options { name: "X" values: "a" values: "a1:b" } options { name: "Y" values: "b" values: "1:b1:b" }
      variants { sku: "A" option_values { key: "X" value: "a" } option_values { key: "Y" value: "1:b1:b" } }
      variants { sku: "B" option_values { key: "X" value: "a1:b" } option_values { key: "Y" value: "b" } })")),
              IsEmpty());
}

TEST(CheckProductTest, ManyViolationsAtOnce) {
  v1::Product product = Parse(kColours);
  for (int i = 0; i < 3; ++i) product.add_variants()->set_sku("same");
  EXPECT_THAT(Fields(product), ElementsAre("variants[0].option_values", "variants[1].sku", "variants[1].option_values",
                                           "variants[2].sku", "variants[2].option_values"));
}

TEST(KeepCostsTest, EachSkuHasTheCostThatItHad) {
  v1::Product before, after;
  for (const char* sku : {"A", "B"}) before.add_variants()->set_sku(sku);
  before.mutable_variants(0)->mutable_cost()->set_units(7);
  for (const char* sku : {"B", "C", "A"}) after.add_variants()->set_sku(sku);
  after.mutable_variants(0)->mutable_cost()->set_units(1);
  after.mutable_variants(1)->mutable_cost()->set_units(2);
  KeepCosts(before, after);
  EXPECT_FALSE(after.variants(0).has_cost());
  EXPECT_FALSE(after.variants(1).has_cost());
  EXPECT_EQ(after.variants(2).cost().units(), 7);
}

}  // namespace
}  // namespace storeops::catalog
