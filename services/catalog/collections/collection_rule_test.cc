#include "services/catalog/collections/collection_rule.h"

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kMug[] = R"(
  name: "products/7" title: "Stoneware mug" description: "Holds 300 mL" language: "en" kind: GOODS brand: "Acme"
  tags: "kitchen" tags: "sale" product_type: "productTypes/3" categories: "categories/12"
  create_time { seconds: 1767225600 }
  variants { sku: "M-1" price { currency_code: "EUR" units: 12 nanos: 500000000 } }
  variants { sku: "M-2" price { currency_code: "EUR" units: 15 } }
  attributes { key: "capacity" value { number: 300 } }
  attributes { key: "material" value { choice: "clay" } }
  attributes { key: "washable" value { boolean: true } }
  attributes { key: "colours" value { choices { values: "red" values: "blue" } } }
  attributes { key: "launched" value { date: "2026-01-31" } }
  attributes { key: "note" value { text: "300" } })";

// categories/12 below /11 below /10.
const CategoryParents& Parents() {
  static const auto* parents =
      new CategoryParents{{"categories/12", "categories/11"}, {"categories/11", "categories/10"}};
  return *parents;
}

v1::Product Mug() {
  v1::Product product;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(kMug, &product));
  return product;
}

absl::Time Created() { return absl::FromUnixSeconds(1767225600); }

struct RuleCase {
  const char* rule;
  bool matches;
};
void PrintTo(const RuleCase& rule, std::ostream* out) { *out << rule.rule; }

class MatchTest : public ::testing::TestWithParam<RuleCase> {};

TEST_P(MatchTest, Decides) {
  const auto rule = CollectionRule::Parse(GetParam().rule);
  ASSERT_TRUE(rule.ok()) << rule.status();
  const v1::Product mug = Mug();
  const RuleSubject subject(mug, Parents());
  EXPECT_EQ(rule->Matches(subject, Created() + absl::Hours(24 * 10)), GetParam().matches);
  // What the rule says of its terms must never hide a match.
  if (!GetParam().matches || rule->required_terms().empty()) return;
  const std::vector<std::string> terms = TermsOf(subject);
  EXPECT_TRUE(std::any_of(terms.begin(), terms.end(), [&](const std::string& term) {
    return std::binary_search(rule->required_terms().begin(), rule->required_terms().end(), term);
  }));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, MatchTest,
    ::testing::Values(
        RuleCase{R"(brand = "Acme")", true}, RuleCase{R"(brand = "acme")", false},
        RuleCase{R"(brand != "Acme")", false}, RuleCase{R"(brand = "Ac*")", true}, RuleCase{R"(brand = "*cm*")", true},
        RuleCase{R"(brand = "*Ac")", false}, RuleCase{R"(brand:*)", true},
        RuleCase{R"(brand > "Abc" AND brand <= "Acme")", true}, RuleCase{R"(title:"*mug*")", true},
        RuleCase{R"(title:"*Mug*")", false}, RuleCase{R"(title != "*mug")", false},
        RuleCase{R"(description:"*300*")", true}, RuleCase{R"(language = "en")", true},
        RuleCase{R"(language = "zh")", false}, RuleCase{R"(kind = GOODS)", true}, RuleCase{R"(kind != GOODS)", false},
        RuleCase{R"(kind:SERVICE)", false}, RuleCase{R"(tags:"sale")", true}, RuleCase{R"(tags:"sal*")", false},
        RuleCase{R"(tags:*)", true}, RuleCase{R"(product_type = "productTypes/3")", true},
        RuleCase{R"(product_type = "productTypes/4")", false}, RuleCase{R"(name = "products/7")", true},
        RuleCase{R"(name != "products/7")", false}, RuleCase{R"(category = "categories/12")", true},
        RuleCase{R"(category = "categories/10")", true}, RuleCase{R"(category = "categories/13")", false},
        RuleCase{R"(category != "categories/10")", false}, RuleCase{R"(category:*)", true},
        RuleCase{R"(categories:"categories/12")", true}, RuleCase{R"(categories:"categories/10")", false},
        RuleCase{R"(price = "12.50 EUR")", true}, RuleCase{R"(price <= "12.50 EUR" AND price > "12.49 EUR")", true},
        RuleCase{R"(price >= "15 EUR")", false}, RuleCase{R"(price < "100 GBP")", false},
        RuleCase{R"(price > "0 GBP")", false}, RuleCase{R"(price != "12.50 GBP")", true}, RuleCase{R"(price:*)", true},
        RuleCase{R"(create_time >= "2026-01-01T00:00:00Z")", true},
        RuleCase{R"(create_time < "2026-01-01T00:00:00Z")", false}, RuleCase{"age_days <= 10", true},
        RuleCase{"age_days < 10", false}, RuleCase{"age_days >= 10", true}, RuleCase{"age_days > 10", false},
        RuleCase{"attributes.capacity = 300", true}, RuleCase{"attributes.capacity = 3e2", true},
        RuleCase{"attributes.capacity >= 300.5", false}, RuleCase{R"(attributes.capacity = "large")", false},
        RuleCase{R"(attributes.capacity != "large")", true}, RuleCase{"attributes.material = clay", true},
        RuleCase{"attributes.material:cl*", true}, RuleCase{"attributes.material != clay", false},
        RuleCase{"attributes.washable = true", true}, RuleCase{"attributes.washable = false", false},
        RuleCase{"attributes.washable > false", false}, RuleCase{"attributes.colours:red", true},
        RuleCase{"attributes.colours:green", false}, RuleCase{"attributes.colours != green", true},
        RuleCase{"attributes.colours != red", false}, RuleCase{R"(attributes.launched < "2026-02-01")", true},
        RuleCase{"attributes.note = 300", true}, RuleCase{"attributes.size:*", false},
        RuleCase{"attributes.capacity:*", true}, RuleCase{"attributes.size = 1", false},
        RuleCase{"attributes.size != 1", true}, RuleCase{"attributes.size < 1", false},
        RuleCase{R"(brand = "Acme" AND tags:"sale")", true}, RuleCase{R"(brand = "Acme" AND tags:"new")", false},
        RuleCase{R"(brand = "Bolt" OR tags:"sale")", true}, RuleCase{R"(NOT (brand = "Bolt" OR tags:"new"))", true},
        RuleCase{R"(-tags:"sale")", false}, RuleCase{R"(tags:"sale" OR tags:"new" AND brand = "Bolt")", false}));

TEST(RuleSubjectTest, AnUnsetProductHasNothing) {
  const v1::Product empty;
  const RuleSubject subject(empty, {});
  for (const char* field : {"title", "description", "language", "brand", "product_type", "kind", "tags", "category",
                            "categories", "price", "attributes.size"}) {
    EXPECT_FALSE(CollectionRule::Parse(absl::StrCat(field, ":*"))->Matches(subject, Created())) << field;
  }
}

std::string ErrorOf(const std::string& rule) {
  const absl::Status status = CollectionRule::Parse(rule).status();
  google::rpc::BadRequest bad_request;
  if (status.ok() || !GetDetail(status, &bad_request) || bad_request.field_violations_size() != 1) return "?";
  EXPECT_EQ(bad_request.field_violations(0).field(), "rule");
  return bad_request.field_violations(0).description();
}

TEST(CollectionRuleTest, ErrorsNameTheColumn) {
  EXPECT_THAT(ErrorOf(R"(brand = "Acme" AND colour = "red")"),
              AllOf(HasSubstr("column 20"), HasSubstr("\"colour\" is no field"), HasSubstr("attributes.KEY")));
  EXPECT_THAT(ErrorOf("attributes. = 3"), HasSubstr("is no field"));
  EXPECT_THAT(ErrorOf("tags = \"sale\""), HasSubstr("write tags:\"value\""));
  EXPECT_THAT(ErrorOf("kind = THING"), AllOf(HasSubstr("column 8"), HasSubstr("GOODS, SERVICE")));
  EXPECT_THAT(ErrorOf("kind > GOODS"), HasSubstr("not by >"));
  EXPECT_THAT(ErrorOf("category = \"7\""), HasSubstr("categories/123"));
  EXPECT_THAT(ErrorOf("category = \"categories/07\""), HasSubstr("categories/123"));
  EXPECT_THAT(ErrorOf("category > \"categories/7\""), HasSubstr("not by >"));
  EXPECT_THAT(ErrorOf("name:*"), HasSubstr("not by :*"));
  EXPECT_THAT(ErrorOf("price < 20"), HasSubstr("12.50 EUR"));
  EXPECT_THAT(ErrorOf("price < \"20.005 EUR\""), HasSubstr("12.50 EUR"));
  EXPECT_THAT(ErrorOf("create_time > yesterday"), HasSubstr("2026-01-31T12:00:00Z"));
  EXPECT_THAT(ErrorOf("age_days = 3"), HasSubstr("< <= > or >="));
  EXPECT_THAT(ErrorOf("in_stock = yes"), AllOf(HasSubstr("column 12"), HasSubstr("true or false")));
  EXPECT_THAT(ErrorOf("in_stock > false"), HasSubstr("not by >"));
  EXPECT_THAT(ErrorOf("in_stock:*"), HasSubstr("not by :*"));
  EXPECT_THAT(ErrorOf("age_days < 3.5"), HasSubstr("0 to 36500"));
  EXPECT_THAT(ErrorOf("age_days < -1"), HasSubstr("0 to 36500"));
  EXPECT_THAT(ErrorOf("title > \"a*\""), HasSubstr("* goes with"));
  EXPECT_THAT(ErrorOf("brand = "), HasSubstr("a value is expected"));
  EXPECT_THAT(ErrorOf("   "), HasSubstr("a condition is expected"));
  EXPECT_THAT(ErrorOf("brand = \"\xff\""), HasSubstr("UTF-8"));
}

TEST(CollectionRuleTest, HasTheLimitsOfFilters) {
  std::string many = "tags:a";
  for (int i = 0; i < 100; ++i) many += " OR tags:a";
  EXPECT_THAT(ErrorOf(many), HasSubstr("more than 100 conditions"));
  EXPECT_THAT(ErrorOf(std::string(40, '(') + "tags:a" + std::string(40, ')')), HasSubstr("nested deeper"));
  EXPECT_THAT(ErrorOf("title = \"" + std::string(5000, 'x') + "\""), HasSubstr("4096 bytes"));
}

std::vector<std::string> Required(const std::string& rule) { return CollectionRule::Parse(rule)->required_terms(); }

TEST(CollectionRuleTest, RequiresTheRarestTerms) {
  EXPECT_THAT(Required("kind = GOODS AND brand = Acme AND price:*"), ElementsAre("bAcme"));
  EXPECT_THAT(Required("tags:b OR tags:a"), ElementsAre("ta", "tb"));
  EXPECT_THAT(Required("tags:a OR price:*"), IsEmpty());
  EXPECT_THAT(Required("NOT tags:a"), IsEmpty());
  EXPECT_THAT(Required("brand = \"A*\" OR tags:a"), IsEmpty());
  EXPECT_THAT(Required("brand = \"A*\" tags:a"), ElementsAre("ta"));
  EXPECT_THAT(Required("attributes.size = 3"), ElementsAre("#size=3", "vsize=3"));
  EXPECT_THAT(Required("attributes.size > 3"), ElementsAre("asize"));
  EXPECT_THAT(Required("in_stock = true AND kind = GOODS"), ElementsAre("strue"));
  EXPECT_THAT(Required("in_stock = false AND tags:a"), ElementsAre("ta"));
  EXPECT_THAT(Required("in_stock != true"), IsEmpty());
}

TEST(CollectionRuleTest, KnowsWhatItLooksAt) {
  EXPECT_TRUE(CollectionRule::Parse("tags:a OR category = \"categories/1\"")->uses_category());
  EXPECT_FALSE(CollectionRule::Parse("categories:\"categories/1\"")->uses_category());
  EXPECT_TRUE(CollectionRule::Parse("NOT age_days < 3")->uses_age());
  EXPECT_FALSE(CollectionRule::Parse("create_time:*")->uses_age());
  EXPECT_TRUE(CollectionRule::Parse("tags:a OR NOT in_stock = false")->uses_stock());
  EXPECT_FALSE(CollectionRule::Parse("tags:in_stock")->uses_stock());
}

TEST(CollectionRuleTest, ComparesWithTheStock) {
  const struct {
    const char* rule;
    bool of_one_in_stock;
    bool of_one_out_of_stock;
  } cases[] = {{"in_stock = true", true, false},     {"in_stock = false", false, true},
               {"in_stock != true", false, true},    {"in_stock:true", true, false},
               {"NOT in_stock = true", false, true}, {"in_stock = true OR brand = Acme", true, true}};
  const v1::Product mug = Mug();
  for (const auto& one : cases) {
    const auto rule = CollectionRule::Parse(one.rule);
    ASSERT_TRUE(rule.ok()) << rule.status();
    for (const bool in_stock : {true, false}) {
      const RuleSubject subject(mug, {}, in_stock);
      EXPECT_EQ(rule->Matches(subject, Created()), in_stock ? one.of_one_in_stock : one.of_one_out_of_stock)
          << one.rule << " " << in_stock;
    }
  }
}

}  // namespace
}  // namespace storeops::catalog
