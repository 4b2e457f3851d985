#include "services/catalog/transfers/product_merge.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <class Message>
Message ParseProduct(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

FilingNames Names() {
  std::vector<v1::Category> categories = {
      ParseProduct<v1::Category>(R"(name: "categories/1" title: "Home")"),
      ParseProduct<v1::Category>(R"(name: "categories/2" title: "Mugs" parent: "categories/1")"),
      ParseProduct<v1::Category>(R"(name: "categories/3" title: "Sale")"),
  };
  return {
      CategoryTree(std::move(categories)),
      {ParseProduct<v1::ProductType>(R"(name: "productTypes/1" title: "Mug" attributes {key: "capacity" type: NUMBER}
                                     attributes {key: "proof" type: BOOLEAN})")}};
}

ImportedProduct FirstOf(const std::string& text) {
  auto reader = OpenProductReader(
      [text, at = size_t{0}](char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
        const size_t count = std::min(size, text.size() - at);
        std::copy_n(text.data() + at, count, buffer);
        at += count;
        return count;
      },
      {});
  ImportedProduct product;
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return product;
  EXPECT_TRUE((*reader)->Next(&product).value_or(false));
  return product;
}

std::vector<std::string> Texts(const std::vector<FieldViolation>& violations) {
  std::vector<std::string> texts;
  for (const FieldViolation& violation : violations) texts.push_back(violation.field + ": " + violation.description);
  return texts;
}

constexpr char kExisting[] = R"(
    name: "products/7" title: "Mug" description: "Good" language: "en" kind: GOODS brand: "Acme" tags: "a"
    translations {language: "zh" title: "杯子" description: "好"} translations {language: "de" title: "Becher"}
    options {name: "Colour" values: "red" values: "blue"}
    variants {sku: "M-1" option_values {key: "Colour" value: "red"} price {currency_code: "EUR" units: 1}}
    variants {sku: "M-2" option_values {key: "Colour" value: "blue"}}
    product_type: "productTypes/1" attributes {key: "capacity" value {number: 300}}
    attributes {key: "old" value {text: "left over"}} categories: "categories/2")";

TEST(ProductMergeTest, OnlyWhatIsStatedChanges) {
  const struct {
    std::string file;
    std::string change;  // merged into the existing product
    std::string cleared;
  } cases[] = {
      {"sku\nM-1\n", "", ""},
      {"sku,title\nM-1,Cup\n", "title: 'Cup'", ""},
      {"sku,brand,tags\nM-1,,\n", "brand: ''", "tags"},
      {"sku,title.zh\nM-1,大杯\n", "", "translations"},
      {"sku,price,currency\nM-2,2,EUR\n", "", "variants"},
      {"sku,attributes.old\nM-1,left over\n", "", ""},
      {"sku,slug\nM-1,mug\n", "seo {slug: 'mug'}", ""},
      {"sku,slug,meta_title,meta_description\nM-1,,,\n", "", ""},
      {"sku,meta_title.zh\nM-1,杯\n", "", "translations"},
      {"sku,language\nM-1,\n", "", ""},
      {"sku,categories\nM-1,Sale\n", "", "categories"},
      {"{\"variants\":[{\"sku\":\"M-1\"}],\"title\":\"Cup\"}\n", "title: 'Cup'", "variants"},
  };
  const auto existing = ParseProduct<v1::Product>(kExisting);
  for (const auto& test : cases) {
    const MergedProduct merged = MergeProduct(FirstOf(test.file), &existing, Names(), "fr", false);
    EXPECT_THAT(merged.violations, IsEmpty()) << test.file;
    v1::Product expected = existing;
    expected.MergeFrom(ParseProduct<v1::Product>(test.change));
    if (test.file.find("brand") != std::string::npos) expected.clear_brand();
    v1::Product result = merged.product;
    // What the case is about is looked at below.
    for (v1::Product* product : {&expected, &result}) {
      if (const auto* field = product->GetDescriptor()->FindFieldByName(test.cleared)) {
        product->GetReflection()->ClearField(product, field);
      }
    }
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(result, expected))
        << test.file << result.DebugString();
  }
}

TEST(ProductMergeTest, VariantsAreFoundBySkuAndNoneIsRemoved) {
  const auto existing = ParseProduct<v1::Product>(kExisting);
  const MergedProduct merged = MergeProduct(
      FirstOf("product,sku,option1_name,option1_value,price,currency\np,M-2,Colour,blue,2,EUR\np,M-3,,green,3,EUR\n"),
      &existing, Names(), "en", false);
  ASSERT_EQ(merged.product.variants_size(), 3);
  EXPECT_EQ(merged.product.variants(0).price().units(), 1);
  EXPECT_EQ(merged.product.variants(1).price().units(), 2);
  EXPECT_EQ(merged.product.variants(2).sku(), "M-3");
  EXPECT_THAT(merged.origins, ElementsAre(-1, 0, 1));
  EXPECT_THAT(merged.product.options(0).values(), ElementsAre("red", "blue", "green"));
}

TEST(ProductMergeTest, TranslationsAreMergedByLanguage) {
  const auto existing = ParseProduct<v1::Product>(kExisting);
  MergedProduct merged = MergeProduct(FirstOf("sku,title.zh,title.fr,title.de,description.de\nM-1,大杯,Tasse,,\n"),
                                      &existing, Names(), "en", false);
  ASSERT_EQ(merged.product.translations_size(), 2);
  EXPECT_EQ(merged.product.translations(0).title(), "大杯");
  EXPECT_EQ(merged.product.translations(0).description(), "好");
  EXPECT_EQ(merged.product.translations(1).language(), "fr");

  // Texts for search engines make a translation as others do, and keep one.
  merged = MergeProduct(FirstOf("sku,title.zh,description.zh,slug.zh,meta_title.fr,title.de\nM-1,,,杯子,Tasses,\n"),
                        &existing, Names(), "en", false);
  ASSERT_EQ(merged.product.translations_size(), 2);
  EXPECT_EQ(merged.product.translations(0).seo().slug(), "杯子");
  EXPECT_EQ(merged.product.translations(1).language(), "fr");
  EXPECT_EQ(merged.product.translations(1).seo().meta_title(), "Tasses");
}

TEST(ProductMergeTest, NamesWhatIsNotThere) {
  const struct {
    std::string file, wrong;
  } cases[] = {
      {"sku,categories\nN-1,Home > Cups\n", "categories[0]: there is no category \"Home > Cups\""},
      {"sku,categories\nN-1,categories/9\n", "categories[0]: there is no category \"categories/9\""},
      {"sku,product_type\nN-1,Plate\n", "product_type: there is no product type \"Plate\""},
      {"sku,product_type,attributes.capacity\nN-1,Mug,large\n", "attributes[\"capacity\"]: \"large\" is not a number"},
      {"sku,product_type,attributes.size\nN-1,Mug,3\n", "attributes[\"size\"]: Mug has no such attribute"},
      {"sku,attributes.size\nN-1,3\n", "attributes[\"size\"]: needs a product type"},
  };
  for (const auto& test : cases) {
    EXPECT_THAT(Texts(MergeProduct(FirstOf(test.file), nullptr, Names(), "en", false).violations),
                ElementsAre(test.wrong));
  }
  const MergedProduct fine = MergeProduct(
      FirstOf("sku,product_type,attributes.capacity,attributes.proof,categories\nN-1,Mug,250,TRUE,Home>Mugs|Sale\n"),
      nullptr, Names(), "fr", false);
  EXPECT_THAT(fine.violations, IsEmpty());
  EXPECT_THAT(fine.product.categories(), ElementsAre("categories/2", "categories/3"));
  EXPECT_EQ(fine.product.attributes().at("capacity").number(), 250);
  EXPECT_TRUE(fine.product.attributes().at("proof").boolean());
  EXPECT_EQ(fine.product.language(), "fr");
}

TEST(MissingCategoriesTest, AreNamedParentsFirst) {
  MissingCategories missing = FindMissing({{"Home", "Mugs"}, {"Home", "Cups", "Small"}, {"New"}}, Names());
  EXPECT_THAT(missing.paths,
              ElementsAre(CategoryPath{"Home", "Cups"}, CategoryPath{"Home", "Cups", "Small"}, CategoryPath{"New"}));
  EXPECT_THAT(missing.violations, IsEmpty());
  const CategoryPath deep(11, "x");
  missing = FindMissing({deep, {std::string(301, 'x')}, {"categories/77"}}, Names());
  EXPECT_THAT(missing.paths, IsEmpty());
  ASSERT_EQ(missing.violations.size(), 3);
  EXPECT_EQ(missing.violations[0].description, "the path has 11 levels; at most 10 are allowed");
  EXPECT_EQ(missing.violations[2].field, "categories[2]");
}

}  // namespace
}  // namespace storeops::catalog
