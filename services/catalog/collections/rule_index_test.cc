#include "services/catalog/collections/rule_index.h"

#include <map>
#include <random>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RuleIndex::Rule Make(const std::string& text) {
  auto rule = CollectionRule::Parse(text);
  EXPECT_TRUE(rule.ok()) << rule.status() << " " << text;
  return std::make_shared<const CollectionRule>(*std::move(rule));
}

v1::Product Branded(const std::string& brand, const std::string& tag) {
  v1::Product product;
  product.set_brand(brand);
  product.add_tags(tag);
  return product;
}

std::vector<int64_t> Matches(const RuleIndex& index, const v1::Product& product) {
  return index.Matches(RuleSubject(product, {}), absl::UnixEpoch());
}

TEST(RuleIndexTest, FindsByTermsAndWithout) {
  RuleIndex index;
  index.Put(3, Make("brand = Acme"));
  index.Put(1, Make("tags:sale OR brand = Acme"));
  index.Put(2, Make("NOT tags:sale"));
  EXPECT_THAT(Matches(index, Branded("Acme", "sale")), ElementsAre(1, 3));
  EXPECT_THAT(Matches(index, Branded("Acme", "new")), ElementsAre(1, 2, 3));
  EXPECT_THAT(Matches(index, Branded("Bolt", "sale")), ElementsAre(1));
  EXPECT_THAT(Matches(index.Only({2, 3, 9}), Branded("Acme", "new")), ElementsAre(2, 3));
}

TEST(RuleIndexTest, ForgetsTheRuleBefore) {
  RuleIndex index;
  index.Put(1, Make("brand = Acme"));
  index.Put(1, Make("tags:*"));
  index.Put(1, Make("brand = Bolt"));
  EXPECT_THAT(Matches(index, Branded("Acme", "sale")), IsEmpty());
  EXPECT_THAT(Matches(index, Branded("Bolt", "sale")), ElementsAre(1));
  index.Put(1, nullptr);
  EXPECT_THAT(Matches(index, Branded("Bolt", "sale")), IsEmpty());
  EXPECT_TRUE(index.Knows(1));
  EXPECT_FALSE(index.Knows(2));
}

TEST(RuleIndexTest, KnowsWhetherARuleAsksForTheStock) {
  RuleIndex index;
  index.Put(1, Make("in_stock = true"));
  index.Put(2, Make("brand = Acme AND in_stock = false"));
  EXPECT_TRUE(index.uses_stock());
  const v1::Product product = Branded("Acme", "sale");
  EXPECT_THAT(index.Matches(RuleSubject(product, {}, true), absl::UnixEpoch()), ElementsAre(1));
  EXPECT_THAT(index.Matches(RuleSubject(product, {}, false), absl::UnixEpoch()), ElementsAre(2));
  EXPECT_FALSE(index.Only({3}).uses_stock());
  index.Put(1, Make("brand = Acme"));
  EXPECT_TRUE(index.uses_stock());
  index.Put(2, nullptr);
  EXPECT_FALSE(index.uses_stock());
}

// Whatever the rules: the index finds what each rule by itself would.
class RandomRules {
 public:
  explicit RandomRules(int seed) : random_(seed) {}

  int Pick(int n) { return std::uniform_int_distribution<int>(0, n - 1)(random_); }
  std::string Value() { return std::string(1, static_cast<char>('a' + Pick(4))); }
  std::string Condition() {
    static const char* const kComparators[] = {"=", "!=", "<", ">", "<=", ">=", ":"};
    switch (Pick(7)) {
      case 0:
        return absl::StrCat("brand ", kComparators[Pick(7)], " ", Value());
      case 1:
        return absl::StrCat("tags:", Value());
      case 2:
        return absl::StrCat("title:", Pick(2) ? "*" : "", Value(), Pick(2) ? "*" : "");
      case 3:
        return absl::StrCat("attributes.", Value(), " ", kComparators[Pick(7)], " ", Pick(3));
      case 4:
        return absl::StrCat("attributes.", Value(), " ", kComparators[Pick(2)], " ", Pick(2) ? Value() : "true");
      case 5:
        return absl::StrCat("category ", kComparators[Pick(2)], " \"categories/", 1 + Pick(4), "\"");
      default:
        return absl::StrCat("attributes.", Value(), ":*");
    }
  }
  std::string Rule(int depth) {
    if (depth == 0 || Pick(3) == 0) return Condition();
    if (Pick(4) == 0) return absl::StrCat("NOT (", Rule(depth - 1), ")");
    return absl::StrCat("(", Rule(depth - 1), Pick(2) ? " AND " : " OR ", Rule(depth - 1), ")");
  }
  v1::Product Product() {
    v1::Product product;
    product.set_brand(Pick(3) ? Value() : "");
    product.set_title(Value() + Value());
    for (int i = Pick(3); i > 0; --i) product.add_tags(Value());
    for (int i = Pick(3); i > 0; --i) product.add_categories(absl::StrCat("categories/", 1 + Pick(4)));
    for (int i = Pick(3); i > 0; --i) {
      v1::AttributeValue& value = (*product.mutable_attributes())[Value()];
      switch (Pick(5)) {
        case 0:
          value.set_number(Pick(3));
          break;
        case 1:
          value.set_text(Pick(2) ? Value() : absl::StrCat(Pick(3)));
          break;
        case 2:
          value.set_boolean(Pick(2));
          break;
        case 3:
          value.mutable_choices()->add_values(Value());
          value.mutable_choices()->add_values(Value());
          break;
        default:
          value.set_choice(Value());
      }
    }
    return product;
  }

 private:
  std::mt19937 random_;
};

TEST(RuleIndexTest, FindsWhatEachRuleByItselfWould) {
  RandomRules random(7);
  const CategoryParents parents = {{"categories/2", "categories/1"}, {"categories/3", "categories/2"}};
  RuleIndex index;
  std::map<int64_t, RuleIndex::Rule> rules;
  int matches = 0;
  for (int round = 0; round < 3000; ++round) {
    const int64_t collection = random.Pick(60);
    rules[collection] = random.Pick(20) == 0 ? nullptr : Make(random.Rule(3));
    index.Put(collection, rules[collection]);
    const v1::Product product = random.Product();
    const RuleSubject subject(product, parents);
    std::vector<int64_t> expected;
    for (const auto& [id, rule] : rules) {
      if (rule != nullptr && rule->Matches(subject, absl::UnixEpoch())) expected.push_back(id);
    }
    ASSERT_EQ(index.Matches(subject, absl::UnixEpoch()), expected) << product.DebugString();
    matches += static_cast<int>(expected.size());
  }
  EXPECT_GT(matches, 3000);
}

TEST(DifferenceTest, IsWhatMustBeWritten) {
  const MembershipDifference difference = Difference({{2, 1}, {1, 2}, {1, 1}}, {{1, 1}, {3, 1}, {2, 1}});
  EXPECT_THAT(difference.added, ElementsAre(Membership{3, 1}));
  EXPECT_THAT(difference.removed, ElementsAre(Membership{1, 2}));
}

}  // namespace
}  // namespace storeops::catalog
