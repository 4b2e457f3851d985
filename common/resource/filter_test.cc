#include "common/resource/filter.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace storeops::resource {
namespace {

// The tree as text: AND and OR in prefix form.
std::string Show(const FilterNode& node) {
  switch (node.kind) {
    case FilterNode::Kind::kRestriction:
      return absl::StrCat(node.field, ComparatorText(node.comparator), node.value.wildcard_before ? "*" : "", "[",
                          node.value.text, "]", node.value.wildcard_after ? "*" : "");
    case FilterNode::Kind::kNot:
      return absl::StrCat("not(", Show(node.children[0]), ")");
    default:
      return absl::StrCat(node.kind == FilterNode::Kind::kAnd ? "and(" : "or(",
                          absl::StrJoin(node.children, " ",
                                        [](std::string* out, const FilterNode& child) { out->append(Show(child)); }),
                          ")");
  }
}

std::string Parsed(absl::string_view text) {
  const auto node = ParseFilter(text);
  return node.ok() ? Show(*node) : std::string(node.status().message());
}

TEST(Filter, Parses) {
  const struct {
    const char* text;
    const char* tree;
  } kCases[] = {
      {"a = 1", "a=[1]"},
      {"a=1", "a=[1]"},
      {" a  !=  \"x y\" ", "a!=[x y]"},
      {"a<1 b<=2 c>3 d>=4 e:5", "and(a<[1] b<=[2] c>[3] d>=[4] e:[5])"},
      {"a=1 AND b=2 OR c=3", "and(a=[1] or(b=[2] c=[3]))"},
      {"a=1 OR b=2 AND c=3", "and(or(a=[1] b=[2]) c=[3])"},
      {"a=1 OR (b=2 AND c=3)", "or(a=[1] and(b=[2] c=[3]))"},
      {"NOT a=1", "not(a=[1])"},
      {"-a=1 -(b=2)", "and(not(a=[1]) not(b=[2]))"},
      {"NOT (a=1 b=2)", "not(and(a=[1] b=[2]))"},
      {"(((a=1)))", "a=[1]"},
      {"a=-5", "a=[-5]"},
      {"v.sku = 'it\\'s'", "v.sku=[it's]"},
      {"a=\"\\\"\\\\\\n\\t\"", "a=[\"\\\n\t]"},
      {"t > 2026-01-02T03:04:05+01:00", "t>[2026-01-02T03:04:05+01:00]"},
      {"a=\"b*\"", "a=[b]*"},
      {"a=\"*b\"", "a=*[b]"},
      {"a=*b*", "a=*[b]*"},
      {"a:*", "a:[]*"},
      {"a=\"b\\*\"", "a=[b*]"},
      {"a=\"\\*b\"", "a=[*b]"},
      {"a=\"b*c\"", "a=[b*c]"},
      {"ORDER=1 ANDY=2", "and(ORDER=[1] ANDY=[2])"},
      {"a=\"AND\"", "a=[AND]"},
      {"a=\"\"", "a=[]"},
      {"名=灯", "名=[灯]"},
  };
  for (const auto& test : kCases) EXPECT_EQ(Parsed(test.text), test.tree) << test.text;
}

TEST(Filter, ErrorsNameTheColumn) {
  const struct {
    const char* text;
    const char* error;
  } kCases[] = {
      {"", "filter: column 1: a condition is expected, the filter ends"},
      {"a", "filter: column 2: = != < <= > >= or : is expected after a; words without a field are not supported"},
      {"a =", "filter: column 4: a value is expected, the filter ends"},
      {"a = 1 AND", "filter: column 10: a condition is expected, the filter ends"},
      {"a = 1 OR OR b = 2", "filter: column 10: a field is expected, not OR"},
      {"(a = 1", "filter: column 1: there is no ) for this ("},
      {"a = 1)", "filter: column 6: there is no ( for this )"},
      {"a = \"x", "filter: column 5: the quotes are not closed"},
      {"a = \"\\x\"", "filter: column 6: escapes are \\\\ \\\" \\' \\* \\n and \\t"},
      {"f(x)", "filter: column 1: functions are not supported"},
      {"\"a\" = 1", "filter: column 1: a field is expected: write field = \"value\""},
      {"a = b=c", "filter: column 6: a value with this character must be in quotes"},
      {"a = AND", "filter: column 5: a value is expected; write \"AND\" in quotes"},
      {"灯 = \"灯\" 灯",
       "filter: column 10: = != < <= > >= or : is expected after 灯; words without a field are not "
       "supported"},
      {"a = 1 & b = 2", "filter: column 7: a field is expected"},
      {"a = \xff", "filter: must be valid UTF-8"},
  };
  for (const auto& test : kCases) EXPECT_EQ(Parsed(test.text), test.error) << test.text;
}

TEST(Filter, HasLimits) {
  EXPECT_EQ(Parsed(std::string(31, '(') + "a=1" + std::string(31, ')')), "a=[1]");
  EXPECT_EQ(Parsed(std::string(32, '(') + "a=1" + std::string(32, ')')),
            "filter: column 33: nested deeper than 32 levels");
  std::string terms = "a=1";
  for (int i = 1; i < 100; ++i) terms += " a=1";
  EXPECT_TRUE(ParseFilter(terms).ok());
  EXPECT_EQ(Parsed(terms + " b=2"), "filter: column 401: more than 100 conditions");
  EXPECT_EQ(Parsed("a=" + std::string(4095, 'x')), "filter: must be at most 4096 bytes, has 4097");
}

TEST(Filter, ADemandedValueIsAtTheTopOrJoinedByAnd) {
  const auto take = [](absl::string_view text) {
    auto filter = *ParseOptionalFilter(text);
    const auto taken = TakeDemand(filter, "a");
    return absl::StrCat(taken.has_value() ? taken->value.text : "-", " ", filter.has_value() ? Show(*filter) : "-");
  };
  EXPECT_EQ(take(" "), "- -");
  EXPECT_EQ(take("a = 1"), "1 -");
  EXPECT_EQ(take("b = 2 AND a = 1"), "1 b=[2]");
  EXPECT_EQ(take("a = 1 a = 2 b = 3"), "1 and(a=[2] b=[3])");
  EXPECT_EQ(take("a = 1 OR b = 2"), "- or(a=[1] b=[2])");
  EXPECT_EQ(take("a != 1 b = 2"), "- and(a!=[1] b=[2])");
  EXPECT_EQ(take("a = \"1*\""), "- a=[1]*");
  EXPECT_EQ(take("NOT a = 1"), "- not(a=[1])");
  EXPECT_TRUE(Mentions(*ParseOptionalFilter("NOT (b = 1 OR a:*)"), "a"));
  EXPECT_FALSE(Mentions(*ParseOptionalFilter("b = 1"), "a"));
}

}  // namespace
}  // namespace storeops::resource
