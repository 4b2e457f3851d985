#include "services/catalog/listings/listing_quality.h"

#include <functional>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using v1::ListingIssue;
using v1::Product;

constexpr char kGood[] = R"(
  name: "products/1" title: "Stoneware mug" language: "en" kind: GOODS brand: "Kestrel" categories: "categories/1"
  description: "Thrown by hand from dark stoneware, glazed inside, holds 300 ml and may be washed in the dishwasher."
  translations { language: "zh" title: "粗陶杯" description: "手工拉坯，深色粗陶，内壁上釉，容量三百毫升，可放入洗碗机清洗，适合咖啡和茶。" }
  variants { sku: "M-1" barcode: "4006381333931"
             price { currency_code: "EUR" units: 12 } cost { currency_code: "EUR" units: 5 } }
  seo { slug: "stoneware-mug" meta_title: "Stoneware mug" meta_description: "A mug." })";

constexpr char kType[] = R"(
  name: "productTypes/1" title: "Mug"
  attributes { key: "capacity" title: "Capacity" type: NUMBER required: true }
  attributes { key: "material" title: "Material" type: TEXT })";

template <class T>
T ParseContent(const std::string& text) {
  T message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

ListingFacts GoodFacts() {
  ListingFacts facts;
  facts.images = 3;
  return facts;
}

// "NO_PRICE variants -25"
std::vector<std::string> Describe(const ListingIssues& issues) {
  std::vector<std::string> texts;
  for (const ListingIssue& issue : issues) {
    texts.push_back(absl::StrCat(ListingIssue::Code_Name(issue.code()), " ", issue.field(), " -", issue.points_lost()));
  }
  return texts;
}

TEST(ListingQualityTest, AGoodListingLosesNothing) {
  const ListingIssues issues = FindListingIssues(ParseContent<Product>(kGood), GoodFacts());
  EXPECT_THAT(Describe(issues), IsEmpty());
  EXPECT_EQ(ListingScore(issues), 100);
}

struct QualityCase {
  const char* name;
  std::function<void(Product&, ListingFacts&)> spoil;
  const char* issue;
};

class ListingRulesTest : public ::testing::TestWithParam<QualityCase> {};

TEST_P(ListingRulesTest, NamesTheIssueAndOnlyIt) {
  Product product = ParseContent<Product>(kGood);
  ListingFacts facts = GoodFacts();
  const v1::ProductType type = ParseContent<v1::ProductType>(kType);
  GetParam().spoil(product, facts);
  if (!product.product_type().empty()) facts.type = &type;
  EXPECT_THAT(Describe(FindListingIssues(product, facts)), ElementsAre(GetParam().issue));
}

const QualityCase kCases[] = {
    {"NoPrice", [](Product& p, ListingFacts&) { p.mutable_variants(0)->clear_price(); }, "NO_PRICE variants -25"},
    {"MissingAttribute", [](Product& p, ListingFacts&) { p.set_product_type("productTypes/1"); },
     "MISSING_ATTRIBUTE attributes[\"capacity\"] -10"},
    {"PriceBelowCost", [](Product& p, ListingFacts&) { p.mutable_variants(0)->mutable_cost()->set_units(13); },
     "PRICE_BELOW_COST variants[0].price -10"},
    {"NoImage", [](Product&, ListingFacts& f) { f.images = 0; }, "NO_IMAGE media -20"},
    {"UnreadableImage",
     [](Product& p, ListingFacts& f) {
       p.add_media()->set_media("media/7");
       p.add_media()->set_media("media/8");
       f.unreadable_media = {"media/8"};
     },
     "UNREADABLE_IMAGE media[1].media -10"},
    {"NoDescription", [](Product& p, ListingFacts&) { p.clear_description(); }, "THIN_DESCRIPTION description -16"},
    {"ThinDescription", [](Product& p, ListingFacts&) { p.set_description("A mug."); },
     "THIN_DESCRIPTION description -8"},
    {"ThinTranslation", [](Product& p, ListingFacts&) { p.mutable_translations(0)->set_description("一个杯子。"); },
     "THIN_DESCRIPTION translations[0].description -4"},
    {"NoChinese", [](Product& p, ListingFacts&) { p.clear_translations(); }, "MISSING_LANGUAGE translations -10"},
    {"NoEnglish", [](Product& p, ListingFacts&) { p.set_language("de"); }, "MISSING_LANGUAGE translations -10"},
    {"NoLanguageOfAChannel", [](Product&, ListingFacts& f) { f.languages = {"zh", "fr"}; },
     "MISSING_LANGUAGE translations -10"},
    {"SimilarTitle", [](Product&, ListingFacts& f) { f.similar_product = "products/2"; }, "SIMILAR_TITLE title -10"},
    {"DuplicateBarcode", [](Product&, ListingFacts& f) { f.barcode_owners["4006381333931"] = "products/2"; },
     "DUPLICATE_BARCODE variants[0].barcode -10"},
    {"Capitals", [](Product& p, ListingFacts&) { p.set_title("STONEWARE MUG 300"); }, "TITLE_IN_CAPITALS title -4"},
    {"LongTitle", [](Product& p, ListingFacts&) { p.set_title(std::string(151, 'm')); }, "TITLE_TOO_LONG title -4"},
    {"NoCategory", [](Product& p, ListingFacts&) { p.clear_categories(); }, "NO_CATEGORY categories -10"},
    {"NoBrand", [](Product& p, ListingFacts&) { p.clear_brand(); }, "NO_BRAND brand -4"},
    {"NoMetaTitle", [](Product& p, ListingFacts&) { p.mutable_seo()->clear_meta_title(); },
     "MISSING_SEO seo.meta_title -2"},
};

INSTANTIATE_TEST_SUITE_P(Rules, ListingRulesTest, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(ListingQualityTest, WhatIsGoodEnoughIsNoIssue) {
  Product product = ParseContent<Product>(kGood);
  ListingFacts facts = GoodFacts();
  product.mutable_translations(0)->set_language("zh-Hant");    // is Chinese
  product.set_title("DVD MP3 300");                            // few capitals
  product.mutable_variants(0)->mutable_cost()->set_units(12);  // at cost
  product.add_variants()->set_sku("M-2");                      // not for sale on its own, without a barcode
  facts.barcode_owners[""] = "products/2";
  product.set_kind(Product::SERVICE);
  product.clear_brand();
  EXPECT_THAT(Describe(FindListingIssues(product, facts)), IsEmpty());
}

TEST(ListingQualityTest, EachIssueSpeaksBothLanguages) {
  Product product;
  product.add_variants();
  ListingFacts facts;
  facts.similar_product = "products/2";
  const ListingIssues issues = FindListingIssues(product, facts);
  EXPECT_EQ(ListingScore(issues), 0);
  EXPECT_GT(issues.size(), 8);
  for (const ListingIssue& issue : issues) {
    for (const auto* text : {&issue.message(), &issue.remedy()}) {
      EXPECT_NE(text->en(), "") << ListingIssue::Code_Name(issue.code());
      EXPECT_NE(text->zh(), "") << ListingIssue::Code_Name(issue.code());
      EXPECT_THAT(text->en(), ::testing::Not(HasSubstr("$")));
    }
    EXPECT_NE(issue.severity(), ListingIssue::SEVERITY_UNSPECIFIED);
    EXPECT_NE(IssueBits(issues) & (int64_t{1} << issue.code()), 0);
  }
  EXPECT_EQ(issues.front().severity(), ListingIssue::BLOCKING) << "the worst first";
}

TEST(ListingQualityTest, AtMostTenOfOneCode) {
  Product product = ParseContent<Product>(kGood);
  const auto first = product.variants(0);
  for (int i = 0; i < 30; ++i) *product.add_variants() = first;
  for (auto& variant : *product.mutable_variants()) variant.mutable_price()->set_units(1);
  EXPECT_EQ(FindListingIssues(product, GoodFacts()).size(), 10);
}

TEST(TitleLikenessTest, SameWordsAreAlike) {
  const std::string mug = TitleLikeness("The blue Mug, 300 ml");
  EXPECT_EQ(TitleLikeness("mug (BLUE) - 300ml"), TitleLikeness("300ml blue mugs"));
  EXPECT_EQ(TitleLikeness("Blue mugs 300 ml"), mug);
  EXPECT_NE(TitleLikeness("Red mug 300 ml"), mug);
  EXPECT_EQ(TitleLikeness("蓝色马克杯"), TitleLikeness("蓝色，马克杯！"));
  EXPECT_NE(TitleLikeness("马克蓝色杯"), TitleLikeness("蓝色马克杯"));
  EXPECT_NE(TitleLikeness("glass"), TitleLikeness("glas"));
  EXPECT_EQ(TitleLikeness("!!!"), "");
}

}  // namespace
}  // namespace storeops::catalog
